"""What is said to the agent: typed words, WAV files in any PCM format, one picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from genmedia_live.core.audio import MIC_RATE
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import jpeg

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE


@dataclass(frozen=True, slots=True)
class Typed:
    """Typed words."""

    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Voice as it leaves a microphone: PCM16 mono at 16 kHz."""

    pcm: bytes


Input = Typed | Spoken


def read_wav(path: Path) -> Spoken:
    """The voice in a WAV file, mixed down and resampled.

    The standard library knows no extensible headers before Python 3.12, and no streamed files, whose sizes are not filled in.

    Raises:
        ValueError: it is not a WAV file, or not PCM; the sentence says which.
        OSError: it cannot be read.
    """
    chunks = _riff_chunks(path.read_bytes())
    header, data = chunks.get(b"fmt ", b""), chunks.get(b"data")
    if len(header) < 16 or data is None:
        raise ValueError("it has no sound in it")
    form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if form == _EXTENSIBLE and len(header) >= 26:
        form = struct.unpack_from("<H", header, 24)[0]  # the first two bytes of the sub-format's GUID
    if not channels or not rate:
        raise ValueError("its header is damaged")
    samples = _samples(data, form, bits)
    mono = samples[: len(samples) // channels * channels].reshape(-1, channels).mean(axis=1)
    if not len(mono):
        raise ValueError("it has no sound in it")
    voice = soxr.resample(mono, rate, MIC_RATE) if rate != MIC_RATE else mono
    return Spoken(np.clip(np.rint(voice * 32768), -32768, 32767).astype("<i2").tobytes())


def _riff_chunks(data: bytes) -> dict[bytes, bytes]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("it is not a WAV file")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        chunks.setdefault(name, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return chunks


def _samples(data: bytes, form: int, bits: int) -> NDArray[np.float64]:
    """All samples, channels interleaved, in [-1, 1]."""
    width = bits // 8
    whole = data[: len(data) // width * width] if width else b""
    if form == _PCM and bits == 8:
        return np.frombuffer(whole, "u1") / 128.0 - 1.0
    if form == _PCM and bits in (16, 32):
        return np.frombuffer(whole, f"<i{width}") / 2.0 ** (bits - 1)
    if form == _PCM and bits == 24:
        padded = np.zeros((len(whole) // 3, 4), "u1")
        padded[:, 1:] = np.frombuffer(whole, "u1").reshape(-1, 3)
        return padded.view("<i4")[:, 0] / 2.0**31
    if form == _FLOAT and bits in (32, 64):
        return np.nan_to_num(np.frombuffer(whole, f"<f{width}").astype(np.float64))
    raise ValueError(f"it is not PCM of 8, 16, 24 or 32 bits (format {form}, {bits} bits)")


def read_jpeg(path: Path) -> bytes:
    """A picture that the server will take.

    Raises:
        ValueError: it is not a JPEG, or is too large; the sentence says which.
        OSError: it cannot be read.
    """
    data, limits = path.read_bytes(), Limits()
    size = jpeg.size(data)
    if size is None:
        raise ValueError("it is not a JPEG")
    if len(data) > limits.still_bytes or size[0] * size[1] > limits.still_pixels:
        raise ValueError(f"it is larger than {limits.still_bytes} bytes or {limits.still_pixels} pixels")
    if is_still(data) and not jpeg.is_whole(data):
        raise ValueError("it is damaged: its end is missing")
    return data


def is_still(data: bytes) -> bool:
    """True for a JPEG that is too large for the live traffic, and so goes by POST."""
    limits, size = Limits(), jpeg.size(data)
    return len(data) > limits.frame_bytes or (size is not None and max(size) > limits.frame_side)
