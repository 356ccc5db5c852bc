"""One way for every bench to speak: a JSON object a line."""

from __future__ import annotations

import json
import os
import platform
from functools import cache


def emit(name: str, value: float, unit: str, limit: float | None = None, ok: bool | None = None, **extra: object) -> None:
    """Print a measurement. With a `limit` and no `ok`, the value is fine up to the limit."""
    if ok is None and limit is not None:
        ok = value <= limit
    row = {"name": name, "value": round(value, 4), "unit": unit, "limit": limit, "ok": ok, "machine": machine()}
    print(json.dumps(row | extra), flush=True)


@cache
def machine() -> str:
    """What ran it: processor, cores and system."""
    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            cpu = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), cpu)
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cpu}, {cores} cores, {platform.system()}, Python {platform.python_version()}"
