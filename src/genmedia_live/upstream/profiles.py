"""What each model accepts. A field that a model has retired closes the session, so a set-up is built from the model's profile.

Sources: Google's model pages of September 2026 and what its users report of refused set-ups; the SDK's converters
(google-genai 3.4) for what an API refuses before it is sent. What follows for a set-up is in `live_config.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Literal

from google.genai import types

from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import error
from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES, PRESET_VOICES
from genmedia_live.upstream.languages import ENGLISH, LIVE_LANGUAGES
from genmedia_live.upstream.translate import TypedText

Api = Literal["vertex", "gemini", "engine"]
"""Vertex AI, the Gemini Developer API, or the local engine (which is spoken to as Vertex AI is)."""

Choice = Literal["no", "optional", "always"]
"""A behaviour that a model lacks, may be asked for, or has without being asked (and refuses to be)."""

Thinking = Literal["no", "budget", "level", "level_required"]
"""Which field shapes the model's thinking; "no" refuses them all."""

_BUILT_IN = "Part of this model: it is neither switched on nor off."
_EXPERIMENT = "An experiment of Google's on this API (its version v1alpha)."
_HIGH = "Automatic is the most attentive already."


@dataclass(frozen=True, slots=True)
class Profile:
    """One Live model."""

    name: str
    title: str
    apis: tuple[Api, ...]
    voices: Mapping[str, str] = field(default_factory=lambda: {**PRESET_VOICES, **GEMINI_VOICES})
    """name -> style, presets among them."""

    default_voice: str = "Aoede"
    languages: Mapping[str, str] | None = field(default_factory=lambda: LIVE_LANGUAGES)
    """BCP-47 tag -> name, to choose from; None: nobody lists them. A model that refuses to be told a language speaks these."""

    thinking: Thinking = "no"
    affective: Choice = "no"
    proactive: Choice = "no"
    refusals: Mapping[str, str] = field(default_factory=dict)
    """setting -> why this model does not take it, beside what the three fields above say, or in better words."""

    remarks: Mapping[str, str] = field(default_factory=dict)
    """setting -> what this model makes of it, in the same way."""

    explicit_vad: bool = False
    """`explicitVadSignal` makes the server report activity. Google's references contradict each other on it: engine only."""

    language_code: bool = False
    """The language goes into `speechConfig`. Native-audio models ignore it there, and are told in their instructions."""

    compression: bool = True
    resumption: bool = True
    transparent: bool = False
    """Resumption points name the last message that they cover. The Developer API refuses to be asked."""

    manual_turn_coverage: types.TurnCoverage | None = None
    """What a push-to-talk turn includes; models from 3.1 on may drop the voice unless told."""

    typed_text: TypedText = "content"
    aligned_captions: bool = False
    reports_activity: bool = False
    retiring: bool = False
    """Google calls it legacy or deprecated."""

    def capabilities(self, api: Api) -> Capabilities:
        """What the core may count on with this model on that API."""
        return Capabilities(
            aligned_captions=self.aligned_captions,
            reports_activity=self.reports_activity,
            transparent_resumption=self.transparent and api != "gemini",
        )

    def refused(self, api: Api) -> Mapping[str, str]:
        """setting -> why the model takes nothing but its default there. No reason differs between the APIs."""
        reasons: dict[str, str] = {}
        if self.affective == "no":
            reasons["affective"] = "This model does not follow the tone of a voice."
        if self.proactive == "no":
            reasons["proactive"] = "This model answers whatever it hears."
        if self.thinking == "no":
            reasons["thinking"] = "This model decides for itself how long it thinks."
        return {**reasons, **self.refusals}

    def notes(self, api: Api) -> Mapping[str, str]:
        """setting -> what the model makes of it on that API, where that is less or other than the setting promises.

        Sources: Google's guide to the Live API for the sensitivities' default and the choice of language; its notes on 3.8 for
        what that model always does and bills; users of the Developer API, which closes set-ups of `v1beta` that ask for these.
        """
        notes = {"start_sensitivity": _HIGH, "end_sensitivity": _HIGH}
        if not self.language_code:
            notes["language"] = "A wish in the instructions: the model chooses its language by what it hears."
        for name, choice in (("affective", self.affective), ("proactive", self.proactive)):
            if choice == "always":
                notes[name] = _BUILT_IN
            elif choice == "optional" and api == "gemini":
                notes[name] = _EXPERIMENT
        if self.proactive == "always":
            notes["proactive"] += " Google bills what it hears meanwhile."
        if self.thinking == "level":
            notes["thinking"] = "Off is as little as the model can."
        elif self.thinking == "level_required":
            notes["thinking"] = "The model always thinks: auto and off are low."
        return {**notes, **self.remarks}

    def speaks(self, tag: str | None) -> bool:
        """Whether a language is among those that are listed, in whatever region."""
        return tag is not None and self.languages is not None and tag.split("-")[0].lower() in self.languages


_ALL_INPUT = types.TurnCoverage.TURN_INCLUDES_ALL_INPUT

