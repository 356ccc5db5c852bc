"""Mu-law from a page is the voice again."""

from __future__ import annotations

import numpy as np

from genmedia_live.core import events as ev
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import mulaw, wire


def test_codes_of_the_recommendation():
    pcm = mulaw.decoded(bytes([0xFF, 0x7F, 0x80, 0x00, 0xCE, 0x4E]))
    assert np.frombuffer(pcm, "<i2").tolist() == [0, 0, 32_124, -32_124, 988, -988]


def test_the_codes_are_symmetrical_and_grow():
    values = np.frombuffer(mulaw.decoded(bytes(range(256))), "<i2").astype(int)
    assert (values[:128] == -values[128:]).all()
    assert (np.diff(values[128:]) < 0).all()


def test_a_piece_of_voice_comes_out_twice_as_long():
    event = wire.parse("mic", {"seq": 7, "mulaw": b"\xce" * 640}, Limits())
    assert isinstance(event, ev.Mic)
    assert (event.chunk.seq, event.chunk.ms) == (7, 40)
    assert set(np.frombuffer(event.chunk.pcm, "<i2").tolist()) == {988}
