"""The engine as a process to measure: started, pinned to a core, looked at, stopped."""

from __future__ import annotations

import os
import re
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ENGINE = ("-m", "genmedia_live", "engine", "--scripted")
STARTS = 5


class Server:
    """A running engine."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, ca: Path) -> None:
        self.pid = process.pid
        self.port = port
        self.context = ssl.create_default_context(cafile=str(ca))

    def cpu_seconds(self) -> float:
        """Processor time used so far, all threads. Linux."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory in use now, in megabytes. Linux."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1000 if found else 0.0


@contextmanager
def engine(sessions: int, cpu: int | None = None) -> Iterator[Server]:
    """An engine that takes so many sessions, kept on one core if one is named."""
    with tempfile.TemporaryDirectory() as folder:
        ca = Path(folder, "ca.pem")
        command = [sys.executable, *ENGINE, "--port", "0", "--max-sessions", str(sessions), "--ca-out", str(ca)]
        quiet = os.environ | {"LOG_LEVEL": "WARNING"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, env=quiet) as process:
            if cpu is not None:
                os.sched_setaffinity(process.pid, {cpu})
            try:
                yield Server(process, _port(_first_line(process)), ca)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def _port(announcement: str) -> int:
    found = re.search(r"wss://\S+?:(\d+)", announcement)
    if found is None:
        raise SystemExit(f"The engine did not start: {announcement!r}")
    return int(found[1])


def start_seconds() -> float:
    """From the start of the process to the word that it is ready."""
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, *ENGINE, "--port", "0"], stdout=subprocess.PIPE) as process:
        _port(_first_line(process))
        took = time.monotonic() - begun
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    return took


def imported() -> list[str]:
    """The modules that an engine which is ready has imported, in their order."""
    command = [sys.executable, "-X", "importtime", *ENGINE, "--port", "0"]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        _port(_first_line(process))
        process.kill()  # what it imports to leave is not asked for
        process.wait(30)
        log.seek(0)
        rows = log.read().decode(errors="replace").splitlines()
    return [row.rpartition("|")[2].strip() for row in rows if row.startswith("import time:") and "self [us]" not in row]


def import_seconds(modules: Sequence[str]) -> float:
    """The same imports in a process that does nothing else."""
    work = (
        "import importlib, sys\n"
        "for name in sys.stdin.read().split():\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError: pass\n"
        "print(flush=True)"
    )
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write("\n".join(modules).encode())
        process.stdin.close()
        _first_line(process)
        return time.monotonic() - begun


def beyond_imports() -> tuple[float, float, float]:
    """Median seconds of start, of its imports alone, and of what start takes beyond them, each pair measured together."""
    modules = imported()
    pairs = [(start_seconds(), import_seconds(modules)) for _ in range(STARTS)]
    starts, imports = zip(*pairs, strict=True)
    beyond = statistics.median(start - alone for start, alone in pairs)
    return statistics.median(starts), statistics.median(imports), beyond