PROFILES: tuple[Profile, ...] = (
    Profile(
        name="gemini-live-2.5-flash-native-audio",
        title="Gemini 2.5 Flash Live",
        apis=("vertex",),
        thinking="budget",
        affective="optional",
        proactive="optional",
        transparent=True,
    ),
    Profile(
        name="gemini-3.8-live",
        title="Gemini 3.8 Live",
        apis=("gemini", "vertex"),
        affective="always",
        proactive="always",
        transparent=True,
        manual_turn_coverage=_ALL_INPUT,
        typed_text="realtime",
    ),
    Profile(
        name="gemini-3.8-live-extended-thinking",
        title="Gemini 3.8 Live, extended thinking",
        apis=("gemini",),
        thinking="level_required",
        affective="always",
        proactive="always",
        manual_turn_coverage=_ALL_INPUT,
        typed_text="realtime",
    ),
    Profile(
        name="gemini-3.1-flash-live-preview",
        title="Gemini 3.1 Flash Live (preview)",
        apis=("gemini",),
        thinking="level",
        manual_turn_coverage=_ALL_INPUT,
        typed_text="realtime",
        retiring=True,
    ),
    Profile(
        name="gemini-2.5-flash-native-audio-preview-12-2025",
        title="Gemini 2.5 Flash native audio (preview)",
        apis=("gemini",),
        thinking="budget",
        affective="optional",
        proactive="optional",
        retiring=True,
    ),
    Profile(
        name="genmedia-local",
        title="Local engine",
        apis=("engine",),
        voices={**ENGINE_VOICES, **PRESET_VOICES, **GEMINI_VOICES},
        default_voice="heart",
        languages=ENGLISH,
        refusals={
            "language": "The local engine hears and speaks English only.",
            "affective": "The local engine hears words, not the tone in which they are said.",
            "proactive": "The local engine answers whatever it hears.",
            "thinking": "The local engine has no say in how long its language model thinks.",
        },
        remarks={
            "voice": "The engine's own eight voices speak for Gemini's names, each the nearest.",
            "silence_ms": "On automatic the engine hears whether a sentence is finished. A pause that you set replaces that.",
        },
        explicit_vad=True,
        language_code=True,
        transparent=True,
        aligned_captions=True,
        reports_activity=True,
    ),
)
"""Every model that is known; of those on one API, the first is its default."""


def models_for(api: Api) -> tuple[Profile, ...]:
    """The models of an API, its default first."""
    return tuple(profile for profile in PROFILES if api in profile.apis)


def default_settings(api: Api, model: str | None = None, voice: str | None = None) -> SessionSettings:
    """Settings that the API takes as they are, with the model and the voice of choice where given."""
    profile = profile_for(model, api) if model else models_for(api)[0]
    return SessionSettings(model=profile.name, voice=voice or profile.default_voice)


def profile_for(model: str, api: Api) -> Profile:
    """The profile of `model`, which may also be given as a resource name (`models/...`, `publishers/google/models/...`).

    Raises:
        GenmediaError: `unknown_model`, with the names that the API has.
    """
    name = model.rsplit("/", 1)[-1]
    known = models_for(api)
    for profile in known:
        if profile.name == name:
            return profile
    raise error("unknown_model", f"There is no model of that name here. There are: {', '.join(p.name for p in known)}.")


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_DEFAULTS: Mapping[str, Any] = {it.name: it.default for it in fields(SessionSettings) if it.default is not MISSING}


def check_settings(settings: SessionSettings, api: Api) -> Profile:
    """The profile that `settings` fit.

    Raises:
        GenmediaError: `unknown_model`, `unknown_voice` or `bad_settings`, with what there is or why it is not taken.
    """
    profile = profile_for(settings.model, api)
    if settings.voice not in profile.voices:
        raise error("unknown_voice", f"There is no voice of that name. There are: {', '.join(profile.voices)}.")
    if settings.language is not None and not _LANGUAGE.fullmatch(settings.language):
        raise error("bad_settings", "The language is not a BCP-47 tag such as en-US, de-DE or ja-JP.")
    for name, reason in _unacceptable(settings, profile, api):
        raise error("bad_settings", f"{profile.title} does not take the setting `{name}`. {reason}")
    return profile


def accepted(settings: SessionSettings, api: Api) -> SessionSettings:
    """The settings with the default in place of whatever their model does not take. The voice stays as it is.

    Raises:
        GenmediaError: `unknown_model`.
    """
    profile = profile_for(settings.model, api)
    return replace(settings, **{name: _DEFAULTS[name] for name, _ in _unacceptable(settings, profile, api)})


def _unacceptable(settings: SessionSettings, profile: Profile, api: Api) -> Iterator[tuple[str, str]]:
    """The settings that are neither taken nor at their default, each with the reason."""
    for name, reason in profile.refused(api).items():
        named = name == "language" and profile.speaks(settings.language)
        if getattr(settings, name) != _DEFAULTS[name] and not named:
            yield name, reason
