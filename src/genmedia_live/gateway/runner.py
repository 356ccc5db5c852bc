"""Performs what a conversation's machine decides: one browser on one side, one connection to the model on the other."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from genmedia_live.aio import Tasks, Timer
from genmedia_live.core import actions as act
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS, Problem
from genmedia_live.core.events import BrowserEvent, ModelEvent
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionRecord
from genmedia_live.core.session import LiveSession
from genmedia_live.gateway.modellink import ModelLink, Opening
from genmedia_live.gateway.outbound import Browser, Outbound
from genmedia_live.ports import Conversations, FunctionDeclaration, Upstream
from genmedia_live.telemetry import Metrics

log = logging.getLogger(__name__)


class Tools(Protocol):
    """What the model may call."""

    @property
    def names(self) -> frozenset[str]:
        """Every tool that there is."""

    def declared(self, names: Sequence[str]) -> Sequence[FunctionDeclaration]:
        """The declarations of those that there are, in the order of `names`."""

    async def run(self, name: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tool's answer in its time, `{"output": ...}` or `{"error": ...}`. Cancelling it stops the tool."""

    async def close(self) -> None:
        """Stop what still runs."""


@dataclass(frozen=True, slots=True)
class House:
    """What every conversation of this process shares."""

    upstream: Upstream
    store: Conversations
    limits: Limits
    metrics: Metrics
    tools: Tools


