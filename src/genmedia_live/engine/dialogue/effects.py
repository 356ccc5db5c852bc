"""What the engine's conversation asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from genmedia_live.engine.dialogue.cues import Observation
from genmedia_live.engine.protocol.messages import Close, ServerMessage
from genmedia_live.ports import FunctionDeclaration, Message, Picture, Samples


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to the client, after those before it."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Listen:
    """Turn a run of PCM16 into 16 kHz frames with their speech probabilities, and bring them to `Conversation.frames`."""

    pcm: bytes = field(repr=False)
    rate: int = 16_000


@dataclass(frozen=True, slots=True)
class Deafen:
    """The audio stream has ended: the detector forgets it, and so does the resampler."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Bring the words of `audio` (16 kHz) to `Conversation.transcribed`.

    `judge` also asks whether the utterance is complete, for `Conversation.judged`, at the same time. An `interim` transcript is
    wanted only if there is room for it: it gives way to any other.
    """

    ticket: int
    audio: Samples = field(repr=False)
    interim: bool = False
    judge: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Look at the picture and bring what there is to be told of it to `Conversation.looked`; a look at another is given up."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Warm:
    """Let the model read this beforehand if it has nothing else to do: the next answer begins with it."""

    history: tuple[Message, ...]
    system: str | None
    tools: tuple[FunctionDeclaration, ...] = ()


@dataclass(frozen=True, slots=True)
class Generate:
    """Think of an answer and voice it: `Conversation.clause`, then its `voice`, and so on; `called`, then `generated`."""

    turn: int
    history: tuple[Message, ...]
    system: str | None
    tools: tuple[FunctionDeclaration, ...]
    voice: str | None
    """None: the answer is text only."""
    temperature: float
    max_tokens: int
    endpoint_ms: float | None = None
    """From the last speech to this moment; None for typed words."""
    look_ms: float | None = None
    """How long of it the answer waited to know what is shown; None when it did not."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up the answer of `turn` at once, with all of its voice that has not left yet."""

    turn: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that a script may wait for."""

    what: Observation


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the log. It holds none of the user's words."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """Close the connection when all that was to be sent has been."""

    close: Close


Effect = Send | Listen | Deafen | Transcribe | Look | Warm | Generate | Stop | Tell | Note | End
