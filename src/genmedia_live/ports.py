"""Every seam of the house on one page. Each port has its fake in the tests, held to the same contract as the real thing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from genmedia_live.core.actions import ModelInput
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.events import ModelEvent
from genmedia_live.core.record import SessionRecord, SessionSettings

Samples = NDArray[np.float32]
"""Mono samples in [-1, 1]."""

Cancelled = Callable[[], bool]
"""Asked often by long work; True means stop now."""

# ---- the model's side


class UpstreamLink(Protocol):
    """One open connection to the model, set up and ready."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def send(self, message: ModelInput) -> None:
        """Say something to the model. Raises GenmediaError when the connection is gone."""

    def events(self) -> AsyncIterator[ModelEvent]:
        """Everything that the model says until the connection ends; the end is always a raised GenmediaError."""

    async def close(self) -> None:
        """Close, and return when it is closed (or the close deadline has passed). Never raises."""


class Upstream(Protocol):
    """Where sessions with the model come from."""

    async def open(
        self, settings: SessionSettings, handle: str | None = None, tools: Sequence[FunctionDeclaration] = ()
    ) -> UpstreamLink:
        """Open a session whose model may call `tools`, or resume one. Raises GenmediaError: what it means is in its code."""

    async def close(self) -> None:
        """Release what is shared between sessions."""


# ---- what outlives a process


class Conversations(Protocol):
    """Records of conversations. Every call names the owner: nobody reads another's words by guessing an id."""

    async def save(self, record: SessionRecord) -> None:
        """Keep the record in place of the one before it."""

    async def load(self, conversation: str, owner: str) -> SessionRecord | None:
        """The record, or None when there is none for this owner."""

    async def list(self, owner: str) -> Sequence[SessionRecord]:
        """The owner's records, newest first."""

    async def delete(self, conversation: str, owner: str) -> bool:
        """Delete it truly; False when there was none."""


# ---- the engine's parts. They are synchronous and called in worker threads.


class Vad(Protocol):
    """Tells speech from the rest. One instance a stream: it remembers."""

    def probability(self, frame: Samples) -> float:
        """How surely 512 samples (32 ms at 16 kHz) hold speech, 0 to 1."""

    def reset(self) -> None:
        """Forget the stream so far."""


class EndOfTurn(Protocol):
    """Judges whether someone has said what they wanted to say."""

    def probability(self, audio: Samples) -> float:
        """How surely the utterance (16 kHz, at most its last 8 s are used) is complete, 0 to 1."""


class Stt(Protocol):
    """Speech to text."""

    def transcribe(self, audio: Samples, cancelled: Cancelled = ...) -> str:
        """The words in `audio` (16 kHz), or an empty string."""


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    """A function that the model may ask the client to call."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of the arguments, types in lower case; empty when there are none."""
    blocking: bool | None = None
    """The model waits for the result before it goes on; None: as that model does by default."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The model asks for a function to be called. Whoever passes it on gives it an `id`."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the user showed, and what the engine's eyes made of it."""

    data: bytes = field(repr=False)
    """JPEG, PNG or WebP, as it came."""
    mime: str = "image/jpeg"
    description: str | None = None
    """None: nobody has looked yet."""


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the dialogue that a language model reads."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[FunctionCall, ...] = ()
    """What the assistant asked for with this line."""
    call: str = ""
    """Role `tool`: the `id` of the call that `text` (JSON) answers."""
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    """What the user showed with this line, oldest first."""


class Eyes(Protocol):
    """Tells in words what a picture shows, for a language model that can't see."""

    def look(self, picture: bytes, cancelled: Cancelled = ...) -> str:
        """What there is to be told of a JPEG, PNG or WebP: text, objects, scene. Raises ValueError for what is no picture."""


class Llm(Protocol):
    """A language model."""

    @property
    def sees(self) -> bool:
        """Whether it takes the pictures of a message themselves; else it is told what the engine's eyes made of them."""

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        """Pieces of the answer as they are made, and the functions that it asks for; stops soon after `cancelled()` is True."""

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` in this model's vocabulary."""


class Tts(Protocol):
    """Text to speech."""

    @property
    def voices(self) -> Mapping[str, str]:
        """name -> a few words on how it sounds."""

    def synthesize(self, text: str, voice: str, cancelled: Cancelled = ...) -> Iterator[bytes]:
        """PCM16 mono at 24 kHz, in pieces as they are made."""
