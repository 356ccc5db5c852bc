"""The engine's door: who comes in, by which paths, and what one session's trouble is to another: nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.front.access import LIVE_PATH
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.scripted import Script, scripted_mind
from genmedia_live.engine.server import Engine, Options
from genmedia_live.ports import FunctionCall, Message

VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
DEVELOPER = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"

Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts engines that are stopped behind the test."""
    engines: list[Engine] = []

    async def begin(mind: Mind | None = None, **options: Any) -> Engine:
        engine = Engine(mind or scripted_mind(1), Options(plain_port=0, **options))
        await engine.start()
        engines.append(engine)
        return engine

    yield begin
    for engine in engines:
        await engine.stop(0)


def dial(engine: Engine, path: str = VERTEX, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{engine.plain_port}{path}", proxy=None, **options)


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def next_message(socket: ClientConnection) -> dict[str, Any]:
    frame = await socket.recv()
    assert isinstance(frame, bytes), "Google sends binary frames"
    message: dict[str, Any] = json.loads(frame)
    return message


async def set_up(socket: ClientConnection, **settings: Any) -> None:
    await say(socket, setup={"model": "models/m", **settings})
    assert "setupComplete" in await next_message(socket)


async def turn(socket: ClientConnection) -> list[dict[str, Any]]:
    messages = []
    while True:
        messages.append(await next_message(socket))
        if messages[-1].get("serverContent", {}).get("turnComplete"):
            return messages


async def everything(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as end:
        await everything(socket)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


@pytest.mark.parametrize("path", [VERTEX, DEVELOPER])
@pytest.mark.parametrize("version", ["v1", "v1alpha", "v1beta", "v1beta1"])
@pytest.mark.parametrize("shape", ["{}", "/{}", "/gateway{}", "//gateway/more/{}", "{}Constrained", "{}/"])
def test_paths_of_the_live_api(path: str, version: str, shape: str) -> None:
    for known in ("v1beta1", "v1beta"):
        path = path.replace(f".{known}.", f".{version}.")
    constrained_vertex = "Constrained" in shape and "LlmBidiService" in path
    assert bool(LIVE_PATH.search(shape.format(path))) is not constrained_vertex


@pytest.mark.parametrize(
    "path", ["/", "/ws", VERTEX.replace("v1beta1", "v2"), VERTEX + "/x", DEVELOPER + "Music", "/debug/turns"]
)
async def test_other_paths_are_not_found(start: Start, path: str) -> None:
    engine = await start()
    with pytest.raises(InvalidStatus) as refused:
        async with dial(engine, path):
            pass
    assert refused.value.response.status_code == 404


async def test_a_query_belongs_to_no_path(start: Start) -> None:
    async with dial(await start(), f"//{DEVELOPER}?key=secret") as socket:
        await set_up(socket)


async def test_pages_of_other_origins_are_refused(start: Start) -> None:
    engine = await start(origins=("https://good.example",))
    with pytest.raises(InvalidStatus) as refused:
        async with dial(engine, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with dial(engine, origin="https://good.example") as socket:
        await set_up(socket)


async def test_tls_and_plain_serve_alike(start: Start) -> None:
    engine = await start()
    context = ssl.create_default_context(cadata=engine.ca)
    async with connect(f"wss://localhost:{engine.port}{DEVELOPER}", ssl=context, proxy=None) as socket:
        await set_up(socket)
        await say(socket, realtimeInput={"text": "hi"})
        assert len(await turn(socket)) >= 3


async def test_deflate_is_declined(start: Start) -> None:
    async with dial(await start(), compression="deflate") as socket:
        assert socket.protocol.extensions == []


async def test_the_house_is_full(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "genmedia_live")
    engine = await start(max_sessions=1)
    async with dial(engine) as first:
        await set_up(first)
        async with dial(engine) as second:
            await say(second, setup={"model": "models/m"})
            code, reason = await closed(second)
        assert (code, reason.split(":")[0]) == (1011, "RESOURCE_EXHAUSTED")
        assert reason in told(caplog)
    await asyncio.wait_for(engine._empty.wait(), 5)
    async with dial(engine) as third:
        await set_up(third)


async def test_who_has_not_set_up_takes_nobody_s_seat(start: Start) -> None:
    engine = await start(max_sessions=1)
    async with AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(dial(engine)) for _ in range(20)]
        for at in range(3):  # one after another
            async with dial(engine) as socket:
                if at == 1:  # refused, it has taken none
                    await say(socket, setup={"model": "models/m", "sessionResumption": {"handle": "unknown"}})
                    assert (await closed(socket))[0] == 1008
                else:
                    await set_up(socket)
            while engine._seats.taken:  # noqa: ASYNC110 - the engine tells nobody
                await asyncio.sleep(0)
        await set_up(idle[0])
        await say(idle[1], setup={"model": "models/m"})
        assert (await closed(idle[1]))[0] == 1011


async def test_sockets_that_have_not_set_up_are_bounded(start: Start) -> None:
    engine = await start(rules=Rules(limits=Limits(live_waiting=2)))
    async with dial(engine) as first, dial(engine) as second:
        async with dial(engine) as third:
            assert (await closed(third))[0] == 1011
        await set_up(first)
        async with dial(engine) as third:
            await set_up(third)
        await set_up(second)


async def test_setup_does_not_wait_for_ever(start: Start) -> None:
    engine = await start(rules=Rules(limits=Limits(live_setup_ms=20)))
    async with dial(engine) as socket:
        assert (await closed(socket))[0] == 1008


async def test_nonsense_is_refused(start: Start) -> None:
    async with dial(await start()) as socket:
        await socket.send("nonsense")
        assert await closed(socket) == (1007, "Invalid JSON payload received.")


async def test_eight_mebibytes_are_taken(start: Start) -> None:
    async with dial(await start()) as socket:
        await set_up(socket)
        await say(socket, realtimeInput={"video": {"mimeType": "image/png", "data": "A" * 8 * 1024 * 1024}})
        await say(socket, realtimeInput={"text": "hi"})
        assert "serverContent" in (await turn(socket))[0]


class Failing(Script):
    """Fails at one word."""

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str | FunctionCall]:
        if "explode" in messages[-1].text:
            raise RuntimeError("the model has failed")
        return super().stream(messages, **options)


async def test_a_failure_ends_one_session_and_no_other(start: Start) -> None:
    engine = await start(replace(scripted_mind(1), llm=Failing()))
    async with dial(engine) as good, dial(engine) as bad:
        await set_up(good)
        await set_up(bad)
        await say(bad, realtimeInput={"text": "explode"})
        assert await closed(bad) == (1011, "Internal error encountered.")
        await say(good, realtimeInput={"text": "hi"})
        assert len(await turn(good)) >= 3


def told(caplog: pytest.LogCaptureFixture) -> str:
    """All that the log has, with what its lines carry."""
    return "\n".join(repr(vars(record)) for record in caplog.records)


async def test_a_refused_upgrade_says_why_and_the_log_keeps_the_secret(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "genmedia_live")
    engine = await start()
    headers = {"Authorization": "Bearer ya29.DENIED-s3cret", "x-goog-user-project": "mine"}
    with pytest.raises(InvalidStatus) as refused:
        async with dial(engine, additional_headers=headers):
            pass
    response = refused.value.response
    body = json.loads(response.body or b"")
    assert response.status_code == body["error"]["code"] == 403
    assert body["error"]["details"][0]["reason"] == "IAM_PERMISSION_DENIED"
    async with dial(engine, f"{DEVELOPER}?key=AIzaBAD-s3cret") as socket:
        await say(socket, setup={"model": "models/m"})
        assert await closed(socket) == (1007, "API key not valid. Please pass a valid API key.")
    headers = {"x-goog-api-key": "AIza-s3cret", "Cookie": "s3cret"}
    async with dial(engine, f"{DEVELOPER}?key=s3cret", additional_headers=headers) as socket:
        await set_up(socket)
        (session,) = engine._sessions
        kept = session._socket.request
        assert "s3cret" not in repr(kept) + repr(list(kept.headers.raw_items()))
    lines = told(caplog)
    assert "IAM_PERMISSION_DENIED" in lines
    assert "API key not valid" in lines
    assert "s3cret" not in lines


async def test_credentials_may_be_required(start: Start) -> None:
    engine = await start(require_credentials=True)
    with pytest.raises(InvalidStatus) as refused:
        async with dial(engine):
            pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"].startswith("Bearer")
    async with dial(engine, DEVELOPER) as socket:
        await say(socket, setup={"model": "models/m"})
        assert (await closed(socket))[0] == 1008
    for path, headers in ((VERTEX, {"Authorization": "Bearer local"}), (f"{DEVELOPER}?key=x", {})):
        async with dial(engine, path, additional_headers=headers) as socket:
            await set_up(socket)


async def test_a_handle_is_its_owner_s(start: Start) -> None:
    engine = await start()
    async with dial(engine, f"{DEVELOPER}?key=mine") as socket:
        await set_up(socket, sessionResumption={})
        await say(socket, realtimeInput={"text": "hi"})
        update: dict[str, Any] = {}
        while "newHandle" not in update:
            update = (await next_message(socket)).get("sessionResumptionUpdate", {})
    resumed = {"model": "models/m", "sessionResumption": {"handle": update["newHandle"]}}
    async with dial(engine, f"{DEVELOPER}?key=yours") as socket:
        await say(socket, setup=resumed)
        assert await closed(socket) == (1008, "BidiGenerateContent session not found")
    async with dial(engine, f"{DEVELOPER}?key=mine") as socket:
        await say(socket, setup=resumed)
        assert "setupComplete" in await next_message(socket)


async def test_a_session_ends_with_its_ephemeral_token(start: Start) -> None:
    engine = await start()
    until = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
    url = f"http://127.0.0.1:{engine.plain_port}/v1alpha/auth_tokens"
    async with ClientSession() as http, http.post(url, json={"expireTime": until}) as response:
        name = (await response.json())["name"]
    path = DEVELOPER.replace("v1beta", "v1alpha") + f"Constrained?access_token={name}"
    async with dial(engine, path) as socket:
        await set_up(socket)
        assert await closed(socket) == (1008, "The auth token has expired.")


async def test_a_peer_that_has_gone_silent_is_let_go_of(start: Start) -> None:
    """It opened a session, and then its network was gone: not even a ping is answered."""
    engine = await start(ping_interval=0.02, ping_timeout=0.1)
    async with dial(engine) as other:
        await set_up(other)
        reader, writer = await asyncio.open_connection("127.0.0.1", engine.plain_port)
        head = f"GET {VERTEX} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        setup = b'{"setup":{"model":"models/m"}}'
        writer.write(bytes([0x82, 0x80 | len(setup), 0, 0, 0, 0]) + setup)
        assert b"setupComplete" in await reader.readuntil(b"setupComplete")
        assert len(engine._sessions) == 2
        with suppress(ConnectionError):
            assert b"keepalive ping timeout" in await reader.read()
        writer.close()
        while len(engine._sessions) > 1:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0)
        await say(other, realtimeInput={"text": "hi"})
        assert len(await turn(other)) >= 3


