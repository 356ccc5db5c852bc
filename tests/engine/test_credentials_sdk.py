"""Google's own SDK and auth library against the engine's REST and its credentials that fail: what a developer gets to see."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google import genai
from google.auth import exceptions as auth
from google.auth.transport.requests import Request
from google.genai import errors, types
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from websockets.exceptions import InvalidStatus

from genmedia_live.engine.front.faults import MAGIC
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.protocol.profiles import PROFILES
from genmedia_live.engine.server import Engine, Options

VERTEX_MODEL, DEVELOPER_MODEL = "gemini-live-2.5-flash-native-audio", "gemini-3.8-live"
TOKENS = [name for name in MAGIC if name.startswith("ya29.")]
KEYS = [name for name in MAGIC if name.startswith("AIza")]

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning",  # the SDK's, over aiohttp
    "ignore::google.genai._common.ExperimentalWarning",
)

Vertex = Callable[..., genai.Client]
Developer = Callable[..., genai.Client]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(scripted_mind(1), Options(plain_port=0))
    await engine.start()
    yield engine
    await engine.stop(0)


@pytest.fixture
def options(engine: Engine) -> types.HttpOptions:
    context = ssl.create_default_context(cadata=engine.ca)
    return types.HttpOptions(
        base_url=f"https://127.0.0.1:{engine.port}",
        async_client_args={"ssl": context, "verify": context, "proxy": None},
        retry_options=types.HttpRetryOptions(attempts=1),
    )


@pytest.fixture
def vertex(options: types.HttpOptions) -> Vertex:
    def client(token: str = "ya29.any", location: str = "us-central1", **more: Any) -> genai.Client:
        credentials = Credentials(token=token, **more)
        return genai.Client(vertexai=True, project="p", location=location, credentials=credentials, http_options=options)

    return client


@pytest.fixture
def developer(options: types.HttpOptions) -> Developer:
    def client(key: str = "AIzaAny", version: str = "v1beta") -> genai.Client:
        return genai.Client(api_key=key, vertexai=False, http_options=options.model_copy(update={"api_version": version}))

    return client


async def opened(client: genai.Client, model: str, **config: Any) -> str | None:
    """Open a session and say something; the words of the answer."""
    settings = types.LiveConnectConfig(response_modalities=[types.Modality.AUDIO], **config)
    async with client.aio.live.connect(model=model, config=settings) as session:
        await session.send_realtime_input(text="hi")
        said = ""
        async for message in session.receive():
            content = message.server_content
            if content is not None and content.output_transcription:
                said += content.output_transcription.text or ""
        return said


# ---- what fails


@pytest.mark.parametrize("token", TOKENS)
async def test_on_vertex_the_upgrade_is_refused_as_countTokens_is(vertex: Vertex, token: str):
    client = vertex(token)
    with pytest.raises(InvalidStatus) as refused:
        await opened(client, VERTEX_MODEL)
    body = json.loads(refused.value.response.body or b"")
    with pytest.raises(errors.ClientError) as failed:
        await client.aio.models.count_tokens(model="gemini-2.5-flash", contents="hi")
    assert refused.value.response.status_code == body["error"]["code"] == failed.value.code
    assert body["error"]["status"] == failed.value.status
    assert body["error"]["details"][0]["reason"] == MAGIC[token].reason
    assert failed.value.details["error"]["details"][0]["reason"] == MAGIC[token].reason


@pytest.mark.parametrize("key", KEYS)
async def test_on_the_developer_api_the_session_is_closed(developer: Developer, key: str):
    client = developer(key)
    with pytest.raises(errors.APIError) as closed:
        await opened(client, DEVELOPER_MODEL)
    assert closed.value.code == {"INVALID_ARGUMENT": 1007, "RESOURCE_EXHAUSTED": 1011}.get(MAGIC[key].status, 1008)
    with pytest.raises(errors.ClientError) as failed:
        await client.aio.models.count_tokens(model="gemini-2.5-flash", contents="hi")
    assert failed.value.status == MAGIC[key].status
    assert str(failed.value.message).startswith(str(closed.value.details))


@pytest.mark.parametrize("location", ["nowhere1", "nowhere-west4"])
async def test_a_region_without_the_model(vertex: Vertex, location: str):
    client = vertex(location=location)
    with pytest.raises(errors.APIError, match="Publisher Model") as closed:
        await opened(client, VERTEX_MODEL)
    assert closed.value.code == 1008
    with pytest.raises(errors.ClientError, match="Publisher Model") as failed:
        await client.aio.models.count_tokens(model="gemini-2.5-flash", contents="hi")
    assert failed.value.code == 404


async def test_a_client_in_gateway_mode_brings_no_credential(options: types.HttpOptions, monkeypatch: pytest.MonkeyPatch):
    """A base URL of one's own and no project: the SDK then sends no Authorization, and takes the URL as it is."""
    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    path = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
    url = str(options.base_url).replace("https:", "wss:") + path
    client = genai.Client(vertexai=True, http_options=options.model_copy(update={"base_url": url}))
    assert await opened(client, VERTEX_MODEL, output_audio_transcription={}) == "You said: hi."


# ---- what is served


async def test_tokens_are_counted_by_the_mind(engine: Engine, vertex: Vertex, developer: Developer):
    words = "Count these words, please."
    for client in (vertex(), developer()):
        answer = await client.aio.models.count_tokens(model="gemini-2.5-flash", contents=words)
        assert answer.total_tokens == engine._workers.mind.llm.count_tokens(words)


