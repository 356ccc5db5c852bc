"""One connection: feeds the conversation with what the client sends and the models answer, and performs its effects."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import asdict
from functools import partial
from time import monotonic
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from genmedia_live.aio import Tasks, Timer
from genmedia_live.core.audio import BYTES_PER_SAMPLE
from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.context import counted
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.cues import Cue, Directors
from genmedia_live.engine.dialogue.effects import (
    Deafen,
    Effect,
    End,
    Generate,
    Listen,
    Look,
    Note,
    Send,
    Stop,
    Tell,
    Transcribe,
    Warm,
)
from genmedia_live.engine.line import INTERNAL, Line
from genmedia_live.engine.mind.ears import Ears
from genmedia_live.engine.pipeline import Called, Clause, Prompted, Timings, Voice, Workers
from genmedia_live.engine.protocol.messages import Close
from genmedia_live.engine.protocol.wire import parse
from genmedia_live.engine.stage import Stage
from genmedia_live.ports import Cancelled, Picture

log = logging.getLogger(__name__)

LOST = Close(1006, "The connection was lost.")
"""Only for the log (RFC 6455, 7.4.1)."""


class Socket(Protocol):
    """What a session needs of a WebSocket; `websockets.asyncio.server.ServerConnection` is one."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: bytes | str, /) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...

    @property
    def state(self) -> State: ...

    @property
    def transport(self) -> asyncio.Transport: ...


