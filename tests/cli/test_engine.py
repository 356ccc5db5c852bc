"""`engine` as a process: how it begins, what it tells its supervisor, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from genmedia_live.cli.engine import Reports, load
from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.weights.manifest import needed
from genmedia_live.settings import Settings

PATH = "/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent"


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "genmedia_live", "engine", "--port", "0", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def report(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """The next line for the supervisor."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(await process.stdout.readline())
    return line


async def test_a_supervised_engine_says_where_it_is_and_ends_with_its_supervisor() -> None:
    async with running("--scripted", "--supervised", "--plain-port", "0") as process:
        ready = await report(process)
        assert ready["event"] == "ready"
        context = ssl.create_default_context(cadata=ready["ca"])
        async with connect(f"wss://{ready['host']}:{ready['port']}{PATH}", ssl=context, proxy=None) as socket:
            await socket.send('{"setup": {}}')
            assert b"setupComplete" in bytes(await socket.recv(decode=False))
        async with connect(f"ws://127.0.0.1:{ready['plain_port']}{PATH}", proxy=None):
            pass
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 5) == 0


async def test_a_terminated_engine_says_goodbye_in_time() -> None:
    async with running("--scripted", "--supervised", "--plain-port", "0") as process:
        ready = await report(process)
        async with connect(f"ws://127.0.0.1:{ready['plain_port']}{PATH}", proxy=None) as socket:
            await socket.send('{"setup": {}}')
            await socket.recv()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert b"goAway" in bytes(await socket.recv(decode=False))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        assert await process.wait() == 0
        assert time.monotonic() - began < 2


async def test_for_a_person_it_prints_the_address_and_writes_the_certificate(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    async with running("--scripted", "--ca-out", str(certificate)) as process:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith("Live engine on wss://127.0.0.1:")
        port = int(line.rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=str(certificate))
        async with connect(f"wss://localhost:{port}{PATH}", ssl=context, proxy=None):
            pass


async def test_missing_models_have_a_name(tmp_path: Path) -> None:
    models = {"GENMEDIA_MODELS": "never", "GENMEDIA_MODELS_DIR": str(tmp_path)}
    async with running("--supervised", **models) as process:
        lines = [await report(process)]
        while lines[-1]["event"] == "loading":
            lines.append(await report(process))
        assert lines[-1]["event"] == "error"
        assert lines[-1]["code"] == "models_missing"
        assert await process.wait() == 1


def test_too_little_memory_is_said_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[object] = []
    monkeypatch.setattr("genmedia_live.engine.weights.pull.pull", lambda *args, **_: fetched.append(args))
    monkeypatch.setattr("genmedia_live.engine.mind.local.free_memory", lambda: 500_000_000)
    settings = Settings(_env_file=None, models="auto", models_dir=tmp_path)
    with pytest.raises(GenmediaError, match=r"0\.5 GB are free") as failure:
        load(settings, Reports(supervised=True), lambda: False)
    assert failure.value.code == "insufficient_memory"
    assert not fetched


def test_a_damaged_model_is_named_before_it_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    weight = needed()[0]
    (tmp_path / weight.name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / weight.name).write_bytes(b"not it")
    monkeypatch.setattr("genmedia_live.engine.weights.pull.pull", lambda *_, **__: [])
    settings = Settings(_env_file=None, models="auto", models_dir=tmp_path)
    with pytest.raises(GenmediaError):
        load(settings, Reports(supervised=True), lambda: False)
    assert [getattr(record, "files", None) for record in caplog.records] == [weight.name]


async def test_a_port_that_is_taken_has_a_name() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with running("--scripted", "--supervised", "--plain-port", str(port)) as process:
            assert (await report(process))["code"] == "engine_unavailable"
            assert await process.wait() == 1


def test_a_certificate_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "genmedia_live", "engine", "--scripted", "--port=0", f"--ca-out={tmp_path / 'no' / 'ca.pem'}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("The certificate can't be written to")
    assert "Traceback" not in result.stderr
