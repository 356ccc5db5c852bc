"""Set-ups as data: each wish in the field that the model has for it, and nothing that closes the session."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from google.genai import types

from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import GEMINI_VOICES, PRESETS
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream.live_config import BUDGETS, api_version, live_config
from genmedia_live.upstream.profiles import PROFILES, Api, Profile, default_settings, profile_for

EVERY = [(profile, api) for profile in PROFILES for api in profile.apis]
every_model = pytest.mark.parametrize(("profile", "api"), EVERY, ids=[f"{profile.name}-{api}" for profile, api in EVERY])

VERTEX_25 = profile_for("gemini-live-2.5-flash-native-audio", "vertex")
GEMINI_25 = profile_for("gemini-2.5-flash-native-audio-preview-12-2025", "gemini")
GEMINI_31 = profile_for("gemini-3.1-flash-live-preview", "gemini")
GEMINI_38 = profile_for("gemini-3.8-live", "gemini")
EXTENDED = profile_for("gemini-3.8-live-extended-thinking", "gemini")
LOCAL = profile_for("genmedia-local", "engine")


def config_of(profile: Profile, api: Api, **changes: Any) -> types.LiveConnectConfig:
    settings = SessionSettings(model=profile.name, voice=profile.default_voice)
    return live_config(replace(settings, **changes), profile, api)


def turns_of(profile: Profile, api: Api, **changes: Any) -> dict[str, Any]:
    """What the set-up says about how turns are taken, without what it leaves out."""
    realtime = config_of(profile, api, **changes).realtime_input_config
    return {} if realtime is None else realtime.model_dump(exclude_none=True, mode="json")


@every_model
def test_every_set_up_asks_for_these(profile: Profile, api: Api) -> None:
    config = config_of(profile, api)
    assert config.response_modalities == [types.Modality.AUDIO]
    assert config.input_audio_transcription is not None
    assert config.output_audio_transcription is not None
    assert config.context_window_compression is not None
    assert config.context_window_compression.sliding_window is not None
    assert config.session_resumption is not None
    assert config.realtime_input_config is None
    assert config.system_instruction is None
    assert config.tools is None
    assert config.speech_config is not None
    assert config.speech_config.voice_config is not None
    voice = config.speech_config.voice_config.prebuilt_voice_config
    assert voice is not None
    assert voice.voice_name == profile.default_voice


@every_model
def test_no_set_up_asks_for_what_closes_the_session(profile: Profile, api: Api) -> None:
    """Whatever is wished for: settings that were not checked must not close it either."""
    for thinking, manual in product(("auto", "off", "low", "high"), (False, True)):
        config = config_of(
            profile, api, manual_activity=manual, language="de-DE", affective=True, proactive=True, thinking=thinking
        )
        assert (config.enable_affective_dialog is not None) is (profile.affective == "optional")
        assert (config.proactivity is not None) is (profile.proactive == "optional")
        assert config.generation_config is None
        thought = config.thinking_config or types.ThinkingConfig()
        assert thought.thinking_budget is None or profile.thinking == "budget"
        assert thought.thinking_level is None or profile.thinking.startswith("level")
        assert thought.thinking_level is not None or profile.thinking != "level_required"
        assert config.explicit_vad_signal is (True if api == "engine" else None)
        assert config.session_resumption is not None
        assert config.session_resumption.transparent is (True if api != "gemini" else None)
        realtime = config.realtime_input_config or types.RealtimeInputConfig()
        # Vertex AI closes the set-up on it.
        assert realtime.turn_coverage is not types.TurnCoverage.TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO


def test_a_handle_is_passed_on() -> None:
    settings = default_settings("vertex")
    config = live_config(settings, profile_for(settings.model, "vertex"), "vertex", "h-1")
    assert config.session_resumption is not None
    assert config.session_resumption.handle == "h-1"


# ---- turns


@every_model
@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"start_sensitivity": "low"}, {"start_of_speech_sensitivity": "START_SENSITIVITY_LOW"}),
        ({"start_sensitivity": "high"}, {"start_of_speech_sensitivity": "START_SENSITIVITY_HIGH"}),
        ({"end_sensitivity": "high"}, {"end_of_speech_sensitivity": "END_SENSITIVITY_HIGH"}),
        (
            {"end_sensitivity": "low", "silence_ms": 2_000},
            {"end_of_speech_sensitivity": "END_SENSITIVITY_LOW", "silence_duration_ms": 2_000},
        ),
        ({"silence_ms": 1}, {"silence_duration_ms": 1}),
    ],
)
def test_how_speech_is_detected(profile: Profile, api: Api, wishes: dict[str, Any], said: dict[str, Any]) -> None:
    assert turns_of(profile, api, **wishes) == {"automatic_activity_detection": said}


@every_model
def test_the_agent_may_finish(profile: Profile, api: Api) -> None:
    assert turns_of(profile, api, interruptible=False) == {"activity_handling": "NO_INTERRUPTION"}
    both = turns_of(profile, api, interruptible=False, silence_ms=900)
    assert both == {"activity_handling": "NO_INTERRUPTION", "automatic_activity_detection": {"silence_duration_ms": 900}}


@every_model
def test_push_to_talk_leaves_nothing_to_detect(profile: Profile, api: Api) -> None:
    said = turns_of(
        profile, api, manual_activity=True, start_sensitivity="low", end_sensitivity="low", silence_ms=900, interruptible=False
    )
    assert said.pop("automatic_activity_detection") == {"disabled": True}
    assert said.pop("activity_handling") == "NO_INTERRUPTION"
    # Models from 3.1 on may drop the voice of such a turn unless told.
    newer = {"turn_coverage": "TURN_INCLUDES_ALL_INPUT"} if profile.name.startswith("gemini-3") else {}
    assert said == newer


# ---- behaviours


@pytest.mark.parametrize(
    ("profile", "thinking", "budget", "level"),
    [
        (VERTEX_25, "auto", None, None),
        (VERTEX_25, "off", 0, None),
        (VERTEX_25, "low", BUDGETS["low"], None),
        (GEMINI_25, "high", BUDGETS["high"], None),
        (GEMINI_31, "auto", None, None),
        (GEMINI_31, "off", None, "MINIMAL"),
        (GEMINI_31, "low", None, "LOW"),
        (GEMINI_31, "high", None, "HIGH"),
        (EXTENDED, "auto", None, "LOW"),
        (EXTENDED, "off", None, "LOW"),
        (EXTENDED, "low", None, "LOW"),
        (EXTENDED, "high", None, "HIGH"),
        (GEMINI_38, "high", None, None),
        (LOCAL, "low", None, None),
    ],
)
def test_thinking(profile: Profile, thinking: str, budget: int | None, level: str | None) -> None:
    thought = config_of(profile, profile.apis[0], thinking=thinking).thinking_config or types.ThinkingConfig()
    assert thought.thinking_budget == budget
    assert (thought.thinking_level and thought.thinking_level.value) == level


def test_budgets_grow_and_leave_room_for_an_answer() -> None:
    assert 0 == BUDGETS["off"] < BUDGETS["low"] < BUDGETS["high"] <= 8_192


@pytest.mark.parametrize("wish", ["affective", "proactive"])
def test_behaviours_that_may_be_asked_for(wish: str) -> None:
    for profile, version in ((VERTEX_25, None), (GEMINI_25, "v1alpha")):
        config = config_of(profile, profile.apis[0], **{wish: True})
        assert config.enable_affective_dialog is (True if wish == "affective" else None)
        asked = config.proactivity.proactive_audio if config.proactivity else None
        assert asked is (True if wish == "proactive" else None)
        assert api_version(config, profile.apis[0]) == version


@every_model
def test_nothing_asked_for_needs_no_version(profile: Profile, api: Api) -> None:
    assert api_version(config_of(profile, api), api) is None


# ---- words


@every_model
def test_a_language_goes_where_the_model_looks_for_it(profile: Profile, api: Api) -> None:
    config = config_of(profile, api, instructions="Be kind.", language="de-DE")
    assert config.speech_config is not None
    told = str(config.system_instruction)
    assert told.startswith("Be kind.")
    assert (config.speech_config.language_code == "de-DE") is (api == "engine")
    assert ("German (de-DE)" in told) is (api != "engine")


def test_the_options_of_a_persona_are_filled_in() -> None:
    config = config_of(VERTEX_25, "vertex", instructions="From {a} to {b}.", options={"a": "English"})
    assert config.system_instruction == "From English to {b}."


@every_model
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_never_goes_out_under_its_own_name(profile: Profile, api: Api, preset: str) -> None:
    config = config_of(profile, api, voice=preset, instructions="Be kind.", language="de")
    assert preset not in config.model_dump_json()
    assert config.speech_config is not None
    assert config.speech_config.voice_config is not None
    voice = config.speech_config.voice_config.prebuilt_voice_config
    assert voice is not None
    assert voice.voice_name == PRESETS[preset].voice
    assert str(config.system_instruction).startswith(f"Be kind.\n\n{PRESETS[preset].manner}")


def test_a_preset_alone_brings_its_manner() -> None:
    assert config_of(VERTEX_25, "vertex", voice="Juniper").system_instruction == PRESETS["Juniper"].manner


def test_presets_differ_from_one_another_and_from_the_thirty() -> None:
    assert set(PRESETS) == {"Breeze", "Juniper"}
    assert not set(PRESETS) & set(GEMINI_VOICES)
    assert len({preset.voice for preset in PRESETS.values()}) == len(PRESETS)
    assert all(preset.voice in GEMINI_VOICES for preset in PRESETS.values())


# ---- tools


@every_model
def test_tools_are_declared_with_their_schema_as_it_is(profile: Profile, api: Api) -> None:
    schema = {"type": "object", "properties": {"order_id": {"$ref": "#/$defs/Order"}}, "$defs": {"Order": {"type": "string"}}}
    tools = (FunctionDeclaration("look_up", "Looks.", schema), FunctionDeclaration("now"))
    config = live_config(default_settings(api, profile.name), profile, api, tools=tools)
    assert config.tools is not None
    (tool,) = config.tools
    assert isinstance(tool, types.Tool)
    said = [one.model_dump(exclude_none=True) for one in tool.function_declarations or ()]
    assert said == [
        {"name": "look_up", "description": "Looks.", "parameters_json_schema": schema},
        {"name": "now", "description": ""},
    ]
