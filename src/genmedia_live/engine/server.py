"""The engine's door: a WebSocket server with Google's paths, on TLS and if wanted without."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Origin

from genmedia_live.engine.certificate import Certificate, mint
from genmedia_live.engine.conversation import Conversation, Rules
from genmedia_live.engine.messages import Close
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.pipeline import Timings, Workers
from genmedia_live.engine.resumption import Handles
from genmedia_live.engine.session import Session

log = logging.getLogger(__name__)

LIVE_PATH = re.compile(
    r"/ws/+(?:google\.cloud\.aiplatform\.v1(?:alpha|beta1?)?\.LlmBidiService/BidiGenerateContent"
    r"|google\.ai\.generativelanguage\.v1(?:alpha|beta1?)?\.GenerativeService\.BidiGenerateContent(?:Constrained)?)/?$"
)
"""The end of the URL path of Vertex AI and of the Developer API; any prefix and doubled slashes are allowed before it."""

FULL = Close(1011, "RESOURCE_EXHAUSTED: Resource has been exhausted (e.g. check quota).")
LEAVING = Close(1001, "The engine is shutting down.")


@dataclass(frozen=True, slots=True)
class Options:
    """How the server listens."""

    host: str = "127.0.0.1"
    port: int = 0
    plain_port: int | None = None
    """Also listen here without TLS."""
    max_sessions: int = 100
    origins: Sequence[str] = ()
    """Origins whose pages may connect. Others may not: any web page can reach a loopback port."""
    debug_turns: bool = False
    """Serve the stage timings of recent turns at `/debug/turns`."""
    rules: Rules = field(default_factory=Rules)


class Engine:
    """The Live server. `start()`, then `stop()`."""

    def __init__(self, mind: Mind, options: Options | None = None) -> None:
        self._options = options or Options()
        self._limits = self._options.rules.limits
        self._workers = Workers(mind, self._limits)
        self._handles = Handles(self._limits)
        self._certificate: Certificate = mint(_names(self._options.host))
        self._turns: deque[Timings] = deque(maxlen=1_000)
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._servers: list[Server] = []

    @property
    def ca(self) -> str:
        """PEM of the authority that clients must trust."""
        return self._certificate.ca

    @property
    def port(self) -> int:
        """The TLS port in use."""
        return _port(self._servers[0])

    @property
    def plain_port(self) -> int | None:
        """The port without TLS in use."""
        return _port(self._servers[1]) if len(self._servers) > 1 else None

    async def start(self) -> None:
        """Accept connections. Raises OSError when a port is taken."""
        self._servers.append(await self._listen(self._options.port, self._certificate.context))
        if self._options.plain_port is not None:
            self._servers.append(await self._listen(self._options.plain_port, None))

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> Server:
        return await serve(
            self._serve,
            self._options.host,
            port,
            ssl=context,
            origins=[None, *map(Origin, self._options.origins)],
            process_request=self._admit,
            compression=None,  # deflating base64 of noise costs more than it gives
            max_size=self._limits.live_message_bytes,
            max_queue=self._limits.live_inbox,
            ping_interval=20,
            ping_timeout=60,
            close_timeout=1,
            server_header=None,
        )

    async def stop(self, notice: float = 1.0) -> None:
        """Tell every client, give them `notice` seconds to leave, then close what is left."""
        for session in self._sessions:
            session.go_away(notice)
        for server in self._servers:
            server.close(close_connections=False)
        if self._sessions:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), notice)
        for session in self._sessions:
            session.end(LEAVING)
        for server in self._servers:
            server.close(code=LEAVING.code, reason=LEAVING.reason)
            await server.wait_closed()
        self._workers.close()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if LIVE_PATH.search(path):
            return None
        if path == "/debug/turns" and self._options.debug_turns:
            body = json.dumps([asdict(turn) for turn in self._turns])
            response = connection.respond(HTTPStatus.OK, body)
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = "application/json"
            return response
        return connection.respond(HTTPStatus.NOT_FOUND, "There is no Live API at this path.\n")

    async def _serve(self, socket: ServerConnection) -> None:
        if len(self._sessions) >= self._options.max_sessions:
            await socket.close(FULL.code, FULL.reason)
            return
        now = asyncio.get_running_loop().time()
        conversation = Conversation(secrets.token_hex(16), self._handles, self._options.rules, now)
        session = Session(socket, conversation, self._workers, self._turns, self._limits)
        self._sessions.add(session)
        self._empty.clear()
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            if not self._sessions:
                self._empty.set()


def _names(host: str) -> list[str]:
    own = [] if host in ("", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1") else [host]
    return ["localhost", "127.0.0.1", "::1", *own]


def _port(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
