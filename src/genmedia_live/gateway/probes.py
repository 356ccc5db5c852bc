"""What load balancers and people with curl ask, answered without a thread: alive, ready, healthy, and the numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from genmedia_live.core.errors import PROBLEMS, Problem
from genmedia_live.gateway.asgi import App, Receive, Scope, Send, problem_document, refuse, respond
from genmedia_live.gateway.openapi import DOCUMENT

if TYPE_CHECKING:
    from genmedia_live.gateway.app import Gateway

_JSON = "application/json"


class Probes:
    """ASGI middleware for a handful of paths."""

    def __init__(self, app: App, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._answers: dict[str, Callable[[Send], Awaitable[None]]] = {
            "/livez": self._live,
            "/readyz": self._ready,
            "/health": self._health,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await refuse(scope, receive, send, Problem("bad_event", "client", False, "This is only to be read."))
        else:
            await answer(send)

    async def _live(self, send: Send) -> None:
        await respond(send, 200, b'{"status":"ok"}', _JSON)

    async def _ready(self, send: Send) -> None:
        problem, loading = self._missing()
        if problem is None:
            await respond(send, 200, orjson.dumps({"status": "ok", "engine": self._gateway.engine.name}), _JSON)
            return
        more: dict[str, Any] = {"loading": loading} if loading is not None else {}
        body = orjson.dumps(problem_document(problem, 503, **more))
        await respond(send, 503, body, "application/problem+json", [(b"retry-after", b"2")])

    def _missing(self) -> tuple[Problem | None, Any]:
        """What keeps a conversation from starting now."""
        readiness = self._gateway.engine.readiness
        if self._gateway.sessions.draining:
            return PROBLEMS["draining"], None
        if readiness.state != "ready":
            return readiness.problem or PROBLEMS["loading_models"], readiness.loading
        if self._gateway.sessions.full:
            return PROBLEMS["full"], None
        return None, None

    async def _health(self, send: Send) -> None:
        problem, _ = self._missing()
        fields = {
            "status": "ok",
            "version": self._gateway.version,
            "engine": self._gateway.engine.name,
            "ready": problem is None,
            "code": problem.code if problem else None,
            "sessions": len(self._gateway.sessions),
        }
        await respond(send, 200, orjson.dumps(fields), _JSON)

    async def _metrics(self, send: Send) -> None:
        await respond(send, 200, generate_latest(self._gateway.metrics.registry), CONTENT_TYPE_LATEST)

    async def _openapi(self, send: Send) -> None:
        await respond(send, 200, orjson.dumps(DOCUMENT), _JSON)
