"""Text to speech by hibari (a distilled Kokoro, 8 MB, English): about a hundred times faster than speech on one core."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from genmedia_live.core.errors import error
from genmedia_live.core.voices import ENGINE_VOICES
from genmedia_live.engine.mind.onnx import MISSING_EXTRA
from genmedia_live.engine.mind.shaping import SHAPES, Parts, shaped
from genmedia_live.ports import Cancelled

_PIECE = 4_800
"""Samples of a piece: 200 ms at 24 kHz."""

_LOUDEST = 32_767


class HibariTts:
    """The engine's eight voices, shared by all sessions.

    Turning letters into sounds keeps state inside the library, so a lock holds that step to one thread at a time (about
    a millisecond); the net and the vocoder run in any thread.
    """

    def __init__(self) -> None:
        """Load the model that the package carries.

        Raises:
            GenmediaError: `engine_unavailable` when the package is not installed.
        """
        try:
            from hibari import Hibari, dsp
        except ImportError as problem:
            raise error("engine_unavailable", MISSING_EXTRA) from problem
        self._model = Hibari(threads=1)
        self._waveform = dsp.synth
        self._letters = threading.Lock()

    @property
    def voices(self) -> Mapping[str, str]:
        """name -> a few words on how it sounds."""
        return ENGINE_VOICES

    def synthesize(self, text: str, voice: str, cancelled: Cancelled = lambda: False) -> Iterator[bytes]:
        """PCM16 mono at 24 kHz, in pieces of at most 200 ms, a sentence at a time; stops soon after `cancelled()`.

        Text without anything to pronounce gives nothing.

        Raises:
            GenmediaError: `unknown_voice`.
        """
        if voice not in SHAPES:
            raise error("unknown_voice", f"The local engine has no voice {voice!r}. It has {', '.join(SHAPES)}.")
        return self._pieces(text, voice, cancelled)

    def _pieces(self, text: str, voice: str, cancelled: Cancelled) -> Iterator[bytes]:
        with self._letters:
            sentences = self._model.phonemize(text)
        for sounds in sentences:
            if cancelled():
                return
            samples = self._sentence(sounds, voice)
            for at in range(0, len(samples), _PIECE):
                if cancelled():
                    return
                yield samples[at : at + _PIECE].tobytes()

    def _sentence(self, sounds: str, voice: str) -> NDArray[np.int16]:
        shape = SHAPES[voice]
        ids = np.asarray([self._model.ids(sounds)], np.int64)
        if ids.shape[1] < 3:  # the two ends and nothing between
            return np.zeros(0, np.int16)
        predicted = self._model.sess.run(None, {"ids": ids, "speed": np.asarray([shape.pace], np.float32)})
        parts = shaped(Parts(*(np.ascontiguousarray(part[0]) for part in predicted)), shape)
        wave = self._waveform(
            parts.harmonics,
            parts.harmonics_angle,
            parts.noise,
            parts.residual,
            parts.residual_angle,
            parts.f0,
            np.random.default_rng(0),  # the same words sound the same
        )
        return np.asarray(np.clip(wave * shape.gain, -1, 1) * _LOUDEST).astype("<i2")
