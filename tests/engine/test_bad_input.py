"""What a client may get wrong: each is closed as Google closes it, the log says why, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.server import Engine, Options
from tests.engine.test_server import VERTEX, closed, next_message, say, set_up, turn

LIMITS = Limits(live_message_bytes=100_000, live_lineage_handles=2)


@pytest.fixture
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    rules = Rules(limits=LIMITS, handle_life=getattr(request, "param", None))
    options = Options(plain_port=0, rules=rules, ping_interval=0.2, ping_timeout=0.2)
    engine = Engine(scripted_mind(1), options)
    await engine.start()
    yield engine
    await engine.stop(0)


class House:
    """An engine, and clients for it."""

    def __init__(self, engine: Engine) -> None:
        self.url = f"ws://127.0.0.1:{engine.plain_port}{VERTEX}"

    def dial(self, project: str = "mine", **options: Any) -> connect:
        return connect(self.url, proxy=None, additional_headers={"x-goog-user-project": project}, **options)

    async def handles(self, turns: int) -> list[str]:
        """The handles of a session that has had so many turns, and is over."""
        handles: list[str] = []
        async with self.dial() as socket:
            await set_up(socket, sessionResumption={})
            for number in range(turns):
                await say(socket, realtimeInput={"text": f"{number}"})
                await turn(socket)
                while not (update := (await next_message(socket)).get("sessionResumptionUpdate", {})).get("newHandle"):
                    pass
                handles.append(update["newHandle"])
        return handles


def audio(rate: int, samples: int = 320) -> dict[str, Any]:
    return {"audio": {"mimeType": f"audio/pcm;rate={rate}", "data": base64.b64encode(bytes(2 * samples)).decode()}}


Wrong = Callable[[House], Awaitable[tuple[int, str]]]


async def second_setup(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await set_up(socket)
        await say(socket, setup={"model": "models/m"})
        return await closed(socket)


async def audio_before_setup(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await say(socket, realtimeInput=audio(16_000))
        return await closed(socket)


async def another_rate(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await set_up(socket)
        await say(socket, realtimeInput=audio(16_000))
        await say(socket, realtimeInput=audio(48_000))
        return await closed(socket)


async def frame_over_the_limit(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await set_up(socket)
        await say(socket, realtimeInput=audio(16_000, 60_000))
        return await closed(socket)


async def result_unasked(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await set_up(socket)
        await say(socket, toolResponse={"functionResponses": [{"id": "mine", "name": "f", "response": {}}]})
        return await closed(socket)


async def unknown_field(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await say(socket, setup={"model": "models/m", "generationConfig": {"loudness": 11}})
        return await closed(socket)


async def resumed(house: House, handle: str, project: str = "mine") -> tuple[int, str]:
    async with house.dial(project) as socket:
        await say(socket, setup={"model": "models/m", "sessionResumption": {"handle": handle}})
        return await closed(socket)


async def foreign_handle(house: House) -> tuple[int, str]:
    return await resumed(house, (await house.handles(1))[0], "theirs")


async def spent_handle(house: House) -> tuple[int, str]:
    return await resumed(house, (await house.handles(3))[0])


async def handle_of_an_open_session(house: House) -> tuple[int, str]:
    async with house.dial() as socket:
        await set_up(socket, sessionResumption={})
        await say(socket, clientContent={"turns": [{"role": "user", "parts": [{"text": "hi"}]}]})
        return await resumed(house, (await next_message(socket))["sessionResumptionUpdate"]["newHandle"])


NOT_FOUND = (1008, "BidiGenerateContent session not found")

ROWS: list[tuple[Wrong, tuple[int, str], str]] = [
    (second_setup, (1007, "setup must be the first message, and only the first."), "closed"),
    (audio_before_setup, (1007, "The first message must be setup."), "closed"),
    (another_rate, (1007, "Sample rate changed from previously 16000 to 48000, which is not supported"), "closed"),
    (frame_over_the_limit, (1009, ""), "closed"),
    (result_unasked, (1007, "Request contains an invalid argument: function_responses answer no function call."), "closed"),
    (
        unknown_field,
        (1007, "Invalid JSON payload received. Unknown name \"loudness\" at 'setup.generation_config': Cannot find field."),
        "closed",
    ),
    (foreign_handle, NOT_FOUND, "resumption refused: the handle is foreign"),
    (spent_handle, NOT_FOUND, "resumption refused: the handle is spent"),
    (handle_of_an_open_session, (1011, "Internal error encountered."), "resumption refused: the handle is open"),
]


@pytest.mark.parametrize(("wrong", "close", "what"), ROWS, ids=[row[0].__name__ for row in ROWS])
async def test_it_is_closed_and_logged_and_nobody_else_notices(
    engine: Engine, caplog: pytest.LogCaptureFixture, wrong: Wrong, close: tuple[int, str], what: str
) -> None:
    house = House(engine)
    async with house.dial("bystander") as bystander:
        await set_up(bystander)
        await say(bystander, realtimeInput={"text": "before"})
        await turn(bystander)
        with caplog.at_level(logging.INFO, "genmedia_live.engine"):
            code, reason = await wrong(house)
            await still_there(bystander)
            await logged(caplog, "closed")
    assert (code, reason) == close or code == close[0] == 1009
    assert what in [record.getMessage() for record in caplog.records]
    ends = [record for record in caplog.records if record.getMessage() == "closed"]
    said = "A frame does not fit the API." if wrong is unknown_field else reason  # the log quotes no client
    assert (code, said) in [(record.code, record.reason) for record in ends]  # type: ignore[attr-defined]


async def still_there(bystander: ClientConnection) -> None:
    await say(bystander, realtimeInput={"text": "after"})
    words = [message["serverContent"] for message in await turn(bystander) if "serverContent" in message]
    assert any("generationComplete" in content for content in words)


async def logged(caplog: pytest.LogCaptureFixture, what: str) -> None:
    async with asyncio.timeout(10):
        while not any(record.getMessage() == what for record in caplog.records):  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("engine", [0.05], indirect=True)
async def test_an_expired_handle_is_said_to_be_expired(engine: Engine) -> None:
    house = House(engine)
    handle = (await house.handles(1))[0]
    await asyncio.sleep(0.05)
    assert await resumed(house, handle) == (1008, "BidiGenerateContent session expired")


async def test_a_peer_that_answers_no_ping_is_let_go_and_its_session_can_be_resumed(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(engine)
    socket = await house.dial()
    await set_up(socket, sessionResumption={})
    await say(socket, clientContent={"turns": [{"role": "user", "parts": [{"text": "hi"}]}]})
    handle = (await next_message(socket))["sessionResumptionUpdate"]["newHandle"]
    with caplog.at_level(logging.INFO, "genmedia_live.engine"):
        socket.transport.pause_reading()
        await logged(caplog, "closed")
    async with house.dial() as again:
        await say(again, setup={"model": "models/m", "sessionResumption": {"handle": handle}})
        assert "setupComplete" in await next_message(again)
    socket.transport.abort()
