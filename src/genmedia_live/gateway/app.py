"""Puts the gateway together: the guard, the probes, the sockets and the Flask app, behind one ASGI door."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from a2wsgi import WSGIMiddleware
from engineio import ASGIApp
from flask import Flask, Response

from genmedia_live import __version__
from genmedia_live.core.errors import PROBLEMS, GenmediaError, error
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import offer, wire
from genmedia_live.gateway.api import api, show_errors
from genmedia_live.gateway.asgi import Message, Receive, Scope, Send, refuse
from genmedia_live.gateway.auth import Auth, mode_for
from genmedia_live.gateway.catalogue import Catalogue, known_names
from genmedia_live.gateway.engine_process import EngineProcess, command
from genmedia_live.gateway.engines import Engine, GoogleEngine
from genmedia_live.gateway.guard import SOCKET_PATH, Doors, Guard, is_loopback
from genmedia_live.gateway.pages import HEADERS, pages
from genmedia_live.gateway.probes import Probes
from genmedia_live.gateway.runner import House, Tools
from genmedia_live.gateway.sessions import Sessions
from genmedia_live.gateway.sockets import Sockets
from genmedia_live.gateway.stills import Stills, conversation_of
from genmedia_live.personas import Personas
from genmedia_live.ports import Conversations, Upstream
from genmedia_live.settings import Settings
from genmedia_live.store.memory import MemoryConversations
from genmedia_live.store.sql import SqlConversations
from genmedia_live.telemetry import Metrics
from genmedia_live.tools.loading import load_tools
from genmedia_live.tools.registry import Registry
from genmedia_live.upstream.credentials import detect, engine_target, target_from_settings
from genmedia_live.upstream.gemini import GeminiUpstream

log = logging.getLogger(__name__)


class Store(Conversations, Protocol):
    """A store that holds something open."""

    async def close(self) -> None: ...


class Gateway:
    """The whole server as one ASGI application."""

    def __init__(self, settings: Settings, engine: Engine, store: Store, limits: Limits, tools: Tools) -> None:
        self.settings = settings
        self.engine = engine
        self.limits = limits
        self.metrics = Metrics()
        self.version = __version__
        self.loop: asyncio.AbstractEventLoop
        self._store = store
        loopback = is_loopback(settings.host)
        self.auth = Auth(mode_for(settings.auth, loopback=loopback))
        known, folder = known_names(tools.names), settings.personas_path
        self.personas = Personas(folder, known, limits, expected=settings.personas_dir is not None)
        self.catalogue = Catalogue(engine.name, self.personas, settings.model, settings.voice)
        self.tools = tools
        house = House(engine.upstream, store, limits, self.metrics, tools)
        self.sessions = Sessions(house, self.catalogue)
        transports = settings.transport_list
        self._stills = Stills(self.sessions, limits)
        self._sockets = Sockets(self.sessions, engine, self.catalogue, self.auth, limits, self.metrics, transports)
        self.flask = _flask(self)
        self._socket_app = ASGIApp(self._sockets.server.eio, engineio_path="socket.io")
        wsgi: Any = WSGIMiddleware  # its types are narrower than what it takes
        self._pages_app = wsgi(self.flask, workers=8)
        doors = Doors(loopback, settings.public_url)
        self._guard = Guard(Probes(self._route, self), doors, limits)
        self._guard.binding_of = self._sockets.binding_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        started = time.monotonic()
        await self._guard(scope, receive, self._counting(scope, send, started))

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(SOCKET_PATH):
            await self._socket_app(scope, receive, send)
        elif scope["type"] == "websocket":
            await refuse(scope, receive, send, PROBLEMS["not_found"])
        elif conversation_of(scope):
            await self._stills(scope, receive, send)
        else:
            await self._pages_app(scope, receive, send)

    def _counting(self, scope: Scope, send: Send, started: float) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.requests.labels(f"{message['status'] // 100}xx").inc()
                if not scope["path"].startswith(SOCKET_PATH):
                    self.metrics.request_seconds.observe(time.monotonic() - started)
            await send(message)

        return counting

    # ---- coming up and going down

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except GenmediaError as failure:
            await send({"type": "lifespan.startup.failed", "message": str(failure)})
            return
        except Exception:
            log.exception("the server could not start")
            await send({"type": "lifespan.startup.failed", "message": "the server could not start"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def start(self) -> None:
        """Open the store and begin to load the engine."""
        self.loop = asyncio.get_running_loop()
        if isinstance(self._store, SqlConversations):
            await self._store.open()
        await self.engine.start()

    async def drain(self) -> None:
        """No longer ready; goodbye to every browser, every record saved, every connection to the model closed."""
        if not self.sessions.draining:  # on a signal it drains before the server closes, which drains again what was left
            log.info("draining", extra={"sessions": len(self.sessions)})
        await self.sessions.drain()
        await self._sockets.hang_up()

    async def close(self) -> None:
        """Let go of everything."""
        await self.drain()
        await self._sockets.close()
        await self.tools.close()
        await self.engine.close()
        await self._store.close()
        self._pages_app.executor.shutdown(wait=False)

    # ---- what it offers

    def config(self) -> Mapping[str, Any]:
        """`GET /api/config`, with the personas as their files are now. Reads what is replaced whole: any thread may ask."""
        self.personas.refresh()
        readiness, default = self.engine.readiness, self.catalogue.default
        return {
            "version": self.version,
            "wire": wire.VERSION,
            "engine": self.engine.name,
            "state": readiness.state,
            "loading": readiness.loading,
            "problem": wire.problem_fields(readiness.problem) if readiness.problem else None,
            "model": default.model,
            "models": offer.models(self.catalogue),
            "voice": default.voice,
            "voices": self.catalogue.voices(default.model),
            "samples": self.engine.samples,
            "languages": offer.languages(self.catalogue),
            "personas": offer.personas(self.catalogue, self.tools),
            "persona_problems": offer.persona_problems(self.catalogue),
            "transports": self.settings.transport_list,
            "limits": offer.bounds(self.limits),
            "auth": self.auth.mode,
        }


def _flask(gateway: Gateway) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=gateway.limits.http_body_bytes, PROPAGATE_EXCEPTIONS=False)
    app.url_map.strict_slashes = False
    app.extensions["genmedia"] = gateway
    app.register_blueprint(api)
    app.register_blueprint(pages)
    show_errors(app)

    @app.after_request
    def with_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app


def engine_for(settings: Settings, limits: Limits) -> tuple[Engine, str]:
    """The engine that the settings ask for, and one sentence on why.

    Raises:
        GenmediaError: `bad_settings`: what that engine needs is not there.
    """
    choice, why = detect(settings) if settings.engine == "auto" else (settings.engine, f"{settings.engine} was asked for.")
    if choice in ("vertex", "gemini"):
        target = target_from_settings(settings.model_copy(update={"engine": choice}))
        return GoogleEngine(choice, GeminiUpstream(target, limits, fast_lane=settings.fast_lane)), why

    def connect(port: int, ca: str) -> Upstream:
        return GeminiUpstream(engine_target(port, ca), limits, fast_lane=settings.fast_lane)

    scripted = choice == "scripted"
    return EngineProcess("scripted" if scripted else "local", command(scripted=scripted), limits, connect), why


def store_for(settings: Settings) -> Store:
    """Where conversations are kept: `DATABASE_URL`, or a file in the user's data directory.

    Raises:
        GenmediaError: `bad_settings`: the database is of a kind that this version has no store for.
    """
    if settings.database_url is None:
        return SqlConversations(settings.data_dir / "conversations.db")
    url = urlsplit(settings.database_url)
    if url.scheme != "sqlite":
        raise error("bad_settings", "DATABASE_URL takes a sqlite: address in this version.")
    path = unquote(url.path)
    if path in ("", "/", ":memory:", "/:memory:"):
        return MemoryConversations()
    # sqlite:///relative and sqlite:////absolute, as SQLAlchemy writes them.
    return SqlConversations(Path(path[1:] if url.netloc == "" and path.startswith("/") else path))


def create_app(
    settings: Settings | None = None,
    *,
    limits: Limits | None = None,
    engine: Engine | None = None,
    store: Store | None = None,
    tools: Tools | None = None,
) -> Gateway:
    """The gateway as the environment wants it; a test gives its own parts.

    Raises:
        GenmediaError: the settings ask for what can't be had; the message says what.
    """
    settings = settings or Settings()
    limits = limits or Limits(max_sessions=settings.max_sessions)
    engine = engine or engine_for(settings, limits)[0]
    tools = tools or Registry(load_tools(settings.tool_sources).tools.values(), limits)
    return Gateway(settings, engine, store or store_for(settings), limits, tools)
