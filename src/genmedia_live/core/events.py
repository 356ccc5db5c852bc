"""What happened: to the browser, or at the model. Closed unions of frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.record import SessionSettings

FrameSource = Literal["camera", "screen", "picture"]

# ---- from the browser


@dataclass(frozen=True, slots=True)
class Mic:
    """A chunk of the person's voice, 16 kHz."""

    chunk: AudioChunk


@dataclass(frozen=True, slots=True)
class MicEnd:
    """No more voice for now: the microphone was muted, or its stream ended."""

    reason: Literal["muted", "ended"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera, a screen or the disk."""

    source: FrameSource
    seq: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """Typed words."""

    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Push-to-talk: the person begins or ends to speak."""

    started: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The person silences the agent by hand."""

    turn: int


@dataclass(frozen=True, slots=True)
class Played:
    """How much of a turn's voice has come out of the speaker, in ms. `flushed` marks the answer to a flush."""

    turn: int
    ms: float
    flushed: bool = False


@dataclass(frozen=True, slots=True)
class Configure:
    """New settings for the running conversation."""

    settings: SessionSettings


@dataclass(frozen=True, slots=True)
class Stop:
    """The person ends the conversation."""


BrowserEvent = Mic | MicEnd | Frame | Text | Activity | Interrupt | Played | Configure | Stop

# ---- from the model


@dataclass(frozen=True, slots=True)
class ModelAudio:
    """The agent's voice: PCM16 mono, 24 kHz."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class InputCaption:
    """What the model heard the person say.

    A delta to append; or, when `interim`, a guess at all that was said since the last final word, to be replaced by the next.
    """

    text: str
    final: bool = False
    interim: bool = False


@dataclass(frozen=True, slots=True)
class OutputCaption:
    """Words of the agent's voice, a delta to append."""

    text: str


@dataclass(frozen=True, slots=True)
class UserActivity:
    """The model's own detector says that the person began or ended to speak."""

    started: bool


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The model stopped because the person spoke."""


@dataclass(frozen=True, slots=True)
class GenerationComplete:
    """All of this turn's voice has been made."""


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """The model's turn is over. `reason` is set when it ended otherwise than by saying all."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GoAway:
    """The model's server closes this connection in `time_left` seconds."""

    time_left: float


@dataclass(frozen=True, slots=True)
class Resumption:
    """A point from which the session can be resumed, or word that just now there is none."""

    handle: str | None
    resumable: bool
    consumed: int | None = None
    """Index of the last client message that the handle covers (Vertex AI, `transparent` only)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one turn, by direction and kind, as the model counts them: `{"prompt_audio": 250, ...}`."""

    tokens: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool."""

    id: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCancelled:
    """The model no longer wants these calls' results."""

    ids: tuple[str, ...]


ModelEvent = (
    ModelAudio
    | InputCaption
    | OutputCaption
    | UserActivity
    | Interrupted
    | GenerationComplete
    | TurnComplete
    | GoAway
    | Resumption
    | Usage
    | ToolCall
    | ToolCancelled
)
