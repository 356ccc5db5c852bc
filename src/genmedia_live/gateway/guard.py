"""Stands before everything: which hosts we answer as, which origins may act, how large a body is, and whose request it is."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from genmedia_live.core.errors import ClientFault
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import owner, packets
from genmedia_live.gateway.asgi import App, Message, Receive, Scope, Send, header, refuse
from genmedia_live.gateway.stills import conversation_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_GIVES_COOKIE = frozenset({"/", "/index.html", "/api/session"})
SOCKET_PATH = "/socket.io/"


def is_loopback(host: str) -> bool:
    """True for names and addresses that only this machine has."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(scheme: str, netloc: str) -> tuple[str, int | None] | None:
    """Host and port, the scheme's own port filled in."""
    try:
        parts = urlsplit(f"//{netloc}")
        return (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may knock. `loopback`: the server listens for this machine only."""

    loopback: bool
    public_url: str | None = None

    def host_allowed(self, scope: Scope) -> bool:
        """False for a foreign name that was made to point here (DNS rebinding). Bound wider, any name may be ours."""
        place = _place(scope["scheme"], header(scope, b"host") or "")
        if place is None:
            return False
        if not self.loopback or is_loopback(place[0]):
            return True
        return self.public_url is not None and place[0] == urlsplit(self.public_url).hostname

    def origin_allowed(self, scope: Scope) -> bool:
        """True for requests of our own page, and for programs on this machine."""
        origin = header(scope, b"origin")
        if origin is None:
            site = header(scope, b"sec-fetch-site")
            if site is not None:
                return site in ("same-origin", "none")
            client = scope.get("client")
            return client is None or is_loopback(client[0])
        scheme, _, netloc = origin.partition("://")
        if scheme not in ("http", "https"):
            return False
        if self.public_url is not None:
            ours = urlsplit(self.public_url)
            if scheme == ours.scheme and _place(scheme, netloc) == _place(ours.scheme, ours.netloc):
                return True
        return _place(scheme, netloc) == _place("https" if owner.is_secure(scope) else "http", header(scope, b"host") or "")


class Binding:
    """Whose a polling connection is. Its id travels in URLs, so the id alone opens nothing."""

    def __init__(self, scope: Scope, token: str, *, shown: bool) -> None:
        self._token = token
        self._shown = shown
        self._peer = (scope.get("client") or ("",))[0]

    def admits(self, scope: Scope) -> bool:
        """True when the request shows the cookie of the handshake.

        A program on this machine that keeps no cookies may go without, as long as the connection has never shown one.
        """
        token = owner.token_from(scope)
        if token is not None:
            self._shown = self._shown or token == self._token
            return token == self._token
        peer = (scope.get("client") or ("",))[0]
        return not self._shown and peer == self._peer and is_loopback(peer)


class Guard:
    """ASGI middleware. Puts the owner's name at `scope["genmedia.owner"]`."""

    def __init__(self, app: App, doors: Doors, limits: Limits) -> None:
        self._app = app
        self._doors = doors
        self._limits = limits
        self.binding_of: Callable[[str], Binding | None] = lambda sid: None
        """Finds the binding of a transport connection by its id."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            await self._admit(scope, receive, send)
        except ClientFault as fault:
            await refuse(scope, receive, send, fault.problem)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._doors.host_allowed(scope):
            raise ClientFault("forbidden_origin", "This server does not go by that name.")
        is_socket = scope["path"].startswith(SOCKET_PATH)
        if (is_socket or scope.get("method", "GET") not in _SAFE) and not self._doors.origin_allowed(scope):
            raise ClientFault("forbidden_origin")
        token = owner.token_from(scope)
        shown = token is not None
        if token is None:
            token = owner.new_token()
            if is_socket or scope["path"] in _GIVES_COOKIE:
                send = _giving_cookie(scope, send, token)
        scope["genmedia.owner"] = owner.owner_of(token)
        if is_socket:
            receive = await self._socket_request(scope, receive, token, shown=shown)
        elif int_header(scope, b"content-length") > self._most(scope) or header(scope, b"transfer-encoding"):
            raise ClientFault("too_large", f"A request to this address has at most {self._most(scope)} bytes.")
        await self._app(scope, receive, send)

    def _most(self, scope: Scope) -> int:
        return self._limits.still_bytes if conversation_of(scope) else self._limits.http_body_bytes

    async def _socket_request(self, scope: Scope, receive: Receive, token: str, *, shown: bool) -> Receive:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if "sid" not in query:
            scope["genmedia.binding"] = Binding(scope, token, shown=shown)
        elif (binding := self.binding_of(query["sid"][0])) is not None and not binding.admits(scope):
            raise ClientFault("not_found", "There is no such connection for you.")
        if scope["type"] == "websocket":
            return _mending_frames(receive)
        return await self._mending_body(scope, receive) if scope["method"] == "POST" else receive

    async def _mending_body(self, scope: Scope, receive: Receive) -> Receive:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return _once(message, receive)
            body += message.get("body", b"")
            if len(body) > self._limits.polling_body_bytes:
                raise ClientFault("too_large")
            if not message.get("more_body"):
                break
        mended = packets.mended_body(bytes(body))
        if mended is None:
            raise ClientFault("too_large", "That is more packets than one request may hold.")
        others = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")]
        scope["headers"] = [*others, (b"content-length", str(len(mended)).encode())]
        return _once({"type": "http.request", "body": mended, "more_body": False}, receive)


def int_header(scope: Scope, name: bytes) -> int:
    """A header that is a number; 0 when there is none."""
    value = header(scope, name) or "0"
    return int(value) if value.isascii() and value.isdigit() else 0


def _once(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _mending_frames(receive: Receive) -> Receive:
    async def mended() -> Message:
        message = await receive()
        text = message.get("text")
        if message["type"] == "websocket.receive" and text is not None:
            frame = packets.mended_frame(text)
            if isinstance(frame, bytes):
                return {"type": "websocket.receive", "bytes": frame}
        return message

    return mended


def _giving_cookie(scope: Scope, send: Send, token: str) -> Send:
    async def giving(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message["headers"] = [*message.get("headers", ()), owner.set_cookie(scope, token)]
        await send(message)

    return giving
