import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.mind.mel import BANDS, RATE, filterbank, hz_to_mel, log_mel, mel_to_hz


@pytest.mark.parametrize(("hz", "mel"), [(0, 0), (200, 3), (1_000, 15), (6_400, 42), (2_530, 28.5)])
def test_the_mels_of_slaney(hz: float, mel: float) -> None:
    assert hz_to_mel(np.array(float(hz))) == pytest.approx(mel, abs=0.01)


@given(st.floats(0, 8_000))
def test_mels_and_back(hz: float) -> None:
    assert mel_to_hz(hz_to_mel(np.array(hz))) == pytest.approx(hz, abs=1e-6)


def test_each_band_is_a_triangle_of_unit_area() -> None:
    bank = filterbank()
    assert bank.shape == (BANDS, 201)
    area = bank.sum(axis=1) * 40  # bins lie 40 Hz apart
    assert area == pytest.approx(1, abs=0.1)
    assert area[60:] == pytest.approx(1, abs=0.02), "wide bands lie over many bins"
    assert (np.diff(bank.argmax(axis=1)) >= 0).all()


@pytest.mark.parametrize("hz", [440, 1_000, 3_000])
def test_a_tone_lights_the_band_around_it(hz: int) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(RATE) / RATE).astype(np.float32)
    band = int(log_mel(tone)[:, 50].argmax())
    edges = mel_to_hz(np.linspace(0, hz_to_mel(np.array(8_000.0)), BANDS + 2))
    assert edges[band] < hz < edges[band + 2]


def test_shape_range_and_loudness() -> None:
    noise = np.random.default_rng(1).standard_normal(8 * RATE).astype(np.float32) * 0.01
    quiet, loud = log_mel(noise), log_mel(noise * 10)
    assert quiet.shape == (80, 800)
    assert quiet.dtype == np.float32
    assert loud - quiet == pytest.approx(0.5, abs=1e-4), "ten times as loud is two decades of power, a quarter each"


def test_eight_decades_below_the_loudest_all_is_silence() -> None:
    audio = np.zeros(RATE, np.float32)
    audio[8_000:8_400] = np.random.default_rng(1).standard_normal(400)
    features = log_mel(audio)
    assert features.max() - features.min() == pytest.approx(2, abs=1e-5)
