"""Eight voices out of one model, by moving what its vocoder is told: pitch, the length of the throat, breath, tilt.

The model's net predicts a vocoder's parts for each frame of 12.5 ms: the logarithm of the harmonics' envelope and of the
noise's, a residual with its phase, and the pitch F0. A voice is a change of these parts before the waveform is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float32]
"""One value for each frequency bin and frame, (601, frames), or each frame, (frames,)."""

BIN_HZ = 20.0
"""Bins lie 20 Hz apart: 24 kHz, transforms of 1200 samples."""

VOICED_HZ = 40.0
"""Below this pitch the model means: no voice here."""

_TILT_FROM_HZ = 1_000.0
_NEPER_PER_DB = np.log(10) / 20


@dataclass(frozen=True, slots=True)
class Shape:
    """How one voice differs from the model's own."""

    pitch: float = 1.0
    """Ratio of the middle pitch."""
    melody: float = 1.0
    """Exponent on the pitch around its middle: below 1 is monotonous, above 1 is lively."""
    formants: float = 1.0
    """Ratio of the resonances; below 1 is a longer throat, so a larger speaker."""
    breath_db: float = 0.0
    """More noise; the harmonics give way by a third of it."""
    pace: float = 1.0
    """Ratio of the speed of speaking."""
    tilt_db: float = 0.0
    """Decibels an octave above 1 kHz; below 0 is softer."""
    gain: float = 1.0
    """What brings this voice to the loudness of the others (RMS 0.07 over ten sentences)."""


SHAPES: dict[str, Shape] = {
    "heart": Shape(gain=1.57),
    "luna": Shape(pitch=1.14, melody=1.15, formants=1.06, breath_db=2, pace=1.03, gain=1.55),
    "pixie": Shape(pitch=1.35, melody=1.2, formants=1.16, pace=1.08, gain=1.07),
    "vera": Shape(pitch=0.86, melody=0.8, formants=0.96, pace=0.95, tilt_db=-1, gain=1.61),
    "sol": Shape(pitch=0.72, melody=0.95, formants=0.91, gain=1.05),
    "atlas": Shape(pitch=0.60, melody=0.95, formants=0.865, pace=0.98, tilt_db=0.5, gain=0.89),
    "bruno": Shape(pitch=0.50, melody=0.85, formants=0.83, pace=0.94, tilt_db=0.5, gain=1.2),
    "whisp": Shape(melody=0.6, breath_db=9, pace=0.95, gain=1.96),
}
"""name -> shape, for each of `core.voices.ENGINE_VOICES`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the net predicts: logarithms of magnitudes and angles over (601, frames), and F0 in hertz over (frames,)."""

    harmonics: Curve
    harmonics_angle: Curve
    noise: Curve
    residual: Curve
    residual_angle: Curve
    f0: Curve


def shaped(parts: Parts, shape: Shape) -> Parts:
    """The parts of the same words in another voice. The residual keeps its level: it carries s, t and f."""
    level = -shape.breath_db / 3 * _NEPER_PER_DB + 0.5 * np.log(shape.pitch)  # a higher pitch has fewer harmonics a hertz
    tilt = _tilt(shape.tilt_db, len(parts.harmonics))
    return replace(
        parts,
        harmonics=_as32(stretch(parts.harmonics, shape.formants) + tilt + level),
        harmonics_angle=stretch(parts.harmonics_angle, shape.formants),
        noise=_as32(stretch(parts.noise, shape.formants) + tilt + shape.breath_db * _NEPER_PER_DB),
        residual=_as32(stretch(parts.residual, shape.formants) + tilt),
        f0=repitch(parts.f0, shape.pitch, shape.melody),
    )


def repitch(f0: Curve, pitch: float, melody: float) -> Curve:
    """F0 moved by the ratio `pitch` and spread by the exponent `melody` around its geometric mean; silence stays silence."""
    voiced = f0 > VOICED_HZ
    if not voiced.any():
        return f0
    middle = np.exp(np.log(f0[voiced]).mean())
    moved = f0.copy()
    moved[voiced] = middle * pitch * (f0[voiced] / middle) ** melody
    return moved


def stretch(curve: Curve, ratio: float) -> Curve:
    """The frequency axis scaled by `ratio`; what would come from above the last bin is the last bin."""
    if ratio == 1:
        return curve
    last = len(curve) - 1
    source = np.minimum(np.arange(len(curve)) / ratio, last)
    below = source.astype(int)
    above = np.minimum(below + 1, last)
    share = _as32(source - below)[:, None]
    return _as32(curve[below] * (1 - share) + curve[above] * share)


def _tilt(db_per_octave: float, bins: int) -> Curve:
    hz = np.maximum(np.arange(bins) * BIN_HZ, _TILT_FROM_HZ)
    return _as32(db_per_octave * np.log2(hz / _TILT_FROM_HZ) * _NEPER_PER_DB)[:, None]


def _as32(values: NDArray[np.floating]) -> Curve:
    return np.asarray(values, np.float32)
