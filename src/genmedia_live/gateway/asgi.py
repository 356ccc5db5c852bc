"""The few ASGI words that the gateway's own layers share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import orjson

from genmedia_live.core.errors import Problem
from genmedia_live.gateway import wire

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

STATUS = {
    "bad_event": 400,
    "bad_settings": 400,
    "forbidden_origin": 403,
    "sign_in_needed": 401,
    "not_found": 404,
    "no_sample": 404,
    "unknown_voice": 404,
    "too_slow": 408,
    "too_large": 413,
    "too_many": 429,
    "full": 503,
    "draining": 503,
    "loading_models": 503,
    "models_missing": 503,
    "engine_unavailable": 503,
}
"""HTTP status of a problem's code, where it is neither 400 (client), 502 (upstream) nor 500 (ours)."""

_OF_FAULT = {"client": 400, "upstream": 502, "ours": 500}


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that name (lower case)."""
    for known, value in scope["headers"]:
        if known == name:
            return str(value.decode("latin-1"))
    return None


def status_of(problem: Problem) -> int:
    """The HTTP status that says what the problem says."""
    return STATUS.get(problem.code, _OF_FAULT[problem.fault])


def problem_document(problem: Problem, status: int | None = None, **more: Any) -> dict[str, Any]:
    """RFC 9457, with our code."""
    number = status or status_of(problem)
    return {"type": "about:blank", "title": problem.message, "status": number, **wire.problem_fields(problem), **more}


async def respond(send: Send, status: int, body: bytes, media_type: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Answer an HTTP request whole."""
    fixed = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})


async def refuse(scope: Scope, receive: Receive, send: Send, problem: Problem, **more: Any) -> None:
    """Answer with a problem document; a WebSocket is refused with it at the handshake."""
    status = status_of(problem)
    body = orjson.dumps(problem_document(problem, **more))
    extra = [(b"retry-after", str(-(-problem.retry_after_ms // 1000)).encode())] if problem.retry_after_ms else []
    if scope["type"] == "http":
        await respond(send, status, body, "application/problem+json", extra)
        return
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
