"""Voice activity by the Silero VAD (v6, ONNX): a small recurrent net over 32 ms frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genmedia_live.engine.mind import onnx
from genmedia_live.ports import Samples

FRAME = 512
"""Samples a frame: 32 ms at 16 kHz, the size that the model was trained on."""

_CONTEXT = 64
"""Samples of the frame before that the model sees again."""

_RATE = np.array(16_000, np.int64)


class SileroVad:
    """One stream's ear. The state is the stream's own; the net behind it is shared and safe to run from any thread."""

    def __init__(self, net: Any) -> None:
        """Listen with a net from `load`."""
        self._net = net
        self._state: NDArray[np.float32]
        self._context: NDArray[np.float32]
        self.reset()

    @staticmethod
    def load(path: Path) -> Any:
        """The net, for any number of streams. Raises GenmediaError as `onnx.session` does."""
        return onnx.session(path)

    def probability(self, frame: Samples) -> float:
        """How surely 512 samples (32 ms at 16 kHz) hold speech, 0 to 1.

        Raises:
            ValueError: the frame has another length.
        """
        if frame.shape != (FRAME,):
            raise ValueError(f"a frame has {FRAME} samples, not {frame.shape}")
        window = np.concatenate([self._context, frame.reshape(1, FRAME)], axis=1).astype(np.float32, copy=False)
        speech, self._state = self._net.run(None, {"input": window, "state": self._state, "sr": _RATE})
        self._context = window[:, -_CONTEXT:]
        return float(speech[0, 0])

    def reset(self) -> None:
        """Forget the stream so far."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._context = np.zeros((1, _CONTEXT), np.float32)
