"""What a conversation is made of when nobody is connected: its settings and its frozen, JSON-able self."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Speaker = Literal["user", "agent"]
Sensitivity = Literal["auto", "low", "high"]
Thinking = Literal["auto", "off", "low", "high"]


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How the person shaped the agent. Names are checked against the model's profile before they get here."""

    model: str
    voice: str
    instructions: str = ""
    """What the person wrote or the persona brought; `{name}` stands for an option of the persona (`core/persona.py`)."""

    language: str | None = None
    """BCP-47, a hint: native-audio models choose the language themselves."""

    persona: str = ""
    """Which persona the conversation began from; empty for none."""

    options: Mapping[str, str] = field(default_factory=dict)
    """What the persona asks for, such as the two languages of a translator."""

    tools: tuple[str, ...] = ()
    """Names of the tools that the agent may use. The persona decides, not the client."""

    manual_activity: bool = False
    """True when the client marks the bounds of speech itself (push-to-talk)."""

    start_sensitivity: Sensitivity = "auto"
    """How readily a sound counts as the beginning of speech; `auto` is the model's own choice."""

    end_sensitivity: Sensitivity = "auto"
    """How readily a pause counts as the end of speech."""

    silence_ms: int = 0
    """How long a pause ends the person's turn; 0 is the model's own choice."""

    interruptible: bool = True
    """False: the agent says its answer to the end, whoever speaks."""

    greeting: bool = False
    """The agent speaks first."""

    nudge_s: int = 0
    """After so many seconds of silence on both sides the agent says something; 0 is never."""

    affective: bool = False
    """The agent's tone follows the person's."""

    proactive: bool = False
    """The agent may leave unanswered what was not said to it."""

    thinking: Thinking = "auto"


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
