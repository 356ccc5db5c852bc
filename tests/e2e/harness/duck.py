"""The person makes a sound while the agent speaks: how loud its voice was rendered, and what left the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from genmedia_live.gateway.mulaw import decoded
from tests.e2e.harness.tab import Tab

QUANTUM = 128
"""Samples that an audio thread renders at once."""

SOUND = {"out": 1e-3, "in": 0.01}
"""What the probe calls sound, of full scale."""

FAINT = 0.003
"""The person's first sound is this loud: -50 dBFS."""

SAME = 1_024
"""So many samples in a row are found in a voice only once."""

BLOCK = 2 * QUANTUM
"""A gain is told of so many samples: two periods of the lowest scripted voice."""


@dataclass(frozen=True)
class Duck:
    """The person's first sound, and the moment at which the agent was half as loud; ms since the epoch."""

    spoke: float
    half: float


def open_microphone(tab: Tab, question: str) -> float:
    """Ask, let the agent begin, then open the microphone, whose file begins at that moment. When the person was heard first."""
    tab.ready()
    tab.say(question)
    tab.hears("sound", timeout=60)
    tab.page.click("#mute")
    return tab.hears("sound", stream="in").at


def duck(tab: Tab, question: str) -> Duck:
    """Wait until the agent was lowered, and tell when."""
    open_microphone(tab, question)
    tab.wire_has("flush", turn=1)
    silent = tab.is_silent()
    heard = np.abs(tab.rendered("in").astype(float)) / 32_768
    spoke = _when(tab, "in", heard, int(np.argmax(heard > FAINT)), MIC_RATE)
    halves = [at for at, gain in gains(tab) if gain <= 0.5]
    return Duck(spoke, min([*halves, silent.at]))


def _when(tab: Tab, stream: Literal["out", "in"], loudness: NDArray[np.float64], sample: int, rate: int) -> float:
    """The moment of a sample: the probe has told that of the first quantum which it calls sound."""
    quanta = loudness[: len(loudness) // QUANTUM * QUANTUM].reshape(-1, QUANTUM).max(axis=1)
    told = int(np.argmax(quanta > SOUND[stream])) * QUANTUM
    return tab.sounds(stream)[0].at + (sample - told) * 1000 / rate


def gains(tab: Tab, turn: int = 1) -> list[tuple[float, float]]:
    """How much louder or softer than sent the voice of a turn was rendered, and when (ms since the epoch).

    Silence in the voice says nothing, and is left out.

    Raises:
        AssertionError: it was not rendered as it was sent even before the person made a sound.
    """
    rendered, sent = tab.rendered().astype(float), tab.voice(turn).astype(float)
    first, sent = _aligned(rendered, sent)
    began = _when(tab, "out", np.abs(rendered) / 32_768, first, VOICE_RATE)
    at = _without_gaps(rendered[first:], sent)
    length = min(len(sent), len(at)) // BLOCK * BLOCK
    out, ours = rendered[first:][at[:length]].reshape(-1, BLOCK), sent[:length].reshape(-1, BLOCK)
    power = (ours**2).sum(axis=1)
    loud = power > BLOCK * 300**2
    gain = (out * ours).sum(axis=1)[loud] / power[loud]
    return list(zip((began + at[:length:BLOCK][loud] * 1000 / VOICE_RATE).tolist(), gain.tolist(), strict=True))


def _aligned(rendered: NDArray[np.float64], sent: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """The first sample that was rendered as it was sent, and what was sent from there on.

    On a busy machine the probe may come too late for the first samples, or the voice run dry among them.
    """
    begin = int(np.argmax(rendered != 0))
    for first in range(begin, min(begin + VOICE_RATE, len(rendered) - SAME), SAME):
        part = rendered[first : first + SAME]
        for start in np.flatnonzero(sent[: len(sent) - SAME] == part[0]):
            if np.any(part) and np.array_equal(sent[start : start + SAME], part):
                return first, sent[start:]
    raise AssertionError("The voice was rendered otherwise than it was sent.")


def _without_gaps(rendered: NDArray[np.float64], sent: NDArray[np.float64]) -> NDArray[np.intp]:
    """Where in what was rendered each sample of the voice is: on a machine that is busy it may have run dry for a while."""
    silent = np.concatenate([[0], (rendered == 0).astype(int), [0]])
    starts, ends = np.flatnonzero(np.diff(silent) == 1), np.flatnonzero(np.diff(silent) == -1)
    kept = np.ones(len(rendered), bool)
    for start, end in zip(starts, ends, strict=True):
        if end - start < QUANTUM or end == len(rendered):
            continue
        voice = sent[int(kept[:start].sum()) :]
        own = int(np.argmax(voice != 0)) if voice.any() else len(voice)
        if end - start - own >= QUANTUM:
            kept[start + own : end] = False
    return np.flatnonzero(kept)


def voice_sent(tab: Tab) -> NDArray[np.int16]:
    """All that left the page of the microphone, and its numbers have no gap."""
    messages = tab.wire("mic", "out")
    assert [message.map["seq"] for message in messages] == list(range(len(messages)))
    pieces = [message.map.get("pcm") or decoded(message.map["mulaw"]) for message in messages]
    return np.frombuffer(b"".join(pieces), "<i2")
