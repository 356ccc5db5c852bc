"""Speech for fake microphones, spoken by the product's own voice."""

from __future__ import annotations

import functools
import wave
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.mind.tts import HibariTts

MIC_FILE_RATE = 48_000

LEAD = 1.0
"""Seconds of silence before the words: up to 140 ms of the file are gone before a page hears anything."""

LOUD = 1_000
"""A sample of the voice louder than this belongs to a word."""


@functools.cache
def _voice() -> HibariTts:
    return HibariTts()


@functools.cache
def spoken(text: str, voice: str = "heart") -> NDArray[np.int16]:
    """The words as PCM16 mono at 24 kHz."""
    return np.frombuffer(b"".join(_voice().synthesize(text, voice)), "<i2")


def seconds(text: str) -> float:
    """How long the words sound, without the silence around them."""
    loud = np.flatnonzero(np.abs(spoken(text)) > LOUD)
    return float(loud[-1] - loud[0]) / VOICE_RATE


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * VOICE_RATE), np.int16)


def _piece(part: str | float | NDArray[np.int16], voice: str) -> NDArray[np.int16]:
    if isinstance(part, str):
        return spoken(part, voice)
    return part if isinstance(part, np.ndarray) else silence(part)


def wav(path: Path, *parts: str | float | NDArray[np.int16], voice: str = "heart", tail: float = 60.0) -> Path:
    """Write a microphone's file: texts are spoken, numbers are seconds of silence, samples are at 24 kHz; `tail` s follow."""
    pieces = [_piece(part, voice) for part in (LEAD, *parts, tail)]
    pcm = soxr.resample(np.concatenate(pieces), VOICE_RATE, MIC_FILE_RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MIC_FILE_RATE)
        file.writeframes(np.asarray(pcm, "<i2").tobytes())
    return path
