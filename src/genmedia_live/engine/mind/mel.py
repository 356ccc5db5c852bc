"""The log-mel spectrogram that Whisper's encoder reads (Radford et al. 2022, section 2.2), for models built on it.

16 kHz, windows of 400 samples (25 ms) every 160 (10 ms), 80 mel bands. The mel scale is Slaney's (Auditory Toolbox, 1998):
linear below 1 kHz, logarithmic above, each band's triangle of unit area.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from genmedia_live.ports import Samples

RATE = 16_000
N_FFT = 400
HOP = 160
BANDS = 80

_LINEAR_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1_000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27
"""27 mels from 1 kHz to 6.4 kHz."""


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mels."""
    linear = hz / _LINEAR_HZ_PER_MEL
    logarithmic = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, linear, logarithmic)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `hz_to_mel`."""
    linear = mel * _LINEAR_HZ_PER_MEL
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, linear, logarithmic)


@cache
def filterbank() -> NDArray[np.float32]:
    """Triangles over the bins of the spectrum, shape (80, 201); each has unit area in hertz."""
    bins = np.linspace(0, RATE / 2, N_FFT // 2 + 1)
    edges = mel_to_hz(np.linspace(0, hz_to_mel(np.array(RATE / 2)), BANDS + 2))
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(0, np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)))
    return np.asarray(triangles * 2 / (high - low), np.float32)


@cache
def _window() -> NDArray[np.float32]:
    return np.hanning(N_FFT + 1)[:-1].astype(np.float32)


def log_mel(audio: Samples) -> NDArray[np.float32]:
    """The features of `audio` (16 kHz): shape (80, samples // 160), the loudest value's eight decades mapped to a range of 2."""
    padded = np.pad(audio.astype(np.float32, copy=False), N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[:-1:HOP][: len(audio) // HOP]
    power = np.abs(np.fft.rfft(frames * _window(), axis=1)) ** 2
    decades = np.log10(np.maximum(filterbank() @ power.T, 1e-10))
    return np.asarray((np.maximum(decades, decades.max() - 8) + 4) / 4, np.float32)
