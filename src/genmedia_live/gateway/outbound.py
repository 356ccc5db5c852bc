"""The way down to one browser: a bounded queue, a writer that waits for the transport, and the rule of interruption."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from genmedia_live.aio import BoundedQueue, Tasks
from genmedia_live.core import actions as act
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import wire


class Browser(Protocol):
    """One connected page, or terminal client, as the bridge sees it."""

    @property
    def polling(self) -> bool:
        """True while it is reached by long-polling."""

    async def room(self) -> None:
        """Returns when the transport takes more."""

    async def send(self, event: str, fields: Mapping[str, Any]) -> None:
        """Hand one event to the transport."""

    def hang_up(self) -> None:
        """Close the connection: it does not keep up."""


class Outbound:
    """Says messages to one browser, in order. Voice of an interrupted turn that has not left yet never leaves."""

    def __init__(self, browser: Browser, limits: Limits, on_drop: Callable[[act.BrowserMessage], None]) -> None:
        self.browser = browser
        self._limits = limits
        self._queue: BoundedQueue[act.BrowserMessage | None] = BoundedQueue(
            limits.browser_queue, droppable=lambda item: item is not None and not item.survives_flush, on_drop=self._dropped
        )
        self._on_drop = on_drop
        self._flushed = -1
        self._voice_due = 0.0
        self._together = 0
        self._tasks = Tasks()
        self._writer = self._tasks.start(self._write(), name="browser-writer")

    def __len__(self) -> int:
        return len(self._queue)

    def _dropped(self, item: act.BrowserMessage | None) -> None:
        if item is not None:
            self._on_drop(item)

    def say(self, message: act.BrowserMessage) -> None:
        """Queue the message; a browser that lets the queue fill up with more than voice is hung up on."""
        if isinstance(message, act.Flush):
            self._flushed = message.turn
            self._queue.discard(lambda item: isinstance(item, act.Audio) and item.turn <= message.turn)
        if not self._queue.offer(message):
            self.browser.hang_up()

    async def finish(self) -> None:
        """Let what is queued leave, for a moment at most, and stop."""
        self._queue.offer(None)
        await asyncio.wait([self._writer], timeout=self._limits.close_timeout_ms / 1000)
        await self.close()

    async def close(self) -> None:
        """Stop at once: the browser is gone."""
        await self._tasks.close()

    async def _write(self) -> None:
        while True:
            # Room first: what is taken from the queue can no longer be flushed.
            await self.browser.room()
            message = await self._queue.get()
            if message is None:
                return
            if isinstance(message, act.Audio) and self.browser.polling:
                await self._gather()
                if message.turn <= self._flushed:
                    continue
            await self.browser.send(*wire.encode(message))

    async def _gather(self) -> None:
        """On long-polling a request carries all that waits, so voice leaves ten times a second, all of it at once."""
        if self._together > 0:
            self._together -= 1
            return
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._voice_due - now()))
        self._voice_due = now() + self._limits.polling_audio_ms / 1000
        self._together = len(self._queue)
