"""Set-ups as Google's own SDK sends them: what the upstream's profiles build is let in, and what is refused it hears of."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials
from websockets.asyncio.server import ServerConnection, serve

from genmedia_live.core.record import SessionSettings
from genmedia_live.engine.front.certificate import mint
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.protocol.messages import Close, Setup, SetupComplete
from genmedia_live.engine.protocol.profiles import LOCAL, Backend, Profile
from genmedia_live.engine.protocol.profiles import PROFILES as ENGINE_PROFILES
from genmedia_live.engine.protocol.refusals import late_refusal, profile_of
from genmedia_live.engine.protocol.wire import encode, parse
from genmedia_live.engine.server import Engine
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream import profiles as upstream
from genmedia_live.upstream.client import API_VERSIONS
from genmedia_live.upstream.live_config import api_version, live_config


@dataclass
class Desk:
    """A server that reads one set-up, and lets it in or refuses it."""

    port: int = 0
    ca: str = ""
    taken: list[tuple[Setup, Profile]] = field(default_factory=list)

    async def receive(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        path = socket.request.path
        backend: Backend = "vertex" if "LlmBidiService" in path else "gemini"
        version = path.split(".")[3]
        setup = parse(await socket.recv())
        answer = profile_of(setup, backend, version) if isinstance(setup, Setup) else setup
        if isinstance(answer, Close):
            await socket.close(answer.code, answer.reason)
            return
        assert isinstance(setup, Setup)
        assert isinstance(answer, Profile)
        self.taken.append((setup, answer))
        await socket.send(encode(SetupComplete("s")))
        await socket.wait_closed()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    certificate, desk = mint(), Desk()
    async with serve(desk.receive, "127.0.0.1", 0, ssl=certificate.context) as server:
        desk.port = next(iter(server.sockets)).getsockname()[1]
        desk.ca = certificate.ca
        yield desk


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(scripted_mind())
    await engine.start()
    yield engine
    await engine.stop(0)


def client(server: Desk | Engine, backend: Backend, version: str | None = None) -> genai.Client:
    context = ssl.create_default_context(cadata=server.ca)
    url = f"https://127.0.0.1:{server.port}"
    options = types.HttpOptions(base_url=url, api_version=version, async_client_args={"ssl": context, "proxy": None})
    if backend == "gemini":
        return genai.Client(api_key="AIza-none", vertexai=False, http_options=options)
    token = Credentials(token="ya29.none")
    return genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)


EVERY = [(profile, api) for profile in upstream.PROFILES for api in profile.apis]
every_model = pytest.mark.parametrize(("profile", "api"), EVERY, ids=[f"{profile.name}-{api}" for profile, api in EVERY])

WISHES: tuple[dict[str, Any], ...] = (
    {},
    {"manual_activity": True, "language": "de-DE", "instructions": "Be kind."},
    {"start_sensitivity": "low", "end_sensitivity": "high", "silence_ms": 2_000, "interruptible": False},
    {"affective": True, "thinking": "off"},
    {"proactive": True, "thinking": "low"},
    {"thinking": "high"},
)
TOOL = FunctionDeclaration("look_up", "Looks.", {"type": "object", "properties": {"order": {"type": "string"}}})


@every_model
async def test_what_the_upstream_builds_is_let_in(desk: Desk, profile: upstream.Profile, api: upstream.Api) -> None:
    backend: Backend = "gemini" if api == "gemini" else "vertex"  # the engine is spoken to as Vertex AI is
    genuine = client(desk, backend, API_VERSIONS[api])
    asked = list(product(WISHES, (profile.default_voice, "Breeze"), (None, "h")))
    for wishes, voice, handle in asked:
        settings = upstream.accepted(replace(SessionSettings(model=profile.name, voice=voice), **wishes), api)
        config = live_config(settings, profile, api, handle, [TOOL])
        config.http_options = types.HttpOptions(api_version=api_version(config, api))
        async with genuine.aio.live.connect(model=profile.name, config=config):
            pass
    assert len(desk.taken) == len(asked)
    assert {taken.name for _, taken in desk.taken} == {profile.name}
    assert [late for late in (late_refusal(*taken) for taken in desk.taken) if late] == []


@every_model
def test_both_tables_tell_the_same_of_a_model(profile: upstream.Profile, api: upstream.Api) -> None:
    ours = {engines.name: engines for engines in (*ENGINE_PROFILES, LOCAL)}[profile.name]
    if ours is not LOCAL:
        assert api in ours.backends
    assert (ours.thinking, ours.affective, ours.proactive) == (profile.thinking, profile.affective, profile.proactive)


INVALID = "Request contains an invalid argument: "
UNKNOWN = "Invalid JSON payload received. Unknown name "
DATED = "models/gemini-2.5-flash-native-audio-preview-12-2025"
VOICE = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Juniper"}}}
NON_BLOCKING = types.FunctionDeclaration(name="f", behavior=types.Behavior.NON_BLOCKING)
ALL_VIDEO = types.TurnCoverage.TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO

V1: tuple[Backend, str | None] = ("gemini", None)
BETA: tuple[Backend, str | None] = ("gemini", "v1beta")
ALPHA: tuple[Backend, str | None] = ("gemini", "v1alpha")
VERTEX: tuple[Backend, str | None] = ("vertex", None)


@pytest.mark.parametrize(
    ("door", "model", "config", "reason"),
    [
        (BETA, "gemini-2.0-flash-live-001", {}, "models/gemini-2.0-flash-live-001 is not found for API version v1beta,"),
        (
            V1,
            "gemini-live-2.5-flash-native-audio",
            {},
            "models/gemini-live-2.5-flash-native-audio is not found for API version v1,",
        ),
        (
            VERTEX,
            "gemini-3.1-flash-live-preview",
            {},
            "models/gemini-3.1-flash-live-preview is not found for API version v1beta1,",
        ),
        (BETA, DATED, {"speech_config": VOICE}, f"Requested voice api_name 'Juniper' is not available for model {DATED}"),
        (VERTEX, "gemini-3.8-live", {"response_modalities": ["TEXT"]}, "Cannot extract voices from a non-audio request."),
        (VERTEX, "gemini-3.8-live", {"response_modalities": ["AUDIO", "TEXT"]}, "At most one response modality can be specified"),
        (VERTEX, "genmedia-local", {"response_modalities": ["VIDEO"]}, f"{INVALID}generationConfig.responseModalities VIDEO."),
        (
            BETA,
            "gemini-3.8-live",
            {"thinking_config": {"thinking_level": "LOW"}},
            "Thinking level is not supported for this model",
        ),
        (BETA, "gemini-3.8-live-extended-thinking", {}, "Thinking level must be specified for this model"),
        (BETA, DATED, {"proactivity": {"proactive_audio": True}}, f"{UNKNOWN}\"proactivity\" at 'setup': Cannot find field."),
        (BETA, DATED, {"enable_affective_dialog": True}, f"{UNKNOWN}\"enableAffectiveDialog\" at 'setup.generation_config'"),
        (ALPHA, "gemini-3.8-live", {"proactivity": {"proactive_audio": False}}, f"{INVALID}proactivity.proactiveAudio."),
        (
            BETA,
            "gemini-3.1-flash-live-preview",
            {"tools": [types.Tool(function_declarations=[NON_BLOCKING])]},
            f"{INVALID}tools[0].functionDeclarations[0].behavior NON_BLOCKING.",
        ),
        (
            VERTEX,
            "gemini-3.8-live",
            {"realtime_input_config": {"turn_coverage": ALL_VIDEO}},
            f"{INVALID}realtimeInputConfig.turnCoverage.",
        ),
        (
            VERTEX,
            "gemini-3.8-live",
            {"context_window_compression": {"trigger_tokens": 4_000}},
            f"{INVALID}contextWindowCompression.triggerTokens must be at least 5000 and at most 128000.",
        ),
        (VERTEX, "gemini-3.8-live", {"avatar_config": {"avatar_name": "a"}}, f"{INVALID}avatarConfig."),
        (
            BETA,
            "gemini-3.8-live",
            {"temperature": 2.5},
            f"{INVALID}generationConfig.temperature must be at least 0 and at most 2.",
        ),
    ],
)
async def test_the_sdk_hears_why(
    engine: Engine, door: tuple[Backend, str | None], model: str, config: dict[str, Any], reason: str
) -> None:
    with pytest.raises(errors.APIError) as caught:
        async with client(engine, *door).aio.live.connect(model=model, config=types.LiveConnectConfig(**config)):
            pass
    assert caught.value.code == (1008 if reason.startswith("models/") else 1007)
    assert str(caught.value.details).startswith(reason)


@pytest.mark.parametrize("door", [BETA, ALPHA, VERTEX], ids=["v1beta", "v1alpha", "vertex"])
async def test_the_sdk_hears_late_of_the_affective_flag(engine: Engine, door: tuple[Backend, str | None]) -> None:
    config = types.LiveConnectConfig(enable_affective_dialog=True)
    async with client(engine, *door).aio.live.connect(model="gemini-3.8-live", config=config) as session:
        await session.send_realtime_input(text="Hello")
        with pytest.raises(errors.APIError) as caught:
            async for _ in session.receive():
                pass
    assert caught.value.code == 1007
    assert caught.value.details == f"{INVALID}generationConfig.enableAffectiveDialog."
