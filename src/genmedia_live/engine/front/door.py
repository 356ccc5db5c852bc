"""One port, two languages: every connection speaks HTTP until it asks for a WebSocket.

`websockets` serves upgrades and nothing else. Its server makes a protocol for each connection; here that is a `Visitor`, which
reads requests with h11 and answers them, keep-alive and all. A request for an upgrade is said again, as h11 has understood it, to
a `ServerConnection`, which takes the transport over and is what it would have been without the door.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast

import h11
from websockets.asyncio.server import Server, ServerConnection
from websockets.server import ServerProtocol

from genmedia_live.aio import Tasks, Timer
from genmedia_live.core.limits import Limits
from genmedia_live.engine.front.failures import INTERNAL, SLOW, TOO_LARGE, UNANSWERED, Failure, malformed
from genmedia_live.engine.front.request import Request, Response

log = logging.getLogger(__name__)

Answer = Callable[[Request], Awaitable[Response]]


class Door:
    """Makes what `websockets.asyncio.server.serve` is to call for each connection, and keeps those that are no session yet."""

    def __init__(self, answer: Answer, limits: Limits) -> None:
        self.limits = limits
        self.visitors: set[Visitor] = set()
        self.tasks = Tasks()
        self._answer = answer

    def connect(self, protocol: ServerProtocol, server: Server, **options: Any) -> asyncio.Protocol:
        """The factory for `create_connection`. A `ServerConnection` is made only for whoever asks for one."""
        return Visitor(self, lambda: ServerConnection(protocol, server, **options))

    async def answer(self, request: Request) -> Response:
        """The answer to a request, in time. Never raises."""
        try:
            async with asyncio.timeout(self.limits.live_request_ms / 1000):
                return await self._answer(request)
        except TimeoutError:
            return UNANSWERED.response()
        except Exception:
            log.exception("request failed")
            return INTERNAL.response()

    async def close(self) -> None:
        """Show everybody out."""
        await self.tasks.close()
        for visitor in list(self.visitors):
            visitor.leave()


class Visitor(asyncio.Protocol):
    """A connection that is no session yet. One request at a time: what comes meanwhile waits in the socket."""

    def __init__(self, door: Door, upgrade: Callable[[], ServerConnection]) -> None:
        self._door = door
        self._upgrade = upgrade
        self._limits = door.limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.live_head_bytes)
        self._timer = Timer(self._late)
        self._begun = False
        """Some of a request is here."""
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._answering = self._clogged = self._done = False

    # ---- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._door.visitors) >= self._limits.live_visitors:
            self._done = True
            self._transport.abort()
            return
        self._door.visitors.add(self)
        self._within(self._limits.live_request_ms)

    def data_received(self, data: bytes) -> None:
        if self._done:  # the rest of what was refused: read, so that the refusal is
            return
        if not self._begun:
            self._begun = True
            self._within(self._limits.live_request_ms)
        self._http.receive_data(data)
        self._advance()

    def pause_writing(self) -> None:
        self._clogged = True
        self._transport.pause_reading()
        self._within(self._limits.live_send_ms)

    def resume_writing(self) -> None:
        self._clogged = False
        if not (self._answering or self._done):
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._depart()

    def _depart(self) -> None:
        self._done = True
        self._timer.arm(None)
        self._door.visitors.discard(self)

    # ---- reading

    def _within(self, ms: float) -> None:
        self._timer.arm(asyncio.get_running_loop().time() + ms / 1000)

    def _late(self) -> None:
        if self._done or self._clogged:
            self._transport.abort()
        elif self._begun:
            self._refuse(SLOW)
        else:
            self.leave()

    def _advance(self) -> None:
        while not (self._answering or self._clogged or self._done):
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as problem:
                self._refuse(malformed(problem.error_status_hint))
                return
            if isinstance(event, h11.Request):
                self._receive(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._limits.http_body_bytes:
                    self._refuse(TOO_LARGE)
            elif isinstance(event, h11.EndOfMessage):
                self._respond()
            else:  # NEED_DATA
                return

    def _receive(self, head: h11.Request) -> None:
        self._head = head
        if _asks_for_socket(head):
            if _has_body(head):  # `websockets` would close without a word
                self._refuse(malformed(400))
            else:
                self._hand_over(head)
            return
        if int(_header(head, b"content-length") or 0) > self._limits.http_body_bytes:
            self._refuse(TOO_LARGE)
        elif self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def _hand_over(self, head: h11.Request) -> None:
        lines = b"".join(b"%s: %s\r\n" % line for line in head.headers.raw_items())
        said = b"GET %s HTTP/1.1\r\n%s\r\n" % (head.target, lines)
        after, _ = self._http.trailing_data
        self._depart()
        connection = self._upgrade()
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        connection.data_received(said + after)

    # ---- answering

    def _respond(self) -> None:
        head = cast(h11.Request, self._head)
        headers = ((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
        request = Request.of(head.method.decode("ascii"), head.target.decode("latin-1"), headers, bytes(self._body))
        self._body.clear()
        self._answering = True
        self._timer.arm(None)
        self._transport.pause_reading()
        self._door.tasks.start(self._answer(request), name="engine-http")

    async def _answer(self, request: Request) -> None:
        response = await self._door.answer(request)
        self._answering = False
        if self._done:
            return
        self._write(response)
        if self._http.our_state is not h11.DONE:
            self.leave()
        elif not self._clogged:
            self._next()

    def _next(self) -> None:
        """Go on to the next request of the connection; some of it may be here."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
            self._head = None
            self._begun = bool(self._http.trailing_data[0])
            self._within(self._limits.live_request_ms if self._begun else self._limits.live_keep_alive_ms)
        self._transport.resume_reading()
        self._advance()

    def _refuse(self, failure: Failure) -> None:
        """Answer and close. What the client still sends is read for a moment: closed on it, it would not see the answer."""
        log.info("refused", extra={"code": failure.code})
        self._done = True
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self._transport.abort()
            return
        self._write(failure.response(), last=True)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._within(self._limits.live_linger_ms)

    def _write(self, response: Response, *, last: bool = False) -> None:
        headers = [(name, value) for name, value in response.headers]
        headers += [("Date", formatdate(usegmt=True)), ("Content-Length", str(len(response.body)))]
        if last:
            headers.append(("Connection", "close"))
        phrase = HTTPStatus(response.status).phrase
        self._send(h11.Response(status_code=response.status, reason=phrase, headers=headers))
        if self._head is None or self._head.method != b"HEAD":
            self._send(h11.Data(data=response.body))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._transport.write(data)

    def leave(self) -> None:
        """Close when what was written is sent."""
        self._done = True
        self._within(self._limits.live_send_ms)
        self._transport.close()


def _header(head: h11.Request, name: bytes) -> bytes:
    return b",".join(value for known, value in head.headers if known == name)


def _has_body(head: h11.Request) -> bool:
    return _header(head, b"content-length") not in (b"", b"0") or bool(_header(head, b"transfer-encoding"))


def _asks_for_socket(head: h11.Request) -> bool:
    """A GET that RFC 6455 (4.2.1) takes for the beginning of a WebSocket. Whether it is a good one, `websockets` decides."""
    wanted = [item.strip().lower() for item in _header(head, b"upgrade").split(b",")]
    options = [item.strip().lower() for item in _header(head, b"connection").split(b",")]
    return head.method == b"GET" and head.http_version == b"1.1" and b"websocket" in wanted and b"upgrade" in options
