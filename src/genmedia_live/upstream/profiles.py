"""What each model accepts. A field that a model has retired closes the session, so a set-up is built from the model's profile.

Sources: Google's model pages of September 2026 and what its users report of refused set-ups; the SDK's converters
(google-genai 3.4) for what an API refuses before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from google.genai import types

from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import error
from genmedia_live.core.persona import filled
from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream.translate import TypedText

Api = Literal["vertex", "gemini", "engine"]
"""Vertex AI, the Gemini Developer API, or the local engine (which is spoken to as Vertex AI is)."""

Choice = Literal["no", "optional", "always"]
"""A behaviour that a model lacks, may be asked for, or has without being asked (and refuses to be)."""

Thinking = Literal["no", "budget", "level", "level_required"]
"""Which field shapes the model's thinking; "no" refuses them all."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One Live model."""

    name: str
    title: str
    apis: tuple[Api, ...]
    voices: Mapping[str, str]
    default_voice: str = "Aoede"
    thinking: Thinking = "no"
    affective: Choice = "no"
    proactive: Choice = "no"
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


_ALL_INPUT = types.TurnCoverage.TURN_INCLUDES_ALL_INPUT

PROFILES: tuple[Profile, ...] = (
    Profile(
        name="gemini-live-2.5-flash-native-audio",
        title="Gemini 2.5 Flash Live",
        apis=("vertex",),
        voices=GEMINI_VOICES,
        thinking="budget",
        affective="optional",
        proactive="optional",
        transparent=True,
    ),
    Profile(
        name="gemini-3.8-live",
        title="Gemini 3.8 Live",
        apis=("gemini", "vertex"),
        voices=GEMINI_VOICES,
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
        voices=GEMINI_VOICES,
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
        voices=GEMINI_VOICES,
        thinking="level",
        manual_turn_coverage=_ALL_INPUT,
        typed_text="realtime",
        retiring=True,
    ),
    Profile(
        name="gemini-2.5-flash-native-audio-preview-12-2025",
        title="Gemini 2.5 Flash native audio (preview)",
        apis=("gemini",),
        voices=GEMINI_VOICES,
        thinking="budget",
        affective="optional",
        proactive="optional",
        retiring=True,
    ),
    Profile(
        name="genmedia-local",
        title="Local engine",
        apis=("engine",),
        voices={**ENGINE_VOICES, **GEMINI_VOICES},
        default_voice="heart",
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


def check_settings(settings: SessionSettings, api: Api) -> Profile:
    """The profile that `settings` fit.

    Raises:
        GenmediaError: `unknown_model`, `unknown_voice` or `bad_settings`, with what there is.
    """
    profile = profile_for(settings.model, api)
    if settings.voice not in profile.voices:
        raise error("unknown_voice", f"There is no voice of that name. There are: {', '.join(profile.voices)}.")
    if settings.language is not None and not _LANGUAGE.fullmatch(settings.language):
        raise error("bad_settings", "The language is not a BCP-47 tag such as en-US, de-DE or ja-JP.")
    return profile


def live_config(
    settings: SessionSettings,
    profile: Profile,
    api: Api,
    handle: str | None = None,
    tools: Sequence[FunctionDeclaration] = (),
) -> types.LiveConnectConfig:
    """The session's set-up: voice out, both transcriptions, and nothing that the model would refuse.

    Compression lifts the limit of 15 minutes a session, resumption the one of 10 minutes a connection.
    """
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        speech_config=_speech(settings, profile),
        system_instruction=_instructions(settings, profile) or None,
        tools=_tools(tools),
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
        if profile.thinking == "level_required"
        else None,
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        realtime_input_config=_realtime_input(settings, profile),
        context_window_compression=types.ContextWindowCompressionConfig(sliding_window=types.SlidingWindow())
        if profile.compression
        else None,
        session_resumption=_resumption(profile, api, handle),
        explicit_vad_signal=True if profile.explicit_vad and api != "gemini" else None,
    )


def _tools(tools: Sequence[FunctionDeclaration]) -> list[types.Tool] | None:
    declarations = [
        types.FunctionDeclaration(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=dict(tool.parameters) if tool.parameters else None,
        )
        for tool in tools
    ]
    return [types.Tool(function_declarations=declarations)] if declarations else None


def _speech(settings: SessionSettings, profile: Profile) -> types.SpeechConfig:
    voice = types.PrebuiltVoiceConfig(voice_name=settings.voice)
    return types.SpeechConfig(
        voice_config=types.VoiceConfig(prebuilt_voice_config=voice),
        language_code=settings.language if profile.language_code else None,
    )


def _instructions(settings: SessionSettings, profile: Profile) -> str:
    """The instructions; a native-audio model is told the language there, since it takes no other hint."""
    instructions = filled(settings.instructions, settings.options)
    if settings.language is None or profile.language_code:
        return instructions
    steer = f"Always speak the language with the BCP-47 tag {settings.language}, whatever language you hear."
    return f"{instructions}\n\n{steer}".strip()


def _realtime_input(settings: SessionSettings, profile: Profile) -> types.RealtimeInputConfig | None:
    if not settings.manual_activity:
        return None
    return types.RealtimeInputConfig(
        automatic_activity_detection=types.AutomaticActivityDetection(disabled=True),
        turn_coverage=profile.manual_turn_coverage,
    )


def _resumption(profile: Profile, api: Api, handle: str | None) -> types.SessionResumptionConfig | None:
    if not profile.resumption:
        return None
    transparent = True if profile.capabilities(api).transparent_resumption else None
    return types.SessionResumptionConfig(handle=handle, transparent=transparent)
