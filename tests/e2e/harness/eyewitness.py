"""A model that only looks: a Live server that keeps each picture as it arrived, for a `serve` that takes it for Google."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.e2e.harness.serve import Server, serve
from tests.upstream.live_server import LiveServer, Peer, certificate


@dataclass(frozen=True)
class Picture:
    """A JPEG that reached the model, and when, in seconds of the monotonic clock."""

    jpeg: bytes
    at: float


@dataclass
class Eyewitness:
    """What the model was shown, newest last. `server` is the product in front of it."""

    server: Server
    pictures: list[Picture]
    _peers: list[Peer]
    _loop: asyncio.AbstractEventLoop
    _news: threading.Condition = field(repr=False)

    def forget(self) -> None:
        with self._news:
            self.pictures.clear()

    def sees(self, count: int = 1, timeout: float = 30) -> list[Picture]:
        """Wait until so many pictures have arrived."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.pictures) >= count, timeout):
                raise TimeoutError(f"{len(self.pictures)} of {count} pictures reached the model within {timeout} s.")
            return list(self.pictures)

    def leave(self) -> None:
        """The model's connections break."""
        for peer in self._peers:
            self._loop.call_soon_threadsafe(peer.abort)


@contextlib.contextmanager
def eyewitness(folder: Path) -> Iterator[Eyewitness]:
    """Serve with such a model behind it."""
    pictures: list[Picture] = []
    news = threading.Condition()

    async def look(peer: Peer) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                media = (await peer.receive()).get("realtimeInput", {}).get("video")
                if media is None:
                    continue
                assert media["mimeType"] == "image/jpeg"
                with news:
                    pictures.append(Picture(base64.b64decode(media["data"]), time.monotonic()))
                    news.notify_all()

    context, authority = certificate(folder)
    ca = folder / "ca.pem"
    ca.write_text(authority)
    model = LiveServer(context, authority)
    model.script = look
    with _running(model) as loop:
        settings: dict[str, Any] = {"GEMINI_API_KEY": "e2e", "GENMEDIA_GOOGLE_BASE_URL": model.url, "GENMEDIA_CA_FILE": str(ca)}
        with serve("gemini", folder, **settings) as server:
            yield Eyewitness(server, pictures, model.peers, loop, news)


@contextlib.contextmanager
def _running(model: LiveServer) -> Iterator[asyncio.AbstractEventLoop]:
    """The model on a loop and in a thread of its own."""
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def run() -> None:
        async with model:
            ready.set()
            await done.wait()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        ready.wait(10)
        yield loop
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
