"""What leaves for one client: messages in order, and all that a script may do to them on the way."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from websockets.exceptions import ConnectionClosed

from genmedia_live.aio import BoundedQueue
from genmedia_live.core.limits import Limits
from genmedia_live.engine.protocol.messages import Audio, Close, Raw, ServerMessage
from genmedia_live.engine.protocol.wire import encode

log = logging.getLogger(__name__)

INTERNAL = Close(1011, "Internal error encountered.")

SLOW = Close(1008, "The client reads too slowly.")

AGAIN = Raw(b"")
"""Stands for the frame before it."""


class Outlet(Protocol):
    """What a line needs of a WebSocket."""

    async def send(self, message: bytes | str, /) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...

    @property
    def transport(self) -> asyncio.Transport: ...


class Line:
    """The way out. `write` runs until the connection is closed; everything else is said to it meanwhile."""

    def __init__(self, socket: Outlet, limits: Limits) -> None:
        self._socket = socket
        self._send_s = limits.live_send_ms / 1000
        self._waiting: BoundedQueue[ServerMessage | Close] = BoundedQueue(limits.live_outbox)
        self._stalled: asyncio.Future[None] | None = None
        self._last: bytes | str = b""
        self._hung_up = False
        self.ending = False
        """Nothing is taken any more: the close is on its way."""

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, message: ServerMessage) -> None:
        """Send it after those before it. A client that lets too much wait is let go."""
        if not self.ending and not self._waiting.offer(message):
            self.end(SLOW)

    def silence(self, turn: int) -> None:
        """What voice of that turn has not left never leaves."""
        self._waiting.discard(lambda item: isinstance(item, Audio) and item.turn == turn)

    def end(self, close: Close) -> None:
        """Close when what waits is sent, voice excepted. A stall is over with that."""
        if self.ending:
            return
        self.ending = True
        self._waiting.discard(lambda item: isinstance(item, Audio))
        if not self._waiting.offer(close):  # the client reads nothing: it misses the rest
            self._waiting.discard(lambda _: True)
            self._waiting.offer(close)
        self._flow()

    # ---- what only scripts do

    def repeat(self, times: int) -> None:
        """Send the last frame so many more times."""
        for _ in range(times):
            self.send(AGAIN)

    def hold(self, seconds: float | None) -> None:
        """Send nothing for so long, however long it was to be before; None for ever."""
        loop = asyncio.get_running_loop()
        self._flow()
        self._stalled = stalled = loop.create_future()
        if seconds is not None:
            loop.call_later(seconds, _release, stalled)

    def hang_up(self, close: Close) -> None:
        """Close at once: nothing else that waits is sent."""
        self.ending = self._hung_up = True
        self._waiting.discard(lambda _: True)
        self._waiting.offer(close)
        self._flow()

    def cut(self) -> None:
        """Cut the connection without a word."""
        self._socket.transport.abort()

    def _flow(self) -> None:
        if self._stalled is not None:
            _release(self._stalled)

    # ---- the writer

    async def write(self) -> None:
        """Send what there is until there is a close, and close. Never raises."""
        close = INTERNAL
        try:
            close = await self._send_all()
        except ConnectionClosed:
            return
        except TimeoutError:
            close = SLOW
        except Exception:
            log.exception("session failed")
        self.ending = True
        with suppress(Exception):
            await self._socket.close(close.code, close.reason)

    async def _send_all(self) -> Close:
        while not isinstance(item := await self._waiting.get(), Close):
            while self._stalled is not None and not self._stalled.done():
                await self._stalled
            if self._hung_up:
                continue
            if item is not AGAIN:
                self._last = encode(item)
            async with asyncio.timeout(self._send_s):
                await self._socket.send(self._last)
        return item


def _release(stalled: asyncio.Future[None]) -> None:
    if not stalled.done():
        stalled.set_result(None)
