"""The program itself: it says what it runs, takes signals with good manners, and is clear about what it can't do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import socketio
from click.testing import CliRunner

from genmedia_live.cli import main
from genmedia_live.core.errors import GenmediaError
from genmedia_live.gateway.app import create_app
from genmedia_live.gateway.asgi import Message
from genmedia_live.gateway.serve import listen
from genmedia_live.settings import Settings
from tests.gateway.house import House

CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("GENMEDIA_", "GOOGLE_", "GEMINI_", "DATABASE_"))
}


@asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`serve --engine scripted` as users run it."""
    env = {**CLEAN, "GENMEDIA_DATA_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path), "LOG_FORMAT": "json"}
    call = [sys.executable, "-m", "genmedia_live", "serve", "--engine", "scripted", "--port", "0"]
    child = await asyncio.create_subprocess_exec(*call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, cwd=tmp_path)
    assert child.stdout is not None
    try:
        said = ""
        while "is ready" not in said:
            line = (await child.stdout.readline()).decode()
            assert line, said
            said += line
        assert "scripted engine" in said
        yield child, said.split("Open ")[1].split("/\n")[0]
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_a_signal_says_goodbye_saves_and_ends(tmp_path: Path) -> None:
    async with served(tmp_path) as (child, url):
        heard: list[tuple[str, dict[str, object]]] = []
        client = socketio.AsyncClient(reconnection=False, serializer="msgpack")
        client.on("*", lambda event, fields: heard.append((event, fields)))
        await client.connect(url, transports=["websocket"])
        started = await client.call("start", {"version": 1, "settings": {}})
        await client.call("text", {"text": "Remember me."})
        child.send_signal(signal.SIGTERM)
        await client.wait()
        async with asyncio.timeout(10):
            assert await child.wait() == 0
        goodbye = next(fields for event, fields in heard if event == "goodbye")
        assert goodbye["why"] == "draining"
    import sqlite3

    (text,) = sqlite3.connect(tmp_path / "conversations.db").execute("SELECT record FROM conversations").fetchone()
    record = json.loads(text)
    assert record["conversation"] == started["conversation"]
    assert record["turns"][0]["text"] == "Remember me."


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as (child, url):
        client = socketio.AsyncClient(reconnection=False, serializer="msgpack")
        await client.connect(url, transports=["websocket"])
        await client.call("start", {"version": 1, "settings": {}})
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGINT)
        async with asyncio.timeout(5):
            await child.wait()
        await client.wait()


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        env = {"GENMEDIA_DATA_DIR": str(tmp_path)}
        result = CliRunner().invoke(main, ["serve", "--port", port, "--engine", "scripted"], env=env)
    assert result.exit_code == 1
    assert f"Port {port} is in use" in result.output
    assert "Traceback" not in result.output


def test_an_address_of_another_machine_is_said_in_a_sentence() -> None:
    with pytest.raises(GenmediaError, match="can't listen on"):
        listen("203.0.113.1", 0)


@pytest.mark.parametrize(
    ("arguments", "env", "code", "text"),
    [
        (["--tls-cert", __file__], {}, 2, "go together"),
        (["--engine", "vertex"], {}, 1, "GOOGLE_CLOUD_PROJECT"),
        (["--engine", "gemini"], {}, 1, "GOOGLE_API_KEY"),
        (["--engine", "scripted"], {"GENMEDIA_VOICE": "Nobody"}, 1, "no voice of that name"),
        (["--engine", "scripted"], {"DATABASE_URL": "mysql://x/y"}, 1, "DATABASE_URL"),
        (["--engine", "scripted"], {"GENMEDIA_TRANSPORTS": "pigeon"}, 2, "GENMEDIA_TRANSPORTS"),
        (["--engine", "scripted"], {"GENMEDIA_PUBLIC_URL": "live.example"}, 2, "GENMEDIA_PUBLIC_URL takes an address"),
        (["--engine", "scripted"], {"LOG_LEVEL": "loud"}, 2, "LOG_LEVEL takes DEBUG"),
        (["--engine", "scripted", "--tls-cert", __file__, "--tls-key", __file__], {}, 1, "no certificate and its key"),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], env: dict[str, str], code: int, text: str
) -> None:
    for name in set(os.environ) - set(CLEAN):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["serve", *arguments, "--port", "0"], env={**env, "GENMEDIA_DATA_DIR": str(tmp_path)})
    assert result.exit_code == code, result.output
    assert text in result.output
    assert "Traceback" not in result.output


async def test_a_store_that_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    settings = Settings(_env_file=None, engine="scripted", data_dir=tmp_path / "file" / "folder")  # type: ignore[call-arg]
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        said.append(message)

    await create_app(settings)({"type": "lifespan"}, receive, send)
    (failed,) = said
    assert failed["type"] == "lifespan.startup.failed"
    assert "Conversations can't be kept in" in failed["message"]
    assert not [record for record in caplog.records if record.exc_info]


async def test_sockets_send_at_once_and_do_not_compress(house: House) -> None:
    async with aiohttp.ClientSession(house.url) as http:
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
        socket_ = await http.ws_connect("/socket.io/?EIO=4&transport=websocket", headers=offer)
        assert socket_.compress == 0
        connections = [c for c in house.server.server_state.connections if getattr(c, "transport", None)]
        ours = [c.transport.get_extra_info("socket") for c in connections]
        assert ours
        assert all(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in ours)
        if sys.platform == "linux":
            stall_ms = house.gateway.limits.socket_stall_ms
            assert all(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == stall_ms for s in ours)
        await socket_.close()
