"""One conversation from the terminal: says each input, waits for the turn to end, and listens as a page would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from genmedia_live import aio
from genmedia_live.cli.talk_inputs import Input, Spoken, Typed, is_still
from genmedia_live.cli.talk_link import WAIT_FOR, Link, LinkLost, OnEvent, Transport
from genmedia_live.cli.talk_outcome import TalkFailed
from genmedia_live.cli.talk_player import Player
from genmedia_live.cli.talk_report import Report
from genmedia_live.core.audio import MIC_RATE, duration_ms, size_of
from genmedia_live.gateway.wire import VERSION

CHUNK_MS = 40
POLLING_CHUNK_MS = 100
PLAYED_EVERY_S = 0.2
SETTLE_S = 3.0
"""A turn ended before its file did, and nothing began for so long after the file: there were no more words in it."""

UNANSWERED_S = 10.0
"""The file's own words interrupted a turn, and nothing began for so long: they get no answer."""

AGAIN_S = 0.25
"""How long to wait before what was not taken is sent again."""

ASIDE_S = 2.0
"""How long the server may take for what only confirms: that it listens again, that it has stopped."""

RETRY_S = (0.0, 0.3, 1.2, 2.7, 4.8, 7.0)
NEWS = frozenset({"audio", "caption", "turn", "status"})
STUCK = frozenset({"held", "needs_token", "ended"})
"""States that this program cannot leave."""

REACHED = frozenset({"listening", "thinking", "speaking"})
"""States in which there is a model to show a picture to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to say, and to whom."""

    inputs: Sequence[Input]
    settings: Mapping[str, Any] = field(default_factory=dict)
    conversation: str | None = None
    picture: bytes | None = None
    transports: Sequence[Transport] = ("websocket", "polling")


