"""What decides about a set-up before it becomes a session: credentials, ephemeral tokens, the model's own refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.profiles import LOCAL, Profile


@dataclass(frozen=True, slots=True)
class Terms:
    """A set-up that is let in."""

    setup: Setup
    """The client's, or what its ephemeral token makes of it."""
    profile: Profile = field(default=LOCAL)
    owner: str = ""
    """Whose session it is: a project, or a digest of a key. A handle of somebody else's is unknown."""
    named: bool = True
    """`setupComplete` carries the session's id, as on Vertex AI."""


class Gate(Protocol):
    """Decides about the set-up of one connection."""

    def admit(self, setup: Setup, now: float) -> Terms | Close:
        """The terms of the session, or the close that Google would answer with. Called once, with the first message."""


class OpenGate:
    """Lets everybody in, as they ask, with the engine's own profile."""

    def admit(self, setup: Setup, now: float) -> Terms | Close:
        return Terms(setup)
