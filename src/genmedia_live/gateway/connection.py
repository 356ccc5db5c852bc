"""One connected client: how fast it may talk, how many faults it may make, and when its transport takes more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import socketio
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError

from genmedia_live.aio import Tasks
from genmedia_live.core.errors import PROBLEMS, Problem
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import wire
from genmedia_live.gateway.packets import GuardedPacket
from genmedia_live.gateway.rates import Faults, Once, TokenBucket
from genmedia_live.gateway.runner import SessionBridge
from genmedia_live.telemetry import Metrics

log = logging.getLogger(__name__)


class Connection:
    """A client's socket. It is the `Browser` of the bridge that it is attached to."""

    def __init__(
        self, server: socketio.AsyncServer, sid: str, owner: str, limits: Limits, metrics: Metrics, tasks: Tasks
    ) -> None:
        self.sid = sid
        self.owner = owner
        self.bridge: SessionBridge | None = None
        self.starting = False
        self._server = server
        self._transport_id: str = server.manager.eio_sid_from_sid(sid, "/")
        self._socket: AsyncSocket = server.eio.sockets[self._transport_id]
        self._limits = limits
        self._metrics = metrics
        self._tasks = tasks
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._bucket = TokenBucket(limits.events_per_second, limits.event_burst, self._now())
        self._faults = Faults(limits.faults_before_close)
        self._told_of_too_many = Once()
        self._hanging_up = False
        self._left = asyncio.Event()

    # ---- the bridge's side

    @property
    def polling(self) -> bool:
        return not self._socket.upgraded

    async def room(self) -> None:
        """The library's queue has no bound, so nothing goes in while a few packets still wait in it.

        Returns also when the client has left: what it never fetched stays in that queue.
        """
        if self._socket.queue.qsize() < self._limits.transport_queue:
            return
        waits = [
            self._tasks.start(self._socket.queue.join(), name="transport-room"),
            self._tasks.start(self._left.wait(), name="transport-left"),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def send(self, event: str, fields: Mapping[str, Any]) -> None:
        # Straight to the transport: the library's `emit` makes two tasks a message.
        packet = GuardedPacket(data=[event, fields], namespace="/")
        try:
            await self._server.eio.send(self._transport_id, packet.encode())
        except EngineIOError:
            log.debug("said to a socket that is closed", extra={"sid": self.sid})

    def hang_up(self) -> None:
        if not self._hanging_up:
            self._hanging_up = True
            self._tasks.start(self._server.disconnect(self.sid), name="hang-up")

    def gone(self) -> None:
        """The client has left. The library would keep its last long-poll waiting until a heartbeat is missed."""
        self._left.set()
        if self.polling:
            self._socket.queue.put_nowait(None)
        self._tasks.start(self._socket.close(wait=False), name="transport-close")

    # ---- what it may ask for

    def may_speak(self, typed_chars: int) -> Problem | None:
        """None when the event may pass; a problem to tell when it is one too many.

        Typed words cost by their length: until they are answered they are kept, and shown whole each time that some are added.
        """
        if self._bucket.take(self._now(), 1 + typed_chars // self._limits.event_chars):
            return None
        return PROBLEMS["too_many"]

    async def tell(self, problem: Problem) -> None:
        """Send an `error`. Of the same flood only one a second is told; too many faults end the connection."""
        now = self._now()
        if problem.code == "too_many" and not self._told_of_too_many.due(now):
            return
        self._metrics.errors.labels(problem.code).inc()
        await self.room()
        await self.send("error", wire.problem_fields(problem))

    def fault(self) -> None:
        """The client sent something bad; one that does little else is hung up on."""
        if self._faults.add(self._now()):
            log.warning("hung up on a client with too many faults", extra={"sid": self.sid})
            self.hang_up()
