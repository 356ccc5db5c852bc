"""What to do about it: the whole vocabulary of the shell around the core.

Words to the browser are `ToBrowser(...)`, words to the model `SendModel(link, ...)`. A class with `survives_flush = False`
is voice of a turn: when that turn is interrupted, what has not left yet is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.errors import Problem
from genmedia_live.core.events import FrameSource
from genmedia_live.core.record import SessionRecord, SessionSettings, Speaker

LinkId = int
"""Numbers the connections to the model: a word from an old one is ignored by construction."""

State = Literal[
    "loading",
    "connecting",
    "listening",
    "thinking",
    "speaking",
    "reconnecting",
    "resuming",
    "held",
    "needs_token",
    "draining",
    "ended",
]

# ---- words to the browser (docs/wire.md)


@dataclass(frozen=True, slots=True)
class Status:
    """What the conversation is doing, for the state line of the page."""

    survives_flush: ClassVar[bool] = True
    state: State
    since: float
    code: str | None = None
    retry_ms: int | None = None
    lost_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """The agent's voice, 24 kHz; `chunk.seq` counts from 0 in each turn."""

    survives_flush: ClassVar[bool] = False
    turn: int
    chunk: AudioChunk


@dataclass(frozen=True, slots=True)
class Flush:
    """Be silent now: nothing more of this turn or an earlier one may sound."""

    survives_flush: ClassVar[bool] = True
    turn: int


@dataclass(frozen=True, slots=True)
class Caption:
    """The whole text of one side of a turn so far."""

    survives_flush: ClassVar[bool] = True
    turn: int
    role: Speaker
    text: str
    final: bool
    cut: bool = False


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The agent's side of a turn is over; sent after the last of its audio."""

    survives_flush: ClassVar[bool] = True
    turn: int
    state: Literal["complete", "interrupted"]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """How far the person's voice has come: sequence numbers taken in here, and sent on to the model."""

    survives_flush: ClassVar[bool] = True
    seq: int
    model: int
    handle: int | None = None
    """The last sequence number that a resumption handle covers."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts of the turn that just ended."""

    survives_flush: ClassVar[bool] = True
    tokens: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToolState:
    """A tool is running, or how it ended."""

    survives_flush: ClassVar[bool] = True
    id: str
    name: str
    state: Literal["running", "done", "failed", "cancelled"]
    turn: int = 0
    """The exchange in which the agent asked for it."""
    detail: str = ""
    """What it was asked while it runs, what it answered when it ended; cut to `limits.tool_detail_chars`."""


@dataclass(frozen=True, slots=True)
class ErrorNotice:
    """Something went wrong; the connection is kept."""

    survives_flush: ClassVar[bool] = True
    problem: Problem


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The server closes the conversation, and says whether to come back."""

    survives_flush: ClassVar[bool] = True
    why: str
    retry_after_ms: int | None = None


BrowserMessage = Status | Audio | Flush | Caption | TurnEnd | Received | Tokens | ToolState | ErrorNotice | Goodbye

# ---- words to the model


@dataclass(frozen=True, slots=True)
class SendAudio:
    """The person's voice, 16 kHz."""

    chunk: AudioChunk


@dataclass(frozen=True, slots=True)
class SendAudioEnd:
    """No voice comes for a while: end the turn with what there is."""


@dataclass(frozen=True, slots=True)
class SendFrame:
    """One JPEG."""

    source: FrameSource
    seq: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class SendText:
    """Typed words: the model answers them."""

    text: str


@dataclass(frozen=True, slots=True)
class SendActivity:
    """The bounds of speech, when the client marks them."""

    started: bool


@dataclass(frozen=True, slots=True)
class SendHistory:
    """What was said before, `(speaker, words)` in order, to seed a session that knows nothing; no answer is wanted."""

    turns: tuple[tuple[Speaker, str], ...]


@dataclass(frozen=True, slots=True)
class SendToolResult:
    """A tool's answer, `{"output": ...}` or `{"error": ...}`."""

    id: str
    name: str
    response: Mapping[str, Any]


ModelInput = SendAudio | SendAudioEnd | SendFrame | SendText | SendActivity | SendHistory | SendToolResult

# ---- what the shell performs


@dataclass(frozen=True, slots=True)
class ToBrowser:
    """Say this to the browser."""

    message: BrowserMessage


@dataclass(frozen=True, slots=True)
class OpenModel:
    """Open connection `link`, resuming from `handle` when there is one; answer by `model_opened` or `model_closed`."""

    link: LinkId
    settings: SessionSettings
    handle: str | None


@dataclass(frozen=True, slots=True)
class SendModel:
    """Say this to the model."""

    link: LinkId
    message: ModelInput


@dataclass(frozen=True, slots=True)
class CloseModel:
    """Close connection `link`; an `OpenModel` that follows waits until it is closed."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a tool; answer by `tool_finished`."""

    id: str
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Stop a running tool; its result is no longer wanted."""

    id: str


@dataclass(frozen=True, slots=True)
class Save:
    """Keep this record; the newest wins."""

    record: SessionRecord


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation's machine has stopped; nothing follows."""

    why: str


Action = ToBrowser | OpenModel | SendModel | CloseModel | RunTool | CancelTool | Save | Finish
