"""A session's set-up as the SDK takes it: the person's settings, said in the fields that their model accepts.

Sources: the Live API reference for the fields of `realtimeInputConfig`; Google's model pages of September 2026 and what its users
report of refused set-ups, for who takes which; Google's guides on thinking for budgets and levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from google.genai import types

from genmedia_live.core.persona import filled
from genmedia_live.core.record import Sensitivity, SessionSettings
from genmedia_live.core.record import Thinking as Wish
from genmedia_live.core.voices import manner, real_voice
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream.languages import language_name
from genmedia_live.upstream.profiles import Api, Profile

BUDGETS: Mapping[Wish, int] = {"off": 0, "low": 1_024, "high": 8_192}
"""Tokens of thinking for the models that count them.

`low` is what Google's page on OpenAI compatibility calls so; its `high`, 24 576, is above the 8 192 tokens that these models may
answer with.
"""

LEVELS: Mapping[Wish, types.ThinkingLevel] = {
    "off": types.ThinkingLevel.MINIMAL,
    "low": types.ThinkingLevel.LOW,
    "high": types.ThinkingLevel.HIGH,
}
"""For the models that have levels; the least of extended thinking is LOW."""

_START: Mapping[Sensitivity, types.StartSensitivity] = {
    "low": types.StartSensitivity.START_SENSITIVITY_LOW,
    "high": types.StartSensitivity.START_SENSITIVITY_HIGH,
}
_END: Mapping[Sensitivity, types.EndSensitivity] = {
    "low": types.EndSensitivity.END_SENSITIVITY_LOW,
    "high": types.EndSensitivity.END_SENSITIVITY_HIGH,
}


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
        thinking_config=_thinking(settings.thinking, profile),
        enable_affective_dialog=True if settings.affective and profile.affective == "optional" else None,
        proactivity=types.ProactivityConfig(proactive_audio=True)
        if settings.proactive and profile.proactive == "optional"
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


def api_version(config: types.LiveConnectConfig, api: Api) -> str | None:
    """The version of the API that this set-up needs; None for the client's own.

    The Developer API knows affective dialog and proactivity in `v1alpha` only, and closes other sessions that ask for them.
    """
    asked = config.enable_affective_dialog is not None or config.proactivity is not None
    return "v1alpha" if asked and api == "gemini" else None


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
    voice = types.PrebuiltVoiceConfig(voice_name=real_voice(settings.voice))
    return types.SpeechConfig(
        voice_config=types.VoiceConfig(prebuilt_voice_config=voice),
        language_code=settings.language if profile.language_code else None,
    )


def _instructions(settings: SessionSettings, profile: Profile) -> str:
    """What the agent is told: the instructions with their options, a preset's manner, and the language.

    A native-audio model takes no other hint at its language, and needs a clear one.
    """
    parts = [filled(settings.instructions, settings.options), manner(settings.voice)]
    if settings.language is not None and not profile.language_code:
        language = f"{language_name(settings.language)} ({settings.language})"
        parts.append(f"Always answer in {language}, and in no other language, whatever language you hear.")
    return "\n\n".join(part for part in parts if part)


def _thinking(wish: Wish, profile: Profile) -> types.ThinkingConfig | None:
    if profile.thinking == "level_required":
        return types.ThinkingConfig(thinking_level=LEVELS["high" if wish == "high" else "low"])
    if wish == "auto" or profile.thinking == "no":
        return None
    if profile.thinking == "budget":
        return types.ThinkingConfig(thinking_budget=BUDGETS[wish])
    return types.ThinkingConfig(thinking_level=LEVELS[wish])


def _realtime_input(settings: SessionSettings, profile: Profile) -> types.RealtimeInputConfig | None:
    """How turns are taken. Where the client marks speech itself, nothing is detected, and there is nothing to say about it."""
    handling = None if settings.interruptible else types.ActivityHandling.NO_INTERRUPTION
    if settings.manual_activity:
        return types.RealtimeInputConfig(
            automatic_activity_detection=types.AutomaticActivityDetection(disabled=True),
            activity_handling=handling,
            turn_coverage=profile.manual_turn_coverage,
        )
    detection = _detection(settings)
    if detection is None and handling is None:
        return None
    return types.RealtimeInputConfig(automatic_activity_detection=detection, activity_handling=handling)


def _detection(settings: SessionSettings) -> types.AutomaticActivityDetection | None:
    start, end = _START.get(settings.start_sensitivity), _END.get(settings.end_sensitivity)
    silence = settings.silence_ms or None
    if start is None and end is None and silence is None:
        return None
    return types.AutomaticActivityDetection(
        start_of_speech_sensitivity=start, end_of_speech_sensitivity=end, silence_duration_ms=silence
    )


def _resumption(profile: Profile, api: Api, handle: str | None) -> types.SessionResumptionConfig | None:
    if not profile.resumption:
        return None
    transparent = True if profile.capabilities(api).transparent_resumption else None
    return types.SessionResumptionConfig(handle=handle, transparent=transparent)
