"""Many sessions on one mind: each waits for a bounded share of what the others want, however much that is."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from genmedia_live.aio import Tasks
from genmedia_live.core.audio import MIC_RATE
from genmedia_live.engine.dialogue.endpointing import FRAME
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.scripted import LoudnessVad, Script, Tone, reply, scripted_mind
from genmedia_live.engine.server import Engine, Options
from genmedia_live.ports import FunctionCall, Samples

PATH = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
OTHERS = 4
LONG = "count to 30"

Start = Callable[..., Awaitable[Engine]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def begin(mind: Mind, max_sessions: int = 100) -> Engine:
            engine = Engine(mind, Options(plain_port=0, max_sessions=max_sessions))
            await engine.start()
            stack.push_async_callback(engine.stop, 0)
            return engine

        yield begin


class Guest:
    """A client of the engine."""

    def __init__(self, engine: Engine) -> None:
        self._connection = connect(f"ws://127.0.0.1:{engine.plain_port}{PATH}", proxy=None, max_size=None)

    async def __aenter__(self) -> Guest:
        self.socket: ClientConnection = await self._connection.__aenter__()
        await self.send(setup={"model": "models/m", "outputAudioTranscription": {}, "sessionResumption": {}})
        assert "setupComplete" in await self.next()
        return self

    async def __aexit__(self, *failure: Any) -> None:
        await self._connection.__aexit__(*failure)

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def type(self, text: str) -> None:
        await self.send(realtimeInput={"text": text})

    async def speak(self, *chunks: bytes) -> None:
        mime = f"audio/pcm;rate={MIC_RATE}"
        blobs = [{"data": base64.b64encode(pcm).decode(), "mimeType": mime} for pcm in chunks]
        await self.send(realtimeInput={"mediaChunks": blobs})

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def answering(self) -> None:
        """Up to the moment that the answer has been asked of the mind."""
        while (await self.next()).get("sessionResumptionUpdate", {"resumable": True}).get("resumable", False):
            pass

    async def words(self) -> str:
        """Up to the next words of the answer, whose voice is asked of the mind with them."""
        while True:
            if said := (await self.next()).get("serverContent", {}).get("outputTranscription"):
                return str(said["text"])

    async def turn(self) -> str:
        """Up to the end of the turn: what was said in it."""
        said = ""
        while True:
            content = (await self.next()).get("serverContent", {})
            said += str(content.get("outputTranscription", {}).get("text", ""))
            if content.get("turnComplete"):
                return said


async def guests(stack: AsyncExitStack, engine: Engine, count: int) -> list[Guest]:
    return [await stack.enter_async_context(Guest(engine)) for _ in range(count)]


class Turnstile:
    """Lets nobody pass until it is opened; knows who came to it, in order."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.came: list[str] = []

    def open(self) -> None:
        self._open.set()

    def pass_(self, name: str) -> None:
        self.came.append(name)
        assert self._open.wait(60)


