from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES, PRESETS
from genmedia_live.upstream.languages import LIVE_LANGUAGES, language_name
from genmedia_live.upstream.profiles import (
    PROFILES,
    Api,
    Profile,
    accepted,
    check_settings,
    default_settings,
    models_for,
    profile_for,
)

EVERY = [(profile, api) for profile in PROFILES for api in profile.apis]
every_model = pytest.mark.parametrize(("profile", "api"), EVERY, ids=[f"{profile.name}-{api}" for profile, api in EVERY])


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
    assert list(engine.voices) == [*ENGINE_VOICES, *PRESETS, *GEMINI_VOICES]
    assert all(list(profile.voices) == [*PRESETS, *GEMINI_VOICES] for profile in PROFILES if profile is not engine)
    assert all(profile.default_voice in profile.voices for profile in PROFILES)


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"model": "gemini-9"}, "unknown_model", "gemini-live-2.5-flash-native-audio, gemini-3.8-live"),
        ({"model": ""}, "unknown_model", "gemini-3.8-live"),
        ({"model": "genmedia-local"}, "unknown_model", "gemini-3.8-live"),
        ({"voice": "Ember"}, "unknown_voice", "Breeze, Juniper, Zephyr"),
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


# ---- what a model does not take

WISHES: dict[str, object] = {
    "language": "de-DE",
    "start_sensitivity": "low",
    "end_sensitivity": "high",
    "silence_ms": 2_000,
    "interruptible": False,
    "manual_activity": True,
    "greeting": True,
    "nudge_s": 30,
    "affective": True,
    "proactive": True,
    "thinking": "high",
    "instructions": "Be kind.",
}


@pytest.mark.parametrize(
    ("model", "refused"),
    [
        ("gemini-live-2.5-flash-native-audio", set()),
        ("gemini-2.5-flash-native-audio-preview-12-2025", set()),
        ("gemini-3.1-flash-live-preview", {"affective", "proactive"}),
        ("gemini-3.8-live", {"thinking"}),
        ("gemini-3.8-live-extended-thinking", set()),
        ("genmedia-local", {"affective", "proactive", "thinking", "language"}),
    ],
)
def test_what_each_model_refuses(model: str, refused: set[str]) -> None:
    profile = next(profile for profile in PROFILES if profile.name == model)
    for api in profile.apis:
        assert set(profile.refused(api)) == refused


@every_model
@pytest.mark.parametrize("wish", WISHES)
def test_a_refused_setting_is_refused_with_its_reason_and_no_other_is(profile: Profile, api: Api, wish: str) -> None:
    settings = replace(default_settings(api, profile.name), **{wish: WISHES[wish]})  # type: ignore[arg-type]
    reason = profile.refused(api).get(wish)
    if reason is None:
        assert check_settings(settings, api) is profile
        return
    with pytest.raises(GenmediaError) as caught:
        check_settings(settings, api)
    assert caught.value.code == "bad_settings"
    assert f"`{wish}`" in str(caught.value)
    assert reason in str(caught.value)


@every_model
def test_what_is_not_taken_falls_to_its_default_and_the_rest_stays(profile: Profile, api: Api) -> None:
    wished = replace(default_settings(api, profile.name, "Breeze"), **WISHES)  # type: ignore[arg-type]
    settings = accepted(wished, api)
    assert check_settings(settings, api) is profile
    fresh = default_settings(api)
    for name in WISHES:
        assert getattr(settings, name) == getattr(fresh if name in profile.refused(api) else wished, name), name
    assert settings.voice == "Breeze"
    assert accepted(settings, api) == settings


def test_settings_of_an_unknown_model_are_nobodys() -> None:
    with pytest.raises(GenmediaError) as caught:
        accepted(SessionSettings("gemini-9", "Puck"), "vertex")
    assert caught.value.code == "unknown_model"


@every_model
def test_reasons_and_notes_are_sentences_on_settings_that_there_are(profile: Profile, api: Api) -> None:
    names = {field.name for field in fields(SessionSettings)}
    refused, notes = profile.refused(api), profile.notes(api)
    for name, text in (*refused.items(), *notes.items()):
        assert name in names
        assert text[0].isupper()
        assert text.endswith(".")
    assert ("language" in notes) is not profile.language_code


@pytest.mark.parametrize(
    ("model", "api", "setting", "said"),
    [
        ("gemini-3.8-live", "vertex", "affective", "neither switched on nor off"),
        ("gemini-3.8-live", "gemini", "proactive", "bills"),
        ("gemini-2.5-flash-native-audio-preview-12-2025", "gemini", "affective", "v1alpha"),
        ("gemini-live-2.5-flash-native-audio", "vertex", "language", "wish"),
        ("gemini-3.1-flash-live-preview", "gemini", "thinking", "as little"),
        ("gemini-3.8-live-extended-thinking", "gemini", "thinking", "always thinks"),
        ("genmedia-local", "engine", "voice", "nearest"),
    ],
)
def test_notes(model: str, api: Api, setting: str, said: str) -> None:
    assert said in profile_for(model, api).notes(api)[setting]


def test_a_choice_that_is_open_needs_no_note() -> None:
    notes = profile_for("gemini-live-2.5-flash-native-audio", "vertex").notes("vertex")
    assert not {"affective", "proactive", "thinking"} & set(notes)


# ---- languages


def test_the_engine_takes_its_own_language_by_any_name() -> None:
    for tag in ("en", "en-US", "EN-gb"):
        settings = replace(default_settings("engine"), language=tag)
        check_settings(settings, "engine")
        assert accepted(settings, "engine") == settings
    with pytest.raises(GenmediaError, match="English only"):
        check_settings(replace(default_settings("engine"), language="enm"), "engine")


def test_a_language_that_nobody_lists_is_a_wish_like_any_other() -> None:
    assert not profile_for("gemini-3.8-live", "vertex").speaks("la")
    check_settings(replace(default_settings("vertex"), language="la"), "vertex")


def test_the_languages_are_tags_with_names() -> None:
    assert len(LIVE_LANGUAGES) == 70 + 5
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", tag) for tag in LIVE_LANGUAGES)
    assert len(set(LIVE_LANGUAGES.values())) == len(LIVE_LANGUAGES)
    assert list(LIVE_LANGUAGES.values()) == sorted(LIVE_LANGUAGES.values())


@pytest.mark.parametrize(
    ("tag", "name"),
    [("de", "German"), ("de-DE", "German"), ("pt-BR", "Portuguese (Brazil)"), ("PT-PT", "Portuguese"), ("la", "la")],
)
def test_a_language_has_a_name(tag: str, name: str) -> None:
    assert language_name(tag) == name


# ---- what the core may count on


def test_capabilities() -> None:
    engine = profile_for("genmedia-local", "engine").capabilities("engine")
    assert engine.aligned_captions
    assert engine.reports_activity
    assert engine.transparent_resumption
    live = profile_for("gemini-3.8-live", "vertex")
    assert live.capabilities("vertex").transparent_resumption
    assert not live.capabilities("gemini").transparent_resumption
    assert not live.capabilities("vertex").aligned_captions
