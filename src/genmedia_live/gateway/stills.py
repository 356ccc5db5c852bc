"""Stills: single pictures that are too large for the live traffic come by POST, on the loop, within a deadline."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import orjson

from genmedia_live.core import events as ev
from genmedia_live.core.errors import PROBLEMS, ClientFault, GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import jpeg
from genmedia_live.gateway.asgi import Receive, Scope, Send, header, refuse, respond
from genmedia_live.gateway.rates import TokenBucket
from genmedia_live.gateway.runner import SessionBridge
from genmedia_live.gateway.sessions import Sessions

log = logging.getLogger(__name__)

_PATH = re.compile(r"/api/conversations/([A-Za-z0-9_-]{1,64})/picture")


def conversation_of(scope: Scope) -> str | None:
    """The conversation that a request brings a still for; None when it is another kind of request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    match = _PATH.fullmatch(scope["path"])
    return match[1] if match else None


@dataclass(slots=True)
class _Visitor:
    """What a conversation has sent so far."""

    bucket: TokenBucket
    arriving: bool = False
    count: int = 0


class Stills:
    """`POST /api/conversations/<id>/picture`. Nothing is read before it is clear that its sender may send it."""

    def __init__(self, sessions: Sessions, limits: Limits) -> None:
        self._sessions = sessions
        self._limits = limits
        self._now: Callable[[], float] = lambda: asyncio.get_running_loop().time()
        self._visitors: WeakKeyDictionary[SessionBridge, _Visitor] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except GenmediaError as failure:
            await refuse(scope, receive, send, failure.problem)
            return
        except Exception:
            log.exception("a still failed")
            await refuse(scope, receive, send, PROBLEMS["internal"])
            return
        if answer is not None:
            await respond(send, 200, orjson.dumps(answer), "application/json")

    async def _take(self, scope: Scope, receive: Receive) -> dict[str, object] | None:
        """The answer; None when the sender has left.

        Raises:
            ClientFault: `not_found`, `not_started`, `bad_image`, `too_large`, `too_many` or `too_slow`.
        """
        conversation, owner = conversation_of(scope) or "", scope["genmedia.owner"]
        bridge = await self._live(conversation, owner)
        if (header(scope, b"content-type") or "").partition(";")[0].strip().lower() != "image/jpeg":
            raise ClientFault("bad_image", "A still is sent as image/jpeg.")
        visitor = self._admitted(bridge)
        visitor.arriving = True
        try:
            async with asyncio.timeout(self._limits.still_arrival_ms / 1000):
                body = await self._body(receive)
        except TimeoutError:
            raise ClientFault("too_slow") from None
        finally:
            visitor.arriving = False
        if body is None:
            return None
        width, height = self._size(body)
        bridge = await self._live(conversation, owner)  # it may have ended while the still came
        visitor.count += 1
        sent = bridge.live.reaches_model
        bridge.event(ev.Frame("picture", visitor.count, body))
        return {"sent": sent, "width": width, "height": height}

    async def _live(self, conversation: str, owner: str) -> SessionBridge:
        bridge = self._sessions.live(conversation, owner)
        if bridge is None:
            known = await self._sessions.record(conversation, owner)
            raise ClientFault("not_found" if known is None else "not_started")
        return bridge

    def _admitted(self, bridge: SessionBridge) -> _Visitor:
        most, now = self._limits.stills_per_minute, self._now()
        visitor = self._visitors.setdefault(bridge, _Visitor(TokenBucket(most / 60, most, now)))
        if visitor.arriving:
            raise ClientFault("too_many", "Another picture of this conversation is still arriving.")
        if not visitor.bucket.take(now):
            raise ClientFault("too_many", f"At most {most} pictures a minute. Wait a moment.")
        return visitor

    async def _body(self, receive: Receive) -> bytes | None:
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self._limits.still_bytes:
                raise ClientFault("too_large", f"A still has at most {self._limits.still_bytes} bytes.")
            more = message.get("more_body", False)
        return bytes(body)

    def _size(self, body: bytes) -> tuple[int, int]:
        size = jpeg.size(body)
        if size is None or not jpeg.is_whole(body):
            raise ClientFault("bad_image")
        if size[0] * size[1] > self._limits.still_pixels:
            raise ClientFault("too_large", f"A still has at most {self._limits.still_pixels} pixels.")
        return size
