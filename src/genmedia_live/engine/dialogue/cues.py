"""What a script sees of a session, and what it can make the engine do. The words between `script/` and `Session`.

A script is a `Director`. It is told what happens (`Observation`), and hands out cues: at once (`cues`), or as the answer to what
the user said (`answer`), where they are performed one after another as one turn of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

# ---- what is seen


@dataclass(frozen=True, slots=True)
class Opened:
    """`setupComplete` was sent."""

    resumed: bool


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The user began to speak."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The user said this, by voice or by typing."""

    text: str
    typed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The user showed so many pictures since the beginning."""

    pictures: int


@dataclass(frozen=True, slots=True)
class Voiced:
    """So many seconds of voice of this answer have been sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Returned:
    """A function returned."""

    name: str
    response: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer is over; `broken` when the user broke in."""

    turn: int
    broken: bool


Observation = Opened | SpeechBegan | Heard | Shown | Voiced | Returned | Completed

# ---- what is done


@dataclass(frozen=True, slots=True)
class Say:
    """Say `text`, in the session's voice. Outside of an answer it is a turn of its own, unasked."""

    text: str
    paced: bool = False
    """Send the voice as fast as it sounds, not as fast as it is made: there is time to break it."""
    silent: bool = False
    """Send no voice and no words: a turn without an answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the client to call a function."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel every call that waits for its result."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds, then go on with the cues that follow."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Break off the answer as if the user had spoken."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Send `goAway`; the connection is closed after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close the connection with this code and reason, at once: what waits to be sent is not."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the connection without a word, as a network does."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing for so many seconds, and then what has gathered; None for ever. Pings are still answered."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send the last frame so many more times."""

    times: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """Send this frame as it is; a `str` goes as a text frame."""

    frame: bytes | str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse the next so many set-ups with this code and reason: those that resume, or all."""

    code: int
    reason: str
    times: int = 1
    resumes_only: bool = True


Cue = Say | Call | Cancel | Wait | Interrupt | Leave | Hangup | Drop | Stall | Repeat | Garbage | Refuse


class Director(Protocol):
    """Directs one session. Sans-I/O: `now` is in seconds, on the caller's clock."""

    def observe(self, what: Observation, now: float) -> None:
        """Something has happened."""

    def answer(self, now: float) -> Sequence[Cue] | None:
        """The cues that are the answer to what was said; None leaves it to the mind. Called once an answer, after `Heard`."""

    def cues(self) -> Sequence[Cue]:
        """What is to be done now, each handed out once. After a `Wait` the rest follows without being asked for."""

    def timer(self) -> float | None:
        """When `handle_timer` is due."""

    def handle_timer(self, now: float) -> None:
        """Do what has become due."""


class Directors(Protocol):
    """A whole script: it outlives its sessions."""

    def refusal(self, resumes: bool) -> tuple[int, str] | None:
        """The close for the set-up that has come, if the script refuses it; each refusal is counted down."""

    def refuse(self, cue: Refuse) -> None:
        """From now on refuse so many set-ups."""

    def direct(self) -> Director:
        """A director for the next session; it knows how many came before."""
