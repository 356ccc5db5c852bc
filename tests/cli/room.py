"""A small server on the browser's wire that plays a part: it answers what it is told, and notes what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import socketio
from aiohttp import web

from genmedia_live.core.limits import Limits
from genmedia_live.gateway import wire

VOICE = np.full(4_800, 1_000, "<i2").tobytes()
"""200 ms of the agent's voice."""


class Room:
    """Answers each text, and each voice that falls silent, with one turn. Change `answer` for another part."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncServer(async_mode="aiohttp", serializer="msgpack", async_handlers=False)
        self.app = web.Application()
        self.sio.attach(self.app)
        self.app.router.add_get("/readyz", self._readyz)
        self.app.router.add_post("/api/session", self._session)
        self.app.router.add_post("/api/conversations/{conversation}/picture", self._picture)
        for event in ("start", "mic", "mic_end", "frame", "text", "played", "stop"):
            self.sio.on(event, self._handler(event))
        self.sio.on("connect", self._connect)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.transports: list[str] = []
        self.cookies: list[str] = []
        self.not_ready: list[str] = []
        self.refusals: list[str] = []
        self.still_refusals: list[str] = []
        self.unsent = 0
        """How many pictures find no model."""

        self.stills: list[tuple[str, str, bytes]] = []
        """Conversation, media type and body of each picture that came by POST."""

        self.answer: Callable[[str, int], Awaitable[None]] = self.complete
        self.turn = 0
        self.origin = ""
        self._loud = False
        self._silent_ms = 0.0
        self._made = 0

    def times(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.heard if name == event]

    async def complete(self, sid: str, turn: int) -> None:
        await self.say(sid, "status", {"state": "speaking", "since": 0})
        await self.say(sid, "caption", {"turn": turn, "role": "user", "text": "hello", "final": True, "cut": False})
        await self.say(sid, "audio", {"turn": turn, "seq": 0, "pcm": VOICE})
        await self.say(sid, "caption", {"turn": turn, "role": "agent", "text": "Good", "final": False, "cut": False})
        await self.say(sid, "caption", {"turn": turn, "role": "agent", "text": "Good day.", "final": True, "cut": False})
        await self.say(sid, "turn", {"turn": turn, "state": "complete"})

    async def say(self, sid: str, event: str, fields: dict[str, Any]) -> None:
        await self.sio.emit(event, fields, to=sid)

    # ---- the server's side

    async def _readyz(self, request: web.Request) -> web.Response:
        if self.not_ready:
            return web.json_response({"code": self.not_ready.pop(0), "title": "Not ready."}, status=503)
        return web.json_response({})

    async def _session(self, request: web.Request) -> web.Response:
        assert request.headers["Origin"] == self.origin
        response = web.json_response({})
        if "genmedia" not in request.cookies:
            self._made += 1
            response.set_cookie("genmedia", f"owner-{self._made}", httponly=True, samesite="Lax")
        return response

    async def _connect(self, sid: str, environ: dict[str, Any]) -> None:
        self.cookies.append(environ.get("HTTP_COOKIE", ""))
        self.transports.append(self.sio.transport(sid))

    def _handler(self, event: str) -> Callable[..., Awaitable[Any]]:
        async def handle(sid: str, fields: dict[str, Any]) -> Any:
            wire.parse(event, fields, Limits())
            self.heard.append((event, fields))
            return await getattr(self, f"_on_{event}", self._ignore)(sid, fields)

        return handle

    async def _ignore(self, sid: str, fields: dict[str, Any]) -> None:
        return None

    async def _on_start(self, sid: str, fields: dict[str, Any]) -> dict[str, Any]:
        if self.refusals:
            code = self.refusals.pop(0)
            return {"error": {"code": code, "fault": "ours", "retryable": True, "message": "No.", "retry_after_ms": 1}}
        await self.say(sid, "status", {"state": "listening", "since": 0})
        conversation = fields.get("conversation")
        settings = {"model": "m", "voice": "v", **fields["settings"]}
        return {
            "conversation": conversation or "c-1",
            "settings": settings,
            "engine": "scripted",
            "voices": [],
            "resumed": conversation is not None,
            "turns": [],
        }

    async def _on_text(self, sid: str, fields: dict[str, Any]) -> dict[str, Any]:
        self.turn += 1
        await self.answer(sid, self.turn)
        return {"ref": fields.get("ref")}

    async def _picture(self, request: web.Request) -> web.Response:
        self.stills.append((request.match_info["conversation"], request.content_type, await request.read()))
        if self.still_refusals:
            code = self.still_refusals.pop(0)
            return web.json_response({"code": code, "message": "No."}, status=429, content_type="application/problem+json")
        return web.json_response({"sent": self._sent(), "width": 2, "height": 2})

    def _sent(self) -> bool:
        self.unsent -= 1
        return self.unsent < 0

    async def _on_frame(self, sid: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {"seq": fields["seq"], "sent": self._sent()}

    async def _on_mic(self, sid: str, fields: dict[str, Any]) -> None:
        pcm = np.frombuffer(fields["pcm"], "<i2")
        if np.abs(pcm).max() > 100:
            self._loud, self._silent_ms = True, 0.0
            return
        self._silent_ms += len(pcm) / 16
        if self._loud and self._silent_ms >= 200:
            self._loud = False
            self.turn += 1
            await self.answer(sid, self.turn)

    async def _on_played(self, sid: str, fields: dict[str, Any]) -> None:
        if fields["ms"] >= 200 or fields.get("flushed"):
            await self.say(sid, "status", {"state": "listening", "since": 0})

    async def _on_stop(self, sid: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {}


@asynccontextmanager
async def open_room(room: Room) -> AsyncIterator[Room]:
    """Serve the room on a free port of this machine."""
    runner = web.AppRunner(room.app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    room.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield room
    finally:
        await room.sio.shutdown()
        await runner.cleanup()
        await asyncio.sleep(0)