@pytest.mark.parametrize("secure", [False, True])
async def test_rest_is_served_beside_the_socket(start: Start, secure: bool) -> None:
    engine = await start()
    context = ssl.create_default_context(cadata=engine.ca)
    base = f"https://localhost:{engine.port}" if secure else f"http://127.0.0.1:{engine.plain_port}"
    async with ClientSession() as http:
        for _ in range(3):
            asked = {"contents": [{"parts": [{"text": "one two three"}]}]}
            path = "//v1/projects/p/locations/l/publishers/google/models/m:countTokens"
            async with http.post(base + path, json=asked, ssl=context) as response:
                tokens = engine._workers.mind.llm.count_tokens("one two three")
                assert (response.status, (await response.json())["totalTokens"]) == (200, tokens)
        async with http.get(base + VERTEX, ssl=context) as response:
            assert response.status == 426


async def test_pages_of_allowed_origins_may_ask(start: Start) -> None:
    engine = await start(origins=("https://good.example",))
    async with ClientSession(f"http://127.0.0.1:{engine.plain_port}") as http:
        for origin, status in (("https://good.example", 200), ("https://evil.example", 403), ("null", 403)):
            async with http.get("/v1beta/models", headers={"Origin": origin}) as response:
                assert response.status == status
                assert response.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
        async with http.options("/v1beta/models", headers={"Origin": "https://good.example"}) as response:
            assert response.status == 204
            assert "X-Goog-Api-Key" in response.headers["Access-Control-Allow-Headers"]


