"""REST under `/api`: what the server offers, and the visitor's own conversations. Every error is a problem document."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from genmedia_live.core.errors import PROBLEMS, ClientFault, GenmediaError, OurFault, Problem
from genmedia_live.core.record import SessionRecord
from genmedia_live.gateway import wire
from genmedia_live.gateway.asgi import problem_document, status_of

if TYPE_CHECKING:
    from genmedia_live.gateway.app import Gateway

T = TypeVar("T")

api = Blueprint("api", __name__, url_prefix="/api")

_CODES = {404: "not_found", 405: "bad_event", 413: "too_large", 429: "too_many"}


def gateway() -> Gateway:
    """The gateway that this Flask app belongs to."""
    return cast("Gateway", current_app.extensions["genmedia"])


def on_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on the gateway's loop and wait for it: the one way from a view to live conversations.

    Raises:
        OurFault: the loop did not answer in time.
    """
    house = gateway()
    waiting = asyncio.run_coroutine_threadsafe(make(), house.loop)
    try:
        return waiting.result(house.limits.view_timeout_ms / 1000)
    except concurrent.futures.TimeoutError:
        waiting.cancel()
        raise OurFault("internal", "The server did not answer in time.") from None


def _owner() -> str:
    return str(request.environ["asgi.scope"]["genmedia.owner"])


def _json(fields: Any, status: int = 200) -> Response:
    response = Response(orjson.dumps(fields), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@api.get("/config")
def config() -> Response:
    """What the page needs before a conversation: engine, models, voices, limits, and how far loading has come."""
    return _json(gateway().config())


@api.post("/session")
def session() -> Response:
    """Give a client without a page its cookie; the guard in front sets it."""
    return _json({"version": gateway().version, "wire": wire.VERSION})


@api.get("/voices/<voice>/sample")
def sample(voice: str) -> Response:
    """How a voice sounds: a WAV file, in parts if a player asks for them."""
    engine = gateway().engine
    wav = on_loop(lambda: engine.sample(voice))
    response = Response(wav, mimetype="audio/wav", headers={"Cache-Control": "no-cache"})
    response.add_etag()
    response.make_conditional(request, accept_ranges=True, complete_length=len(wav))
    return response


@api.get("/conversations")
def conversations() -> Response:
    """The visitor's conversations, newest first."""
    sessions, owner = gateway().sessions, _owner()
    records = on_loop(lambda: sessions.records(owner))
    return _json({"conversations": [_summary(record) for record in records]})


@api.get("/conversations/<conversation>")
def conversation(conversation: str) -> Response:
    """One conversation, word for word."""
    sessions, owner = gateway().sessions, _owner()
    record = on_loop(lambda: sessions.record(conversation, owner))
    if record is None:
        raise ClientFault("not_found")
    turns = [wire.turn_fields(turn) for turn in record.turns]
    return _json({"conversation": conversation, "settings": wire.settings_fields(record.settings), "turns": turns})


@api.delete("/conversations/<conversation>")
def delete(conversation: str) -> Response:
    """Delete one conversation truly, and end it where it is live."""
    sessions, owner = gateway().sessions, _owner()
    if not on_loop(lambda: sessions.delete(conversation, owner)):
        raise ClientFault("not_found")
    return Response(status=204)


@api.route("/", defaults={"name": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@api.route("/<path:name>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(name: str) -> Response:
    """Nothing else is here; the page's files don't shine through."""
    raise ClientFault("not_found", "There is no such resource.")


def _summary(record: SessionRecord) -> dict[str, Any]:
    first = next((turn.text for turn in record.turns if turn.speaker == "user" and turn.text), "")
    return {
        "conversation": record.conversation,
        "model": record.settings.model,
        "voice": record.settings.voice,
        "turns": len(record.turns),
        "first": first[:200],
    }


# ---- errors


def show_errors(app: Flask) -> None:
    """Let every error of the app be a problem document with a code."""
    app.register_error_handler(GenmediaError, lambda failure: _problem(failure.problem))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failure)


def _problem(problem: Problem, status: int | None = None) -> Response:
    number = status or status_of(problem)
    response = Response(orjson.dumps(problem_document(problem, number)), number, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _http_error(failure: HTTPException) -> Response:
    status = failure.code or 500
    if status < 400:  # a redirect, or a 304 of a file
        return cast(Response, failure.get_response())
    code = _CODES.get(status, "internal" if status >= 500 else "bad_event")
    message = "There is no such resource." if status == 404 else failure.description or PROBLEMS[code].message
    known = PROBLEMS[code]
    return _problem(Problem(code, known.fault, known.retryable, message), status)


def _failure(failure: Exception) -> Response:
    current_app.logger.error("a view failed", exc_info=failure)
    return _problem(PROBLEMS["internal"])
