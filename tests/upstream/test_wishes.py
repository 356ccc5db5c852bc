"""What a person wished for, as it leaves on the wire: by the SDK, at each API's own version."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from google.genai import types

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.record import SessionSettings
from genmedia_live.core.voices import PRESETS
from genmedia_live.upstream.client import session_options
from genmedia_live.upstream.gemini import GeminiUpstream
from genmedia_live.upstream.profiles import Api
from tests.upstream.live_server import LiveServer, Peer
from tests.upstream.targets import APIS, LIMITS, settings, target

PREVIEW = SessionSettings("gemini-2.5-flash-native-audio-preview-12-2025", "Puck")


async def opened(live: LiveServer, api: Api, wanted: SessionSettings) -> Peer:
    """The server's end of a session that was opened with these settings."""
    upstream = GeminiUpstream(target(live, api), LIMITS)
    link = await upstream.open(wanted)
    await link.close()
    await upstream.close()
    return live.peers[-1]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("preset", PRESETS)
async def test_a_preset_arrives_as_a_voice_and_a_manner(live: LiveServer, api: Api, preset: str) -> None:
    setup = (await opened(live, api, replace(settings(api), voice=preset))).setup
    said = json.dumps(setup)
    assert preset not in said
    assert f'"{PRESETS[preset].voice}"' in said
    assert PRESETS[preset].manner in said


@pytest.mark.parametrize("wish", ["affective", "proactive"])
async def test_the_developer_api_is_asked_for_experiments_at_v1alpha(live: LiveServer, wish: str) -> None:
    peer = await opened(live, "gemini", replace(PREVIEW, **{wish: True}))  # type: ignore[arg-type]
    assert ".v1alpha." in peer.path
    asked = {"affective": '"enableAffectiveDialog": true', "proactive": '"proactive_audio": true'}
    assert {name for name, words in asked.items() if words in json.dumps(peer.setup)} == {wish}
    assert ".v1beta." in (await opened(live, "gemini", PREVIEW)).path


async def test_vertex_ai_is_asked_for_them_as_ever(live: LiveServer) -> None:
    peer = await opened(live, "vertex", replace(settings(), affective=True, proactive=True))
    assert ".v1beta1." in peer.path
    assert peer.setup["proactivity"] == {"proactive_audio": True}
    assert peer.setup["generationConfig"]["enableAffectiveDialog"] is True


async def test_what_the_model_does_not_take_reaches_nobody(live: LiveServer) -> None:
    upstream = GeminiUpstream(target(live, "engine"), LIMITS)
    with pytest.raises(GenmediaError, match="English only") as caught:
        await upstream.open(replace(settings("engine"), language="de-DE"))
    assert caught.value.code == "bad_settings"
    assert live.peers == []
    await upstream.close()


def test_a_session_has_options_of_its_own_only_where_it_needs_them(live: LiveServer) -> None:
    assert session_options(target(live, "gemini")) is None
    assert session_options(target(live, "gemini"), "v1alpha") == types.HttpOptions(api_version="v1alpha")
    token = replace(target(live), access_token="ya29.mine")
    both = session_options(token, "v1alpha")
    assert both == types.HttpOptions(api_version="v1alpha", headers={"Authorization": "Bearer ya29.mine"})
