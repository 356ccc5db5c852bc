"""What passes between a Live client and the engine, typed. The wire's spelling of each is in `wire.py`.

Source of the names: `BidiGenerateContentClientMessage` and `...ServerMessage` of the Gemini Live API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from genmedia_live.ports import FunctionCall, FunctionDeclaration, Picture

_PCM = re.compile(r"audio/pcm(?:;[a-z]+=[^;]*)*")
_RATE = re.compile(r";rate=(\d{1,6})(?:;|$)")
_PICTURES = {"image/jpeg": "image/jpeg", "image/jpg": "image/jpeg", "image/png": "image/png", "image/webp": "image/webp"}

# ---- what a client says


Behavior = Literal["BLOCKING", "NON_BLOCKING"]

Scheduling = Literal["SILENT", "WHEN_IDLE", "INTERRUPT"]
"""What the model does with the result of a call that it did not wait for: nothing, tell it when idle, tell it at once."""

Coverage = Literal["ONLY_ACTIVITY", "AUDIO_ACTIVITY_AND_ALL_VIDEO", "ALL_INPUT"]
"""What of the realtime input belongs to the user's turn (`turnCoverage`, without its `TURN_INCLUDES_`)."""


@dataclass(frozen=True, slots=True)
class Detection:
    """How the engine finds the beginning and the end of speech (`automaticActivityDetection`). None: the engine's own choice."""

    disabled: bool = False
    start_low: bool = False
    end_low: bool = False
    prefix_padding_ms: float | None = None
    """How much speech it takes to begin."""
    silence_ms: float | None = None
    """How much silence it takes to end."""


@dataclass(frozen=True, slots=True)
class Compression:
    """A context window that slides (`contextWindowCompression.slidingWindow`). Tokens; None: the engine's own choice."""

    trigger: int | None = None
    """Past this the oldest turns go,"""
    target: int | None = None
    """until no more than this is left."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message of a connection, with the settings that the engine heeds."""

    model: str = ""
    modalities: tuple[str, ...] = ()
    voice: str | None = None
    system: str | None = None
    tools: tuple[FunctionDeclaration, ...] | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    resumption: bool = False
    handle: str | None = None
    transparent: bool = False
    input_transcription: bool = False
    output_transcription: bool = False
    detection: Detection = field(default_factory=Detection)
    interrupts: bool = True
    """False for `NO_INTERRUPTION`: speech waits until the answer has been played."""
    coverage: Coverage | None = None
    explicit_vad: bool = False
    initial_history: bool = False
    """Content up to the first `turnComplete` only seeds the history."""
    compression: Compression | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that the client sent, each field of the API by its camelCase name, bytes and user data as they came."""


@dataclass(frozen=True, slots=True)
class FunctionResponse:
    """What a function returned."""

    id: str
    name: str = ""
    response: Mapping[str, Any] = field(default_factory=dict)
    scheduling: Scheduling | None = None
    will_continue: bool = False
    """More responses to the same call follow."""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """One turn of `clientContent`: its texts joined, its pictures, the functions called and answered in it."""

    role: str
    text: str
    media: int = 0
    """How many other media there are: they are only counted."""
    calls: tuple[FunctionCall, ...] = ()
    responses: tuple[FunctionResponse, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientContent:
    """Turns for the history, and whether the model should answer now."""

    turns: tuple[Content, ...] = ()
    turn_complete: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with their media type, lower case and without blanks."""

    mime: str
    data: bytes = field(repr=False)

    @property
    def rate(self) -> int | None:
        """Hertz of PCM audio: 16 kHz when the type names none; None for what is not PCM of 8 to 96 kHz."""
        if not _PCM.fullmatch(self.mime):
            return None
        named = _RATE.search(self.mime)
        rate = int(named[1]) if named else 16_000
        return rate if 8_000 <= rate <= 96_000 else None

    @property
    def picture(self) -> Picture | None:
        """The same as a picture; None for what is not said to be a JPEG, PNG or WebP, and for one without a byte."""
        mime = _PICTURES.get(self.mime.partition(";")[0])
        return Picture(self.data, mime) if mime and self.data else None


