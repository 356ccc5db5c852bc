"""Google's own SDK, as published, holds conversations with the scripted engine over TLS, in both of its modes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession
from google.oauth2.credentials import Credentials

from genmedia_live.engine.scripted import scripted_mind
from genmedia_live.engine.server import Engine

PACE = 10
"""Milliseconds of voice a character: the end of a turn waits until the voice has been played."""

MODEL = "gemini-live-2.5-flash-native-audio"
CAPTIONS: dict[str, Any] = {
    "response_modalities": ["AUDIO"],
    "input_audio_transcription": {},
    "output_audio_transcription": {},
}


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(scripted_mind(PACE))
    await engine.start()
    yield engine
    await engine.stop(0)


@pytest.fixture(params=["vertex", "developer"])
def client(request: pytest.FixtureRequest, engine: Engine) -> genai.Client:
    context = ssl.create_default_context(cadata=engine.ca)
    url = f"https://127.0.0.1:{engine.port}"
    options = types.HttpOptions(base_url=url, async_client_args={"ssl": context, "proxy": None})
    if request.param == "developer":
        return genai.Client(api_key="AIza-none", vertexai=False, http_options=options)
    token = Credentials(token="ya29.none")  # type: ignore[no-untyped-call]
    return genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)


def connect(client: genai.Client, **config: Any) -> AbstractAsyncContextManager[AsyncSession]:
    return client.aio.live.connect(model=MODEL, config=types.LiveConnectConfig(**config))


@dataclass
class Heard:
    """What came of one turn."""

    events: list[str] = field(default_factory=list)
    user: str = ""
    interim: str = ""
    agent: str = ""
    pcm: bytes = b""
    handle: str | None = None
    usage: types.UsageMetadata | None = None


async def turn(session: AsyncSession, heard: Heard | None = None) -> Heard:
    """Everything up to the end of a turn."""
    heard = heard or Heard()
    async for message in session.receive():
        note(message, heard)
    return heard


def note(message: types.LiveServerMessage, heard: Heard) -> None:
    heard.usage = message.usage_metadata or heard.usage
    if (update := message.session_resumption_update) is not None:
        heard.events.append("resumable" if update.resumable else "not resumable")
        heard.handle = update.new_handle or heard.handle
    if (content := message.server_content) is None:
        return
    if content.input_transcription:
        heard.user += content.input_transcription.text or ""
        assert content.input_transcription.finished
    if content.interim_input_transcription:
        heard.interim = content.interim_input_transcription.text or ""
    if content.output_transcription:
        heard.agent += content.output_transcription.text or ""
    for name in ("input_transcription", "output_transcription", "generation_complete", "interrupted", "turn_complete"):
        if getattr(content, name):
            heard.events.append(name)
    if content.model_turn and content.model_turn.parts:
        (part,) = content.model_turn.parts
        assert part.inline_data is not None
        assert part.inline_data.mime_type == "audio/pcm;rate=24000"
        heard.events += ["audio"] if heard.events[-1:] != ["audio"] else []
        heard.pcm += part.inline_data.data or b""


async def handle_after(session: AsyncSession, heard: Heard) -> str:
    """The handle that comes behind the end of the turn."""
    while heard.handle is None:
        message = await session._receive()
        note(message, heard)
    return heard.handle


def speech(seconds: float, rate: int = 16_000) -> bytes:
    return (0.3 * np.sin(np.arange(int(seconds * rate)) * 400 / rate) * 32767).astype("<i2").tobytes()


async def talk(session: AsyncSession, pcm: bytes, rate: int = 16_000) -> None:
    """Send audio in chunks of 40 ms, as fast as the socket takes them."""
    size = rate * 2 * 40 // 1000
    for at in range(0, len(pcm), size):
        chunk = types.Blob(data=pcm[at : at + size], mime_type=f"audio/pcm;rate={rate}")
        await session.send_realtime_input(audio=chunk)


async def test_a_typed_turn(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        assert session.session_id
        await session.send_realtime_input(text="hello")
        heard = await turn(session)
        assert heard.agent == "You said: hello."
        assert heard.events == ["not resumable", "output_transcription", "audio", "generation_complete", "turn_complete"]
        assert len(heard.pcm) == len("You said: hello.") * PACE * 48
        assert heard.usage is not None
        assert heard.usage.response_token_count == round(len(heard.pcm) / 48_000 * 25)
        assert await handle_after(session, heard)


async def test_content_with_history(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        said = [
            types.Content(role="user", parts=[types.Part(text="My name is Ada.")]),
            types.Content(role="model", parts=[types.Part(text="Hello Ada.")]),
            types.Content(role="user", parts=[types.Part(text="What is my name?")]),
        ]
        await session.send_client_content(turns=said, turn_complete=True)
        assert (await turn(session)).agent == "Your name is Ada."


@pytest.mark.parametrize("rate", [16_000, 48_000])
async def test_a_spoken_turn(client: genai.Client, rate: int) -> None:
    async with connect(client, **CAPTIONS) as session:
        pcm = bytes(rate) + speech(1.2, rate) + bytes(rate * 2)
        _, heard = await asyncio.gather(talk(session, pcm, rate), turn(session))
        assert heard.user == "1.2 seconds of speech"
        assert heard.interim.endswith("seconds of speech")
        assert heard.agent == "You said: 1.2 seconds of speech."
        assert heard.events.index("input_transcription") < heard.events.index("audio")


async def test_the_end_of_the_stream_ends_the_turn(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        await talk(session, bytes(6_400) + speech(0.8))
        await session.send_realtime_input(audio_stream_end=True)
        assert (await turn(session)).user == "0.8 seconds of speech"


async def test_push_to_talk(client: genai.Client) -> None:
    manual = {"automatic_activity_detection": {"disabled": True}}
    async with connect(client, **CAPTIONS, realtime_input_config=manual) as session:
        await session.send_realtime_input(activity_start=types.ActivityStart())
        await talk(session, speech(0.5) + bytes(64_000) + speech(0.5))
        await session.send_realtime_input(activity_end=types.ActivityEnd())
        assert (await turn(session)).user == "3.0 seconds of speech"


async def test_barge_in(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        await session.send_realtime_input(text="count to 90")
        first = Heard()
        while not first.pcm:
            note(await session._receive(), first)
        await talk(session, speech(0.6) + bytes(32_000))
        await turn(session, first)
        assert first.events[-2:] == ["interrupted", "turn_complete"]
        second = await turn(session)
        assert second.agent == "You said: 0.6 seconds of speech."
        assert "interrupted" not in second.events


async def test_a_session_is_resumed(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        await session.send_realtime_input(text="My name is Grace")
        handle = await handle_after(session, await turn(session))
    async with connect(client, **CAPTIONS, session_resumption={"handle": handle}) as session:
        await session.send_realtime_input(text="What is my name?")
        assert (await turn(session)).agent == "Your name is Grace."


async def test_an_unknown_handle_is_refused(client: genai.Client) -> None:
    with pytest.raises(errors.APIError, match="session not found") as refused:
        async with connect(client, **CAPTIONS, session_resumption={"handle": "nobody"}):
            pass
    assert refused.value.code == 1008


async def test_an_unknown_voice_is_refused(client: genai.Client) -> None:
    voice = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Breeze"}}}
    with pytest.raises(errors.APIError, match="'Breeze' is not available") as refused:
        async with connect(client, **CAPTIONS, speech_config=voice):
            pass
    assert refused.value.code == 1007


async def test_pictures_are_taken(client: genai.Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        await session.send_realtime_input(video=types.Blob(data=b"\xff\xd8\xff" * 1_000, mime_type="image/jpeg"))
        await session.send_realtime_input(text="hi")
        assert (await turn(session)).agent == "You said: hi."


async def test_going_away(engine: Engine, client: genai.Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        stopping = asyncio.ensure_future(engine.stop(0.05))  # noqa: TID251
        message = await session._receive()
        assert message.go_away is not None
        assert message.go_away.time_left == "0.05s"
        with pytest.raises(errors.APIError) as gone:
            await session._receive()
        assert gone.value.code == 1001
        await stopping
