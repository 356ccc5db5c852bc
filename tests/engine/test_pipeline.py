"""The models at work: every joint is open, and everything can be given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from genmedia_live.engine.dialogue.effects import Generate, Warm
from genmedia_live.engine.mind.scripted import Script, Stopwatch, scripted_mind
from genmedia_live.engine.pipeline import VOICE_FRAME, Clause, Prompted, Timings, Voice, Workers
from genmedia_live.ports import Cancelled, FunctionCall, FunctionDeclaration, Message, Samples
from tests.engine.talking import picture

SECOND: Samples = np.full(16_000, 0.5, np.float32)


class Dictated(Script):
    """Says one word each time that it is let."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.may_speak = threading.Semaphore(0)
        self.said = 0
        self.begun = threading.Event()
        self.over = threading.Event()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        self.begun.set()
        try:
            for word in self.words:
                while not self.may_speak.acquire(timeout=0.01):
                    if cancelled():
                        return
                if cancelled():
                    return
                self.said += 1
                yield word
        finally:
            self.over.set()

    def let(self, words: int) -> None:
        self.may_speak.release(words)


class Patient(Stopwatch):
    """Transcribes until it is let go or given up."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def transcribe(self, audio: Samples, cancelled: Cancelled = lambda: False) -> str:
        self.begun.set()
        while not self.go.wait(0.01):
            if cancelled():
                return "half of"
        return " all of it "


def request(text: str = "hi", voice: str | None = "heart") -> Generate:
    return Generate(1, (Message("user", text),), None, (), voice, 0.5, 100)


async def in_thread(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, 5)


@pytest.fixture
async def script() -> AsyncIterator[tuple[Workers, Dictated]]:
    llm = Dictated("Well, ", "I would say ", "that, ", "it is ", "so. ", "The end.")
    workers = Workers(replace(scripted_mind(2), llm=llm))
    yield workers, llm
    workers.close()


async def test_an_answer_from_prompt_to_voice() -> None:
    workers = Workers(scripted_mind(10))
    timings = Timings(1)
    parts = [part async for part in workers.answer(request("Hello my dear friend. Bye"), timings, threading.Event())]
    workers.close()
    assert isinstance(parts[0], Prompted)
    assert [part.text for part in parts if isinstance(part, Clause)] == ["You said: Hello my dear friend.", " Bye."]
    assert isinstance(parts[1], Clause)
    voices = [part.pcm for part in parts if isinstance(part, Voice)]
    assert max(map(len, voices)) == VOICE_FRAME
    assert sum(map(len, voices)) == (31 + 4) * 10 * 48
    assert timings.llm_first_ms is not None
    assert timings.tts_first_ms is not None


async def test_text_only_answers_have_no_voice() -> None:
    workers = Workers(scripted_mind())
    parts = [part async for part in workers.answer(request(voice=None), Timings(1), threading.Event())]
    workers.close()
    assert not any(isinstance(part, Voice) for part in parts)


async def test_the_voice_begins_before_the_thought_is_over(script: tuple[Workers, Dictated]) -> None:
    workers, llm = script
    llm.let(3)
    async with aclosing(workers.answer(request(), Timings(1), threading.Event())) as parts:
        async for part in parts:
            if isinstance(part, Voice):
                break
        assert llm.said == 3
        assert not llm.over.is_set()


async def test_a_stopped_answer_stops_within_a_word(script: tuple[Workers, Dictated]) -> None:
    workers, llm = script
    stop = threading.Event()
    llm.let(3)
    async with aclosing(workers.answer(request(), Timings(1), stop)) as parts:
        async for part in parts:
            if isinstance(part, Voice):
                break
        stop.set()
        llm.let(3)
        assert await in_thread(llm.over)
    assert llm.said == 3


async def test_an_abandoned_answer_stops_too(script: tuple[Workers, Dictated]) -> None:
    workers, llm = script
    async with aclosing(workers.answer(request(), Timings(1), threading.Event())) as parts:
        assert isinstance(await anext(parts), Prompted)
    assert await in_thread(llm.over)
    assert llm.said == 0


async def test_a_failure_reaches_the_caller() -> None:
    class Broken(Script):
        def count_tokens(self, text: str) -> int:
            raise RuntimeError("no tokens")

    workers = Workers(replace(scripted_mind(), llm=Broken()))
    with pytest.raises(RuntimeError, match="no tokens"):
        [part async for part in workers.answer(request(), Timings(1), threading.Event())]
    workers.close()


async def test_reading_beforehand_gives_way_to_an_answer(script: tuple[Workers, Dictated]) -> None:
    workers, llm = script
    given_up = threading.Event()
    warming = asyncio.gather(workers.warm(Warm((), None), given_up.is_set))
    assert await in_thread(llm.begun)
    try:
        async with aclosing(workers.answer(request(), Timings(1), threading.Event())) as parts:
            await anext(parts)
            async with asyncio.timeout(5):
                await asyncio.shield(warming)
    finally:
        given_up.set()
    assert llm.said == 0


async def test_transcripts_can_be_given_up() -> None:
    stt, stop = Patient(), threading.Event()
    workers = Workers(replace(scripted_mind(), stt=stt))
    transcript = asyncio.gather(workers.transcribe(SECOND, stop.is_set))
    assert await in_thread(stt.begun)
    assert await workers.transcribe(SECOND, lambda: False, interim=True) is None, "interim ones give way"
    stop.set()
    assert list(await transcript) == [None]
    stt.go.set()
    assert await workers.transcribe(SECOND, lambda: False, interim=True) == "all of it"
    workers.close()


async def test_completeness_is_judged() -> None:
    workers = Workers(scripted_mind())
    assert await workers.judge(SECOND) == 1.0
    workers.close()


class Noting(Script):
    """Notes what it is given to read."""

    def __init__(self, *, sees: bool) -> None:
        self.sees = sees
        self.read: list[Sequence[Message]] = []

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        self.read.append(messages)
        yield "So."


@pytest.mark.parametrize("sees", [True, False])
async def test_only_a_model_that_sees_gets_pictures_and_not_to_warm_up(sees: bool) -> None:
    llm = Noting(sees=sees)
    workers = Workers(replace(scripted_mind(), llm=llm))
    question = Message("user", "Hm?", pictures=(replace(picture(640, 480), description="A cup."),))
    await workers.warm(Warm((question,), None), lambda: False)
    asked = Generate(1, (question,), None, (), None, 0.5, 100)
    _ = [part async for part in workers.answer(asked, Timings(1), threading.Event())]
    workers.close()
    warmed, read = (messages[-1] for messages in llm.read)
    assert (warmed.pictures, read.pictures) == ((), question.pictures if sees else ())
    assert ("A cup." in read.text) is not sees
    assert warmed.text == read.text