@dataclass(frozen=True, slots=True)
class RealtimeInput:
    """The stream of what the user does. One message may carry several kinds."""

    audio: tuple[Blob, ...] = ()
    video: tuple[Blob, ...] = ()
    text: str | None = None
    audio_stream_end: bool = False
    activity_start: bool = False
    activity_end: bool = False


@dataclass(frozen=True, slots=True)
class ToolResponse:
    """What the client's functions returned."""

    responses: tuple[FunctionResponse, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextUpdate:
    """Another system instruction, other functions from here on; None leaves each as it is."""

    system: str | None = None
    tools: tuple[FunctionDeclaration, ...] | None = None


ClientMessage = Setup | ClientContent | RealtimeInput | ToolResponse | ContextUpdate


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the connection. `reason` has at most 123 bytes (RFC 6455, 5.5)."""

    code: int
    reason: str
    logged: str = field(default="", compare=False)
    """What the log says instead, where the reason quotes the client."""

    def __post_init__(self) -> None:
        cut = self.reason.encode("utf-8", "replace")[:123].decode("utf-8", "ignore")
        object.__setattr__(self, "reason", cut)


# ---- what the engine says


@dataclass(frozen=True, slots=True)
class SetupComplete:
    """The session is ready. Only Vertex AI names it."""

    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """A run of the answer's voice: PCM16 mono at 24 kHz. `turn` names the answer for the engine's own use."""

    turn: int
    pcm: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModelText:
    """A piece of the answer, for sessions whose answers are text."""

    text: str


@dataclass(frozen=True, slots=True)
class InterimInputTranscription:
    """All that the user seems to have said so far in this utterance."""

    text: str


@dataclass(frozen=True, slots=True)
class InputTranscription:
    """What the user said; `finished` is None where the model's generation does not say."""

    text: str
    finished: bool | None = True


@dataclass(frozen=True, slots=True)
class OutputTranscription:
    """The words of the voice that follows; joined as they come they are the whole answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user broke in: what was sent and not yet heard is void."""


@dataclass(frozen=True, slots=True)
class GenerationComplete:
    """The whole answer has been sent; it may still be playing."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one turn: the whole context that it began with, and the answer.

    A second of speech is 25 tokens each way, a picture 258 (Live API, "Token counts").
    """

    prompt_text: int = 0
    prompt_audio: int = 0
    prompt_video: int = 0
    tool_text: int = 0
    """Results of functions."""
    answer_text: int = 0
    answer_audio: int = 0


InteractionStatus = Literal["IN_PROGRESS", "IDLE"]


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """The answer is over: played to its end, or broken off."""

    usage: Usage
    reason: str | None = None
    """A `TurnCompleteReason`, when it ended for another reason than its own end."""
    status: InteractionStatus | None = None
    """Whether more follows unasked; None where the model's generation does not say."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for functions to be called."""

    calls: tuple[FunctionCall, ...]


@dataclass(frozen=True, slots=True)
class ToolCallCancellation:
    """The results of these calls are not wanted any more."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResumptionUpdate:
    """A handle by which another connection takes the session up from here; None while the engine is answering."""

    handle: str | None = None
    last_consumed: int | None = None
    """Index of the last client message that the handle covers, in sessions that asked for transparent resumption."""


@dataclass(frozen=True, slots=True)
class GoAway:
    """The connection will end in `time_left` seconds."""

    time_left: float


@dataclass(frozen=True, slots=True)
class VoiceActivity:
    """Speech began or ended, `offset` seconds into the audio of this connection."""

    kind: Literal["ACTIVITY_START", "ACTIVITY_END"]
    offset: float


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame that a script wants sent as it is; a `str` goes as a text frame."""

    frame: bytes | str = field(repr=False)


ServerMessage = (
    SetupComplete
    | Audio
    | ModelText
    | InterimInputTranscription
    | InputTranscription
    | OutputTranscription
    | Interrupted
    | GenerationComplete
    | TurnComplete
    | ToolCall
    | ToolCallCancellation
    | ResumptionUpdate
    | GoAway
    | VoiceActivity
    | Raw
)
