"""The engine as a person starts it: a process, that says where it listens and writes the certificate to trust."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OURS = ("GENMEDIA_", "GOOGLE_", "GEMINI_")
"""Settings of the machine that must not reach an engine or a client under test,"""

KEPT = ("GENMEDIA_MODELS_DIR",)
"""except for where the weights are."""


@dataclass(frozen=True)
class Engine:
    """Where it listens."""

    port: int
    plain_port: int
    ca: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def plain_url(self) -> str:
        return f"http://127.0.0.1:{self.plain_port}"


def environment(**more: str) -> dict[str, str]:
    """This process's, without what it would tell an engine or a client about itself."""
    return {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(OURS)} | more


@contextmanager
def engine_process(folder: Path, *flags: str) -> Iterator[Engine]:
    """Run `genmedia-live engine` on free ports, its files in `folder`.

    Raises:
        AssertionError: it did not start, or did not end well when it was told to.
    """
    ca, log = folder / "engine.pem", folder / "engine.log"
    command = [sys.executable, "-m", "genmedia_live", "engine", "--port", "0", "--plain-port", "0", "--ca-out", str(ca), *flags]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        said = process.stdout.readline()
        ports = re.fullmatch(r"Live engine on wss://127\.0\.0\.1:(\d+) and ws://127\.0\.0\.1:(\d+)\n", said)
        assert ports is not None, said + log.read_text()
        try:
            yield Engine(int(ports[1]), int(ports[2]), ca)
            process.terminate()
            assert process.wait(20) == 0, log.read_text()[-4_000:]
        finally:
            process.kill()
