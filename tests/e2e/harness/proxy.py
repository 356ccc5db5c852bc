"""A TCP proxy between the browser and the server whose faults a test switches on and off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

_PIECE = 16_384
_PACKET = 1_448
"""What a packet carries: a narrow path passes so much at a time."""
_WAITING = 256
"""Pieces on their way in one direction; past it the sender's own socket fills, as on a real path."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of 0 s: closing sends RST, not FIN."""


class FaultProxy:
    """Listens on `port` of loopback and forwards to `target`. Its methods may be called from any thread.

    Attributes:
        delay: seconds that everything takes, each way.
        refusing: every connection is reset as it comes: the server is down.
        up_rate: bytes a second that all connections together may send up; None is no bound.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.delay = 0.0
        self.refusing = False
        self.up_rate: float | None = None
        self._up_free = 0.0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._done = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def cut(self) -> None:
        """Reset every open connection."""
        self._in_loop(self._cut)

    def stall(self) -> None:
        """Take bytes and pass none on, without FIN or RST: the Wi-Fi is dead."""
        self._in_loop(self._flowing.clear)

    def flow(self) -> None:
        """End the stall."""
        self._in_loop(self._flowing.set)

    def _in_loop(self, action: Callable[[], None]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(action)
        self._loop.call_soon_threadsafe(done.set)
        done.wait(10)

    def _cut(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def run(self, ready: threading.Event) -> None:
        """Serve until `end` is called."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._done.wait()
            server.close()
            self._flowing.set()
            self._cut()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)  # nothing to wait for: the loop closes after it

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            _reset(writer)
            return
        with contextlib.suppress(OSError, ExceptionGroup, asyncio.CancelledError):  # 3.11 reports a cancelled handler
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            ends = {writer, back}
            self._open |= ends
            try:
                async with asyncio.TaskGroup() as pipes:
                    pipes.create_task(self._pipe(reader, back, up=True))
                    pipes.create_task(self._pipe(there, writer))
            finally:
                self._open -= ends
                for end in ends:
                    end.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool = False) -> None:
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)

        async def take() -> None:
            data = b"more"
            while data:
                narrow = up and self.up_rate is not None
                data = await reader.read(_PACKET if narrow else _PIECE)
                if narrow:
                    await self._narrow(len(data))
                await way.put((self._loop.time() + self.delay, data))

        async with asyncio.TaskGroup() as both:
            both.create_task(take())
            while True:
                due, data = await way.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._flowing.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def _narrow(self, size: int) -> None:
        """Returns when the narrow path has passed so many bytes, behind those that came before."""
        self._up_free = max(self._up_free, self._loop.time()) + size / (self.up_rate or float("inf"))
        await asyncio.sleep(self._up_free - self._loop.time())


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@contextlib.contextmanager
def fault_proxy(target: int) -> Iterator[FaultProxy]:
    """A proxy in front of the port `target`, on a loop and in a thread of its own."""
    proxy = FaultProxy(target)
    ready = threading.Event()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: proxy._loop) as runner:
            runner.run(proxy.run(ready))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        ready.wait(10)
        yield proxy
    finally:
        proxy.end()
        thread.join(10)
