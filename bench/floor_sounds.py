"""Sounds that people make without words, synthesised: nothing here is a recording. One seed always gives the same sounds.

Each function returns mono samples at 16 kHz with a peak of 1; `rng` decides how this one differs from the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RATE = 16_000

Sound = NDArray[np.float64]
Rng = np.random.Generator


def cough(rng: Rng) -> Sound:
    """One to three coughs of three phases: a burst, noisy flow, and in every other one a hoarse voice.

    The phases and their lengths: Korpas, Sadlonova, Vrabec, "Analysis of the cough sound: an overview", 1996.
    """
    bursts = [_cough(rng, voiced=bool(rng.random() < 0.5)) for _ in range(rng.integers(1, 4))]
    return _with_pauses(bursts, lambda: rng.uniform(0.06, 0.3))


def _cough(rng: Rng, *, voiced: bool) -> Sound:
    burst, flow = _seconds(rng.uniform(0.03, 0.05)), _seconds(rng.uniform(0.12, 0.22))
    tract = [(rng.uniform(450, 800), 200), (rng.uniform(1_000, 1_700), 250), (rng.uniform(2_300, 3_300), 400)]
    loudness = np.concatenate([np.linspace(0.6, 1, burst) ** 2, np.exp(-np.linspace(0, rng.uniform(1.5, 3), flow))])
    out = _formants(rng.standard_normal(burst + flow), tract) + 0.5 * rng.standard_normal(burst + flow)
    out = _normal(out) * loudness
    if voiced:
        length = _seconds(rng.uniform(0.05, 0.12))
        source = 0.6 * _normal(_voice(rng, rng.uniform(120, 260) * np.linspace(1, 0.75, length), jitter=0.06))
        hoarse = _normal(_formants(source + 0.5 * _normal(rng.standard_normal(length)), tract))
        out = np.concatenate([out, 0.5 * hoarse * np.linspace(1, 0, length)])
    return _normal(out)


def clap(rng: Rng) -> Sound:
    """One or two claps in a room. Their spectra: Repp, "The sound of two hands clapping", 1987."""
    return _with_pauses([_clap(rng) for _ in range(rng.integers(1, 3))], lambda: rng.uniform(0.15, 0.4))


def _clap(rng: Rng) -> Sound:
    length = _seconds(0.35)
    body = _formants(rng.standard_normal(length), [(rng.uniform(700, 2_500), 500)])
    direct = np.exp(-np.arange(length) / _seconds(rng.uniform(0.004, 0.01)))
    room = rng.uniform(0.02, 0.15) * np.exp(-np.arange(length) / _seconds(rng.uniform(0.03, 0.07)))
    return _normal(_normal(body) * (direct + room))


def knock(rng: Rng) -> Sound:
    """Two to four knocks on wood: a click and a few damped resonances."""
    modes = [(rng.uniform(90, 450), rng.uniform(0.01, 0.03), rng.uniform(0.4, 1)) for _ in range(4)]
    knocks = [_struck(rng, modes, 0.12, rng.uniform(0.1, 0.4)) for _ in range(rng.integers(2, 5))]
    return _with_pauses(knocks, lambda: rng.uniform(0.03, 0.12))


def typing(rng: Rng) -> Sound:
    """Keys going down and up for a second."""
    clicks = []
    for _ in range(rng.integers(4, 9)):
        modes = [(rng.uniform(1_500, 5_500), rng.uniform(0.001, 0.004), rng.uniform(0.3, 1)) for _ in range(3)]
        clicks += [rng.uniform(0.5, 1) * _struck(rng, modes, 0.03, 0.5), 0.4 * _struck(rng, modes, 0.03, 0.5)]
    return _with_pauses(clicks, lambda: rng.uniform(0.02, 0.1))


def _struck(rng: Rng, modes: Sequence[tuple[float, float, float]], seconds: float, click: float) -> Sound:
    at = np.arange(_seconds(seconds))
    out = click * rng.standard_normal(len(at)) * np.exp(-at / _seconds(0.0015))
    for hz, decay, loudness in modes:
        out += loudness * np.sin(2 * np.pi * hz * at / RATE + rng.uniform(0, 6)) * np.exp(-at / _seconds(decay))
    return _normal(out)


def breath(rng: Rng) -> Sound:
    """In or out, near the microphone: noise that swells and goes."""
    length = _seconds(rng.uniform(0.25, 0.6))
    air = _formants(rng.standard_normal(length), [(rng.uniform(400, 900), 500), (rng.uniform(1_400, 2_200), 700)])
    return _normal(_normal(air) * np.sin(np.pi * np.linspace(0, 1, length) ** rng.uniform(0.6, 1.4)) ** 1.5)


def hum(rng: Rng) -> Sound:
    """ "Mm", "mm-hm" or "mm-mm" through a closed mouth. The nasal murmur: Fant, "Acoustic theory of speech production", 1960."""
    murmur = [(rng.uniform(220, 300), 60), (rng.uniform(950, 1_150), 250), (rng.uniform(2_000, 2_300), 300)]
    return _grunt(rng, murmur, strengths=(1.0, 0.05, 0.03), breath=0.02)


def uh_huh(rng: Rng) -> Sound:
    """ "Uh-huh" with an open mouth: a neutral vowel, twice, and breath between."""
    stretch = rng.uniform(0.92, 1.15)
    vowel = [(550 * stretch, 110), (1_350 * stretch, 140), (2_500 * stretch, 220)]
    return _grunt(rng, vowel, strengths=(1.0, 0.5, 0.2), breath=0.15)


def _grunt(rng: Rng, tract: Sequence[tuple[float, float]], strengths: Sequence[float], breath: float) -> Sound:
    pitch = rng.uniform(85, 240)
    syllables = []
    for number in range(rng.integers(1, 3)):
        length = _seconds(rng.uniform(0.14, 0.3))
        rise = rng.uniform(1.0, 1.3) if number else rng.uniform(0.9, 1.02)
        source = _voice(rng, pitch * rise * np.linspace(1, rng.uniform(0.92, 1.12), length), jitter=0.01)
        syllables.append(_normal(_formants(source, tract, strengths)) * np.sin(np.pi * np.linspace(0, 1, length)) ** 0.5)
    if len(syllables) == 1:
        return _normal(syllables[0])
    length = _seconds(rng.uniform(0.04, 0.12))
    between = breath * _normal(_formants(rng.standard_normal(length), tract, strengths))
    return _normal(np.concatenate([syllables[0], between, syllables[1]]))


def _voice(rng: Rng, hertz: Sound, jitter: float) -> Sound:
    """A glottal source as it leaves the lips: harmonics that fall by 6 dB an octave, with the unsteadiness of a throat."""
    wander = np.interp(np.arange(len(hertz)), np.linspace(0, len(hertz), 12), rng.normal(1, jitter, 12))
    phase = 2 * np.pi * np.cumsum(hertz * wander) / RATE
    most = int(0.45 * RATE / hertz.max())
    return np.asarray(sum(np.sin(n * phase) / n for n in range(1, most + 1)))


def _formants(source: Sound, tract: Sequence[tuple[float, float]], strengths: Sequence[float] | None = None) -> Sound:
    """Resonators of (hertz, bandwidth) side by side, each with its strength, brought to the same height first."""
    out = np.zeros(len(source))
    for (hz, width), strength in zip(tract, strengths or (1.0,) * len(tract), strict=True):
        out += strength * _resonate(source, hz, width)
    return out


def _resonate(source: Sound, hz: float, width: float) -> Sound:
    """A two-pole resonance by its frequency response: exact, and as fast as a transform."""
    size = 1 << (len(source) + _seconds(0.1)).bit_length()
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    radius, angle = np.exp(-np.pi * width / RATE), 2 * np.pi * hz / RATE
    peak = abs(1 - radius) * abs(1 - radius * np.exp(-2j * angle))
    response = peak / (1 - 2 * radius * np.cos(angle) * turn + radius**2 * turn**2)
    return np.asarray(np.fft.irfft(np.fft.rfft(source, size) * response, size)[: len(source)])


def _with_pauses(parts: Sequence[Sound], pause: Callable[[], float]) -> Sound:
    pieces: list[Sound] = []
    for part in parts:
        pieces += [part, np.zeros(_seconds(pause()))]
    return _normal(np.concatenate(pieces[:-1]))


def _normal(samples: Sound) -> Sound:
    return samples / max(float(np.abs(samples).max()), 1e-9)


def _seconds(seconds: float) -> int:
    return round(seconds * RATE)
