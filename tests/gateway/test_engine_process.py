"""The supervisor against a child that a test scripts."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.gateway.engine_process import EngineProcess, command
from genmedia_live.gateway.engines import Readiness
from tests.fakes import FakeUpstream

SETTINGS = SessionSettings("m", "v")
FAST = Limits(engine_restart_first_ms=1, engine_restart_longest_ms=1)

READY = '{"event":"ready","port":%d,"ca":"PEM","host":"127.0.0.1"}'


class Watched:
    """A supervised child that runs `script`, and the changes that were seen."""

    def __init__(self, script: str) -> None:
        self.seen: list[Readiness] = []
        self._news = asyncio.Event()
        self.upstreams: list[tuple[int, str, FakeUpstream]] = []
        self.process = EngineProcess("local", [sys.executable, "-c", script], FAST, self._connect, self._changed)

    def _changed(self, readiness: Readiness) -> None:
        self.seen.append(readiness)
        self._news.set()

    def _connect(self, port: int, ca: str) -> FakeUpstream:
        self.upstreams.append((port, ca, FakeUpstream()))
        return self.upstreams[-1][2]

    async def until(self, state: str, times: int = 1) -> None:
        async with asyncio.timeout(20):
            while [readiness.state for readiness in self.seen].count(state) < times:
                self._news.clear()
                await self._news.wait()


async def test_loading_is_shown_and_ready_leads_to_the_engine() -> None:
    lines = ['{"event":"loading","what":"download","file":"llm","done":5,"total":10}', READY % 4711]
    watched = Watched(f"import sys\nfor line in {lines!r}: print(line, flush=True)\nsys.stdin.read()")
    assert watched.process.readiness.state == "loading"
    with pytest.raises(GenmediaError) as refused:
        await watched.process.open(SETTINGS)
    assert refused.value.code == "loading_models"
    assert refused.value.problem.retry_after_ms is not None
    await watched.process.start()
    await watched.until("ready")
    assert watched.seen[0].loading == {"what": "download", "file": "llm", "done": 5, "total": 10, "part": None}
    ((port, ca, upstream),) = watched.upstreams
    assert (port, ca) == (4711, "PEM")
    await watched.process.open(SETTINGS, "handle")
    assert upstream.link.handle == "handle"
    await watched.process.close()
    assert upstream.closed


async def test_a_child_that_dies_is_started_again() -> None:
    watched = Watched(f"print({READY % 1!r}, flush=True)")
    await watched.process.start()
    await watched.until("ready", 2)
    assert [r.state for r in watched.seen[:3]] == ["ready", "unavailable", "ready"]
    await watched.process.close()
    assert all(upstream.closed for _, _, upstream in watched.upstreams)


async def test_a_key_pressed_in_the_terminal_reaches_the_gateway_alone() -> None:
    script = """import json, os, sys
apart = os.getsid(0) == os.getpid()
print(json.dumps({"event": "loading", "what": "test", "part": apart}), flush=True)
sys.stdin.read()"""
    watched = Watched(script)
    await watched.process.start()
    await watched.until("loading")
    loading = watched.seen[0].loading
    assert loading is not None
    assert loading["part"] is True
    await watched.process.close()


async def test_a_child_that_cannot_start_says_why(caplog: pytest.LogCaptureFixture) -> None:
    report = '{"event":"error","code":"models_missing","message":"Not here."}'
    watched = Watched(f"print({report!r}, flush=True)")
    await watched.process.start()
    await watched.until("unavailable")
    problem = watched.process.readiness.problem
    assert problem is not None
    assert (problem.code, problem.message) == ("models_missing", "Not here.")
    assert "Not here." in [getattr(record, "problem", None) for record in caplog.records]
    with pytest.raises(GenmediaError) as refused:
        await watched.process.open(SETTINGS)
    assert refused.value.code == "models_missing"
    await watched.process.close()


async def test_what_is_no_report_is_passed_over() -> None:
    lines = ["hello", "[]", '{"event":"ready"}', '{"no":1}', READY % 7]
    watched = Watched(f"import sys\nfor line in {lines!r}: print(line, flush=True)\nsys.stdin.read()")
    await watched.process.start()
    await watched.until("ready")
    assert [r.state for r in watched.seen] == ["ready"]
    await watched.process.close()


async def test_closing_ends_the_child_by_its_standard_input(tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    watched = Watched(
        f"import sys,pathlib\nprint({READY % 1!r}, flush=True)\nsys.stdin.read()\npathlib.Path({str(mark)!r}).touch()"
    )
    await watched.process.start()
    await watched.until("ready")
    await watched.process.close()
    assert mark.exists()


def test_the_engine_is_this_program() -> None:
    assert command(scripted=True)[:3] == [sys.executable, "-m", "genmedia_live"]
    assert "--scripted" in command(scripted=True)
    assert "--scripted" not in command(scripted=False)