async def test_stopping_waits_for_no_visitor(start: Start) -> None:
    engine = await start()
    connections = [await asyncio.open_connection("127.0.0.1", engine.plain_port) for _ in range(3)]
    connections[0][1].write(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
    await connections[0][0].readuntil(b"\r\n\r\n")
    connections[1][1].write(b"GET /v1/models HT")
    await asyncio.wait_for(engine.stop(0), 5)
    for reader, writer in connections:
        with suppress(ConnectionError):
            await reader.read()  # to its end
        writer.close()


async def test_recent_turns_can_be_looked_at(start: Start) -> None:
    engine = await start(debug_turns=True)
    async with dial(engine) as socket:
        await set_up(socket)
        await say(socket, realtimeInput={"text": "hi"})
        await turn(socket)
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.plain_port)
    writer.write(b"GET /debug/turns HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b"200 OK" in head
    assert b"application/json" in head
    (timings,) = json.loads(body)
    assert timings["turn"] == 1
    assert timings["llm_first_ms"] >= 0
    assert timings["tts_first_ms"] >= 0


async def test_sessions_answer_side_by_side(start: Start) -> None:
    engine = await start()

    async def one(number: int) -> str:
        async with dial(engine) as socket:
            await set_up(socket, outputAudioTranscription={})
            await say(socket, realtimeInput={"text": f"I am {number}"})
            said = [message["serverContent"].get("outputTranscription") for message in await turn(socket)]
            return "".join(text["text"] for text in said if text)

    answers = await asyncio.gather(*(one(number) for number in range(20)))
    assert answers == [f"You said: I am {number}." for number in range(20)]