class SessionBridge:
    """One conversation: feeds its `LiveSession` and performs the actions that come out."""

    def __init__(self, record: SessionRecord, house: House, on_finish: Callable[[SessionBridge, str], None]) -> None:
        self.live = LiveSession(record, house.limits, random.random)
        self.owner = record.owner
        self.conversation = record.conversation
        self._house = house
        self._on_finish = on_finish
        self._now = asyncio.get_running_loop().time
        self._tasks = Tasks()
        self._timer = Timer(lambda: self._feed(self.live.handle_timer))
        self._saver = Saver(house.store, self._tasks)
        self._outbound: Outbound | None = None
        self._link: ModelLink | None = None
        self._callable: frozenset[str] = frozenset()
        self._tool_runs: dict[str, asyncio.Task[None]] = {}
        self._status: act.Status | None = None
        self._started = False
        self.finished = False

    # ---- the browser's side

    @property
    def browser(self) -> Browser | None:
        """Who is attached."""
        return self._outbound.browser if self._outbound is not None else None

    def attach(self, browser: Browser) -> None:
        """A browser is here; the newest takes the place of the one before it."""
        if self._outbound is not None:
            self._outbound.say(act.ErrorNotice(PROBLEMS["taken_over"]))
            self._let_go(self._outbound)
        self._outbound = Outbound(browser, self._house.limits, self._dropped_for_browser)
        again, self._started = self._started, True
        self._feed(self.live.browser_attached if again else self.live.start)

    def detach(self, browser: Browser) -> None:
        """That browser is gone. No matter when another has taken its place."""
        if self._outbound is None or self._outbound.browser is not browser:
            return
        outbound, self._outbound = self._outbound, None
        self._tasks.start(outbound.close(), name="browser-close")
        self._feed(self.live.browser_gone)

    def event(self, event: BrowserEvent) -> None:
        """Something that the person did."""
        self._feed(lambda now: self.live.browser_event(event, now))

    def drain(self) -> None:
        """The server stops: goodbye, save, close."""
        self._feed(self.live.drain)

    def abandon(self) -> None:
        """Whoever wanted this conversation is gone before it began; nobody else has it."""
        if self._outbound is None and not self._started:
            self._finish("abandoned")

    def forget(self) -> None:
        """The person deletes the conversation: end it, and save nothing more."""
        self._saver.drop()
        self._say(act.Goodbye("deleted"))
        self._finish("deleted")

    def _let_go(self, outbound: Outbound) -> None:
        self._tasks.start(outbound.finish(), name="browser-finish")

    # ---- the model's side

    def opened(self, link: act.LinkId, capabilities: Capabilities) -> None:
        log.info("model opened", extra={"conversation": self.conversation, "link": link})
        self._feed(lambda now: self.live.model_opened(link, capabilities, now))

    def heard(self, link: act.LinkId, event: ModelEvent) -> None:
        self._feed(lambda now: self.live.model_event(link, event, now))

    def lost(self, link: act.LinkId, problem: Problem) -> None:
        log.info("model closed", extra={"conversation": self.conversation, "link": link, "code": problem.code})
        self._house.metrics.upstream_closes.labels(problem.code).inc()
        self._feed(lambda now: self.live.model_closed(link, problem, now))

    # ---- the machine

    def _feed(self, happen: Callable[[float], None]) -> None:
        """Tell the machine that something happened, and do what it says."""
        if self.finished:
            return
        try:
            happen(self._now())
            for action in self.live.actions():
                self._perform(action)
            self._timer.arm(None if self.finished else self.live.get_timer())
        except Exception:
            log.exception("the conversation failed", extra={"conversation": self.conversation})
            self._say(act.ErrorNotice(PROBLEMS["internal"]))
            self._finish("failed")

    def _perform(self, action: act.Action) -> None:
        match action:
            case act.ToBrowser(message):
                self._say(message)
            case act.SendModel(link, message):
                if self._link is not None and self._link.number == link:
                    self._link.send(message)
            case act.OpenModel():
                tools = self._house.tools.declared(action.settings.tools)
                self._callable = frozenset(tool.name for tool in tools)
                opening = Opening(action, after=self._link, tools=tools)
                self._link = ModelLink(opening, self._house.upstream, self._house.limits, self, self._dropped_for_model)
            case act.CloseModel(link):
                if self._link is not None and self._link.number == link:
                    self._link.close()
            case act.RunTool(call, name, args):
                self._tool_runs[call] = self._tasks.start(self._run_tool(call, name, args), name=f"tool-{name}")
            case act.CancelTool(call):
                if run := self._tool_runs.pop(call, None):
                    run.cancel()
            case act.Save(record):
                self._saver.save(record)
            case act.Finish(why):
                self._finish(why)

    def _say(self, message: act.BrowserMessage) -> None:
        if isinstance(message, act.Status):
            self._status = message
            log.info("state", extra={"conversation": self.conversation, "state": message.state, "code": message.code})
        if self._outbound is not None:
            self._outbound.say(message)

    async def _run_tool(self, call: str, name: str, args: Mapping[str, Any]) -> None:
        started, end = self._now(), "cancelled"
        shown = name if name in self._callable else "unknown"  # a model may invent names
        try:
            response = await self._tool_response(name, args)
            end = "failed" if "error" in response else "done"
        finally:
            seconds = self._now() - started
            self._house.metrics.tool_calls.labels(shown, end).inc()
            self._house.metrics.tool_seconds.labels(shown).observe(seconds)
            log.info("tool", extra={"conversation": self.conversation, "tool": shown, "end": end, "seconds": round(seconds, 3)})
        self._tool_runs.pop(call, None)
        self._feed(lambda now: self.live.tool_finished(call, response, now))

    async def _tool_response(self, name: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        if name not in self._callable:
            return {"error": f"There is no tool named {name}."}
        limits = self._house.limits
        try:
            # Each tool keeps its own time; this bound is for one that does not.
            async with asyncio.timeout((limits.tool_timeout_ms + limits.close_timeout_ms) / 1000):
                return await self._house.tools.run(name, args)
        except TimeoutError:
            return {"error": "The tool did not answer in time."}
        except Exception:
            log.exception("a tool failed", extra={"conversation": self.conversation, "tool": name})
            return {"error": "The tool failed."}

    def _finish(self, why: str) -> None:
        if self.finished:
            return
        self.finished = True
        self._timer.arm(None)
        if self._link is not None:
            self._link.close()
        for run in self._tool_runs.values():
            run.cancel()
        if self._outbound is not None:
            self._let_go(self._outbound)
        self._on_finish(self, why)

    async def closed(self) -> None:
        """Returns when the record is saved, the model is closed and the last words have left, or a moment later."""
        waits: list[Coroutine[Any, Any, object]] = [self._saver.saved.wait()]
        if self._link is not None:
            waits.append(self._link.closed())
        if self._outbound is not None:
            waits.append(self._outbound.finish())
        work = [self._tasks.start(wait, name="bridge-closing") for wait in waits]
        await asyncio.wait(work, timeout=self._house.limits.drain_ms / 2000)
        await self._tasks.close()

    # ---- what could not wait

    def _dropped_for_browser(self, message: act.BrowserMessage) -> None:
        self._house.metrics.dropped.labels("browser", "oldest_audio").inc()

    def _dropped_for_model(self, message: act.ModelInput) -> None:
        self._house.metrics.dropped.labels("model", "oldest_audio").inc()
        if isinstance(message, act.SendAudio) and self._status is not None:
            self._say(replace(self._status, lost_ms=round(message.chunk.ms)))


class Saver:
    """Saves records one at a time; while one is on its way only the newest waits."""

    def __init__(self, store: Conversations, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks
        self._next: SessionRecord | None = None
        self.saved = asyncio.Event()
        self.saved.set()

    def save(self, record: SessionRecord) -> None:
        """Keep this record, in place of one that still waits."""
        self._next = record
        if self.saved.is_set():
            self.saved.clear()
            self._tasks.start(self._run(), name="saver")

    def drop(self) -> None:
        """What waits is not saved."""
        self._next = None

    async def _run(self) -> None:
        try:
            while (record := self._next) is not None:
                self._next = None
                try:
                    await self._store.save(record)
                except Exception:  # the conversation goes on; the next save may succeed
                    log.exception("a record could not be saved", extra={"conversation": record.conversation})
        finally:
            self.saved.set()
