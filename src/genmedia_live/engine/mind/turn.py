"""End of turn by smart-turn (v3, ONNX): has someone said what they wanted to say, or only paused?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genmedia_live.engine.mind import onnx
from genmedia_live.engine.mind.mel import RATE, log_mel
from genmedia_live.ports import Samples

WINDOW = 8 * RATE
"""Samples that the model sees: the last 8 s, with silence in front of a shorter utterance."""


class SmartTurn:
    """The judge, shared by all sessions: it keeps nothing between calls, and its net may run in several threads."""

    def __init__(self, path: Path) -> None:
        """Load the model. Raises GenmediaError as `onnx.session` does."""
        self._net = onnx.session(path)

    def probability(self, audio: Samples) -> float:
        """How surely the utterance (16 kHz) is complete, 0 to 1. Feed it with the silence heard since, about 0.2 s."""
        features = log_mel(_normalised(_window(audio)))
        return float(self._net.run(None, {"input_features": features[None]})[0].reshape(-1)[0])


def _window(audio: Samples) -> Samples:
    recent = audio[-WINDOW:]
    return np.pad(recent, (WINDOW - len(recent), 0))


def _normalised(audio: Samples) -> Samples:
    """Zero mean and unit variance over the whole window, the silence in front included, as in the model's training."""
    centred = audio - audio.mean()
    return np.asarray(centred / np.sqrt(audio.var() + 1e-7), np.float32)
