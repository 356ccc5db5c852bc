"""Starts the local engine as a process of its own, watches over it, and knows how far its loading has come."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from genmedia_live.aio import Tasks
from genmedia_live.core.errors import PROBLEMS, GenmediaError, OurFault, Problem, error
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.gateway.engines import READY, EngineName, Readiness
from genmedia_live.gateway.samples import EngineVoices
from genmedia_live.ports import FunctionDeclaration, Upstream, UpstreamLink

log = logging.getLogger(__name__)

_LINE_BYTES = 65_536
_LOADING_WAIT_MS = 1_000
_STARTING = Readiness("loading", PROBLEMS["loading_models"], {"what": "engine", "file": None, "done": None, "total": None})


def command(*, scripted: bool) -> list[str]:
    """How the engine is started: on a free port, reporting on its standard output, ending with its standard input."""
    call = [sys.executable, "-m", "genmedia_live", "engine", "--port", "0", "--supervised"]
    return [*call, "--scripted"] if scripted else call


class EngineProcess:
    """The engine as a child (`engines.Engine`), and as an upstream that leads to wherever it listens just now."""

    def __init__(
        self,
        name: EngineName,
        call: Sequence[str],
        limits: Limits,
        connect: Callable[[int, str], Upstream],
        on_change: Callable[[Readiness], None] = lambda _: None,
    ) -> None:
        self.name: EngineName = name
        self.upstream: Upstream = self
        self._readiness = _STARTING
        self._call = list(call)
        self._limits = limits
        self.on_change = on_change
        self._connect = connect
        self._inner: Upstream | None = None
        self._voices: EngineVoices | None = None
        self.samples = True
        self._tasks = Tasks()

    @property
    def readiness(self) -> Readiness:
        return self._readiness

    def _change(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self.on_change(readiness)

    # ---- ports.Upstream

    async def open(
        self, settings: SessionSettings, handle: str | None = None, tools: Sequence[FunctionDeclaration] = ()
    ) -> UpstreamLink:
        """Open a session with the engine as it runs now.

        Raises:
            GenmediaError: `engine_unavailable` or `loading_models` while it does not run, or what the engine says.
        """
        if self._inner is None:
            raise self._absent()
        return await self._inner.open(settings, handle, tools)

    def _absent(self) -> GenmediaError:
        problem = self._readiness.problem or PROBLEMS["engine_unavailable"]
        wait_ms = _LOADING_WAIT_MS if problem.code == "loading_models" else None
        return OurFault(problem.code, problem.message, retry_after_ms=wait_ms)

    # ---- engines.Engine

    async def sample(self, voice: str) -> bytes:
        """How a voice sounds, as a WAV file.

        Raises:
            GenmediaError: as `open`, and as `EngineVoices.sample`.
        """
        if self._voices is None:
            raise self._absent()
        return await self._voices.sample(voice)

    # ---- the child

    async def start(self) -> None:
        self._tasks.start(self._supervise(), name="engine-supervisor")

    async def close(self) -> None:
        """End the child, by closing its standard input and then by force, and wait for it."""
        await self._tasks.close()

    async def _supervise(self) -> None:
        pause = self._limits.engine_restart_first_ms / 1000
        while True:
            was_ready = await self._run()
            if was_ready:
                pause = self._limits.engine_restart_first_ms / 1000
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._limits.engine_restart_longest_ms / 1000)

    async def _run(self) -> bool:
        """One life of the child; True when it became ready."""
        pipe = asyncio.subprocess.PIPE
        try:
            # In a session of its own: Ctrl-C in the terminal is for the gateway, which needs the engine to the end.
            child = await asyncio.create_subprocess_exec(
                *self._call, stdin=pipe, stdout=pipe, limit=_LINE_BYTES, start_new_session=True
            )
        except OSError:
            log.exception("the engine could not be started")
            self._change(Readiness("unavailable", PROBLEMS["engine_unavailable"]))
            return False
        log.info("engine started", extra={"engine_pid": child.pid})
        try:
            await self._listen(child)
        finally:
            inner, self._inner, self._voices = self._inner, None, None
            await self._end(child)
            if inner is not None:
                await inner.close()
        log.warning("engine ended", extra={"engine_pid": child.pid, "exit": child.returncode})
        if inner is not None or self._readiness.state != "unavailable":
            self._change(Readiness("unavailable", PROBLEMS["engine_unavailable"]))
        return inner is not None

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        """The end of its input asks it to go; it has a moment for that."""
        if child.stdin is not None:
            child.stdin.close()
        try:
            async with asyncio.timeout(self._limits.engine_stop_ms / 1000):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    async def _listen(self, child: asyncio.subprocess.Process) -> None:
        """Follow its reports until it closes its standard output."""
        assert child.stdout is not None
        while True:
            try:
                line = await child.stdout.readline()
            except ValueError:  # longer than any report of ours
                return
            if not line:
                return
            try:
                report = json.loads(line)
                self._heard(report)
            except (ValueError, KeyError, TypeError, AttributeError):
                log.warning("the engine reported something that is not of its protocol")

    def _heard(self, report: dict[str, Any]) -> None:
        match report["event"]:
            case "loading":
                fields = {name: report.get(name) for name in ("file", "done", "total")}
                loading = {"what": str(report["what"]), **fields, "part": report.get("part")}
                self._change(Readiness("loading", PROBLEMS["loading_models"], loading))
            case "ready":
                port, ca = int(report["port"]), str(report["ca"])
                self._inner, self._voices = self._connect(port, ca), EngineVoices(port, ca, self._limits)
                log.info("engine ready", extra={"engine_port": report["port"]})
                self._change(READY)
            case "error":
                problem = _problem(str(report["code"]), str(report["message"]))
                log.error("the engine cannot start", extra={"code": problem.code, "problem": problem.message})
                self._change(Readiness("unavailable", problem))


def _problem(code: str, message: str) -> Problem:
    try:
        known: GenmediaError = error(code, message)
    except KeyError:
        known = error("engine_unavailable", message)
    return known.problem
