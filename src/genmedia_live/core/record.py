"""What a conversation is made of when nobody is connected: its settings and its frozen, JSON-able self."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Speaker = Literal["user", "agent"]


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How the person shaped the agent. Names are checked against the model's profile before they get here."""

    model: str
    voice: str
    instructions: str = ""
    language: str | None = None
    """BCP-47, a hint: native-audio models choose the language themselves."""

    manual_activity: bool = False
    """True when the client marks the bounds of speech itself (push-to-talk)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The unit of talk: what one speaker said between two silences.

    `id` numbers the exchange: the user's words and the agent's answer to them share it.
    """

    id: int
    speaker: Speaker
    text: str = ""
    final: bool = False
    heard_ms: float = 0.0
    """For the agent: how much of the voice the person has heard."""

    cut: bool = False
    """True when the text ends where an interruption ended the voice."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """All that another process needs to carry the conversation on."""

    conversation: str
    owner: str
    settings: SessionSettings
    turns: tuple[Turn, ...] = field(default=())
    handle: str | None = None
    """The newest resumption handle that the model called resumable."""

    next_turn: int = 1
