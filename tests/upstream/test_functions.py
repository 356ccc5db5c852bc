"""Functions that we declare, called and answered through the SDK: as the engine's own model and as Google's models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from google.oauth2.credentials import Credentials

from genmedia_live.core.actions import SendText, SendToolResult
from genmedia_live.core.events import ModelEvent, OutputCaption, ToolCall, TurnComplete
from genmedia_live.engine.mind.scripted import Script, scripted_mind
from genmedia_live.engine.server import Engine
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream.credentials import Target, engine_target
from genmedia_live.upstream.gemini import GeminiLink, GeminiUpstream
from genmedia_live.upstream.profiles import PROFILES, Api, default_settings
from tests.upstream.targets import LIMITS

ORDER = FunctionDeclaration(
    "look_up_order",
    "Looks an order up.",
    {
        "type": "object",
        "properties": {"order": {"$ref": "#/$defs/Order", "title": "Order"}},
        "required": ["order"],
        "additionalProperties": False,
        "$defs": {"Order": {"type": "object", "properties": {"number": {"type": "integer"}}}},
    },
)
"""With all that a schema made from a Python signature may hold."""

EVERY = [(profile.name, api) for profile in PROFILES for api in profile.apis]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(scripted_mind(ms_per_character=1))
    await engine.start()
    yield engine
    await engine.stop(notice=0)


def at(engine: Engine, api: Api) -> Target:
    """The engine, in the place of that API."""
    own = engine_target(engine.port, engine.ca)
    if api == "gemini":
        return Target("gemini", own.base_url, own.ca, api_key="AIza-none")
    credentials = Credentials(token="ya29.none")
    return own if api == "engine" else Target("vertex", own.base_url, own.ca, "p", "us-central1", credentials=credentials)


async def until(link: GeminiLink, kind: type[ModelEvent]) -> list[ModelEvent]:
    """All events to the first of that kind."""
    events: list[ModelEvent] = []
    async with asyncio.timeout(30):
        async for event in link.events():
            events.append(event)
            if isinstance(event, kind):
                return events
    raise AssertionError("events() ended without an error")


@pytest.mark.parametrize(("model", "api"), EVERY, ids=["-".join(one) for one in EVERY])
async def test_a_declared_function_is_called_and_its_result_is_told(engine: Engine, model: str, api: Api) -> None:
    upstream = GeminiUpstream(at(engine, api), LIMITS)
    link = await upstream.open(replace(default_settings(api, model), instructions="Help."), tools=[ORDER])
    await link.send(SendText('call look_up_order with {"order": {"number": 7}}'))
    call = (await until(link, ToolCall))[-1]
    assert isinstance(call, ToolCall)
    assert (call.name, call.args) == ("look_up_order", {"order": {"number": 7}})
    await link.send(SendToolResult(call.id, call.name, {"output": {"state": "sent"}}))
    told = ""
    while "returned" not in told:  # a model that does not wait for the result ends a turn before it
        told += "".join(event.text for event in await until(link, TurnComplete) if isinstance(event, OutputCaption))
    assert "look_up_order returned" in told
    assert '"state":"sent"' in told.replace(" ", "")
    await link.close()
    await upstream.close()


async def test_what_was_not_declared_is_not_called(engine: Engine) -> None:
    upstream = GeminiUpstream(at(engine, "engine"), LIMITS)
    link = await upstream.open(default_settings("engine"), tools=[ORDER])
    await link.send(SendText("call the_police"))
    events = await until(link, TurnComplete)
    assert not [event for event in events if isinstance(event, ToolCall)]
    assert "no function called" in "".join(event.text for event in events if isinstance(event, OutputCaption))
    await link.close()
    await upstream.close()


class Noting(Script):
    """Notes the functions that it might call."""

    def __init__(self) -> None:
        self.told: list[FunctionDeclaration] = []

    def stream(self, messages, *, tools=(), **options):
        self.told.extend(tools)
        return super().stream(messages, tools=tools, **options)


@pytest.mark.parametrize("api", ["engine", "gemini"])
async def test_the_engine_is_told_the_schema_as_it_is(api: Api) -> None:
    llm = Noting()
    engine = Engine(replace(scripted_mind(ms_per_character=1), llm=llm))
    await engine.start()
    upstream = GeminiUpstream(at(engine, api), LIMITS)
    link = await upstream.open(default_settings(api), tools=[ORDER])
    await link.send(SendText("hello"))
    await until(link, TurnComplete)
    assert llm.told
    assert all(tool == ORDER for tool in llm.told)
    await link.close()
    await upstream.close()
    await engine.stop(notice=0)
