"""Bytes and milliseconds are two names of one length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE, AudioChunk, duration_ms, size_of


@pytest.mark.parametrize(
    ("size", "rate", "ms"),
    [
        (0, MIC_RATE, 0),
        (32, MIC_RATE, 1),
        (1_280, MIC_RATE, 40),
        (48, VOICE_RATE, 1),
        (48_000, VOICE_RATE, 1_000),
        (2, 16_000, 0.0625),
    ],
)
def test_so_many_bytes_last_so_long(size: int, rate: int, ms: float) -> None:
    assert duration_ms(size, rate) == ms
    assert size_of(ms, rate) == size


def test_a_part_of_a_sample_is_left_out() -> None:
    assert size_of(0.06, MIC_RATE) == 0
    assert size_of(0.12, MIC_RATE) == 2


@given(st.floats(0, 60_000), st.sampled_from([8_000, MIC_RATE, VOICE_RATE, 48_000]))
def test_a_size_is_whole_samples_and_never_lasts_longer_than_asked(ms: float, rate: int) -> None:
    size = size_of(ms, rate)
    assert size % 2 == 0
    assert ms - 1_000 / rate - 1e-6 < duration_ms(size, rate) <= ms + 1e-6


def test_a_chunk_knows_how_long_it_sounds_at_its_own_rate() -> None:
    assert AudioChunk(bytes(960), MIC_RATE).ms == 30
    assert AudioChunk(bytes(960), VOICE_RATE).ms == 20
