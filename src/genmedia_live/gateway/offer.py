"""What a server offers, as `GET /api/config` tells it: its models, its personas, its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from genmedia_live.core.limits import Limits
from genmedia_live.gateway.catalogue import Catalogue
from genmedia_live.gateway.runner import Tools
from genmedia_live.personas import Persona

MIC_CHUNK_MS = 40
"""How much voice a client should send at a time."""

_BOUNDS = (
    "text_chars",
    "instructions_chars",
    "frame_bytes",
    "still_bytes",
    "still_pixels",
    "silence_longest_ms",
    "nudge_longest_s",
)


def models(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Each model, with why it refuses a setting and what it makes of another."""
    return [
        {
            "name": profile.name,
            "title": profile.title,
            "refused": dict(profile.refused(catalogue.api)),
            "notes": dict(profile.notes(catalogue.api)),
        }
        for profile in catalogue.models
    ]


def personas(catalogue: Catalogue, tools: Tools) -> list[dict[str, Any]]:
    """Each persona; its problem, where it has one, is with the model that a conversation begins with."""
    return [_persona(persona, catalogue, tools) for persona in catalogue.personas]


def _persona(persona: Persona, catalogue: Catalogue, tools: Tools) -> dict[str, Any]:
    described = [{"name": tool.name, "description": tool.description} for tool in tools.declared(persona.tools)]
    return {**asdict(persona), "tools": described, "problem": catalogue.problem(persona, catalogue.default.model)}


def persona_problems(catalogue: Catalogue) -> list[dict[str, str]]:
    """The files that are no persona, and why."""
    return [asdict(problem) for problem in catalogue.personas.problems]


def languages(catalogue: Catalogue) -> list[str] | None:
    """BCP-47 tags to choose from; None where nobody lists them."""
    profile = catalogue.profile(catalogue.default.model)
    return None if profile.languages is None else list(profile.languages)


def bounds(limits: Limits) -> Mapping[str, float]:
    """What a client must keep to."""
    return {name: getattr(limits, name) for name in _BOUNDS} | {"mic_chunk_ms": MIC_CHUNK_MS}
