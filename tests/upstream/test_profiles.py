from __future__ import annotations

from dataclasses import replace

import pytest
from google.genai import types

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.upstream.profiles import (
    PROFILES,
    Api,
    Profile,
    check_settings,
    default_settings,
    live_config,
    models_for,
    profile_for,
)

EVERY = [(profile, api) for profile in PROFILES for api in profile.apis]
every_model = pytest.mark.parametrize(("profile", "api"), EVERY, ids=[f"{profile.name}-{api}" for profile, api in EVERY])


def config_of(profile: Profile, api: Api, **changes: object) -> types.LiveConnectConfig:
    settings = SessionSettings(model=profile.name, voice=profile.default_voice)
    return live_config(replace(settings, **changes), profile, api)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("api", "model", "voice"),
    [
        ("vertex", "gemini-live-2.5-flash-native-audio", "Aoede"),
        ("gemini", "gemini-3.8-live", "Aoede"),
        ("engine", "genmedia-local", "heart"),
    ],
)
def test_defaults(api: Api, model: str, voice: str) -> None:
    assert default_settings(api) == SessionSettings(model=model, voice=voice)
    assert check_settings(default_settings(api), api).name == model


def test_names_are_unique() -> None:
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)


def test_each_api_has_its_models() -> None:
    assert [profile.name for profile in models_for("vertex")] == ["gemini-live-2.5-flash-native-audio", "gemini-3.8-live"]
    assert [profile.name for profile in models_for("engine")] == ["genmedia-local"]
    assert len(models_for("gemini")) == 4


@pytest.mark.parametrize(
    "prefix", ["", "models/", "google/", "publishers/google/models/", "projects/p/locations/l/publishers/google/models/"]
)
def test_resource_names(prefix: str) -> None:
    assert profile_for(f"{prefix}gemini-3.8-live", "gemini").name == "gemini-3.8-live"


def test_voices() -> None:
    engine = profile_for("genmedia-local", "engine")
    assert list(engine.voices) == [*ENGINE_VOICES, *GEMINI_VOICES]
    assert all(profile.voices == GEMINI_VOICES for profile in PROFILES if profile is not engine)
    assert all(profile.default_voice in profile.voices for profile in PROFILES)


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"model": "gemini-9"}, "unknown_model", "gemini-live-2.5-flash-native-audio, gemini-3.8-live"),
        ({"model": ""}, "unknown_model", "gemini-3.8-live"),
        ({"model": "genmedia-local"}, "unknown_model", "gemini-3.8-live"),
        ({"voice": "Breeze"}, "unknown_voice", "Aoede"),
        ({"voice": "aoede"}, "unknown_voice", "Aoede"),
        ({"voice": "heart"}, "unknown_voice", "Aoede"),
        ({"language": "german"}, "bad_settings", "BCP-47"),
        ({"language": ""}, "bad_settings", "BCP-47"),
    ],
)
def test_what_is_refused(changes: dict[str, str], code: str, named: str) -> None:
    with pytest.raises(GenmediaError) as caught:
        check_settings(replace(default_settings("vertex"), **changes), "vertex")  # type: ignore[arg-type]
    assert caught.value.code == code
    assert named in str(caught.value)


@pytest.mark.parametrize("language", [None, "de", "de-DE", "cmn-Hans-CN", "es-419"])
def test_languages(language: str | None) -> None:
    check_settings(replace(default_settings("vertex"), language=language), "vertex")


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
    assert config.speech_config is not None
    assert config.speech_config.voice_config is not None
    voice = config.speech_config.voice_config.prebuilt_voice_config
    assert voice is not None
    assert voice.voice_name == profile.default_voice


@every_model
def test_no_set_up_asks_for_what_closes_the_session(profile: Profile, api: Api) -> None:
    config = config_of(profile, api, manual_activity=True, language="de-DE")
    assert config.enable_affective_dialog is None
    assert config.proactivity is None
    assert config.generation_config is None
    assert (config.thinking_config is not None) is (profile.thinking == "level_required")
    assert config.explicit_vad_signal is (True if api == "engine" else None)
    assert config.session_resumption is not None
    assert config.session_resumption.transparent is (True if api != "gemini" else None)
    assert config.realtime_input_config is not None
    # Vertex AI closes the set-up on it.
    assert config.realtime_input_config.turn_coverage is not types.TurnCoverage.TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO


@every_model
def test_push_to_talk(profile: Profile, api: Api) -> None:
    detection = config_of(profile, api, manual_activity=True).realtime_input_config
    assert detection is not None
    assert detection.automatic_activity_detection is not None
    assert detection.automatic_activity_detection.disabled is True
    newer = profile.name.startswith("gemini-3")
    assert (detection.turn_coverage is types.TurnCoverage.TURN_INCLUDES_ALL_INPUT) is newer


@every_model
def test_a_language_goes_where_the_model_looks_for_it(profile: Profile, api: Api) -> None:
    config = config_of(profile, api, instructions="Be kind.", language="de-DE")
    assert config.speech_config is not None
    told = str(config.system_instruction)
    assert told.startswith("Be kind.")
    assert (config.speech_config.language_code == "de-DE") is (api == "engine")
    assert ("de-DE" in told) is (api != "engine")


def test_a_handle_is_passed_on() -> None:
    settings = default_settings("vertex")
    config = live_config(settings, profile_for(settings.model, "vertex"), "vertex", "h-1")
    assert config.session_resumption is not None
    assert config.session_resumption.handle == "h-1"


def test_capabilities() -> None:
    engine = profile_for("genmedia-local", "engine").capabilities("engine")
    assert engine.aligned_captions
    assert engine.reports_activity
    assert engine.transparent_resumption
    live = profile_for("gemini-3.8-live", "vertex")
    assert live.capabilities("vertex").transparent_resumption
    assert not live.capabilities("gemini").transparent_resumption
    assert not live.capabilities("vertex").aligned_captions
