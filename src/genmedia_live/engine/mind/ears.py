"""From the client's PCM to 16 kHz frames with their speech probabilities. Works in a thread; one instance a session."""

from __future__ import annotations

import numpy as np
import soxr

from genmedia_live.core.audio import BYTES_PER_SAMPLE, MIC_RATE
from genmedia_live.engine.dialogue.endpointing import FRAME
from genmedia_live.ports import Samples, Vad


class Ears:
    """Resamples, cuts into frames and detects speech. Remembers what does not fill a sample or a frame."""

    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._bytes = b""
        self._samples: Samples = np.zeros(0, np.float32)
        self._resampler: soxr.ResampleStream | None = None

    def hear(self, pcm: bytes, rate: int) -> list[tuple[Samples, float]]:
        """The frames that `pcm` (PCM16 mono at `rate` Hz) completes, each with the probability that it holds speech."""
        pcm = self._bytes + pcm
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._bytes = pcm[whole:]
        samples = np.frombuffer(pcm[:whole], "<i2").astype(np.float32) / 32768.0
        if rate != MIC_RATE:
            if self._resampler is None:
                self._resampler = soxr.ResampleStream(rate, MIC_RATE, 1, dtype="float32")
            samples = self._resampler.resample_chunk(samples)
        return self._frames(samples)

    def finish(self) -> list[tuple[Samples, float]]:
        """The last frames of the stream, filled up with silence; the next sample begins a new stream."""
        tail = np.zeros(0, np.float32)
        if self._resampler is not None:
            tail = self._resampler.resample_chunk(tail, last=True)
        rest = (len(self._samples) + len(tail)) % FRAME
        frames = self._frames(np.concatenate([tail, np.zeros((FRAME - rest) % FRAME, np.float32)]))
        self._bytes, self._samples, self._resampler = b"", np.zeros(0, np.float32), None
        self._vad.reset()
        return frames

    def _frames(self, samples: Samples) -> list[tuple[Samples, float]]:
        samples = np.concatenate([self._samples, samples])
        whole = len(samples) - len(samples) % FRAME
        self._samples = samples[whole:]
        frames = samples[:whole].reshape(-1, FRAME)
        return [(frame, self._vad.probability(frame)) for frame in frames]
