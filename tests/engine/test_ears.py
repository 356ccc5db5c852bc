"""Any rate and any chunking give the same 16 kHz frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmedia_live.engine.mind.ears import Ears
from genmedia_live.ports import Samples


class Counting:
    """A detector that counts its frames."""

    def __init__(self) -> None:
        self.frames = 0
        self.resets = 0

    def probability(self, frame: Samples) -> float:
        assert frame.shape == (512,)
        self.frames += 1
        return 0.25

    def reset(self) -> None:
        self.resets += 1


def tone(rate: int, seconds: float) -> bytes:
    at = np.arange(int(rate * seconds)) / rate
    return (np.sin(2 * np.pi * 440 * at) * 16_000).astype("<i2").tobytes()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 5_001), min_size=1, max_size=20))
def test_chunks_of_any_size_give_the_same_frames(sizes: list[int]) -> None:
    pcm = tone(16_000, 1.0)
    whole = Ears(Counting()).hear(pcm, 16_000)
    ears, frames, at = Ears(Counting()), [], 0
    for size in sizes:
        frames += ears.hear(pcm[at : at + size], 16_000)
        at += size
    frames += ears.hear(pcm[at:], 16_000)
    assert len(frames) == len(whole) == 31
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(frames, whole, strict=True))


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_other_rates_are_resampled(rate: int) -> None:
    ears = Ears(Counting())
    frames = ears.hear(tone(rate, 1.0), rate) + ears.finish()
    audio = np.concatenate([samples for samples, _ in frames])
    assert len(audio) == pytest.approx(16_000, abs=1_024)
    spectrum = np.abs(np.fft.rfft(audio[2_000:10_000]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)


def test_the_end_of_the_stream_fills_its_last_frame_and_forgets() -> None:
    vad = Counting()
    ears = Ears(vad)
    assert ears.hear(bytes(200), 16_000) == []
    assert len(ears.finish()) == 1
    assert ears.finish() == []
    assert vad.resets == 2
