"""The models at work: threads shared by all sessions, and the stream from prompt to voice with each joint open.

Each kind of work has its own few threads, first come first served, so that a long answer of one session delays the next clause
of another by one clause at most and never its ears. Everything can be given up: a job that waits is withdrawn, one that runs asks
`cancelled` and stops within a token, a decoding step or a piece of voice.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from genmedia_live.core.audio import VOICE_RATE, duration_ms, size_of
from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.effects import Generate, Warm
from genmedia_live.engine.dialogue.speech import clauses
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.ears import Ears
from genmedia_live.engine.mind.prompt import fit, system_prompt
from genmedia_live.engine.tokenizer import Tokenizer
from genmedia_live.ports import Cancelled, FunctionCall, Message, Picture, Samples

T = TypeVar("T")

log = logging.getLogger(__name__)

SETTLE_S = 5.0
"""Work that is given up ends within a token; whoever gave it up waits so long for its thread to be free."""

QUICK_MS = 200
"""Longer audio goes to a thread even where hearing is quick."""

QUICK_CHARS = 20_000
"""Longer texts are counted in a thread even where counting is quick."""

VOICE_FRAME = size_of(80, VOICE_RATE)
"""Bytes of voice in one message to the client."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """The prompt is made; it has so many tokens."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the answer; its voice follows."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Voice:
    """At most 80 ms of voice: PCM16 mono at 24 kHz."""

    pcm: bytes = field(repr=False)

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return duration_ms(len(self.pcm), VOICE_RATE) / 1000


@dataclass(frozen=True, slots=True)
class Called:
    """The model asks for functions to be called; `blocking` overrides what was declared."""

    calls: tuple[FunctionCall, ...]
    blocking: bool | None = None


@dataclass(slots=True)
class Timings:
    """Where the time of a turn went, in milliseconds; None where a stage did not run."""

    turn: int
    endpoint_ms: float | None = None
    stt_ms: float | None = None
    look_ms: float | None = None
    """Of `endpoint_ms`: the wait to know what is shown."""
    llm_first_ms: float | None = None
    tts_first_ms: float | None = None


