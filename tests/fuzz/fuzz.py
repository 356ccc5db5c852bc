"""Feeds one target until it is stopped: `python -m tests.fuzz.fuzz TARGET CORPUS... [flags of libFuzzer]`. `run.py` starts it."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["genmedia_live.engine"]):
    from tests.fuzz.mutation import mutated, mutated_talk
    from tests.fuzz.targets import TARGETS

DUMB = 0.2
"""Share of the changes that are left to libFuzzer, which knows nothing of JSON."""

SLOWER = 100
"""An input may take so many times what an ordinary frame of its size takes."""

YARDSTICK = b'{"clientContent": {"turns": [%s]}}' % b",".join([b'{"role": "user", "parts": [{"text": "hello"}]}'] * 50)


class TooSlow(Exception):
    """The time for an input is out of proportion to its size."""


def timed(target: Callable[[bytes], None], data: bytes) -> float:
    """Seconds of the processor."""
    begun = time.thread_time()
    target(data)
    return time.thread_time() - begun


def in_proportion(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The target, which also fails when its time is out of proportion, three times in a row."""
    ordinary = min(timed(target, YARDSTICK) for _ in range(20)) / len(YARDSTICK)

    def judged(data: bytes) -> None:
        allowed = SLOWER * ordinary * (len(data) + 100)
        if timed(target, data) > allowed and min(timed(target, data) for _ in range(3)) > allowed:
            raise TooSlow(f"{len(data)} bytes take more than {allowed:.3f} s")

    return judged


def main() -> None:
    name = sys.argv.pop(1)
    change = {"frame": mutated, "talk": mutated_talk}[name]

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < DUMB:
            return bytes(atheris.Mutate(data, max_size))
        changed = change(data, rng)
        return changed if len(changed) <= max_size else data

    target = TARGETS[name]
    atheris.Setup(sys.argv, in_proportion(target) if name == "frame" else target, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
