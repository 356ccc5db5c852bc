"""What a persona is, once its file has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a persona asks for; `{name}` in its instructions stands for the answer."""

    name: str
    label: str
    default: str
    choices: tuple[str, ...] = ()
    """Empty: any words."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Who the agent is: what it is told, how it sounds, what it may use."""

    name: str
    title: str
    description: str = ""
    instructions: str = ""
    voice: str | None = None
    """None: the one that the person has chosen."""
    greeting: bool = False
    """The agent speaks first."""
    tools: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    shows: tuple[str, ...] = ()
    """Which sources it is made for, `camera` or `screen`: the page offers them."""
    needs: tuple[str, ...] = ()
    """Settings without which it is of little use: with a model that refuses one, the page says so."""

    @property
    def defaults(self) -> Mapping[str, str]:
        """What each option is unless somebody chooses."""
        return {option.name: option.default for option in self.options}


@dataclass(frozen=True, slots=True)
class PersonaProblem:
    """Why a file is no persona."""

    file: str
    """The name of the file, without its folder."""
    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a persona may use."""

    tools: frozenset[str] = field(default_factory=frozenset)
    voices: frozenset[str] = field(default_factory=frozenset)
