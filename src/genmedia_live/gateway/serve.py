"""Runs the gateway under uvicorn, and leaves in good manners when it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Generator
from pathlib import Path

import uvicorn

from genmedia_live.aio import Tasks
from genmedia_live.core.errors import error
from genmedia_live.core.limits import Limits
from genmedia_live.gateway.app import Gateway

log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def listen(host: str, port: int, limits: Limits | None = None) -> socket.socket:
    """A listening socket; port 0 takes any free one.

    Raises:
        GenmediaError: `bad_settings`: the port is in use, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as failure:
        if failure.errno in (98, 48):  # EADDRINUSE on Linux and on macOS
            raise error("bad_settings", f"Port {port} is in use. Choose another with --port.") from None
        reason = failure.strerror or "the address is not known"
        raise error("bad_settings", f"The server can't listen on {host} port {port}: {reason}.") from None
    # Connections inherit both. asyncio leaves the first out for a listener that it did not make, and voice would wait for Nagle.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        # Nothing above can drop a connection whose peer does not read: closing waits until all that is written has left.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, (limits or Limits()).socket_stall_ms)
    return listener


def check_certificate(certificate: Path, key: Path) -> None:
    """Return when the two can serve https.

    Raises:
        GenmediaError: `bad_settings`: they can't be read, or do not belong together.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as failure:
        raise error("bad_settings", f"{certificate} and {key} are no certificate and its key: {failure}.") from None


class Server(uvicorn.Server):
    """uvicorn closes every WebSocket at once when it stops; this one says goodbye first. A second signal ends it at once."""

    def __init__(self, gateway: Gateway, certificate: Path | None = None, key: Path | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                gateway,
                lifespan="on",
                loop="uvloop",
                http="httptools",
                ws="websockets-sansio",
                ws_max_size=gateway.limits.message_bytes,
                ws_per_message_deflate=False,
                ws_ping_interval=None,  # Engine.IO has its own
                proxy_headers=False,
                server_header=False,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=1,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        self._gateway = gateway
        self._tasks = Tasks()
        self._stopping = False

    def stop(self) -> None:
        """Begin to leave; the second call leaves at once."""
        if self._stopping:
            os._exit(1)
        self._stopping = True
        self._tasks.start(self._leave(), name="leave")

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(self._gateway.limits.drain_ms / 1000):
                await self._gateway.drain()
        except TimeoutError:
            log.warning("the time to drain is over")
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals for as long as the server runs, where this thread gets them."""
        loop = asyncio.get_running_loop()
        taken = []
        for number in _SIGNALS:
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self.stop)
                taken.append(number)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)


def run(gateway: Gateway, listener: socket.socket, certificate: Path | None = None, key: Path | None = None) -> None:
    """Serve on `listener` until a signal comes, then drain and return."""
    Server(gateway, certificate, key).run(sockets=[listener])
