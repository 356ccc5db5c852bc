"""What conversations run on: Google's API, or an engine process of ours. One face for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from genmedia_live.core.errors import ClientFault, Problem
from genmedia_live.ports import Upstream

EngineName = Literal["vertex", "gemini", "local", "scripted"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a conversation can start now, and if not, what is missing or how far it has come."""

    state: Literal["ready", "loading", "unavailable"]
    problem: Problem | None = None
    loading: Mapping[str, Any] | None = None


READY = Readiness("ready")


class Engine(Protocol):
    """Where conversations get their mind."""

    @property
    def name(self) -> EngineName: ...

    @property
    def upstream(self) -> Upstream: ...

    @property
    def readiness(self) -> Readiness: ...

    @property
    def samples(self) -> bool:
        """Whether its voices can be heard before a conversation."""

    async def sample(self, voice: str) -> bytes:
        """How a voice sounds, as a WAV file. Raises GenmediaError: `no_sample`, or what `gateway/samples.py` says."""

    async def start(self) -> None:
        """Begin to become ready; returns at once."""

    async def close(self) -> None: ...


class GoogleEngine:
    """Vertex AI or the Gemini Developer API, with the server's own credentials. Ready as soon as it is asked."""

    def __init__(self, name: Literal["vertex", "gemini"], upstream: Upstream) -> None:
        self.name: EngineName = name
        self.upstream = upstream
        self.readiness = READY
        self.samples = False

    async def sample(self, voice: str) -> bytes:
        """There is none: a session with the model would have to be opened, and paid for."""
        raise ClientFault("no_sample", "Google has no samples of its voices: start a conversation to hear this one.")

    async def start(self) -> None:
        """Nothing is to be loaded."""

    async def close(self) -> None:
        await self.upstream.close()
