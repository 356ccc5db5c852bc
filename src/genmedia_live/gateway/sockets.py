"""The live traffic: a Socket.IO server whose one handler checks what a client says and feeds its conversation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

import socketio
from engineio.exceptions import EngineIOError

from genmedia_live.aio import Tasks
from genmedia_live.core import events as ev
from genmedia_live.core.errors import PROBLEMS, ClientFault, GenmediaError, OurFault, Problem
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import wire
from genmedia_live.gateway.auth import Auth
from genmedia_live.gateway.catalogue import Catalogue
from genmedia_live.gateway.connection import Connection
from genmedia_live.gateway.engines import Engine
from genmedia_live.gateway.guard import Binding
from genmedia_live.gateway.packets import HEARD, Call, GuardedPacket, raise_polling_limit
from genmedia_live.gateway.runner import SessionBridge
from genmedia_live.gateway.sessions import Sessions
from genmedia_live.telemetry import Metrics, pin_library_levels

log = logging.getLogger(__name__)

PING_SECONDS = 5
"""Between heartbeats, and how long to wait for the answer: a peer that vanished is noticed within ten seconds."""

_ANSWERED = frozenset({"start", "frame", "text", "configure", "stop"})
_WAIT_MS = {"loading_models": 2_000, "models_missing": 5_000, "engine_unavailable": 2_000}


class Sockets:
    """Every connected client, and what each may do."""

    def __init__(
        self,
        sessions: Sessions,
        engine: Engine,
        catalogue: Catalogue,
        auth: Auth,
        limits: Limits,
        metrics: Metrics,
        transports: list[str],
    ) -> None:
        self._sessions = sessions
        self._engine = engine
        self._catalogue = catalogue
        self._auth = auth
        self._limits = limits
        self._metrics = metrics
        self._tasks = Tasks()
        self._connections: dict[str, Connection] = {}
        raise_polling_limit(limits)
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            async_handlers=False,  # the default starts a task an event, and reorders them
            serializer=GuardedPacket,
            cors_allowed_origins=[],  # the guard in front has checked the origin
            transports=transports,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_http_buffer_size=limits.polling_body_bytes,
            http_compression=False,
            logger=logging.getLogger("socketio"),
            engineio_logger=logging.getLogger("engineio"),
        )
        pin_library_levels()
        self.server.on("connect", self._connected)
        self.server.on("disconnect", self._disconnected)
        self.server.on(HEARD, self._heard)

    def binding_of(self, transport_id: str) -> Binding | None:
        """Whose transport connection that is."""
        environ = self.server.environ.get(transport_id)
        return environ["asgi.scope"].get("genmedia.binding") if environ else None

    async def hang_up(self) -> None:
        """Close every connection, long-polls that wait included; what was said before still leaves first."""
        for socket in list(self.server.eio.sockets.values()):
            with contextlib.suppress(EngineIOError):
                await socket.close(wait=False)

    async def close(self) -> None:
        """Stop the library's own tasks."""
        await self.hang_up()
        await self.server.shutdown()
        await self._tasks.close()

    # ---- coming and going

    async def _connected(self, sid: str, environ: Mapping[str, Any], auth: object = None) -> None:
        owner = environ["asgi.scope"]["genmedia.owner"]
        connection = Connection(self.server, sid, owner, self._limits, self._metrics, self._tasks)
        self._connections[sid] = connection
        self._count()

    async def _disconnected(self, sid: str, reason: str) -> None:
        connection = self._connections.pop(sid, None)
        self._count()
        if connection is None:
            return
        log.info("client gone", extra={"sid": sid, "reason": reason})
        connection.gone()
        if connection.bridge is not None:
            connection.bridge.detach(connection)

    def _count(self) -> None:
        polling = sum(connection.polling for connection in self._connections.values())
        self._metrics.sockets.labels("polling").set(polling)
        self._metrics.sockets.labels("websocket").set(len(self._connections) - polling)

    # ---- what a client says

    async def _heard(self, sid: str, call: Call) -> Any:
        connection = self._connections.get(sid)
        if connection is None:
            return None
        name = call.name or "unreadable"
        self._metrics.events.labels(name if name in wire.CLIENT_EVENTS else "unknown").inc()
        try:
            if (too_many := connection.may_speak(_typed_chars(call))) is not None:
                return await self._refuse(connection, call, too_many)
            return await self._understand(connection, call)
        except GenmediaError as failure:
            if isinstance(failure, ClientFault):
                connection.fault()
            return await self._refuse(connection, call, failure.problem)
        except Exception:
            log.exception("an event failed", extra={"event": name, "sid": sid})
            return await self._refuse(connection, call, PROBLEMS["internal"])

    async def _refuse(self, connection: Connection, call: Call, problem: Problem) -> Any:
        """Tell the client: in the acknowledgement it waits for, or by an `error` event."""
        if call.asked and call.name in _ANSWERED:
            self._metrics.errors.labels(problem.code).inc()
            return {"error": wire.problem_fields(problem)}
        await connection.tell(problem)
        return None

    async def _understand(self, connection: Connection, call: Call) -> Any:
        if call.name is None:
            raise ClientFault("bad_event", "A packet could not be read.")
        if call.name in wire.CLIENT_EVENTS and len(call.args) != 1:
            raise ClientFault("bad_event", f"`{call.name}` takes one map.")
        said = wire.parse(call.name, call.args[0] if call.args else None, self._limits)
        if isinstance(said, wire.Start):
            return await self._start(connection, said)
        bridge = connection.bridge
        if bridge is None or bridge.finished:
            raise ClientFault("not_started", ref=wire.ref_of(call.args[0]))
        if bridge.browser is not connection:
            raise ClientFault("taken_over", ref=wire.ref_of(call.args[0]))
        match said:
            case wire.Change(changes):
                settings = self._catalogue.settle(bridge.live.settings, changes)
                bridge.event(ev.Configure(settings))
                return {"settings": wire.settings_fields(settings)}
            case ev.Frame(_, seq, _):
                sent = bridge.live.reaches_model
                bridge.event(said)
                return {"seq": seq, "sent": sent}
            case ev.Text():
                bridge.event(said)
                ref = call.args[0].get("ref")
                return {} if ref is None else {"ref": ref}
            case ev.Stop():
                bridge.event(said)
                return {}
            case _:
                bridge.event(said)
                return None

    async def _start(self, connection: Connection, start: wire.Start) -> dict[str, Any]:
        bridge = connection.bridge
        if connection.starting or (bridge is not None and not bridge.finished and bridge.browser is connection):
            raise ClientFault("already_started")
        self._auth.check()
        self._check_ready()
        connection.starting = True
        try:
            async with asyncio.timeout(self._limits.view_timeout_ms / 1000):
                bridge, resumed = await self._sessions.start(start, connection.owner)
        except TimeoutError:
            raise OurFault("internal", "The conversation could not be read in time.") from None
        finally:
            connection.starting = False
        if connection.sid not in self._connections:  # it left while its record was read
            bridge.abandon()
            raise ClientFault("not_started")
        answer = self._started(bridge, resumed)
        connection.bridge = bridge
        # The first words of the conversation leave in a task, and so after the acknowledgement.
        bridge.attach(connection)
        return answer

    def _check_ready(self) -> None:
        readiness = self._engine.readiness
        if readiness.state != "ready":
            code = readiness.problem.code if readiness.problem else "loading_models"
            message = readiness.problem.message if readiness.problem else None
            raise OurFault(code, message, retry_after_ms=_WAIT_MS.get(code))

    def _started(self, bridge: SessionBridge, resumed: bool) -> dict[str, Any]:
        settings = bridge.live.settings
        return {
            "conversation": bridge.conversation,
            "settings": wire.settings_fields(settings),
            "engine": self._engine.name,
            "voices": self._catalogue.voices(settings.model),
            "resumed": resumed,
            "turns": [wire.turn_fields(turn) for turn in bridge.live.turns()],
        }


def _typed_chars(call: Call) -> int:
    """How much was typed, before anything else about the event is known."""
    fields = call.args[0] if call.args else None
    text = fields.get("text") if isinstance(fields, dict) else None
    return len(text) if isinstance(text, str) else 0