class Conversation:
    """Runs a plan over a link that may come and go. `on_started` is told the conversation's id."""

    def __init__(
        self,
        plan: Plan,
        report: Report,
        link: Callable[[OnEvent, Callable[[], None]], Link],
        on_started: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._report = report
        self._on_started = on_started
        self._link = link(self._heard, self._lost)
        self._loop = asyncio.get_running_loop()
        self._tasks = aio.Tasks(self._fail)
        self._player = Player(self._loop.time())
        self._voice = asyncio.Event()
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None
        self._id = plan.conversation
        self._ready = False
        """True between an accepted `start` and the loss of its connection."""

        self._state = ""
        self._later_s = 0.0
        """When the server has asked to come back; 0 for at once."""

        self._seq = 0
        self._newest = 0
        """The newest turn that anything was heard of."""

        self._news_at = 0.0

        self._ends: list[tuple[int, bool]] = []
        """Turns that have ended, and whether they were complete."""

    @property
    def voice(self) -> bytes:
        """What was heard of the agent: PCM16 mono at 24 kHz."""
        return self._player.voice

    async def run(self) -> bool:
        """Say everything; True when the last turn was complete.

        Raises:
            TalkFailed: the conversation could not go on.
        """
        await self._link.open(self._plan.transports)
        try:
            await self._start()
        except LinkLost:
            raise TalkFailed("connection_lost", "The connection was lost before the conversation began.") from None
        self._tasks.start(self._play(), name="play")
        if self._plan.picture is not None:
            await self._show(self._plan.picture)
        for number, said in enumerate(self._plan.inputs):
            await (self._type(number, said) if isinstance(said, Typed) else self._speak(number, said))
            await self._hear_out()
        return bool(self._ends) and self._ends[-1][1]

    async def close(self) -> None:
        """End the conversation, if that can still be told, and hang up."""
        ready, self._ready = self._ready, False
        await self._tasks.close()
        if ready:
            with suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(ASIDE_S):
                    await self._link.ask("stop", {})
        await self._link.close()

    # ---- begin, and come back

    async def _start(self) -> None:
        known = {} if self._id is None else {"conversation": self._id}
        settings = dict(self._plan.settings) if not self._seq and not self._ends else {}
        while True:
            answer = await self._link.ask("start", {"version": VERSION, "settings": settings, **known})
            problem = answer.get("error")
            if problem is None:
                break
            if problem["code"] not in WAIT_FOR:
                raise TalkFailed(problem["code"], problem["message"])
            self._report.waiting(problem)
            await asyncio.sleep(problem.get("retry_after_ms", 1_000) / 1000)
        self._id = str(answer["conversation"])
        self._ready = True
        self._on_started(self._id)
        self._report.started(answer)
        self._changed.set()

    def _lost(self) -> None:
        if self._ready:
            self._ready = False
            self._report.status({"state": "reconnecting", "since": 0})
            self._tasks.start(self._come_back(), name="come back")

    async def _come_back(self) -> None:
        for delay in RETRY_S:
            await asyncio.sleep(delay + self._later_s)
            self._later_s = 0.0
            try:
                await self._link.open(self._plan.transports)
                return await self._start()
            except (LinkLost, TalkFailed) as failure:
                if isinstance(failure, TalkFailed) and failure.code != "unreachable":
                    return self._fail(failure)
        self._fail(TalkFailed("connection_lost", "The connection was lost and could not be made again."))

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._changed.set()

    async def _until(self, holds: Callable[[], bool], at_most_s: float | None = None) -> bool:
        """Wait for news until the condition holds; False when the time has passed first."""
        try:
            async with asyncio.timeout(at_most_s):
                while not holds():
                    if self._failure is not None:
                        raise self._failure
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    # ---- say

    async def _ask(self, event: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._answered_by(lambda: self._link.ask(event, fields))

    async def _answered_by(self, ask: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        while True:
            await self._until(lambda: self._ready)
            try:
                answer = await ask()
            except LinkLost:
                await asyncio.sleep(AGAIN_S)
                continue  # it goes again on the next connection
            if problem := answer.get("error"):
                raise TalkFailed(str(problem.get("code", "internal")), str(problem.get("message", "")))
            return answer

    async def _show(self, jpeg: bytes) -> None:
        """Send the picture until a model has taken it: the server keeps none for later."""
        while True:
            await self._until(lambda: self._state in REACHED)
            if is_still(jpeg):
                answer = await self._answered_by(lambda: self._link.post(f"/api/conversations/{self._id}/picture", jpeg))
            else:
                answer = await self._ask("frame", {"source": "picture", "seq": 0, "jpeg": jpeg})
            if answer.get("sent") is not False:
                return
            await asyncio.sleep(AGAIN_S)

    async def _type(self, number: int, said: Typed) -> None:
        before = len(self._ends)
        self._report.input("input_start", number)
        self._report.input("input_end", number)
        await self._ask("text", {"text": said.text, "ref": f"input-{number}"})
        await self._until(lambda: len(self._ends) > before)

    async def _speak(self, number: int, said: Spoken) -> None:
        before = len(self._ends)
        self._report.input("input_start", number)
        due = await self._send_voice(said.pcm, self._loop.time())
        self._report.input("input_end", number)
        self._news_at = self._loop.time()
        in_the_file = len(self._ends)
        while not self._answered(before, in_the_file):
            due = await self._send_voice(bytes(size_of(self._chunk_ms, MIC_RATE)), due)
        await self._link.say("mic_end", {"reason": "ended"})

    def _answered(self, before: int, in_the_file: int) -> bool:
        """Whether the turn that a file's last words belong to has ended. `before` and `in_the_file` count ends up to then."""
        if len(self._ends) == before:
            return False
        newest, complete = self._ends[-1]
        if complete and len(self._ends) > in_the_file:
            return True
        # Either the file went on after that turn, or its own words interrupted it: something may still come.
        quiet_s = self._loop.time() - self._news_at
        return self._state == "listening" and self._newest <= newest and quiet_s > (SETTLE_S if complete else UNANSWERED_S)

    async def _send_voice(self, pcm: bytes, due: float) -> float:
        """Send voice as a microphone makes it: a chunk leaves when it has been spoken. Returns when the next one begins."""
        at = 0
        while at < len(pcm):
            step = size_of(self._chunk_ms, MIC_RATE)
            piece = pcm[at : at + step]
            due += duration_ms(len(piece), MIC_RATE) / 1000
            await asyncio.sleep(due - self._loop.time())
            if not self._ready or self._failure is not None:
                await self._until(lambda: self._ready)
                due = self._loop.time()
            await self._link.say("mic", {"seq": self._seq, "pcm": piece.ljust(step, b"\0")})
            self._seq += 1
            at += step
        return due

    @property
    def _chunk_ms(self) -> float:
        return POLLING_CHUNK_MS if self._link.polling else CHUNK_MS

    # ---- hear

    def _heard(self, event: str, fields: Mapping[str, Any]) -> None:
        try:
            self._take(event, fields)
        except (KeyError, TypeError, ValueError):
            self._fail(TalkFailed("bad_event", f"The server's `{event}` is not of this version of the wire."))
        except BrokenPipeError as nobody_reads:
            self._fail(nobody_reads)  # click ends the program quietly
        self._changed.set()

    def _take(self, event: str, fields: Mapping[str, Any]) -> None:
        self._newest = max(self._newest, fields.get("turn", 0))
        if event in NEWS:
            self._news_at = self._loop.time()
        match event:
            case "audio":
                self._player.arrive(fields["turn"], fields["pcm"], self._loop.time())
                self._voice.set()
                self._report.audio(fields["turn"], len(fields["pcm"]))
            case "flush":
                ms = self._player.flush(fields["turn"], self._loop.time())
                played = {"turn": fields["turn"], "ms": ms, "flushed": True}
                self._tasks.start(self._link.say("played", played), name="flushed")
            case "caption":
                self._report.caption(fields)
            case "turn":
                complete = fields["state"] == "complete"
                self._ends.append((fields["turn"], complete))
                self._report.turn_ended(fields["turn"], complete)
            case "status":
                self._state = fields["state"]
                self._report.status(fields)
                if self._state in STUCK:
                    code = fields.get("code", "connection_lost")
                    self._fail(TalkFailed(code, f"The conversation cannot go on ({self._state}: {code})."))
            case "error":
                self._report.error(fields["code"], fields["message"])
            case "goodbye":
                self._later_s = fields.get("retry_after_ms", 0) / 1000
                if "retry_after_ms" not in fields:
                    self._fail(TalkFailed("connection_lost", f"The server has ended the conversation ({fields['why']})."))
            case _:
                pass  # `received`, `usage` and `tool` are for a page

    async def _play(self) -> None:
        """Tell the server what has sounded, as often as a page does, and at once when a voice has ended."""
        while True:
            unheard_s = self._player.unheard_ms(self._loop.time()) / 1000
            if unheard_s > 0:
                await asyncio.sleep(min(PLAYED_EVERY_S, unheard_s))
            else:
                self._voice.clear()
                await self._voice.wait()
            for turn, ms in self._player.reports(self._loop.time()):
                await self._link.say("played", {"turn": turn, "ms": ms})
            self._changed.set()

    async def _hear_out(self) -> None:
        """Let the voice end before anything else is said: words under it would interrupt it."""
        await self._until(lambda: self._player.unheard_ms(self._loop.time()) <= 0)
        await self._until(lambda: self._state == "listening", ASIDE_S)
