"""Where a script's cues become deeds of one session: as its answers, or on its socket."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing

from genmedia_live.aio import Tasks, Timer
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.cues import (
    Call,
    Cancel,
    Cue,
    Director,
    Directors,
    Drop,
    Garbage,
    Hangup,
    Heard,
    Interrupt,
    Leave,
    Observation,
    Refuse,
    Repeat,
    Say,
    Stall,
    Voiced,
    Wait,
)
from genmedia_live.engine.dialogue.effects import Generate
from genmedia_live.engine.dialogue.lifespan import EXPIRED
from genmedia_live.engine.line import Line
from genmedia_live.engine.pipeline import Called, Clause, Timings, Voice, Workers
from genmedia_live.engine.protocol.messages import Close, Raw
from genmedia_live.ports import FunctionCall


class Stage:
    """Performs one director's cues. `feed` tells the conversation something, with the time, and does what it wants done."""

    def __init__(
        self,
        directors: Directors,
        conversation: Conversation,
        workers: Workers,
        line: Line,
        tasks: Tasks,
        feed: Callable[..., None],
    ) -> None:
        self._directors = directors
        self._director: Director = directors.direct()
        self._talk = conversation
        self._workers = workers
        self._line = line
        self._tasks = tasks
        self._feed = feed
        self._timer = Timer(self._time)
        self._unasked: deque[Sequence[Cue]] = deque()
        self._unanswered = False
        """The director has not answered what was said."""

    def close(self) -> None:
        """Nothing more is performed by the clock."""
        self._timer.arm(None)

    def observe(self, what: Observation) -> None:
        """Something has happened in the session."""
        self._unanswered = self._unanswered or isinstance(what, Heard)
        self._director.observe(what, _now())
        self._run()

    def _time(self) -> None:
        self._director.handle_timer(_now())
        self._run()

    def _run(self) -> None:
        if cues := self._director.cues():
            self._tasks.start(self._perform(cues), name="engine-cues")
        self._timer.arm(self._director.timer())

    # ---- outside of an answer

    async def _perform(self, cues: Iterable[Cue]) -> None:
        """One after another. What has to be said or called becomes a turn of its own."""
        lines: list[Cue] = []
        for cue in cues:
            if isinstance(cue, Say | Call):
                lines.append(cue)
                continue
            self._speak_up(lines)
            lines = []
            if isinstance(cue, Wait):
                await asyncio.sleep(cue.seconds)
            else:
                self._do(cue)
        self._speak_up(lines)

    def _speak_up(self, lines: Sequence[Cue]) -> None:
        if lines:
            self._unasked.append(lines)
            self._feed(self._talk.prompt)

    def _do(self, cue: Cue) -> None:
        match cue:
            case Cancel():
                self._feed(self._talk.cancel_calls)
            case Interrupt():
                self._feed(self._talk.break_off)
            case Leave(seconds):
                self._feed(self._talk.go_away, seconds, EXPIRED)
            case Hangup(code, reason):
                self._line.hang_up(Close(code, reason))
            case Drop():
                self._line.cut()
            case Stall(seconds):
                self._line.hold(seconds)
            case Repeat(times):
                self._line.repeat(times)
            case Garbage(frame):
                self._line.send(Raw(frame))
            case Refuse():
                self._directors.refuse(cue)

    # ---- as an answer

    def answer(self) -> Sequence[Cue] | None:
        """The cues that are the next answer; None leaves it to the mind."""
        if not self._unasked:
            self._unanswered = False
            return self._director.answer(_now())
        cues = self._unasked.popleft()
        if self._unasked or self._unanswered:  # the conversation owes one answer, however many waited for the turn to end
            asyncio.get_running_loop().call_soon(self._feed, self._talk.prompt)
        return cues

    async def play(
        self, cues: Sequence[Cue], request: Generate, timings: Timings, stop: threading.Event
    ) -> AsyncGenerator[Clause | Voice | Called, None]:
        """The answer that the cues make."""
        for at, cue in enumerate(cues):
            match cue:
                case Interrupt():
                    self._feed(self._talk.break_off)  # this answer ends here; what is left of it is another
                    self._speak_up(cues[at + 1 :])
                    return
                case Say(silent=True):
                    pass
                case Say(text, paced):
                    async with aclosing(self._workers.recite(text, request.voice, timings, stop)) as parts:
                        async for part in parts:
                            yield part
                            if paced and isinstance(part, Voice):
                                await asyncio.sleep(part.seconds)
                case Call(name, args, blocking):
                    yield Called((FunctionCall(name, args),), blocking)
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case _:
                    self._do(cue)

    def voiced(self, seconds: float) -> None:
        """So much voice of the answer has been sent."""
        self.observe(Voiced(seconds))


def _now() -> float:
    return asyncio.get_running_loop().time()
