"""The product, as `genmedia-live serve` starts it: its own process, a free port, its own data folder, ended by SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOREIGN = ("GOOGLE_", "GEMINI_", "GENMEDIA_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "PORT", "CLOUDSDK_")
"""Settings of the machine that the tests must not inherit."""

_KEPT = ("GENMEDIA_MODELS_DIR", "GENMEDIA_MODELS")


@dataclass(frozen=True)
class Server:
    """A running `serve`. `log` holds what it wrote."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def metrics(self) -> dict[str, float]:
        """name{labels} -> value."""
        with urllib.request.urlopen(f"{self.url}metrics", timeout=10) as reply:
            lines = [line for line in reply.read().decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@contextmanager
def serve(engine: str, folder: Path, *, deadline: float = 90, **settings: str) -> Iterator[Server]:
    """Start `serve --engine …` and wait until a conversation can start.

    Raises:
        RuntimeError: it ended, or was not ready by the deadline; with its log.
    """
    port = _free_port()
    environment = {k: v for k, v in os.environ.items() if k in _KEPT or not k.startswith(_FOREIGN)}
    environment |= {"GENMEDIA_DATA_DIR": str(folder / "data"), "LOG_FORMAT": "json", "PYTHONUNBUFFERED": "1", **settings}
    if "GENMEDIA_MODELS_DIR" not in environment:
        environment["GENMEDIA_MODELS_DIR"] = str(_models())
    log = folder / "serve.log"
    command = [sys.executable, "-m", "genmedia_live", "serve", "--engine", engine, "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        server = Server(port, process, log)
        try:
            _wait_until_ready(server, deadline)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            _wait_until_gone(server)


def _models() -> Path:
    from genmedia_live.settings import Settings

    return Settings().models_path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_gone(server: Server, deadline: float = 20) -> None:
    try:
        server.process.wait(deadline)
    except subprocess.TimeoutExpired:
        server.process.kill()
        raise RuntimeError(f"serve did not end within {deadline} s of SIGTERM:\n{server.log.read_text()[-4000:]}") from None


def _wait_until_ready(server: Server, deadline: float) -> None:
    end = time.monotonic() + deadline
    why = "no answer"
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}readyz", timeout=5):
                return
        except urllib.error.HTTPError as refusal:
            with refusal:
                why = refusal.read().decode()
        except OSError as error:
            why = str(error)
        time.sleep(0.05)
    raise RuntimeError(f"serve is not ready ({why}), exit code {server.process.poll()}:\n{server.log.read_text()[-4000:]}")