class Session:
    """Runs one conversation over one socket. What goes wrong here ends this session and no other."""

    def __init__(
        self,
        socket: Socket,
        conversation: Conversation,
        workers: Workers,
        turns: deque[Timings],
        limits: Limits | None = None,
        directors: Directors | None = None,
    ) -> None:
        self._socket = socket
        self._conversation = conversation
        self._workers = workers
        self._turns = turns
        self._limits = limits or Limits()
        self._ears = Ears(workers.mind.new_vad())
        self._unheard: deque[Listen | Deafen] = deque()
        self._line = Line(socket, self._limits)
        self._tasks = Tasks(on_failure=lambda _: self._line.end(INTERNAL))
        self._timer = Timer(lambda: self._feed(self._conversation.handle_timer))
        self._questions: set[asyncio.Task[None]] = set()
        self._answers: dict[int, tuple[threading.Event, asyncio.Task[None]]] = {}
        self._give_up = threading.Event()
        self._give_up_guess = threading.Event()
        self._warming = threading.Event()
        self._looking = threading.Event()
        self._thinking: asyncio.Task[None] | None = None
        self._stt_ms: float | None = None
        self._stage = Stage(directors, conversation, workers, self._line, self._tasks, self._feed) if directors else None

    async def run(self) -> None:
        """Serve the connection until it ends. Never raises."""
        writer = self._tasks.start(self._line.write(), name="engine-write")
        self._perform()
        try:
            async for frame in self._socket:
                message = parse(frame)
                await self._workers.count(counted(message))
                self._feed(self._conversation.receive, message)
                await self._hear()
        except ConnectionClosed as ended:
            if not self._line.ending:  # the peer is gone, answers no ping, or has sent too much at once
                said = ended.rcvd if ended.rcvd_then_sent else ended.sent
                self._log_close(Close(said.code, said.reason) if said else LOST, "client" if ended.rcvd_then_sent else "engine")
        except Exception:
            log.exception("session failed")
            self._line.end(INTERNAL)
        finally:
            self._conversation.ended()
            self._timer.arm(None)
            if self._stage is not None:
                self._stage.close()
            self._give_up.set()
            self._give_up_guess.set()
            self._warming.set()
            self._looking.set()
            for stop, _ in self._answers.values():
                stop.set()
            if self._line.ending:
                await asyncio.wait({writer}, timeout=self._limits.live_send_ms / 1000)
            await self._tasks.close()

    def go_away(self, seconds: float, close: Close) -> None:
        """Tell the client that the connection will be closed soon, and then close it."""
        self._feed(self._conversation.go_away, seconds, close)

    def reap(self) -> None:
        """A client that has begun to close no longer holds on to its session."""
        if self._socket.state is not State.OPEN:
            self._conversation.ended()

    def end(self, close: Close) -> None:
        """Close the connection when what was said before has been sent."""
        self._line.end(close)

    # ---- the conversation

    def _feed(self, say: Callable[..., None], *args: object) -> None:
        """Tell the conversation something, with the time, and do what it wants done."""
        try:
            say(*args, asyncio.get_running_loop().time())
            self._perform()
        except Exception:
            log.exception("session failed")
            self._line.end(INTERNAL)

    def _perform(self) -> None:
        for effect in self._conversation.effects():
            self._do(effect)
        self._timer.arm(None if self._line.ending else self._conversation.timer())

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(message):
                self._line.send(message)
            case Listen() | Deafen():
                self._unheard.append(effect)
            case Transcribe():
                self._start_transcript(effect)
            case Look(picture):
                self._looking.set()
                self._looking = threading.Event()
                self._tasks.start(self._look(picture, self._looking.is_set), name="engine-look")
            case Warm():
                self._warming.set()
                self._warming = threading.Event()
                self._think(partial(self._workers.warm, effect, self._warming.is_set), name="engine-warm")
            case Generate(turn=turn):
                self._warming.set()
                stop = threading.Event()
                work = partial(self._answer, effect, stop, self._stage.answer() if self._stage else None)
                self._answers[turn] = stop, self._think(work, name="engine-answer")
            case Stop(turn):
                self._stop(turn)
            case Tell(what):
                if self._stage is not None:
                    self._stage.observe(what)
            case Note(text):
                log.info(text, extra={"session": self._conversation.id})
            case End(close):
                self._log_close(close)
                self._line.end(close)

    def _log_close(self, close: Close, by: str = "engine") -> None:
        said = {"code": close.code, "reason": close.logged or close.reason, "by": by}
        log.info("closed", extra={"session": self._conversation.id, **said})

    # ---- ears

    async def _hear(self) -> None:
        """Hear what has come, before anything else of the client is read."""
        while self._unheard and not self._line.ending:
            match self._unheard.popleft():
                case Listen(pcm, rate):
                    second = rate * BYTES_PER_SAMPLE  # at a time: nobody's long chunk keeps others from being heard
                    for start in range(0, len(pcm), second):
                        frames = await self._workers.hear(self._ears, pcm[start : start + second], rate)
                        self._feed(self._conversation.frames, frames)
                        await self._catch_up()
                case Deafen():
                    self._feed(self._conversation.frames, await self._workers.finish_hearing(self._ears))
                    self._feed(self._conversation.stream_ended)

    async def _catch_up(self) -> None:
        """Let a client that sends faster than anybody speaks wait for its transcripts."""
        while len(self._questions) > self._limits.live_questions:
            await asyncio.wait(self._questions, return_when=asyncio.FIRST_COMPLETED)

    def _start_transcript(self, request: Transcribe) -> None:
        """A guess gives way to whatever comes; the words of an utterance only to others of an utterance."""
        self._give_up_guess.set()
        if request.interim:
            self._give_up_guess = give_up = threading.Event()
        else:
            self._give_up.set()
            self._give_up = give_up = threading.Event()
        self._question(self._transcribe(request, give_up))
        if request.judge:
            self._question(self._judge(request))

    def _question(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.start(work, name="engine-question")
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)

    async def _transcribe(self, request: Transcribe, give_up: threading.Event) -> None:
        started = monotonic()
        words = await self._workers.transcribe(request.audio, give_up.is_set, interim=request.interim)
        if not request.interim:
            self._stt_ms = (monotonic() - started) * 1000
        self._feed(self._conversation.transcribed, request.ticket, words)

    async def _judge(self, request: Transcribe) -> None:
        complete = await self._workers.judge(request.audio)
        self._feed(self._conversation.judged, request.ticket, complete)

    # ---- eyes

    async def _look(self, picture: Picture, cancelled: Cancelled) -> None:
        description = await self._workers.look(picture, cancelled)
        if description is not None:
            self._feed(self._conversation.looked, picture, description)

    # ---- voice

    def _think(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
        """Do work of the language model, after what it does for this session now: given up, that ends within a token."""
        before = self._thinking

        async def in_turn() -> None:
            if before is not None:
                await asyncio.wait({before})
            await work()

        self._thinking = self._tasks.start(in_turn(), name=name)
        return self._thinking

    async def _answer(self, request: Generate, stop: threading.Event, cues: Sequence[Cue] | None) -> None:
        turn = request.turn
        spoken = request.endpoint_ms is not None
        timings = Timings(turn, request.endpoint_ms, self._stt_ms if spoken else None, request.look_ms)
        if cues is None or self._stage is None:
            parts: AsyncGenerator[Prompted | Clause | Voice | Called, None] = self._workers.answer(request, timings, stop)
        else:
            parts = self._stage.play(cues, request, timings, stop)
        try:
            await self._pass_on(turn, parts)
        finally:
            if self._answers.get(turn, (None, None))[0] is stop:  # else the turn runs on with a function's result
                del self._answers[turn]
            self._turns.append(timings)
            log.info("turn", extra=asdict(timings))

    async def _pass_on(self, turn: int, parts: AsyncGenerator[Prompted | Clause | Voice | Called, None]) -> None:
        talk, seconds = self._conversation, 0.0
        async with aclosing(parts):
            async for part in parts:
                match part:
                    case Prompted():
                        pass
                    case Clause(text, tokens):
                        self._feed(talk.clause, turn, text, tokens)
                    case Voice(pcm):
                        self._feed(talk.voice, turn, pcm)
                        seconds += part.seconds
                        if self._stage is not None:
                            self._stage.voiced(seconds)
                    case Called(calls, blocking):
                        self._feed(talk.called, turn, calls, blocking)
        self._feed(talk.generated, turn)

    def _stop(self, turn: int) -> None:
        self._line.silence(turn)
        if turn in self._answers:
            stop, task = self._answers.pop(turn)
            stop.set()
            task.cancel()
