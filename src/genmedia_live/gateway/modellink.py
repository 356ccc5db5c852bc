"""One connection to the model: opened with a deadline, written by one task from a bounded queue, read by another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from genmedia_live.aio import BoundedQueue, Tasks
from genmedia_live.core import actions as act
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS, GenmediaError, Problem
from genmedia_live.core.events import ModelEvent
from genmedia_live.core.limits import Limits
from genmedia_live.ports import FunctionDeclaration, Upstream, UpstreamLink

log = logging.getLogger(__name__)


class LinkReports(Protocol):
    """Whom a connection tells what happens to it."""

    def opened(self, link: act.LinkId, capabilities: Capabilities) -> None: ...
    def heard(self, link: act.LinkId, event: ModelEvent) -> None: ...
    def lost(self, link: act.LinkId, problem: Problem) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What an `OpenModel` asks for, and what must be closed before."""

    action: act.OpenModel
    after: ModelLink | None
    tools: Sequence[FunctionDeclaration] = ()
    """What the model may call."""


class ModelLink:
    """Connection `number` and its tasks."""

    def __init__(
        self,
        opening: Opening,
        upstream: Upstream,
        limits: Limits,
        reports: LinkReports,
        on_drop: Callable[[act.ModelInput], None],
    ) -> None:
        self.number = opening.action.link
        self._action = opening.action
        self._tools = opening.tools
        self._after = opening.after
        self._closed = asyncio.Event()
        self._upstream = upstream
        self._limits = limits
        self._reports = reports
        self._queue: BoundedQueue[act.ModelInput] = BoundedQueue(
            limits.model_queue, droppable=lambda item: isinstance(item, act.SendAudio), on_drop=on_drop
        )
        self._tasks = Tasks()
        self._life = self._tasks.start(self._live(), name=f"model-link-{self.number}")
        self._life.add_done_callback(lambda _: self._closed.set())

    def send(self, message: act.ModelInput) -> None:
        """Queue it; a connection whose queue is full of more than voice counts as lost."""
        if not self._queue.offer(message):
            asyncio.get_running_loop().call_soon(self._reports.lost, self.number, PROBLEMS["upstream_timeout"])
            self.close()

    def close(self) -> None:
        """Begin to close; `closed` tells when it has."""
        self._life.cancel()

    async def closed(self) -> None:
        """Returns when this connection, and the one that it waited for, is closed."""
        await self._closed.wait()
        if self._after is not None:
            await self._after.closed()

    async def _live(self) -> None:
        problem = await self._converse()
        self._closed.set()
        self._reports.lost(self.number, problem)

    async def _converse(self) -> Problem:
        """Run the connection to its end, and say what ended it."""
        if self._after is not None:
            # Google refuses to resume while the old connection is open.
            await self._after.closed()
            self._after = None
        try:
            async with asyncio.timeout(self._limits.open_timeout_ms / 1000):
                link = await self._upstream.open(self._action.settings, self._action.handle, self._tools)
        except TimeoutError:
            return PROBLEMS["upstream_timeout"]
        except GenmediaError as failure:
            return failure.problem
        except Exception:
            log.exception("the model could not be opened", extra={"link": self.number})
            return PROBLEMS["internal"]
        try:
            return await self._exchange(link)
        finally:
            await link.close()

    async def _exchange(self, link: UpstreamLink) -> Problem:
        self._reports.opened(self.number, link.capabilities)
        reader = self._tasks.start(self._read(link), name=f"model-reader-{self.number}")
        writer = self._tasks.start(self._write(link), name=f"model-writer-{self.number}")
        try:
            done, _ = await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.wait([reader, writer])

    async def _read(self, link: UpstreamLink) -> Problem:
        try:
            async for event in link.events():
                self._reports.heard(self.number, event)
        except GenmediaError as failure:
            return failure.problem
        except Exception:
            log.exception("reading from the model failed", extra={"link": self.number})
            return PROBLEMS["internal"]
        return PROBLEMS["upstream_lost"]

    async def _write(self, link: UpstreamLink) -> Problem:
        while True:
            message = await self._queue.get()
            try:
                async with asyncio.timeout(self._limits.send_timeout_ms / 1000):
                    await link.send(message)
            except TimeoutError:
                return PROBLEMS["upstream_timeout"]
            except GenmediaError as failure:
                return failure.problem
            except Exception:
                log.exception("sending to the model failed", extra={"link": self.number})
                return PROBLEMS["internal"]
