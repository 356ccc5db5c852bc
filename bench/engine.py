"""The Live server without weights: how fast it answers, how many it serves on one core, how soon it is ready.

Real sockets with TLS. The server has one core to itself and the load has the others. What a trigger is, `engine_client` says.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
import uvloop

from bench.engine_client import Caller, Line, Tally, typed
from bench.engine_process import Server, beyond_imports, engine
from bench.report import emit
from genmedia_live.aio import Tasks

FIRST_BYTE_MS = 20.0
SESSIONS = 200
READY_S = 1.0
FEW = 4
TURNS = 15
SECONDS = 24.0
SPEECH_MS = 1_000
NEVER_S = 60.0
"""Stands for the wait for what did not come."""
failures = 0


def report(name: str, value: float, unit: str, limit: float | None = None, more: dict[str, object] | None = None) -> None:
    """A measurement; past its limit the bench fails."""
    global failures
    failures += limit is not None and not value <= limit
    emit(name, value, unit, limit, None, **more or {})


def report_waits(name: str, waits: Sequence[float], limit: float | None = None, more: dict[str, object] | None = None) -> None:
    """Seconds that were waited, in milliseconds: the limit is on the 95th percentile. Nothing to wait for is past every limit."""
    ms = np.array(waits or [NEVER_S]) * 1000
    p95 = float(np.percentile(ms, 95, method="higher"))
    spread = {"median": round(float(np.median(ms)), 1), "worst": round(float(ms.max()), 1), "runs": len(waits)}
    report(name, p95, "ms (p95)", limit, spread | (more or {}))


# ---- a few


Take = Callable[[Caller], Awaitable[bool]]


async def answers(server: Server) -> None:
    """First answer byte of each trigger, with hardly anybody else there."""
    typing, marking = (lambda caller: caller.type(typed("Hi"))), (lambda caller: caller.mark(400))
    await few(server, "typed", typing, trigger="the typed words")
    await few(server, "spoken", lambda caller: caller.say(400), trigger="the audio that completes the pause")
    await few(server, "marked", marking, trigger="activityEnd", marked=True)


async def few(server: Server, kind: str, take: Take, *, trigger: str, marked: bool = False) -> None:
    """A few sessions that take turns of one kind."""
    waits = await asyncio.gather(*(_turns(server, take, number / FEW, marked=marked) for number in range(FEW)))
    more: dict[str, object] = {"trigger": trigger, "sessions": FEW}
    report_waits(f"engine_first_byte_{kind}", [wait for its in waits for wait in its], FIRST_BYTE_MS, more)


async def _turns(server: Server, take: Take, begin: float, *, marked: bool) -> list[float]:
    async with Line(server.port, server.context, 20, marked=marked) as caller:
        await asyncio.sleep(begin)
        tasks = Tasks()
        if not marked:
            tasks.start(caller.stream(asyncio.get_running_loop().time()), name="microphone")
        for _ in range(TURNS):
            await take(caller)
        await tasks.close()
        return caller.tally.typed + caller.tally.spoken


# ---- many at once


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of many sessions at once."""

    tallies: list[Tally]
    lags: list[float]
    closed: list[str]
    server_share: float
    load_share: float
    resident_mb: float
    seconds: float


async def crowd(server: Server, sessions: int, chunk_ms: int, seconds: float) -> Crowd:
    """So many sessions at once, each with its microphone on, taking turns by voice and by typing."""
    loop = asyncio.get_running_loop()
    before = server.resident_mb()
    lines = [Line(server.port, server.context, chunk_ms) for _ in range(sessions)]
    callers = [await line.__aenter__() for line in lines]
    lags: list[float] = []
    try:
        tasks = Tasks()
        begin = loop.time() + 0.2
        for number, caller in enumerate(callers):
            tasks.start(caller.stream(begin + chunk_ms / 1000 * number / sessions), name="microphone")
        probe = tasks.start(_probe(callers[0], lags), name="probe")
        used, own, since = server.cpu_seconds(), _own_cpu(), loop.time()
        talks = (_talk(caller, begin + seconds * number / sessions / 4, begin + seconds) for number, caller in enumerate(callers))
        await asyncio.gather(*talks)
        took = loop.time() - since
        shares = (server.cpu_seconds() - used) / took, (_own_cpu() - own) / took
        resident = (server.resident_mb() - before) / sessions
        probe.cancel()
        await tasks.close()
        tallies = [caller.tally for caller in callers]
        closed = [tally.closed for tally in tallies if tally.closed is not None]
        return Crowd(tallies, lags, closed, *shares, resident, took)
    finally:
        for line in lines:
            await line.__aexit__()


def _own_cpu() -> float:
    times = os.times()
    return times.user + times.system


async def _talk(caller: Caller, begin: float, until: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, begin - loop.time()))
    words = typed("Is anybody there?")
    while loop.time() < until and caller.tally.closed is None:
        await caller.say(SPEECH_MS)
        await asyncio.sleep(0.5)
        await caller.type(words)
        await asyncio.sleep(0.5)


async def _probe(caller: Caller, lags: list[float]) -> None:
    while True:
        lags.append(await caller.lag())
        await asyncio.sleep(0.1)


async def many(server: Server, sessions: int, chunk_ms: int, seconds: float) -> None:
    """Measure a crowd and say how it went."""
    seen = await crowd(server, sessions, chunk_ms, seconds)
    asked = sum(tally.asked for tally in seen.tallies)
    answered = sum(tally.answered for tally in seen.tallies)
    name = f"engine_crowd_{chunk_ms}ms"
    more: dict[str, object] = {"sessions": sessions, "chunk_ms": chunk_ms, "seconds": round(seen.seconds, 1)}
    report(f"{name}_unanswered", asked - answered, "turns", 0, more | {"turns": asked})
    report(f"{name}_closed", len(seen.closed), "sessions", 0, more | {"reasons": sorted(set(seen.closed))})
    report_waits(f"{name}_first_byte_typed", [wait for tally in seen.tallies for wait in tally.typed], None, more)
    report_waits(f"{name}_first_byte_spoken", [wait for tally in seen.tallies for wait in tally.spoken], None, more)
    report_waits(f"{name}_loop_lag", seen.lags, None, more)
    report(f"{name}_server", seen.server_share * 100, "% of a core", 100, more | {"load": round(seen.load_share * 100, 1)})
    report(f"{name}_memory", seen.resident_mb, "MB a session", None, more)


# ---- all


def cores() -> tuple[int | None, set[int] | None]:
    """A core for the server and the rest for the load, where the system lets us choose and there are two."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    return (min(mine), mine - {min(mine)}) if len(mine) > 1 else (None, None)


def main() -> None:
    start, imports, beyond = beyond_imports()
    report("engine_ready", beyond, "s beyond imports", READY_S, {"start": round(start, 3), "imports": round(imports, 3)})
    core, rest = cores()
    if rest is not None:
        os.sched_setaffinity(0, rest)
    with engine(SESSIONS, core) as server:
        uvloop.run(answers(server))
    with engine(SESSIONS, core) as server:
        uvloop.run(many(server, SESSIONS, 100, SECONDS))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
