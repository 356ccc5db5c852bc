"""The set that interruptions are measured on. All of it is synthetic: sounds by arithmetic, words by synthetic voices.

Two halves that share no seed and no voice: the gate's constants are tuned on one, the results come from the other.
"""

from __future__ import annotations

import io
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from bench import floor_sounds as sounds
from bench.floor_sounds import RATE, Rng, Sound
from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.mind.tts import HibariTts

NEED = Path(__file__).parents[1] / "scripts" / "need"

LEAD_S = 1.0
"""The room alone, in front of the sound."""
TAIL_S = 1.5

LEVELS = (-30.0, -24.0, -18.0, -12.0)
"""Peaks of the sounds, dBFS: from across a desk to close by."""
FLOORS = (-75.0, -62.0, -54.0)
"""Noise of the room, dBFS: a quiet one, an office, a fan."""
ECHOES = (None, None, -62.0, -54.0)
"""What the echo canceller leaves of the agent's voice, dBFS while it speaks."""

WORDS = (
    "wait", "stop", "no, no", "hold on", "hang on", "okay, stop", "sorry", "excuse me", "one second", "hey", "but why?", "what?",
    "actually, tell me something else", "what about tomorrow?", "can I ask something?", "I have a question", "let me think",
    "yes, I know that", "that's enough, thank you", "mm-hm, but wait",
)  # fmt: skip

HUMS = ("mm-hm", "mm", "uh-huh", "hmm")

SPELLED = {"mm-hm": "[[m:hm:]]", "mm": "[[m:]]", "hmm": "[[hm:]]"}
"""Where espeak-ng would spell letters out: its own names of the sounds."""

Half = Literal["tuning", "held_out"]

# The engine's voices, and those of espeak-ng: language+variant.
VOICES: dict[Half, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tuning": (("heart", "atlas", "luna", "sol"), ("en-us+m3", "en-gb+f2", "en-gb-scotland+m1", "en-us+f4")),
    "held_out": (("vera", "bruno", "pixie", "whisp"), ("en-us+m4", "en-us+f1", "en-gb-x-rp+m5", "en-029+f2")),
}
SEEDS: dict[Half, int] = {"tuning": 1, "held_out": 3}
EACH = 30
"""How many of each kind of sound there are in a half."""


@dataclass(frozen=True)
class Item:
    """One sound in its room, as the microphone gives it while the agent speaks: 16 kHz."""

    kind: str
    words: str
    """Empty for what is no speech."""
    interrupts: bool
    """Whether the person wants the floor."""
    onset_ms: float
    samples: NDArray[np.float32]


def items(half: Half) -> Iterator[Item]:
    """All of a half, always in the same order."""
    rng = np.random.default_rng(SEEDS[half])
    kinds = (sounds.cough, sounds.clap, sounds.knock, sounds.breath, sounds.typing, sounds.hum, sounds.uh_huh)
    for make in kinds:
        for _ in range(EACH):
            yield _in_a_room(rng, make.__name__, "", False, make(rng))
    for _ in range(EACH):
        yield _in_a_room(rng, "echo", "", False, np.zeros(1), echo=-54.0)
    own, espeak = VOICES[half]
    voices = [*((name, own_voice) for name in own), *((name, espeak_voice) for name in espeak)]
    for words in (*HUMS, *WORDS):
        for name, speak in voices:
            yield _in_a_room(rng, "said_hum" if words in HUMS else "words", words, words not in HUMS, speak(words, name))


def _in_a_room(rng: Rng, kind: str, words: str, interrupts: bool, sound: Sound, echo: float | None = None) -> Item:
    loud = np.flatnonzero(np.abs(sound) > 10 ** (-30 / 20))  # the onset that a person would mark: 30 dB under the peak
    first = int(loud[0]) if len(loud) else 0
    level, floor = rng.choice(LEVELS), rng.choice(FLOORS)
    echo = echo or ECHOES[rng.integers(len(ECHOES))]
    lead = round(LEAD_S * RATE) + int(rng.integers(RATE // 10))
    length = lead + len(sound) + round(TAIL_S * RATE)
    out = _room(rng, length) * 10 ** (floor / 20)
    if echo is not None:
        out += _residue(rng, length) * 10 ** (echo / 20)
    out[lead : lead + len(sound)] += sound * 10 ** (level / 20)
    pcm = np.clip(np.round(out * 32_768), -32_768, 32_767)
    return Item(kind, words, interrupts, (lead + first) * 1000 / RATE, (pcm / 32_768).astype(np.float32))


def _room(rng: Rng, length: int) -> Sound:
    """Noise that falls by 3 dB an octave above 100 Hz, with a root mean square of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(length, 1 / RATE), 100))
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / noise.std())


def _residue(rng: Rng, length: int) -> Sound:
    """The agent's voice as a canceller leaves it: thin, with a root mean square of 1 where it sounds."""
    voice = own_voice("The moon goes around the Earth once a month, and always shows it the same side.", "heart")
    start = int(rng.integers(len(voice)))
    out = np.resize(np.roll(voice, -start), length)
    out = np.diff(out, prepend=0.0)
    return np.asarray(out / np.sqrt(np.mean(out[np.abs(out) > 0.05 * np.abs(out).max()] ** 2)))


_TTS: list[HibariTts] = []
_SAID: dict[tuple[str, str], Sound] = {}


def own_voice(words: str, name: str) -> Sound:
    """The local engine's voice, its peak at 1."""
    if (words, name) not in _SAID:
        if not _TTS:
            _TTS.append(HibariTts())
        pcm = np.frombuffer(b"".join(_TTS[0].synthesize(words, name)), "<i2")
        _SAID[words, name] = _trimmed(soxr.resample(pcm.astype(np.float64), VOICE_RATE, RATE))
    return _SAID[words, name]


def espeak_voice(words: str, name: str) -> Sound:
    """A formant synthesiser's voice, its peak at 1."""
    subprocess.run([NEED, "espeak-ng"], check=True)
    first, *rest = words.split(",")
    text = ",".join([SPELLED.get(first, first), *rest])
    said = subprocess.run(["espeak-ng", "-v", name, "-s", "165", "--stdout", text], check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(said)) as file:
        rate = file.getframerate()
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return _trimmed(soxr.resample(pcm.astype(np.float64), rate, RATE))


def _trimmed(samples: Sound) -> Sound:
    samples = samples / np.abs(samples).max()
    loud = np.flatnonzero(np.abs(samples) > 0.003)
    return samples[loud[0] : loud[-1] + 1]
