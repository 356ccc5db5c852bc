"""The one shape that audio has in this product: mono PCM16, little-endian, with its rate."""

from __future__ import annotations

from dataclasses import dataclass

MIC_RATE = 16_000
"""Hz of everything that goes up to a model (Live API: native input rate)."""

VOICE_RATE = 24_000
"""Hz of everything that comes down from a model (Live API: output rate)."""

BYTES_PER_SAMPLE = 2


def duration_ms(size: int, rate: int) -> float:
    """Milliseconds that `size` bytes of mono PCM16 last at `rate` Hz."""
    return size * 1000 / (BYTES_PER_SAMPLE * rate)


def size_of(ms: float, rate: int) -> int:
    """Bytes of mono PCM16 that last `ms` milliseconds at `rate` Hz, rounded down to a whole sample."""
    return int(ms * rate / 1000) * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A run of samples as it travels: `pcm` is mono PCM16 little-endian at `rate` Hz; `seq` numbers it on its lane."""

    pcm: bytes
    rate: int
    seq: int = 0

    @property
    def ms(self) -> float:
        """How long the chunk sounds, in milliseconds."""
        return duration_ms(len(self.pcm), self.rate)
