"""The examples, replayed to Google's own SDK as published."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession
from google.oauth2.credentials import Credentials

from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.script.director import ScriptDirectors
from genmedia_live.engine.script.load import load_script
from genmedia_live.engine.server import Engine

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "scripts"
FUNCTIONS = types.Tool(
    function_declarations=[types.FunctionDeclaration(name="get_order"), types.FunctionDeclaration(name="start_refund")]
)
NOISE = b"\x00\x30\x00\xd0" * 3_200
"""0.4 seconds of a loud noise, 16 kHz."""

PACE = 5
"""Milliseconds of voice a character."""

CUT = "closed 1006 abnormal closure [internal]"
"""How the SDK names a connection that was lost."""


class Client:
    """One application: it connects, again and again, with the handle that it has."""

    def __init__(self, client: genai.Client) -> None:
        self._client = client
        self.handle: str | None = None
        self.pcm = b""

    def connect(self) -> AbstractAsyncContextManager[AsyncSession]:
        config = types.LiveConnectConfig(
            response_modalities=[types.Modality.AUDIO],
            output_audio_transcription=types.AudioTranscriptionConfig(),
            session_resumption=types.SessionResumptionConfig(handle=self.handle),
            tools=[FUNCTIONS],
        )
        return self._client.aio.live.connect(model="gemini-live-2.5-flash-native-audio", config=config)

    async def hear(self, session: AsyncSession, until: str) -> list[str]:
        """What the server says, up to what begins with `until` or to the end; a run of voice as one."""
        heard: list[str] = []
        while not any(word.startswith(until) for word in heard):
            try:
                message = await session._receive()
            except errors.APIError as closed:
                return [*heard, f"closed {closed.code} {closed.details}"]
            except (TypeError, ValueError):
                heard.append("unreadable")
                continue
            for word in self._words(message):
                if heard[-1:] == ["audio"] and word == "audio":
                    continue
                heard.append(word)
        return heard

    def _words(self, message: types.LiveServerMessage) -> list[str]:
        if update := message.session_resumption_update:
            self.handle = update.new_handle or self.handle
            return ["handle"] if update.new_handle else []
        if message.go_away:
            return [f"go_away {message.go_away.time_left}"]
        if message.tool_call:
            return [f"call {call.name} {call.args} {call.id}" for call in message.tool_call.function_calls or []]
        if message.tool_call_cancellation:
            return [f"cancel {len(message.tool_call_cancellation.ids or [])}"]
        if (content := message.server_content) is None:
            return [] if message.usage_metadata else ["nothing"]
        said = [content.output_transcription.text or ""] if content.output_transcription else []
        guessed = [f"guess {content.interim_input_transcription.text}"] if content.interim_input_transcription else []
        flags = ("generation_complete", "interrupted", "turn_complete")
        for part in (content.model_turn.parts or []) if content.model_turn else []:
            self.pcm += (part.inline_data.data or b"") if part.inline_data else b""
        marks = [name for name in flags if getattr(content, name)]
        return [*guessed, *(["audio"] if content.model_turn else []), *said, *marks] or ["nothing"]


Open = Callable[[str], Any]


@pytest.fixture
async def play() -> AsyncIterator[Open]:
    """Starts an engine by an example, and gives a client of it."""
    async with AsyncExitStack() as engines:

        async def start(example: str) -> Client:
            directors = ScriptDirectors(load_script(EXAMPLES / example))
            engine = Engine(scripted_mind(PACE), directors=directors)
            await engine.start()
            engines.push_async_callback(engine.stop, 0)
            options = types.HttpOptions(
                base_url=f"https://127.0.0.1:{engine.port}",
                async_client_args={"ssl": ssl.create_default_context(cadata=engine.ca), "proxy": None},
            )
            token = Credentials(token="local")  # type: ignore[no-untyped-call]
            return Client(
                genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)
            )

        yield start


def said(heard: list[str]) -> str:
    """The captions of what was heard."""
    other = ("audio", "handle", "generation_complete", "interrupted", "turn_complete", "call", "closed", "cancel", "go_away")
    return "".join(word for word in heard if not word.startswith(other)).strip()


async def ask(client: Client, session: AsyncSession, text: str, until: str = "turn_complete") -> list[str]:
    await session.send_realtime_input(text=text)
    return await client.hear(session, until)


async def speak(session: AsyncSession) -> None:
    await session.send_realtime_input(audio=types.Blob(data=NOISE, mime_type="audio/pcm;rate=16000"))
    await session.send_realtime_input(audio_stream_end=True)


async def respond(session: AsyncSession, id: str, name: str, **response: Any) -> None:
    await session.send_tool_response(function_responses=types.FunctionResponse(id=id, name=name, response=response))


async def test_a_support_call(play: Open) -> None:
    client = await play("support-call.yaml")
    async with client.connect() as session:
        assert said(await client.hear(session, "turn_complete")) == "Order desk, good day. Which order is it?"
        assert said(await ask(client, session, "How are you?")) == "I did not understand: How are you?"

        await session.send_realtime_input(text="It is order no. 7.")
        message = await _call(session)
        assert (message.name, message.args) == ("get_order", {"number": "7"})
        await respond(session, message.id, "get_order", result={"number": 7, "state": "sent"})
        assert said(await client.hear(session, "turn_complete")) == "Order 7 is sent. What would you like to do?"

        await session.send_realtime_input(text="My money back!")
        message = await _call(session)
        assert (message.name, message.args) == ("start_refund", {"reason": "My money back!"})
        assert "I have asked for your money." in said(await client.hear(session, "turn_complete"))
        await respond(session, message.id, "start_refund", output={"state": "on its way"})
        assert said(await client.hear(session, "turn_complete")) == "Your refund is on its way."

        await session.send_realtime_input(text="A refund again")
        await _call(session)
        await client.hear(session, "turn_complete")
        heard = await ask(client, session, "Never mind")
        assert "cancel 1" in heard
        assert said(heard) == "Very well, I have called it off."

        await session.send_realtime_input(video=types.Blob(data=b"\xff\xd8\xff", mime_type="image/jpeg"))
        assert said(await client.hear(session, "turn_complete")) == "Thank you, I see the parcel."
        await speak(session)
        assert said(await client.hear(session, "turn_complete")) == "I heard 0.4 seconds of speech."
        heard = await ask(client, session, "Bye!", "closed")
        assert heard[-1] == "closed 1011 Deadline expired before operation could complete."
        assert said(heard) == "Thank you for your call."
        assert "go_away 1s" in heard


async def _call(session: AsyncSession) -> types.FunctionCall:
    while not (message := await session._receive()).tool_call:
        pass
    (call,) = message.tool_call.function_calls or []
    return call


async def test_rough_weather(play: Open) -> None:
    client = await play("rough-weather.yaml")
    async with client.connect() as session:
        heard = await ask(client, session, "My name is Ada.", "go_away 2s")
        assert said(heard) == "My name is Ada."
        assert heard[-1] == "go_away 2s"
        assert client.handle

    async with client.connect() as session:
        text = "This is a sentence that is long enough to be broken in the middle of it."
        heard = await ask(client, session, text * 3, "closed")
        assert heard[-1] == "closed 1011 Internal error encountered."
        assert "audio" in heard
        assert "turn_complete" not in heard
    with pytest.raises(errors.APIError, match="session not found") as refused:
        await client.connect().__aenter__()
    assert refused.value.code == 1008

    async with client.connect() as session:
        await session.send_realtime_input(text="One, two, three, four, five. " * 20)
        await client.hear(session, "audio")
        heard = await ask(client, session, "Stop", "closed")
        assert [word for word in heard if word != "handle"][-3:] == ["interrupted", "turn_complete", CUT]

    async with client.connect() as session:
        before = asyncio.get_running_loop().time()
        assert said(await ask(client, session, "Still there?")) == "Still there?"
        assert asyncio.get_running_loop().time() - before >= 1
    async with client.connect() as session:
        assert said(await ask(client, session, "And now?")) == "And now?"


async def test_bad_manners(play: Open) -> None:
    client = await play("bad-manners.yaml")
    async with client.connect() as session:
        heard = await ask(client, session, "garbage")
        assert heard == ["unreadable"] * 3 + ["nothing", "That was garbage.", "audio", "generation_complete", "turn_complete"]

        client.pcm = b""
        assert said(await ask(client, session, "repeat")) == "Once."
        assert client.pcm == 3 * client.pcm[: len("Once.") * PACE * 48]

        before = asyncio.get_running_loop().time()
        assert said(await ask(client, session, "stall")) == "Here I am again."
        assert asyncio.get_running_loop().time() - before >= 0.5

        heard = await ask(client, session, "interrupt")
        assert heard[-2:] == ["interrupted", "turn_complete"]
        assert "generation_complete" not in heard

        assert (await ask(client, session, "ghost"))[-2:] == ["generation_complete", "turn_complete"]
        heard = await client.hear(session, "cancel")
        assert [word for word in heard if word != "handle"] == ["interrupted", "turn_complete", "cancel 1"]
        assert await ask(client, session, "silence") == ["generation_complete", "turn_complete"]

        await speak(session)
        heard = await client.hear(session, "turn_complete")
        assert "guess Nobody said this" in heard
        assert "You said: 0.4 seconds of speech." in heard
        assert (await ask(client, session, "flood", "closed"))[-1] == CUT
