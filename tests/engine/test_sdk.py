"""Google's own SDK, as published, holds conversations with the scripted engine over TLS, in both of its modes."""

from __future__ import annotations

import asyncio
import io
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
from PIL import Image

from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.server import Engine

PACE = 10
"""Milliseconds of voice a character: the end of a turn waits until the voice has been played."""

MODELS = {
    "vertex": "gemini-live-2.5-flash-native-audio",
    "developer": "gemini-3.8-live",
    "local": "genmedia-local",
}
"""Each writes down what was said in its own way."""

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


@dataclass
class Client:
    """The SDK in one of its modes, and a model for it."""

    sdk: genai.Client
    model: str


@pytest.fixture(params=list(MODELS))
def client(request: pytest.FixtureRequest, engine: Engine) -> Client:
    context = ssl.create_default_context(cadata=engine.ca)
    url = f"https://127.0.0.1:{engine.port}"
    options = types.HttpOptions(base_url=url, async_client_args={"ssl": context, "proxy": None})
    if request.param == "developer":
        sdk = genai.Client(api_key="AIza-none", vertexai=False, http_options=options)
    else:
        token = Credentials(token="ya29.none")  # type: ignore[no-untyped-call]
        sdk = genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)
    return Client(sdk, MODELS[request.param])


def connect(client: Client, **config: Any) -> AbstractAsyncContextManager[AsyncSession]:
    return client.sdk.aio.live.connect(model=client.model, config=types.LiveConnectConfig(**config))


@dataclass
class Heard:
    """What came of one turn."""

    events: list[str] = field(default_factory=list)
    user: str = ""
    interim: str = ""
    agent: str = ""
    pcm: bytes = b""
    finished: bool | None = None
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
        heard.finished = content.input_transcription.finished
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