class Workers:
    """The threads, and the mind that works in them."""

    def __init__(self, mind: Mind, limits: Limits | None = None) -> None:
        self.mind = mind
        self._limits = limits or Limits()
        self.tokenizer = Tokenizer(mind.llm.count_tokens)
        self._counting = ThreadPoolExecutor(1, "count")
        self._hearing = ThreadPoolExecutor(1, "hear")
        self._reading = ThreadPoolExecutor(2, "transcribe")
        self._looking = ThreadPoolExecutor(1, "look")
        self._thinking = ThreadPoolExecutor(2, "think")
        self._speaking = ThreadPoolExecutor(1, "speak")
        self._transcribing = 0
        self._answering = 0

    def close(self) -> None:
        """Withdraw what waits. What runs ends by its own `cancelled`."""
        for pool in (self._counting, self._hearing, self._reading, self._looking, self._thinking, self._speaking):
            pool.shutdown(wait=False, cancel_futures=True)

    async def count(self, texts: Sequence[str]) -> None:
        """Let the tokenizer know these texts, before anybody who can't wait asks for their tokens."""
        if self.mind.quick and sum(map(len, texts)) <= QUICK_CHARS:
            for text in texts:
                self.tokenizer.exactly(text)
        elif texts:
            await asyncio.get_running_loop().run_in_executor(self._counting, list, map(self.tokenizer.exactly, texts))

    async def hear(self, ears: Ears, pcm: bytes, rate: int) -> list[tuple[Samples, float]]:
        """`Ears.hear` in a thread, or here when there is next to nothing to do."""
        if self.mind.quick and len(pcm) <= size_of(QUICK_MS, rate):
            await asyncio.sleep(0)  # others first: who sends faster than anybody speaks waits its turn
            return ears.hear(pcm, rate)
        return await asyncio.get_running_loop().run_in_executor(self._hearing, ears.hear, pcm, rate)

    async def finish_hearing(self, ears: Ears) -> list[tuple[Samples, float]]:
        """`Ears.finish` in a thread, behind what is still to be heard."""
        return await asyncio.get_running_loop().run_in_executor(self._hearing, ears.finish)

    async def judge(self, audio: Samples) -> float:
        """How surely the utterance is complete."""
        judge = self.mind.end_of_turn.probability
        return await asyncio.get_running_loop().run_in_executor(self._reading, judge, audio)

    async def transcribe(self, audio: Samples, cancelled: Cancelled, *, interim: bool = False) -> str | None:
        """The words in the audio; None for an interim transcript when others are being made, or when it was given up."""
        if interim and self._transcribing:
            return None
        self._transcribing += 1
        try:
            transcribe = self.mind.stt.transcribe
            words = await asyncio.get_running_loop().run_in_executor(self._reading, transcribe, audio, cancelled)
        finally:
            self._transcribing -= 1
        return None if cancelled() else words.strip()

    async def look(self, picture: Picture, cancelled: Cancelled) -> str | None:
        """What there is to be told of the picture: nothing of one that can't be read; None when it was given up."""
        return await asyncio.get_running_loop().run_in_executor(self._looking, self._look, picture, cancelled)

    def _look(self, picture: Picture, cancelled: Cancelled) -> str | None:
        if self.mind.eyes is None or cancelled():
            return None
        try:
            description = self.mind.eyes.look(picture.data, cancelled)
        except ValueError as problem:
            log.info("a picture can't be read", extra={"problem": str(problem)})
            description = ""
        except Exception:  # a conversation goes on without eyes
            log.exception("the eyes failed")
            description = ""
        return None if cancelled() else description.strip()

    async def warm(self, request: Warm, cancelled: Cancelled) -> None:
        """Have the model read the beginning of the next prompt, unless it is busy."""
        if not self._answering:
            await asyncio.get_running_loop().run_in_executor(self._thinking, self._read, request, cancelled)

    def _read(self, request: Warm, cancelled: Cancelled) -> None:
        if cancelled() or self._answering:
            return

        def unwanted() -> bool:
            return cancelled() or self._answering > 0

        messages = [replace(message, pictures=()) for message in self._prompt(request)[0]]  # others are paid for each look
        for _ in self.mind.llm.stream(messages, temperature=0.0, max_tokens=1, cancelled=unwanted, tools=request.tools):
            pass

    def _prompt(self, request: Generate | Warm) -> tuple[list[Message], int]:
        """What the language model reads, and its tokens."""
        budget = self._limits.live_prompt_tokens
        return fit(system_prompt(request.system), request.history, self.tokenizer.exactly, budget, sees=self.mind.llm.sees)

    async def answer(
        self, request: Generate, timings: Timings, stop: threading.Event
    ) -> AsyncGenerator[Prompted | Clause | Voice | Called, None]:
        """The answer as it is made: each clause as soon as the language model has written it, then its voice; calls come last."""
        self._answering += 1
        try:
            thoughts = self._stream(self._thinking, partial(self._think, request, timings, stop.is_set), stop)
            async with aclosing(thoughts):
                async for thought in thoughts:
                    yield thought
                    if request.voice is not None and isinstance(thought, Clause):
                        async with aclosing(self._voiced(thought.text.strip(), request.voice, timings, stop)) as voice:
                            async for piece in voice:
                                yield piece
        finally:
            self._answering -= 1

    async def recite(
        self, text: str, voice: str | None, timings: Timings, stop: threading.Event
    ) -> AsyncGenerator[Clause | Voice, None]:
        """A given text, clause by clause, each with its voice unless `voice` is None."""
        for clause in clauses([text]):
            yield Clause(clause, self.tokenizer.count(clause))
            if voice is not None:
                async with aclosing(self._voiced(clause.strip(), voice, timings, stop)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _voiced(self, text: str, voice: str, timings: Timings, stop: threading.Event) -> AsyncGenerator[Voice, None]:
        begun = time.monotonic()
        async with aclosing(self._stream(self._speaking, partial(self._speak, text, voice, stop.is_set), stop)) as pieces:
            async for piece in pieces:
                if timings.tts_first_ms is None:
                    timings.tts_first_ms = (time.monotonic() - begun) * 1000
                yield piece

    def _think(self, request: Generate, timings: Timings, cancelled: Cancelled) -> Iterator[Prompted | Clause | Called]:
        begun = time.monotonic()
        messages, tokens = self._prompt(request)
        yield Prompted(tokens)
        calls: list[FunctionCall] = []

        def words() -> Iterator[str]:
            for piece in self.mind.llm.stream(
                messages, temperature=request.temperature, max_tokens=request.max_tokens, cancelled=cancelled, tools=request.tools
            ):
                if timings.llm_first_ms is None:
                    timings.llm_first_ms = (time.monotonic() - begun) * 1000
                if isinstance(piece, FunctionCall):
                    calls.append(piece)
                else:
                    yield piece

        for text in clauses(words()):
            yield Clause(text, self.tokenizer.exactly(text))
        if calls:
            yield Called(tuple(calls))

    def _speak(self, text: str, voice: str, cancelled: Cancelled) -> Iterator[Voice]:
        for pcm in self.mind.tts.synthesize(text, voice, cancelled):
            for start in range(0, len(pcm), VOICE_FRAME):
                yield Voice(pcm[start : start + VOICE_FRAME])

    async def _stream(
        self, pool: ThreadPoolExecutor, make: Callable[[], Iterator[T]], stop: threading.Event
    ) -> AsyncGenerator[T, None]:
        """What an iterator yields in a thread, here. `max_tokens` bounds the queue: it never holds more than one answer."""
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[T | None] = asyncio.Queue()

        def work() -> None:
            for item in make():
                if stop.is_set():
                    return
                loop.call_soon_threadsafe(items.put_nowait, item)

        running = pool.submit(work)
        job = asyncio.wrap_future(running)
        job.add_done_callback(lambda _: items.put_nowait(None))
        try:
            while True:
                async with asyncio.timeout(self._limits.live_answer_stall_ms / 1000):
                    item = await items.get()
                if item is None:
                    break
                yield item
            await job
        finally:
            if not job.done():
                stop.set()
                if not running.cancel():
                    await asyncio.wait({job}, timeout=SETTLE_S)