class SlowMinded(Script):
    """Thinks of nothing until the turnstile is open."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile

    def stream(self, messages: Any, *, max_tokens: int, **options: Any) -> Iterator[str | FunctionCall]:
        if max_tokens > 1:  # else it only reads ahead
            self._turnstile.pass_(reply(messages))
        yield from super().stream(messages, max_tokens=max_tokens, **options)


class SlowSpoken(Tone):
    """Says nothing until the turnstile is open."""

    def __init__(self, turnstile: Turnstile) -> None:
        super().__init__(1)
        self._turnstile = turnstile

    def synthesize(self, text: str, *rest: Any) -> Iterator[bytes]:
        self._turnstile.pass_(text)
        yield from super().synthesize(text, *rest)


async def ask_for_ever(guest: Guest) -> None:
    while True:
        await guest.turn()
        await guest.type(LONG)


async def test_a_thought_waits_for_one_answer_of_each_other(start: Start) -> None:
    turnstile = Turnstile()
    engine = await start(replace(scripted_mind(1), llm=SlowMinded(turnstile)))
    async with AsyncExitStack() as stack:
        *others, one = await guests(stack, engine, OTHERS + 1)
        for other in others:
            await other.type(LONG)
            await other.answering()
        await one.type("hi")
        await one.answering()
        greedy = Tasks()
        for other in others:
            greedy.start(ask_for_ever(other), name="greedy")
        turnstile.open()
        assert await one.turn() == "You said: hi."
        await greedy.close()
    assert turnstile.came.index("You said: hi.") <= OTHERS


async def test_a_clause_waits_for_one_clause_of_each_other(start: Start) -> None:
    turnstile = Turnstile()
    engine = await start(replace(scripted_mind(1), tts=SlowSpoken(turnstile)))
    async with AsyncExitStack() as stack:
        *others, one = await guests(stack, engine, OTHERS + 1)
        for other in others:
            await other.type(f"{LONG}. {LONG}")
            await other.words()
        await one.type("hi")
        assert await one.words() == "You said: hi."
        turnstile.open()
        await one.turn()
        await asyncio.gather(*(other.turn() for other in others))
    assert len(turnstile.came) > 2 * OTHERS, "the others have more to say than one clause each"
    assert turnstile.came.index("You said: hi.") <= OTHERS


class Ear(LoudnessVad):
    """Writes down whose frames are heard."""

    def __init__(self, name: int, heard: list[int]) -> None:
        self._name = name
        self._heard = heard

    def probability(self, frame: Samples) -> float:
        self._heard.append(self._name)
        return super().probability(frame)


def sound(seconds: float, level: int) -> bytes:
    return np.full(round(seconds * MIC_RATE), level, "<i2").tobytes()


async def flood(guest: Guest, seconds: float) -> None:
    with suppress(ConnectionClosed):
        while True:
            await guest.speak(sound(seconds, 0))


SPOKEN = sound(0.8, 8_000), sound(0.7, 8_000), sound(0.5, 0)


@pytest.mark.parametrize("seconds", [0.1, 10])
@pytest.mark.parametrize("quick", [False, True])
async def test_speech_is_answered_amid_floods_of_audio(start: Start, quick: bool, seconds: float) -> None:
    heard: list[int] = []
    ears = itertools.count()
    mind = replace(scripted_mind(1), new_vad=lambda: Ear(next(ears), heard), quick=quick)
    engine = await start(mind)
    async with AsyncExitStack() as stack:
        *others, one = await guests(stack, engine, OTHERS + 1)
        floods = Tasks()
        for other in others:
            floods.start(flood(other, seconds), name="flood")
        await one.speak(*SPOKEN)
        assert await one.turn() == "You said: 1.5 seconds of speech."
        await floods.close()
    places = [at for at, name in enumerate(heard) if name == OTHERS]
    between = max(after - before for before, after in itertools.pairwise(places)) - 1
    if not quick:  # every second of everybody's audio waits in the same line
        assert between <= OTHERS * (MIC_RATE // FRAME + 1)


async def test_one_more_than_the_house_holds(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    turnstile = Turnstile()
    engine = await start(replace(scripted_mind(1), llm=SlowMinded(turnstile)), max_sessions=OTHERS)
    async with AsyncExitStack() as stack:
        inside = await guests(stack, engine, OTHERS)
        for guest in inside:
            await guest.type(LONG)
            await guest.answering()
        with pytest.raises(ConnectionClosed) as refused:
            async with Guest(engine):
                pass
        close = refused.value.rcvd
        assert close is not None
        assert (close.code, close.reason) == (1011, "RESOURCE_EXHAUSTED: Resource has been exhausted (e.g. check quota).")
        turnstile.open()
        answers = await asyncio.gather(*(guest.turn() for guest in inside))
        assert all(answer.startswith("One, two") and answer.endswith("thirty.") for answer in answers)
    (record,) = (record for record in caplog.records if record.message == "refused")
    assert (record.__dict__["code"], record.__dict__["reason"]) == (close.code, close.reason)


async def test_all_share_one_mind_but_for_their_ears(start: Start) -> None:
    made: list[LoudnessVad] = []

    def ear() -> LoudnessVad:
        made.append(LoudnessVad())
        return made[-1]

    turnstile = Turnstile()
    turnstile.open()
    engine = await start(replace(scripted_mind(1), new_vad=ear, llm=SlowMinded(turnstile)))
    async with AsyncExitStack() as stack:
        for guest in await guests(stack, engine, OTHERS):
            await guest.type("hi")
            await guest.turn()
    assert len(made) == OTHERS
    assert turnstile.came == ["You said: hi."] * OTHERS
