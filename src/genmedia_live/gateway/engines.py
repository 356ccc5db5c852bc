"""What conversations run on: Google's API, or an engine process of ours. One face for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from genmedia_live.core.errors import ClientFault, GenmediaError, Problem
from genmedia_live.core.record import SessionSettings
from genmedia_live.ports import Upstream
from genmedia_live.upstream import profiles

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


class Catalogue:
    """Which models and voices an engine has, and whether settings fit them."""

    def __init__(self, name: EngineName, model: str | None = None, voice: str | None = None) -> None:
        """Take the operator's choice of model and voice as the defaults.

        Raises:
            GenmediaError: `unknown_model` or `unknown_voice`: the operator named what the engine lacks.
        """
        self._api: profiles.Api = name if name in ("vertex", "gemini") else "engine"
        self.default = profiles.default_settings(self._api, model, voice)
        profiles.check_settings(self.default, self._api)

    @property
    def models(self) -> Sequence[profiles.Profile]:
        return profiles.models_for(self._api)

    def voices(self, model: str) -> list[dict[str, str]]:
        """The voices of a model, as the wire and the API show them."""
        return [{"name": name, "style": style} for name, style in profiles.profile_for(model, self._api).voices.items()]

    def settle(self, base: SessionSettings | None, changes: Mapping[str, Any]) -> SessionSettings:
        """The settings that come of `changes` to `base`, or to the defaults.

        A model that is chosen without a voice brings its own when it lacks the one before.

        Raises:
            GenmediaError: `unknown_model`, `unknown_voice` or `bad_settings`.
        """
        settings = replace(base or self.default, **changes)
        profile = profiles.profile_for(settings.model, self._api)
        if "voice" not in changes and settings.voice not in profile.voices:
            settings = replace(settings, voice=profile.default_voice)
        settings = replace(settings, model=profile.name)
        profiles.check_settings(settings, self._api)
        return settings

    def revive(self, settings: SessionSettings) -> SessionSettings:
        """Settings of an old conversation, as far as this engine still has what they name."""
        try:
            return self.settle(settings, {})
        except GenmediaError:
            return replace(settings, model=self.default.model, voice=self.default.voice)
