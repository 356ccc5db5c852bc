"""The engine's server: one port for sockets and for REST, with TLS and if wanted without; who is in, and how everybody leaves."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from typing import Any, cast
from weakref import WeakKeyDictionary

from websockets import http11
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.typing import Origin

from genmedia_live.aio import Timer
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.cues import Directors
from genmedia_live.engine.dialogue.resumption import Handles
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.front.access import Access, Lives, entrance
from genmedia_live.engine.front.admission import FULL, Admission, House, Seats
from genmedia_live.engine.front.certificate import Certificate, mint
from genmedia_live.engine.front.door import Door
from genmedia_live.engine.front.failures import FOREIGN, NOT_FOUND, Failure
from genmedia_live.engine.front.oauth import OAuth
from genmedia_live.engine.front.request import Header, Request, Response, answer
from genmedia_live.engine.front.rest import Rest
from genmedia_live.engine.front.samples import Samples
from genmedia_live.engine.front.tokens import Tokens
from genmedia_live.engine.line import INTERNAL
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.pipeline import Timings, Voice, Workers
from genmedia_live.engine.protocol.messages import Close
from genmedia_live.engine.session import Session

log = logging.getLogger(__name__)

LEAVING = Close(1001, "The engine is shutting down.")
TOKEN_ENDED = Close(1008, "The auth token has expired.")

SECRETS = ("Authorization", "x-goog-api-key", "Cookie")
"""Headers that nobody needs once it is known who asks."""

PREFLIGHT = (
    Header("Access-Control-Allow-Methods", "GET, POST"),
    Header("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Goog-Api-Client, X-Goog-Api-Key, X-Goog-User-Project"),
    Header("Access-Control-Max-Age", "3600"),
)
"""For the pages that may connect (Fetch standard, CORS protocol)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the server listens."""

    host: str = "127.0.0.1"
    port: int = 0
    plain_port: int | None = None
    """Also listen here without TLS."""
    max_sessions: int = 100
    """A set-up above it is refused. Sockets without one have a bound of their own."""
    origins: Sequence[str] = ()
    """Origins whose pages may connect. Others may not: any web page can reach a loopback port."""
    debug_turns: bool = False
    """Serve the stage timings of recent turns at `/debug/turns`."""
    rules: Rules = field(default_factory=Rules)
    require_credentials: bool = False
    """Refuse who brings no credential, as Google does. Without this, a client needs none."""
    ping_interval: float = 20.0
    """Seconds between pings,"""
    ping_timeout: float = 60.0
    """and for the answer: a peer that gives none is gone."""


class Engine:
    """The Live server. `start()`, then `stop()`."""

    def __init__(self, mind: Mind, options: Options | None = None, directors: Directors | None = None) -> None:
        self._options = options or Options()
        self._limits = self._options.rules.limits
        self._directors = directors
        self._workers = Workers(mind, self._limits)
        self._handles = Handles(self._limits, self._options.rules.handle_life)
        self._certificate: Certificate = mint(_names(self._options.host))
        self._turns: deque[Timings] = deque(maxlen=1_000)
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._servers: list[Server] = []
        lives = Lives(self._limits.live_token_lives, time.time)
        access = Access(lives, required=self._options.require_credentials)
        self._seats = Seats(self._options.max_sessions)
        refusal = directors.refusal if directors else None
        self._house = House(access, Tokens(self._limits), refusal, self._reap, seats=self._seats)
        self._rest = Rest(self._house, OAuth(access, lives), self._count, Samples(self._speak))
        self._counting = ThreadPoolExecutor(1, "count")
        self._door = Door(self._answer, self._limits)
        self._admissions: WeakKeyDictionary[ServerConnection, Admission] = WeakKeyDictionary()

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
            process_request=self._upgrade,
            compression=None,  # deflating base64 of noise costs more than it gives
            max_size=self._limits.live_message_bytes,
            max_queue=self._limits.live_inbox,
            ping_interval=self._options.ping_interval,
            ping_timeout=self._options.ping_timeout,
            close_timeout=1,
            server_header=None,
            create_connection=cast(Any, self._door.connect),
        )

    async def stop(self, notice: float = 1.0) -> None:
        """Tell every client, give them `notice` seconds to leave, then close what is left."""
        for session in self._sessions:
            session.go_away(notice, LEAVING)
        for server in self._servers:
            server.close(close_connections=False)
        if self._sessions:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), notice)
        for session in self._sessions:
            session.end(LEAVING)
        await self._door.close()
        for server in self._servers:
            server.close(code=LEAVING.code, reason=LEAVING.reason)
            await server.wait_closed()
        self._counting.shutdown(wait=False, cancel_futures=True)
        self._workers.close()

    # ---- REST

    async def _answer(self, request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._options.origins:
            return FOREIGN.response()
        if origin is not None and request.method == "OPTIONS":
            response = Response(204, headers=PREFLIGHT)
        elif request.path == "/debug/turns" and self._options.debug_turns:
            response = answer([asdict(turn) for turn in self._turns])
        else:
            response = await self._rest.answer(request)
        if response.status >= 400:
            _tell(response, request.path)
        if origin is not None:
            shared = (Header("Access-Control-Allow-Origin", origin), Header("Vary", "Origin"))
            return replace(response, headers=response.headers + shared)
        return response

    async def _count(self, texts: Sequence[str]) -> int:
        """In a thread of its own: nobody's voice waits for somebody's long text."""
        tokens = self._workers.mind.llm.count_tokens
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._counting, lambda: sum(tokens(text) for text in texts))

    async def _speak(self, words: str, voice: str) -> bytes:
        """The words in the thread that speaks for everybody, a clause at a time: an answer waits for one clause at most."""
        async with aclosing(self._workers.recite(words, voice, Timings(0), threading.Event())) as parts:
            return b"".join([part.pcm async for part in parts if isinstance(part, Voice)])

    # ---- the socket

    def _upgrade(self, connection: ServerConnection, request: http11.Request) -> http11.Response | None:
        """Let the request become a socket, or refuse it. What is secret in it is forgotten here."""
        asked = Request.of(request.method, request.path, request.headers.raw_items())
        for name in SECRETS:
            if name in request.headers:
                del request.headers[name]
        request.path = asked.path
        if (way := entrance(asked.path)) is None:
            return _refused(NOT_FOUND, asked.path)
        caller = self._house.access.caller(asked)
        admission = Admission(caller, way, self._house)
        if (failure := admission.upgrade()) is not None:
            return _refused(failure, asked.path)
        self._admissions[connection] = admission
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        admission = self._admissions.pop(socket)
        if len(self._sessions) - self._seats.taken >= self._limits.live_waiting:
            log.info("refused", extra={"code": FULL.code, "reason": FULL.reason})
            await socket.close(FULL.code, FULL.reason)
            return
        try:
            await self._converse(socket, admission)
        except Exception:
            log.exception("session failed")
            await socket.close(INTERNAL.code, INTERNAL.reason)

    async def _converse(self, socket: ServerConnection, admission: Admission) -> None:
        loop = asyncio.get_running_loop()
        count = self._workers.tokenizer.count
        conversation = Conversation(
            secrets.token_hex(16),
            self._handles,
            self._options.rules,
            loop.time(),
            gate=admission,
            count=count,
            looks=lambda: self._workers.mind.looks,
        )
        session = Session(socket, conversation, self._workers, self._turns, self._limits, self._directors)
        until = Timer(lambda: session.end(TOKEN_ENDED))
        admission.limit = lambda seconds: until.arm(loop.time() + seconds)
        self._sessions.add(session)
        self._empty.clear()
        try:
            await session.run()
        finally:
            until.arm(None)
            admission.leave()
            self._sessions.discard(session)
            if not self._sessions:
                self._empty.set()

    def _reap(self) -> None:
        for session in self._sessions:
            session.reap()


def _refused(failure: Failure, path: str) -> http11.Response:
    """A failure as the answer to a request for a socket."""
    response = failure.response()
    _tell(response, path)
    headers = Headers([(header.name, header.value) for header in response.headers])
    headers["Content-Length"] = str(len(response.body))
    headers["Connection"] = "close"
    return http11.Response(response.status, HTTPStatus(response.status).phrase, headers, response.body)


def _tell(response: Response, path: str) -> None:
    """Log a refusal. A path holds no secret but one."""
    shown = re.sub(r"auth_tokens/.*", "auth_tokens/...", path)[:200]
    log.info("refused", extra={"code": response.status, "reason": response.why, "path": shown})


def _names(host: str) -> list[str]:
    own = [] if host in ("", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1") else [host]
    return ["localhost", "127.0.0.1", "::1", *own]


def _port(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
