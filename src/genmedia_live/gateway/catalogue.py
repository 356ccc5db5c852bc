"""Which models, voices and personas there are, and which settings come of a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from genmedia_live.core.errors import ClientFault, GenmediaError
from genmedia_live.core.persona import filled
from genmedia_live.core.record import SessionSettings
from genmedia_live.gateway.engines import EngineName
from genmedia_live.personas import Known, Persona, Personas
from genmedia_live.upstream import profiles

_NOBODY: Mapping[str, Any] = {"instructions": "", "tools": (), "options": {}, "greeting": False}
"""What a persona has brought is gone when there is none any more."""


def known_names(tools: frozenset[str]) -> Known:
    """What a persona may name: these tools, and every voice, whatever the engine."""
    return Known(tools, frozenset[str]().union(*(profile.voices for profile in profiles.PROFILES)))


class Catalogue:
    """What an engine offers, and whether settings fit it."""

    def __init__(self, name: EngineName, personas: Personas, model: str | None = None, voice: str | None = None) -> None:
        """Take the operator's choice of model and voice as the defaults.

        Raises:
            GenmediaError: `unknown_model` or `unknown_voice`: the operator named what the engine lacks.
        """
        self.api: profiles.Api = name if name in ("vertex", "gemini") else "engine"
        self.personas = personas
        self.default = profiles.default_settings(self.api, model, voice)
        profiles.check_settings(self.default, self.api)

    @property
    def models(self) -> Sequence[profiles.Profile]:
        return profiles.models_for(self.api)

    def voices(self, model: str) -> list[dict[str, str]]:
        """The voices of a model, as the wire and the API show them."""
        return [{"name": name, "style": style} for name, style in self.profile(model).voices.items()]

    def profile(self, model: str) -> profiles.Profile:
        """What that model accepts. Raises GenmediaError `unknown_model`."""
        return profiles.profile_for(model, self.api)

    def problem(self, persona: Persona, model: str) -> str | None:
        """Why a persona is of little use with that model."""
        refused = self.profile(model).refused(self.api)
        return next((refused[name] for name in persona.needs if name in refused), None)

    # ---- settings

    def settle(self, base: SessionSettings | None, changes: Mapping[str, Any]) -> SessionSettings:
        """The settings that come of `changes` to `base`, or to the defaults.

        A persona that is named brings its own instructions, voice, options, tools and greeting; what is named beside it goes
        first. A model that is chosen puts back what was set before and it does not take, its voice included.

        Raises:
            GenmediaError: `unknown_model`, `unknown_voice` or `bad_settings`.
        """
        start = base or self.default
        brought = self._brought(changes.get("persona"), start.persona)
        settings = replace(start, **{**brought, **changes})
        standing = brought.get("options", start.options)
        settings = replace(settings, options=self._options(settings.persona, standing, changes.get("options", {})))
        profile = self.profile(settings.model)
        settings = replace(settings, model=profile.name)
        if "voice" not in changes and settings.voice not in profile.voices:
            settings = replace(settings, voice=start.voice if start.voice in profile.voices else profile.default_voice)
        if settings.model != start.model:
            named = {name: changes[name] for name in profile.refused(self.api) if name in changes}
            settings = replace(profiles.accepted(settings, self.api), **named)
        profiles.check_settings(settings, self.api)
        return settings

    def _brought(self, name: str | None, before: str) -> dict[str, Any]:
        """What naming that persona changes, after the one `before`."""
        if not name:
            return {} if name is None or not before else dict(_NOBODY)
        persona = self._persona(name)
        brought = {
            "instructions": persona.instructions,
            "tools": persona.tools,
            "options": persona.defaults,
            "greeting": persona.greeting,
        }
        return brought | ({"voice": persona.voice} if persona.voice else {})

    def _options(self, persona: str, standing: Mapping[str, str], given: Mapping[str, str]) -> Mapping[str, str]:
        """The options in force when some are given; an empty one is the persona's default."""
        if not given:
            return standing
        if not persona:
            raise ClientFault("bad_settings", "Without a persona there are no options.")
        asked = {option.name: option for option in self._persona(persona).options}
        for name, words in given.items():
            if name not in asked:
                raise ClientFault("bad_settings", f"The persona {persona} has no option `{name}`.")
            if words and asked[name].choices and words not in asked[name].choices:
                raise ClientFault("bad_settings", f"`options.{name}` is one of {', '.join(asked[name].choices)}.")
        return {**standing, **{name: words or asked[name].default for name, words in given.items()}}

    def _persona(self, name: str) -> Persona:
        persona = self.personas.get(name)
        if persona is None:
            raise ClientFault("bad_settings", f"There is no persona named {name}. There are: {', '.join(self.personas.names)}.")
        return persona

    def revive(self, settings: SessionSettings) -> SessionSettings:
        """Settings of an old conversation, as far as this engine and this server still have what they name."""
        settings = self._with_persona_of_today(settings)
        try:
            profile = self.profile(settings.model)
        except GenmediaError:
            settings = replace(settings, model=self.default.model, voice=self.default.voice)
            profile = self.profile(settings.model)
        if settings.voice not in profile.voices:
            settings = replace(settings, voice=profile.default_voice)
        return profiles.accepted(settings, self.api)

    def _with_persona_of_today(self, settings: SessionSettings) -> SessionSettings:
        """The tools that the persona has now. Of one that is gone the words stay, as they were filled in."""
        persona = self.personas.get(settings.persona)
        if persona is not None:
            return replace(settings, tools=persona.tools)
        return replace(settings, persona="", instructions=filled(settings.instructions, settings.options), options={}, tools=())
