"""`make fuzz`: fuzzes every target side by side until none has shown a new edge for a while. A JSON object a line.

What libFuzzer finds worth keeping stays in `.fuzz/`, so that the next run goes on where this one stops. An input that breaks a
promise is written to `corpus/`, where `make test` replays it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from bench.report import emit
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
KEPT = Path(".fuzz")
FLAGS = ("-max_len=32768", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1")
SAY_EVERY_S = 30.0
INTERRUPTED = 72
"""libFuzzer's exit code when it is told to end."""
TAIL = 80
"""Lines of the fuzzer that are shown when it ends badly."""

_STATUS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+)")
_FINAL = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


class Run:
    """One target being fuzzed in a process of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.executions = self.edges = 0
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._began = self._last_edge = time.monotonic()
        kept, seeds = KEPT / name, CORPUS / name
        kept.mkdir(parents=True, exist_ok=True)
        folders = (str(kept), str(seeds), f"-artifact_prefix={seeds}/")
        command = (sys.executable, "-m", "tests.fuzz.fuzz", name, *folders, *FLAGS)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode(errors="replace")
            if status := _STATUS.match(text):
                self.executions = int(status[1])
                if int(status[2]) > self.edges:
                    self.edges, self._last_edge = int(status[2]), time.monotonic()
            elif final := _FINAL.match(text):
                self.executions = int(final[1])
            else:
                self._tail.append(text)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def quiet_s(self) -> float:
        """Seconds since the last new edge."""
        return time.monotonic() - self._last_edge

    def stop(self) -> bool:
        """End it, if it has not ended itself. False when a promise was broken."""
        quiet = self.quiet_s
        if self.running:
            self._process.terminate()  # libFuzzer says what it has done, and ends
        code = self._process.wait(60)
        self._reader.join()
        ok = code in (0, INTERRUPTED)
        if not ok:
            sys.stderr.writelines(self._tail)
        seconds = time.monotonic() - self._began
        row = {"executions": self.executions, "per_second": round(self.executions / seconds), "quiet_s": round(quiet)}
        emit(f"fuzz_{self.name}", self.edges, "edges", ok=ok, seconds=round(seconds), **row)
        return ok

    def say(self) -> None:
        seconds = time.monotonic() - self._began
        sys.stderr.write(
            f"{self.name}: {self.edges} edges, {self.executions} executions, {self.executions / seconds:.0f} a second, "
            f"last new edge {self.quiet_s:.0f} s ago\n"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quiet", type=float, default=600.0, help="seconds without a new edge that end it")
    quiet = arguments.parse_args().quiet
    os.environ["PYTHONWARNINGS"] = "error"
    runs = [Run(name) for name in TARGETS]
    said = time.monotonic()
    try:
        while all(run.running for run in runs) and any(run.quiet_s < quiet for run in runs):
            time.sleep(0.5)
            if time.monotonic() - said > SAY_EVERY_S:
                said = time.monotonic()
                for run in runs:
                    run.say()
    except KeyboardInterrupt:
        pass
    kept = [run.stop() for run in runs]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
