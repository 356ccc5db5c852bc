"""From a fresh clone to a page that can be talked to: seconds and megabytes, with nothing of ours on the machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.report import emit

DEADLINE_S = 1_200


def megabytes(folder: Path) -> float:
    """What the files below a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def answers(url: str) -> bool:
    """True when the address answers with a 200."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def wait_for(url: str, server: subprocess.Popen[bytes], started: float) -> float:
    """Seconds since `started` at which the address answered."""
    while server.poll() is None and time.monotonic() - started < DEADLINE_S:
        if answers(url):
            return time.monotonic() - started
        time.sleep(0.1)
    raise SystemExit(f"{url} did not answer.")


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        clone, data = Path(name, "clone"), Path(name, "data")
        started = time.monotonic()
        subprocess.run(["git", "clone", "-q", ".", str(clone)], check=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GENMEDIA_")}
        environment |= {"PORT": str(port), "GENMEDIA_DATA_DIR": str(data)}
        command = [shutil.which("make") or "make", "run"]
        with subprocess.Popen(command, cwd=clone, env=environment, stdout=sys.stderr, start_new_session=True) as server:
            try:
                page = wait_for(f"http://127.0.0.1:{port}/", server, started)
                ready = wait_for(f"http://127.0.0.1:{port}/readyz", server, started)
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(30)
        emit("fresh_clone_to_page", page, "s")
        emit("fresh_clone_to_conversation", ready, "s")
        emit("fresh_clone_environment", megabytes(clone / ".venv"), "MB")
        emit("fresh_clone_models", megabytes(data / "models"), "MB")


if __name__ == "__main__":
    main()
