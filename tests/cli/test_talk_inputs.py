import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from genmedia_live.cli.talk_inputs import is_still, read_jpeg, read_wav

JPEG = bytes.fromhex("ffd8ffc0000b080002000301011100ffd9")
WHOLE = JPEG[:-2] + bytes.fromhex("ffda0008010100003f0011ffd9")
PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def encode(samples: np.ndarray, bits: int) -> bytes:
    if bits == 8:
        return bytes((np.rint(samples * 127) + 128).astype("u1"))
    if bits == 24:
        whole = np.rint(samples * (2**23 - 1)).astype("<i4")
        return bytes(whole.view("u1").reshape(-1, 4)[:, :3].tobytes())
    return bytes(np.rint(samples * (2.0 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes())


def riff(fmt: bytes, data: bytes, size: int | None = None) -> bytes:
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk and its padding
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + extra
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def header(form: int, channels: int, rate: int, bits: int) -> bytes:
    width = channels * bits // 8
    return struct.pack("<HHIIHH", form, channels, rate, rate * width, width, bits)


def likeness(pcm: bytes) -> float:
    """How much of the sound is the tone: 1 for all of it."""
    heard = np.frombuffer(pcm, "<i2").astype(float)[800:-800]
    wanted = tone(16_000)[800 : 800 + len(heard)]
    return float(np.dot(heard[: len(wanted)], wanted) / (np.linalg.norm(heard[: len(wanted)]) * np.linalg.norm(wanted)))


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_any_pcm_wav_is_taken(tmp_path: Path, rate: int, channels: int, bits: int):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits // 8)
        file.setframerate(rate)
        file.writeframes(encode(np.repeat(tone(rate), channels), bits))
    pcm = read_wav(path).pcm
    assert abs(len(pcm) - 16_000) <= 4
    assert likeness(pcm) > 0.99
    assert abs(np.abs(np.frombuffer(pcm, "<i2")).max() - 16_384) < 800


def test_extensible_float_and_streamed_headers(tmp_path: Path):
    path = tmp_path / "a.wav"
    data = encode(tone(16_000), 24)
    extensible = header(0xFFFE, 1, 16_000, 24) + struct.pack("<HHI", 22, 24, 4) + PCM_GUID
    path.write_bytes(riff(extensible, data))
    assert likeness(read_wav(path).pcm) > 0.99
    path.write_bytes(riff(header(3, 1, 16_000, 32), tone(16_000).astype("<f4").tobytes()))
    assert likeness(read_wav(path).pcm) > 0.99
    path.write_bytes(riff(header(1, 1, 16_000, 16), encode(tone(16_000), 16), size=0xFFFF_FFFF))
    assert likeness(read_wav(path).pcm) > 0.99


def test_the_channels_are_mixed(tmp_path: Path):
    path = tmp_path / "a.wav"
    left_only = np.stack([tone(16_000), np.zeros(8_000)], axis=1).reshape(-1)
    path.write_bytes(riff(header(1, 2, 16_000, 16), encode(left_only, 16)))
    assert abs(np.abs(np.frombuffer(read_wav(path).pcm, "<i2")).max() - 8_192) < 100


def test_full_scale_does_not_wrap(tmp_path: Path):
    path = tmp_path / "a.wav"
    square = np.where(np.arange(44_100) // 50 % 2, 1.0, -1.0)
    path.write_bytes(riff(header(3, 1, 44_100, 64), square.astype("<f8").tobytes()))
    pcm = np.frombuffer(read_wav(path).pcm, "<i2").astype(int)
    assert pcm.max() == 32_767
    assert pcm.min() == -32_768


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "no sound"),
        (riff(header(1, 1, 16_000, 16), b""), "no sound"),
        (riff(header(1, 1, 16_000, 16)[:8], b"\0\0"), "no sound"),
        (riff(header(1, 0, 16_000, 16), b"\0\0"), "damaged"),
        (riff(header(1, 1, 0, 16), b"\0\0"), "damaged"),
        (riff(header(1, 1, 16_000, 0), b"\0\0"), "not PCM"),
        (riff(header(6, 1, 8_000, 8), b"\0\0"), "not PCM"),
    ],
)
def test_what_is_no_pcm_wav_is_refused_by_name(tmp_path: Path, content: bytes, why: str):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        read_wav(path)


def test_a_picture_is_a_jpeg_within_the_limits(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    assert read_jpeg(path) == JPEG
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match="not a JPEG"):
        read_jpeg(path)
    path.write_bytes(JPEG + bytes(4_000_000))
    with pytest.raises(ValueError, match="larger"):
        read_jpeg(path)
    path.write_bytes(WHOLE + bytes(300_000))
    assert is_still(read_jpeg(path))
    assert not is_still(WHOLE)
    path.write_bytes(JPEG + bytes(300_000))
    with pytest.raises(ValueError, match="damaged"):
        read_jpeg(path)
