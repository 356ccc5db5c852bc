"""One socket to the server, as a browser has it: the cookie first, then Socket.IO with msgpack over WebSocket or long-polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any, Literal

import aiohttp
import engineio.payload
import socketio
from yarl import URL

from genmedia_live.cli.talk_outcome import TalkFailed, unreachable

Transport = Literal["websocket", "polling"]
OnEvent = Callable[[str, Mapping[str, Any]], None]

HTTP_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 20.0
POST_TIMEOUT_S = 60.0
CLOSE_TIMEOUT_S = 1.0
"""Enough to say goodbye. By long-polling the library then waits for a last answer that a server need not give."""

POLL_S = 0.5

WAIT_FOR = frozenset({"loading_models", "engine_unavailable", "draining"})
"""Codes of a server that will be ready by itself."""

# Engine.IO refuses a response of more than 16 packets; under load a poll brings more.
engineio.payload.Payload.max_decode_packets = 1_000


class LinkLost(Exception):
    """The socket is gone; what was asked may not have arrived."""


def browser(origin: str, cookies: Mapping[str, str]) -> aiohttp.ClientSession:
    """An HTTP client with a browser's manners: it keeps cookies and names its origin. Give it back with `close()`."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of a numeric address count too
    jar.update_cookies(cookies, URL(origin))
    return aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": origin}, timeout=aiohttp.ClientTimeout(total=HTTP_TIMEOUT_S))


async def until_ready(http: aiohttp.ClientSession, origin: str, on_wait: Callable[[Mapping[str, Any]], None]) -> None:
    """Wait while the server loads its models or restarts. Any other reason not to be ready is left for `start` to tell.

    Raises:
        TalkFailed: nothing answers there.
    """
    while True:
        with _reaching(origin):
            async with http.get(f"{origin}/readyz") as response:
                problem = {} if response.status == 200 else await _json(response)
        if problem.get("code") not in WAIT_FOR:
            return
        on_wait(problem)
        await asyncio.sleep(POLL_S)


async def fetch_cookie(http: aiohttp.ClientSession, origin: str) -> dict[str, str]:
    """Become somebody: the cookies that own the conversation from now on.

    Raises:
        TalkFailed: it is no server of ours.
    """
    with _reaching(origin):
        async with http.post(f"{origin}/api/session") as response:
            if response.status >= 400:
                problem = await _json(response)
                if "code" in problem:
                    raise TalkFailed(str(problem["code"]), str(problem.get("detail") or problem.get("title") or ""))
                raise unreachable(f"What answers at {origin} is not GenMedia Live ({response.status}).")
    return {cookie.key: cookie.value for cookie in http.cookie_jar}


@contextmanager
def _reaching(origin: str) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        raise unreachable(f"No server answers at {origin}.") from failure


async def _json(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    with suppress(ValueError):
        body = await response.json(content_type=None)
        if isinstance(body, dict):
            return body
    return {}


class Link:
    """A Socket.IO connection. `on_event` is called for each event in order, `on_lost` when the connection goes by itself."""

    def __init__(self, http: aiohttp.ClientSession, origin: str, on_event: OnEvent, on_lost: Callable[[], None]) -> None:
        self._http = http
        self._origin = origin
        self._on_event = on_event
        self._on_lost = on_lost
        self._socket: socketio.AsyncClient | None = None
        self._unanswered: set[asyncio.Future[Any]] = set()

    async def open(self, transports: Sequence[Transport]) -> None:
        """Connect by the first transport that works.

        Raises:
            TalkFailed: none does.
        """
        failure: Exception | None = None
        for transport in transports:
            socket = self._new_socket()
            try:
                await socket.connect(
                    self._origin, headers={"Origin": self._origin}, transports=[transport], wait_timeout=CONNECT_TIMEOUT_S
                )
            except (socketio.exceptions.ConnectionError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as refused:
                failure = refused
            else:
                self._socket = socket
                return
        raise unreachable(f"The server at {self._origin} does not take the connection: {failure}") from failure

    def _new_socket(self) -> socketio.AsyncClient:
        socket = socketio.AsyncClient(
            reconnection=False,
            serializer="msgpack",
            handle_sigint=False,
            http_session=self._http,
            request_timeout=HTTP_TIMEOUT_S,
        )
        socket.on("*", self._on_event)
        socket.on("disconnect", lambda reason: self._lost(socket))
        return socket

    def _lost(self, socket: socketio.AsyncClient) -> None:
        if socket is self._socket:
            self._socket = None
            for answer in self._unanswered:
                if not answer.done():
                    answer.set_exception(LinkLost())
            self._on_lost()

    @property
    def connected(self) -> bool:
        """Whether words can leave."""
        return self._socket is not None

    @property
    def polling(self) -> bool:
        """Whether words go by long-polling."""
        return self._socket is not None and self._socket.transport() == "polling"

    async def say(self, event: str, fields: Mapping[str, Any]) -> None:
        """Send an event; without a connection it is lost, as a browser's would be."""
        if self._socket is not None:
            with suppress(socketio.exceptions.SocketIOError):
                await self._socket.emit(event, dict(fields))

    async def ask(self, event: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send an event and wait for its acknowledgement.

        Raises:
            LinkLost: the connection went, or the server was silent for too long.
        """
        if self._socket is None:
            raise LinkLost
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._unanswered.add(answer)

        def answered(*said: Any) -> None:
            if not answer.done():
                answer.set_result(said)

        try:
            await self._socket.emit(event, dict(fields), callback=answered)
            async with asyncio.timeout(ACK_TIMEOUT_S):
                said = await answer
        except (TimeoutError, socketio.exceptions.SocketIOError):
            raise LinkLost from None
        finally:
            self._unanswered.discard(answer)
        return said[0] if said and isinstance(said[0], dict) else {}

    async def post(self, path: str, jpeg: bytes) -> Mapping[str, Any]:
        """Send a picture by itself; the answer, under `error` when it is a problem.

        Raises:
            LinkLost: the server did not answer.
        """
        try:
            headers, limit = {"Content-Type": "image/jpeg"}, aiohttp.ClientTimeout(total=POST_TIMEOUT_S)
            async with self._http.post(f"{self._origin}{path}", data=BytesIO(jpeg), headers=headers, timeout=limit) as response:
                answer = await _json(response)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise LinkLost from None
        return {"error": answer} if response.status >= 400 else answer

    async def close(self) -> None:
        """Hang up."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(socketio.exceptions.SocketIOError, aiohttp.ClientError, TimeoutError):
                await asyncio.wait_for(socket.disconnect(), CLOSE_TIMEOUT_S)