async def test_a_typed_turn(client: Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        assert bool(session.session_id) == (client.model != MODELS["developer"])
        await session.send_realtime_input(text="hello")
        heard = await turn(session)
        assert heard.agent == "You said: hello."
        assert heard.events == ["not resumable", "output_transcription", "audio", "generation_complete", "turn_complete"]
        assert len(heard.pcm) == len("You said: hello.") * PACE * 48
        assert heard.usage is not None
        assert heard.usage.response_token_count == round(len(heard.pcm) / 48_000 * 25)
        assert await handle_after(session, heard)


async def test_content_with_history(client: Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        said: list[types.Content | types.ContentDict] = [
            types.Content(role="user", parts=[types.Part(text="My name is Ada.")]),
            types.Content(role="model", parts=[types.Part(text="Hello Ada.")]),
            types.Content(role="user", parts=[types.Part(text="What is my name?")]),
        ]
        await session.send_client_content(turns=said, turn_complete=True)
        assert (await turn(session)).agent == "Your name is Ada."


@pytest.mark.parametrize("rate", [16_000, 48_000])
async def test_a_spoken_turn(client: Client, rate: int) -> None:
    async with connect(client, **CAPTIONS) as session:
        pcm = bytes(rate) + speech(1.2, rate) + bytes(rate * 2)
        _, heard = await asyncio.gather(talk(session, pcm, rate), turn(session))
        assert heard.user.strip() == "1.2 seconds of speech"
        local = client.model == MODELS["local"]
        assert heard.finished is (True if local else None)
        assert heard.interim.endswith("seconds of speech" if local else "")
        assert heard.agent == "You said: 1.2 seconds of speech."
        assert heard.events.index("input_transcription") < heard.events.index("audio")


async def test_the_end_of_the_stream_ends_the_turn(client: Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        await talk(session, bytes(6_400) + speech(0.8))
        await session.send_realtime_input(audio_stream_end=True)
        assert (await turn(session)).user.strip() == "0.8 seconds of speech"


async def test_push_to_talk(client: Client) -> None:
    manual = {"automatic_activity_detection": {"disabled": True}}
    async with connect(client, **CAPTIONS, realtime_input_config=manual) as session:
        await session.send_realtime_input(activity_start=types.ActivityStart())
        await talk(session, speech(0.5) + bytes(64_000) + speech(0.5))
        await session.send_realtime_input(activity_end=types.ActivityEnd())
        assert (await turn(session)).user.strip() == "3.0 seconds of speech"


async def test_barge_in(client: Client) -> None:
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


async def test_a_session_is_resumed(client: Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        await session.send_realtime_input(text="My name is Grace")
        handle = await handle_after(session, await turn(session))
    async with connect(client, **CAPTIONS, session_resumption={"handle": handle}) as session:
        await session.send_realtime_input(text="What is my name?")
        assert (await turn(session)).agent == "Your name is Grace."


async def test_an_unknown_handle_is_refused(client: Client) -> None:
    with pytest.raises(errors.APIError, match="session not found") as refused:
        async with connect(client, **CAPTIONS, session_resumption={"handle": "nobody"}):
            pass
    assert refused.value.code == 1008


async def test_an_unknown_voice_is_refused(client: Client) -> None:
    voice = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Breeze"}}}
    with pytest.raises(errors.APIError, match="'Breeze' is not available") as refused:
        async with connect(client, **CAPTIONS, speech_config=voice):
            pass
    assert refused.value.code == 1007


async def test_pictures_are_shown(client: Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        await session.send_realtime_input(video=types.Blob(data=b"\xff\xd8\xff" * 1_000, mime_type="image/jpeg"))
        await session.send_realtime_input(text="What do you see?")
        assert (await turn(session)).agent == "You showed 1 picture: unreadable."
        await session.send_realtime_input(video=types.Blob(data=drawn("JPEG", 640, 480), mime_type="image/jpeg"))
        await session.send_realtime_input(text="What do you see?")
        assert (await turn(session)).agent == "You showed 2 pictures: unreadable, 640x480."
        picture = types.Part.from_bytes(data=drawn("WEBP", 1_024, 576), mime_type="image/webp")
        question = types.Content(role="user", parts=[picture, types.Part(text="What do you see now?")])
        await session.send_client_content(turns=question)
        heard = await turn(session)
        assert heard.agent == "You showed 2 pictures: 640x480, 1024x576."
        assert heard.usage is not None
        assert {row.modality: row.token_count for row in heard.usage.prompt_tokens_details or ()}[
            types.MediaModality.VIDEO
        ] == 774


async def test_a_function_shows_pictures_too(client: Client) -> None:
    tools: list[Any] = [{"function_declarations": [{"name": "snap"}]}]
    async with connect(client, **CAPTIONS, tools=tools) as session:
        await session.send_realtime_input(text="Call snap")
        async for message in session.receive():
            if message.tool_call:
                break
        assert message.tool_call is not None
        (call,) = message.tool_call.function_calls or ()
        blob = types.FunctionResponseBlob(data=drawn("PNG", 320, 200), mime_type="image/png")
        response = types.FunctionResponse(
            id=call.id, name="snap", response={"output": "ok"}, parts=[types.FunctionResponsePart(inline_data=blob)]
        )
        await session.send_tool_response(function_responses=response)
        await session.send_realtime_input(text="What do you see?")
        while not (said := (await turn(session)).agent).startswith("You showed"):
            pass  # the turn with the call ends first, where the model did not wait for the result
        assert said == "You showed 1 picture: 320x200."


def drawn(kind: str, width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


async def test_going_away(engine: Engine, client: Client) -> None:
    async with connect(client, **CAPTIONS) as session:
        stopping = asyncio.ensure_future(engine.stop(0.05))  # noqa: TID251
        message = await session._receive()
        assert message.go_away is not None
        assert message.go_away.time_left == "0.05s"
        with pytest.raises(errors.APIError) as gone:
            await session._receive()
        assert gone.value.code == 1001
        await stopping


# ---- functions

TOOLS = [{"function_declarations": [{"name": "look", "description": "Looks.", "parameters": {"type": "OBJECT"}}]}]


async def call(session: AsyncSession, text: str) -> types.FunctionCall:
    """Ask for a function by typing; the call that comes."""
    await session.send_realtime_input(text=text)
    while True:
        if (asked := (await session._receive()).tool_call) is not None:
            assert asked.function_calls is not None
            return asked.function_calls[0]


def result(call: types.FunctionCall, output: str, **fields: Any) -> types.FunctionResponse:
    return types.FunctionResponse(id=call.id, name=call.name, response={"output": output}, **fields)


async def test_a_function_is_called_and_its_result_told(client: Client) -> None:
    async with connect(client, **CAPTIONS, tools=TOOLS) as session:
        asked = await call(session, 'call look with {"where": "there", "a_b": 1}')
        assert (asked.name, asked.args) == ("look", {"where": "there", "a_b": 1})
        if client.model == MODELS["developer"]:  # 3.8 does not wait for functions unless told
            await turn(session)
        await session.send_tool_response(function_responses=[result(asked, "a cat")])
        assert (await turn(session)).agent == 'look returned {"output":"a cat"}.'


async def test_a_function_is_cancelled_by_a_barge_in(client: Client) -> None:
    blocking = [{"function_declarations": [{"name": "look"}]}]
    if client.model == MODELS["developer"]:
        blocking[0]["function_declarations"][0]["behavior"] = "BLOCKING"
    async with connect(client, **CAPTIONS, tools=blocking) as session:
        asked = await call(session, "call look")
        await talk(session, speech(0.6) + bytes(32_000))
        while (cancelled := (await session._receive()).tool_call_cancellation) is None:
            pass
        assert cancelled.ids == [asked.id]
        await session.send_tool_response(function_responses=[result(asked, "too late")])
        assert (await turn(session)).events[-1] == "turn_complete"
        assert (await turn(session)).agent == "You said: 0.6 seconds of speech."


async def test_a_result_is_told_at_once_when_idle_or_not_at_all(engine: Engine, client: Client) -> None:
    beside = [{"function_declarations": [{"name": "look", "behavior": "NON_BLOCKING"}]}]
    if client.model == MODELS["vertex"]:
        pytest.skip("this model does not take `behavior`")
    async with connect(client, **CAPTIONS, tools=beside) as session:
        for scheduling in ("SILENT", "WHEN_IDLE", "INTERRUPT"):
            asked = await call(session, "call look")
            await turn(session)
            await session.send_realtime_input(text="count to 9")
            story = Heard()
            while not story.pcm:
                note(await session._receive(), story)
            await session.send_tool_response(function_responses=[result(asked, scheduling, scheduling=scheduling)])
            await turn(session, story)
            assert ("interrupted" in story.events) == (scheduling == "INTERRUPT")
            if scheduling != "SILENT":
                assert (await turn(session)).agent == f'look returned {{"output":"{scheduling}"}}.'


async def test_a_result_that_nobody_asked_for_closes(client: Client) -> None:
    async with connect(client, **CAPTIONS, tools=TOOLS) as session:
        stray = types.FunctionResponse(id="function-call-of-mine", name="look", response={})
        await session.send_tool_response(function_responses=[stray])
        with pytest.raises(errors.APIError, match="function_responses") as closed:
            await session._receive()
        assert closed.value.code == 1007


# ---- sessions


async def test_a_session_cannot_be_taken_while_it_is_open(client: Client) -> None:
    async with connect(client, **CAPTIONS, session_resumption={}) as session:
        await session.send_realtime_input(text="My name is Grace")
        handle = await handle_after(session, await turn(session))
        with pytest.raises(errors.APIError) as refused:
            async with connect(client, **CAPTIONS, session_resumption={"handle": handle}):
                pass
        assert refused.value.code == 1011


async def test_a_session_is_resumed_at_once_when_its_socket_is_closed(client: Client) -> None:
    handle: str | None = None
    for number in range(5):
        async with connect(client, **CAPTIONS, session_resumption={"handle": handle}) as session:
            await session.send_realtime_input(text=f"{number}")
            handle = await handle_after(session, await turn(session))


async def test_messages_are_counted_for_transparent_resumption(client: Client) -> None:
    if client.model == MODELS["developer"]:
        pytest.skip("the Developer API has no transparent resumption")
    async with connect(client, **CAPTIONS, session_resumption={"transparent": True}) as session:
        for number in (1, 2):
            await session.send_realtime_input(text="hello")
            heard = await turn(session)
            while True:
                message = await session._receive()
                if (update := message.session_resumption_update) is not None and update.resumable:
                    break
            assert update.last_consumed_client_message_index == number
            assert heard.events[-1] == "turn_complete"


async def test_a_window_slides(engine: Engine, client: Client) -> None:
    compression = {"trigger_tokens": 5_000, "sliding_window": {"target_tokens": 100}}
    async with connect(client, **CAPTIONS, context_window_compression=compression, max_output_tokens=6) as session:
        await session.send_realtime_input(text="My name is Grace")
        await turn(session)
        text = types.Part(text="word " * 5_000)
        await session.send_client_content(turns=types.Content(role="user", parts=[text]), turn_complete=True)
        usage = (await turn(session)).usage
        assert usage is not None
        assert (usage.prompt_token_count or 0) > 5_000
        await session.send_realtime_input(text="What is my name?")
        assert (await turn(session)).agent == "I do not know your name."
