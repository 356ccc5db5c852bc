"""A whole gateway on a real port, with a fake model behind it, and clients as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from genmedia_live.core.errors import ClientFault
from genmedia_live.core.limits import Limits
from genmedia_live.gateway.app import Gateway, create_app
from genmedia_live.gateway.engines import READY, EngineName, Readiness
from genmedia_live.gateway.serve import Server, listen
from genmedia_live.settings import Settings
from genmedia_live.store.memory import MemoryConversations
from tests.fakes import FakeUpstream


class FakeEngine:
    """An engine whose model is a `FakeUpstream`."""

    def __init__(self, name: EngineName = "scripted") -> None:
        self.name: EngineName = name
        self.upstream = FakeUpstream()
        self.readiness: Readiness = READY
        self.samples = True
        self.wavs: dict[str, bytes] = {}
        """What `sample` answers."""

    async def start(self) -> None:
        pass

    async def sample(self, voice: str) -> bytes:
        if voice not in self.wavs:
            raise ClientFault("unknown_voice")
        return self.wavs[voice]

    async def close(self) -> None:
        await self.upstream.close()


@dataclass
class Client:
    """A client that notes all it hears."""

    url: str
    http: aiohttp.ClientSession
    io: socketio.AsyncClient
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def _hear(self, event: str, fields: dict[str, Any]) -> None:
        async with self._news:
            self.heard.append((event, fields))
            self._news.notify_all()

    def all(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.heard if name == event]

    async def next(self, event: str, **wanted: Any) -> dict[str, Any]:
        """The first such event that was heard or will be."""

        def found() -> dict[str, Any] | None:
            return next((f for f in self.all(event) if all(f.get(name) == value for name, value in wanted.items())), None)

        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: found() is not None)
        result = found()
        assert result is not None
        return result

    async def start(self, conversation: str | None = None, **settings: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {"version": 1, "settings": settings}
        if conversation:
            fields["conversation"] = conversation
        answer = await self.io.call("start", fields, timeout=10)
        assert isinstance(answer, dict)
        return answer

    async def say(self, event: str, fields: Any) -> None:
        await self.io.emit(event, fields)

    async def ask(self, event: str, fields: Any) -> Any:
        return await self.io.call(event, fields, timeout=10)


@dataclass
class House:
    """A running gateway."""

    gateway: Gateway
    server: Server
    engine: FakeEngine
    store: MemoryConversations
    url: str

    @property
    def upstream(self) -> FakeUpstream:
        return self.engine.upstream

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @asynccontextmanager
    async def http(self, headers: Mapping[str, str] | None = None) -> AsyncIterator[aiohttp.ClientSession]:
        """An HTTP client that keeps its cookies."""
        async with aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=headers) as session:
            yield session

    @asynccontextmanager
    async def client(self, transport: str = "websocket", http: aiohttp.ClientSession | None = None) -> AsyncIterator[Client]:
        """A connected client; with `http`, of the same owner as that."""
        own = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True) if http is None else http.cookie_jar)
        io = socketio.AsyncClient(reconnection=False, serializer="msgpack", http_session=own)
        client = Client(self.url, own, io)
        _read_whole(io.eio)
        io.on("*", client._hear)
        await io.connect(self.url, transports=[transport])
        try:
            yield client
        finally:
            await io.disconnect()
            await own.close()


def _read_whole(eio: Any) -> None:
    """The library leaves the answers to its POSTs unread, and so their connections open."""
    send = eio._send_request

    async def send_and_read(*args: Any, **kwargs: Any) -> Any:
        response = await send(*args, **kwargs)
        if isinstance(response, aiohttp.ClientResponse):
            await response.read()
        return response

    eio._send_request = send_and_read


@asynccontextmanager
async def open_house(
    tmp_path: Path, limits: Limits | None = None, engine: FakeEngine | None = None, **settings: Any
) -> AsyncIterator[House]:
    """Serve on a free port of this machine until the block ends."""
    engine = engine or FakeEngine()
    store = MemoryConversations()
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        chosen = Settings(_env_file=None, data_dir=tmp_path, port=port, **settings)  # type: ignore[call-arg]
        gateway = create_app(chosen, limits=limits or Limits(), engine=engine, store=store)
        server = Server(gateway)
        serving = asyncio.create_task(server.serve(sockets=[listener]))  # noqa: TID251 - the block owns it
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)
        try:
            yield House(gateway, server, engine, store, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            await serving
