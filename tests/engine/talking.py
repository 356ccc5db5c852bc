"""A client and models for `Conversation`, in virtual time: speak, type, let time pass, and look at what was sent."""

from __future__ import annotations

import builtins
from typing import Any, TypeVar

import numpy as np

from genmedia_live.core.audio import VOICE_RATE, size_of
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.cues import Observation
from genmedia_live.engine.dialogue.effects import (
    Deafen,
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
from genmedia_live.engine.dialogue.endpointing import FRAME, FRAME_MS
from genmedia_live.engine.dialogue.gate import Gate
from genmedia_live.engine.dialogue.resumption import Handles
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientMessage,
    Close,
    FunctionResponse,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    ToolCall,
    ToolResponse,
)
from genmedia_live.ports import FunctionCall, Picture, Samples

T = TypeVar("T")

LOUD: Samples = np.full(FRAME, 0.5, np.float32)
QUIET: Samples = np.zeros(FRAME, np.float32)


def picture(width: int, height: int, pixels: bytes = b"") -> Picture:
    """The beginning of a PNG of that size."""
    header = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return Picture(header + pixels, "image/png")


class Talk:
    """One conversation, its clock, and everything that it asked for. Nothing answers but what the test makes answer."""

    def __init__(
        self,
        setup: Setup | None = None,
        rules: Rules | None = None,
        handles: Handles | None = None,
        gate: Gate | None = None,
        name: str = "s",
        *,
        looks: bool = False,
        now: float = 100.0,
    ) -> None:
        self.now = now
        self.looks = looks
        self.handles = Handles() if handles is None else handles
        self.conversation = Conversation(
            name, self.handles, rules or Rules(), self.now, gate, lambda text: len(text.split()), lambda: self.looks
        )
        self.observed: list[Observation] = []
        self.notes: list[str] = []
        self.sent: list[ServerMessage] = []
        self.transcripts: list[Transcribe] = []
        self.answers: list[Generate] = []
        self.warmed: list[Warm] = []
        self.stopped: list[int] = []
        self.lookings: list[Picture] = []
        self.unheard: list[Listen | Deafen] = []
        self.closed: Close | None = None
        if setup is not None:
            self.say(setup)

    def _collect(self) -> None:
        for effect in self.conversation.effects():
            match effect:
                case Send(message):
                    self.sent.append(message)
                case Transcribe():
                    self.transcripts.append(effect)
                case Generate():
                    self.answers.append(effect)
                case Look(picture):
                    self.lookings.append(picture)
                case Warm():
                    self.warmed.append(effect)
                case Stop(turn):
                    self.stopped.append(turn)
                case Listen() | Deafen():
                    self.unheard.append(effect)
                case End(close):
                    self.closed = close
                case Tell(what):
                    self.observed.append(what)
                case Note(text):
                    self.notes.append(text)

    def say(self, message: ClientMessage | Close) -> None:
        self.conversation.receive(message, self.now)
        self._collect()

    def type(self, text: str) -> None:
        self.say(RealtimeInput(text=text))

    def show(self, *pictures: Picture) -> None:
        self.say(RealtimeInput(video=tuple(Blob(picture.mime, picture.data) for picture in pictures)))

    def looked(self, description: str, picture: Picture | None = None) -> None:
        self.conversation.looked(picture or self.lookings[-1], description, self.now)
        self._collect()

    def hear(self, ms: float, samples: Samples, probability: float) -> None:
        """Frames in real time."""
        for _ in range(round(ms / FRAME_MS)):
            self.wait(FRAME_MS / 1000)
            self.conversation.frames([(samples, probability)], self.now)
            self._collect()

    def speech(self, ms: float) -> None:
        self.hear(ms, LOUD, 0.9)

    def silence(self, ms: float) -> None:
        self.hear(ms, QUIET, 0.1)

    def stream_ended(self) -> None:
        self.conversation.stream_ended(self.now)
        self._collect()

    def wait(self, seconds: float) -> None:
        """Let time pass, firing the timer whenever it is due."""
        end = self.now + seconds
        while (due := self.conversation.timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.conversation.handle_timer(self.now)
            self._collect()
            if (again := self.conversation.timer()) is not None:
                assert again > self.now, "a due timer must be dealt with"
        self.now = end
        self._collect()

    def transcribed(self, words: str | None, request: Transcribe | None = None) -> None:
        request = request or self.transcripts[-1]
        self.conversation.transcribed(request.ticket, words, self.now)
        self._collect()

    def judged(self, probability: float) -> None:
        self.conversation.judged(self.transcripts[-1].ticket, probability, self.now)
        self._collect()

    def clause(self, text: str, seconds: float, turn: int | None = None) -> None:
        """A clause and its voice, all at once."""
        turn = turn or self.answers[-1].turn
        self.conversation.clause(turn, text, len(text.split()), self.now)
        if seconds:
            self.conversation.voice(turn, bytes(size_of(seconds * 1000, VOICE_RATE)), self.now)
        self._collect()

    def generated(self, turn: int | None = None) -> None:
        self.conversation.generated(turn or self.answers[-1].turn, self.now)
        self._collect()

    def call(self, name: str, turn: int | None = None, *, blocking: bool | None = None) -> str:
        """The model asks for a function; the id under which the client is to answer."""
        self.conversation.called(turn or self.answers[-1].turn, [FunctionCall(name, {"n": 1})], blocking, self.now)
        self._collect()
        return self.sent_of(ToolCall)[-1].calls[-1].id

    def returns(self, id: str, result: object = 1, **fields: Any) -> None:
        """The client answers a call."""
        self.say(ToolResponse((FunctionResponse(id, response={"output": result}, **fields),)))

    def ask(self, words: str) -> None:
        """A whole spoken question, up to the moment that the answer is wanted."""
        self.speech(600)
        self.silence(224)
        self.transcribed(words)
        self.judged(0.9)

    @property
    def kinds(self) -> list[str]:
        """The names of what was sent, runs of audio as one."""
        names = [type(message).__name__ for message in self.sent]
        return [name for at, name in enumerate(names) if name != "Audio" or names[at - 1 : at] != ["Audio"]]

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(line.role, line.text) for line in self.conversation.history]

    @property
    def handle(self) -> str | None:
        """The newest resumption handle."""
        return self.sent_of(ResumptionUpdate)[-1].handle

    def sent_of(self, kind: builtins.type[T]) -> list[T]:
        return [message for message in self.sent if isinstance(message, kind)]
