"""What holds for any bytes that a client may send. Each target takes an input and raises when a promise is broken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

import numpy as np
import orjson

from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.cues import Heard
from genmedia_live.engine.dialogue.effects import Deafen, Effect, End, Generate, Listen, Look, Send, Tell, Transcribe
from genmedia_live.engine.dialogue.gate import Terms
from genmedia_live.engine.dialogue.resumption import Handles
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.mind.ears import Ears
from genmedia_live.engine.mind.scripted import LoudnessVad
from genmedia_live.engine.protocol.messages import (
    ClientContent,
    Close,
    ContextUpdate,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    ToolCall,
    ToolResponse,
)
from genmedia_live.engine.protocol.profiles import Backend
from genmedia_live.engine.protocol.refusals import profile_of
from genmedia_live.engine.protocol.wire import encode, parse
from genmedia_live.ports import FunctionCall, Message

CLIENT_MESSAGES = (Setup, ClientContent, RealtimeInput, ToolResponse, ContextUpdate)

CODES = {*range(1000, 1004), *range(1007, 1012), *range(3000, 5000)}
"""Close codes that may be sent (RFC 6455, 7.4.1 and 7.4.2)."""

STEP_S = 0.3
"""Between two frames of a talk."""

CONNECTIONS = 4
"""A talk may be broken off and taken up so many times."""


def frame(data: bytes) -> None:
    """A frame is a message or a close, the same as text and as bytes."""
    parsed = parse(data)
    check(parsed)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    assert parse(text) == parsed, "a text frame and a binary frame with the same bytes differ"


def check(parsed: object) -> None:
    """What `parse` may return."""
    if isinstance(parsed, Close):
        check_close(parsed)
    else:
        assert isinstance(parsed, CLIENT_MESSAGES), f"no message: {parsed!r}"


def check_close(close: Close) -> None:
    """A close that a WebSocket can carry (RFC 6455, 5.5.1): a known code, and a reason that fits."""
    assert close.code in CODES, f"close code {close.code}"
    assert len(close.reason.encode()) <= 123, "the reason of the close is too long"


def check_sent(message: ServerMessage) -> None:
    """What the engine says is an object in JSON, as Google sends it."""
    sent = encode(message)
    assert isinstance(sent, bytes), "Google sends binary frames"
    assert isinstance(orjson.loads(sent), dict)


def talk(data: bytes) -> None:
    """A line is a frame of one client, in its order. Nothing in them breaks the conversation, and it ends when they end.

    `HANDLE` stands for the newest resumption handle and `CALL` for the id of the last function call, for both are random. A line
    `vertex` or `gemini` says by which API the client comes the next time. After a close the client connects anew.
    """
    client = _Client()
    for line in data.split(b"\n"):
        if line in (b"vertex", b"gemini"):
            client.backend = "vertex" if line == b"vertex" else "gemini"
        elif not client.send(line):
            break
    client.leave()


class _Gate:
    """Answers as the model would, and asks nobody who they are."""

    def __init__(self, backend: Backend) -> None:
        self._backend: Backend = backend

    def admit(self, setup: Setup, now: float) -> Terms | Close:
        profile = profile_of(setup, self._backend, "v1beta")
        return profile if isinstance(profile, Close) else Terms(setup, profile, named=self._backend == "vertex")


class _Client:
    """A client, and a mind that answers late: each frame lets it do some of what it was asked for."""

    def __init__(self) -> None:
        self.backend: Backend = "vertex"
        self._now = 100.0
        self._handles = Handles()
        self._handle = self._call = "none"
        self._connections = 0
        self._closed = True

    def _connect(self) -> None:
        self._connections += 1
        rules = Rules(connection_limit=60.0, go_away_notice=20.0, context_window=2_000)
        gate, name = _Gate(self.backend), f"connection-{self._connections}"
        self._talk = Conversation(
            name, self._handles, rules, self._now, gate, lambda text: len(text.split()), lambda: self._connections % 2 == 1
        )
        self._ears = Ears(LoudnessVad())
        self._steps: deque[Callable[[], None]] = deque()
        self._chances = cycle((0.9, 0.1, 0.9))
        self._closed = False
        self._perform()

    def send(self, line: bytes) -> bool:
        """One frame, and some time for it. False when the client gives up."""
        if self._closed:
            if self._connections == CONNECTIONS:
                return False
            self._connect()
        line = line.replace(b"HANDLE", self._handle.encode()).replace(b"CALL", self._call.encode())
        parsed = parse(line)
        check(parsed)
        self._talk.receive(parsed, self._now)
        self._perform()
        self._mind(1 + len(line) % 7)
        self._wait(STEP_S)
        return True

    def leave(self) -> None:
        """Nothing more comes: the mind ends what it does, and time passes until nobody waits for it."""
        if not self._connections:
            return
        self._mind(10_000)
        self._wait(120.0)
        self._talk.ended()
        self._talk.receive(RealtimeInput(text="late"), self._now)
        self._perform()
        assert self._talk.timer() is None, "an ended conversation waits for something"

    def _wait(self, seconds: float) -> None:
        end = self._now + seconds
        while (due := self._talk.timer()) is not None and due <= end:
            self._now = max(self._now, due)
            self._talk.handle_timer(self._now)
            self._perform()
            again = self._talk.timer()
            assert again is None or again > self._now, "a due timer must be dealt with"
        self._now = end

    def _mind(self, steps: int) -> None:
        while self._steps and steps:
            self._steps.popleft()()
            self._perform()
            steps -= 1

    def _perform(self) -> None:
        for effect in self._talk.effects():
            assert not self._closed, f"{type(effect).__name__} after the end"
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(message):
                check_sent(message)
                self._note(message)
            case Listen(pcm, rate):
                self._steps.append(lambda: self._talk.frames(self._ears.hear(pcm, rate), self._now))
            case Deafen():
                self._steps.append(self._deafen)
            case Look(picture):
                talk, described = self._talk, f"{len(picture.data)} bytes" if picture.data[0] % 2 else ""
                self._steps.append(lambda: talk.looked(picture, described, self._now))
            case Transcribe():
                self._steps.extend(self._answers(effect))
            case Generate():
                self._steps.extend(self._thoughts(effect))
            case Tell(Heard(text)):
                assert isinstance(text, str)
            case End(close):
                check_close(close)
                self._closed = True

    def _note(self, message: ServerMessage) -> None:
        if isinstance(message, ResumptionUpdate) and message.handle is not None:
            self._handle = message.handle
        elif isinstance(message, ToolCall):
            self._call = message.calls[-1].id

    def _deafen(self) -> None:
        self._talk.frames(self._ears.finish(), self._now)
        self._talk.stream_ended(self._now)

    def _answers(self, asked: Transcribe) -> Iterator[Callable[[], None]]:
        words = "some words" if np.any(asked.audio) else ""
        if asked.judge:
            chance = next(self._chances)
            yield lambda: self._talk.judged(asked.ticket, chance, self._now)
        yield lambda: self._talk.transcribed(asked.ticket, None if asked.interim and not words else words, self._now)

    def _thoughts(self, asked: Generate) -> Iterator[Callable[[], None]]:
        """An answer of two clauses, with a call of the first function that no result is known of yet."""
        for message in asked.history:
            assert isinstance(message, Message)
        assert sum(bool(message.pictures) for message in asked.history) <= 1, "two lines come with pictures"
        turn, talk = asked.turn, self._talk
        yield lambda: talk.clause(turn, "Well,", 2, self._now)
        if asked.voice is not None:
            yield lambda: talk.voice(turn, bytes(VOICE_RATE // 2), self._now)
        if asked.tools and asked.history and asked.history[-1].role != "tool":
            calls = [FunctionCall(tool.name, {"n": 1}) for tool in asked.tools[:2]]
            yield partial(self._call_functions, turn, calls)
        yield lambda: talk.clause(turn, " it is so.", 3, self._now)
        yield lambda: talk.generated(turn, self._now)

    def _call_functions(self, turn: int, calls: list[FunctionCall]) -> None:
        self._talk.called(turn, calls, None, self._now)


TARGETS: dict[str, Callable[[bytes], None]] = {"frame": frame, "talk": talk}
"""Name of the target, and of its folder in `corpus/` -> what it does with an input."""
