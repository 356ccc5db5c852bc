"""The adapter and the local engine, over the wire: one conversation with the scripted mind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from genmedia_live.core.actions import SendActivity, SendAudio, SendFrame, SendHistory, SendText
from genmedia_live.core.audio import MIC_RATE, AudioChunk
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.events import (
    GenerationComplete,
    InputCaption,
    Interrupted,
    ModelAudio,
    ModelEvent,
    OutputCaption,
    Resumption,
    TurnComplete,
    Usage,
    UserActivity,
)
from genmedia_live.core.record import SessionSettings
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.server import Engine
from genmedia_live.upstream.credentials import engine_target
from genmedia_live.upstream.gemini import GeminiLink, GeminiUpstream
from tests.upstream.targets import LIMITS

SETTINGS = SessionSettings(model="genmedia-local", voice="heart")


@pytest.fixture(params=[True, False], ids=["fast lane", "plain"])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[GeminiUpstream]:
    engine = Engine(scripted_mind())
    await engine.start()
    upstream = GeminiUpstream(engine_target(engine.port, engine.ca), LIMITS, fast_lane=request.param)
    yield upstream
    await upstream.close()
    await engine.stop(notice=0)


async def turn(link: GeminiLink) -> list[ModelEvent]:
    """All events to the end of the turn and the resumption point after it."""
    events: list[ModelEvent] = []
    async with asyncio.timeout(60):
        async for event in link.events():
            events.append(event)
            ended = any(isinstance(earlier, TurnComplete) for earlier in events)
            if ended and isinstance(event, Resumption) and event.resumable:
                break
    return events


def words(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, OutputCaption)).strip()


def kinds(events: list[ModelEvent]) -> set[type]:
    return {type(event) for event in events}


async def test_a_typed_turn_and_one_resumed(upstream: GeminiUpstream) -> None:
    link = await upstream.open(SETTINGS)
    await link.send(SendText("My name is Ada"))
    events = await turn(link)
    assert words(events) == "You said: My name is Ada."
    assert {ModelAudio, OutputCaption, GenerationComplete, TurnComplete, Usage, Resumption} <= kinds(events)
    first_words = next(at for at, event in enumerate(events) if isinstance(event, OutputCaption))
    assert first_words < next(at for at, event in enumerate(events) if isinstance(event, ModelAudio))
    point = events[-1]
    assert isinstance(point, Resumption)
    assert point.consumed == 1  # the set-up is message 0, the words are message 1
    await link.close()

    again = await upstream.open(SETTINGS, point.handle)
    await again.send(SendText("What is my name?"))
    assert words(await turn(again)) == "Your name is Ada."
    await again.close()


async def test_a_spoken_turn(upstream: GeminiUpstream) -> None:
    link = await upstream.open(SETTINGS)
    at = np.arange(MIC_RATE)
    loud = (np.sin(at * 2 * np.pi * 220 / MIC_RATE) * 12_000).astype("<i2").tobytes()
    voice = loud + bytes(2 * MIC_RATE * 2)
    step = MIC_RATE // 10
    for seq, start in enumerate(range(0, len(voice), step)):
        await link.send(SendAudio(AudioChunk(voice[start : start + step], MIC_RATE, seq)))
    events = await turn(link)
    assert [event.started for event in events if isinstance(event, UserActivity)] == [True, False]
    assert "seconds of speech" in "".join(event.text for event in events if isinstance(event, InputCaption) and not event.interim)
    assert "seconds of speech" in words(events)
    await link.close()


async def test_history_seeds_a_session_and_barge_in_stops_it(upstream: GeminiUpstream) -> None:
    link = await upstream.open(SessionSettings(model="genmedia-local", voice="bruno", manual_activity=True))
    await link.send(SendHistory((("user", "My name is Grace"), ("agent", "Hello Grace."))))
    await link.send(SendFrame("picture", 0, b"\xff\xd8\xff\xd9"))
    await link.send(SendText("What is my name?"))
    assert words(await turn(link)) == "Your name is Grace."
    await link.send(SendText("count to 99"))
    async for event in link.events():
        if isinstance(event, ModelAudio):
            break
    await link.send(SendActivity(True))
    events = await turn_end(link)
    assert Interrupted in kinds(events)
    assert GenerationComplete not in kinds(events)
    await link.close()


async def turn_end(link: GeminiLink) -> list[ModelEvent]:
    events: list[ModelEvent] = []
    async with asyncio.timeout(60):
        async for event in link.events():
            events.append(event)
            if isinstance(event, TurnComplete):
                break
    return events


async def test_an_unknown_handle(upstream: GeminiUpstream) -> None:
    with pytest.raises(GenmediaError) as caught:
        await upstream.open(SETTINGS, "never given")
    assert caught.value.code == "handle_refused"