async def test_models_are_listed(vertex: Vertex, developer: Developer):
    served = {profile.name for profile in PROFILES if "gemini" in profile.backends} | {"genmedia-local"}
    listed = [model async for model in await developer().aio.models.list(config={"page_size": 2})]
    assert {str(model.name) for model in listed} == {f"models/{name}" for name in served}
    assert all(model.supported_actions == ["bidiGenerateContent"] and model.input_token_limit for model in listed)
    names = [str(model.name) async for model in await vertex().aio.models.list()]
    assert f"publishers/google/models/{VERTEX_MODEL}" in names
    model = await developer().aio.models.get(model=DEVELOPER_MODEL)
    assert (model.name, model.display_name) == (f"models/{DEVELOPER_MODEL}", "Gemini 3.8 Live")
    with pytest.raises(errors.ClientError) as missing:
        await vertex().aio.models.get(model="gemini-none")
    assert missing.value.code == 404


class TestEphemeral:
    async def issued(self, developer: Developer, **config: Any) -> genai.Client:
        """A client that has nothing but the token."""
        made = await developer(version="v1alpha").aio.auth_tokens.create(config=types.CreateAuthTokenConfig(**config))
        return developer(str(made.name), "v1alpha")

    async def test_once(self, developer: Developer):
        client = await self.issued(developer)
        assert await opened(client, DEVELOPER_MODEL, output_audio_transcription={}) == "You said: hi."
        with pytest.raises(errors.APIError, match="no uses left") as spent:
            await opened(client, DEVELOPER_MODEL)
        assert spent.value.code == 1008

    async def test_its_set_up_replaces_the_client_s(self, developer: Developer):
        """And drops without a word what the client asked for, as users of the real service found."""
        constraints = {"model": DEVELOPER_MODEL, "config": {"response_modalities": ["AUDIO"]}}
        client = await self.issued(developer, uses=2, live_connect_constraints=constraints)
        assert await opened(client, "gemini-other", output_audio_transcription={}) == ""

    async def test_its_mask_decides_some_fields_alone(self, developer: Developer):
        constraints = {"model": DEVELOPER_MODEL, "config": {"temperature": 0.1}}
        client = await self.issued(developer, live_connect_constraints=constraints, lock_additional_fields=["max_output_tokens"])
        assert await opened(client, "gemini-other", output_audio_transcription={}, max_output_tokens=-1) == "You said: hi."

    @pytest.mark.parametrize("another", [False, True])
    async def test_it_resumes(self, developer: Developer, another: bool):
        """A backend may give each connection a token of its own."""
        client = await self.issued(developer)
        handle = None
        config = types.LiveConnectConfig(session_resumption=types.SessionResumptionConfig())
        async with client.aio.live.connect(model=DEVELOPER_MODEL, config=config) as session:
            await session.send_realtime_input(text="My name is Grace")
            while handle is None:
                update = (await session._receive()).session_resumption_update
                handle = update.new_handle if update is not None and update.resumable else None
        client = await self.issued(developer) if another else client
        config.session_resumption = types.SessionResumptionConfig(handle=handle)
        config.output_audio_transcription = types.AudioTranscriptionConfig()
        async with client.aio.live.connect(model=DEVELOPER_MODEL, config=config) as session:
            await session.send_realtime_input(text="What is my name?")
            said = [message.server_content async for message in session.receive()]
        words = [content.output_transcription.text for content in said if content and content.output_transcription]
        assert "".join(str(word) for word in words) == "Your name is Grace."

    async def test_too_late(self, developer: Developer):
        soon = datetime.now(UTC) + timedelta(seconds=0.05)
        client = await self.issued(developer, uses=0, new_session_expire_time=soon)
        with pytest.raises(errors.APIError, match="no new session") as late:
            await self.again_and_again(client)
        assert late.value.code == 1008

    async def again_and_again(self, client: genai.Client):
        while True:
            await opened(client, DEVELOPER_MODEL)

    async def test_a_wrong_one_is_not_issued(self, developer: Developer):
        with pytest.raises(errors.ClientError) as failed:
            await self.issued(developer, uses=-1)
        assert failed.value.code == 400


# ---- google-auth


@pytest.fixture
def transport() -> Request:
    session = requests.Session()
    session.trust_env = False
    return Request(session=session)


@pytest.fixture
def account(engine: Engine, tmp_path: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "k",
        "private_key": pem.decode(),
        "client_email": "robot@p.iam.gserviceaccount.com",
        "token_uri": f"http://127.0.0.1:{engine.plain_port}/token",
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps(content))
    return path


async def test_a_service_account_gets_a_token_and_talks(account: Path, transport: Request, options: types.HttpOptions):
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    credentials = service_account.Credentials.from_service_account_file(str(account), scopes=scopes)
    await asyncio.to_thread(credentials.refresh, transport)
    assert credentials.token.startswith("ya29.")
    assert credentials.valid
    client = genai.Client(vertexai=True, project="p", location="us-central1", credentials=credentials, http_options=options)
    assert await opened(client, VERTEX_MODEL, output_audio_transcription={}) == "You said: hi."


async def test_a_user_s_refresh_token(engine: Engine, transport: Request):
    def user(refresh_token: str) -> Any:
        uri = f"http://127.0.0.1:{engine.plain_port}/token"
        return Credentials(None, refresh_token=refresh_token, token_uri=uri, client_id="c", client_secret="s")

    good = user("1//good")
    await asyncio.to_thread(good.refresh, transport)
    assert good.valid
    with pytest.raises(auth.RefreshError, match="invalid_grant") as refused:
        await asyncio.to_thread(user("1//REVOKED").refresh, transport)
    assert refused.value.retryable is False
