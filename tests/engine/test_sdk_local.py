"""Google's own SDK holds spoken conversations with the real models."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
import soxr
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.server import Engine
from genmedia_live.ports import Samples
from tests.engine.drawing import coded, sign

pytestmark = [pytest.mark.weights, pytest.mark.timeout(600)]

Say = Callable[[str, str], Samples]

CONFIG = types.LiveConnectConfig(
    response_modalities=[types.Modality.AUDIO],
    input_audio_transcription=types.AudioTranscriptionConfig(),
    output_audio_transcription=types.AudioTranscriptionConfig(),
)


@pytest.fixture(params=["vertex", "developer"])
async def client(mind: Mind, request: pytest.FixtureRequest) -> AsyncIterator[genai.Client]:
    engine = Engine(mind)
    await engine.start()
    context = ssl.create_default_context(cadata=engine.ca)
    url = f"https://127.0.0.1:{engine.port}"
    options = types.HttpOptions(base_url=url, async_client_args={"ssl": context, "proxy": None})
    if request.param == "developer":
        yield genai.Client(api_key="AIza-none", vertexai=False, http_options=options)
    else:
        token = Credentials(token="ya29.none")  # type: ignore[no-untyped-call]
        yield genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)
    await engine.stop(0)


async def ask(session: genai.live.AsyncSession, question: Samples) -> tuple[str, str, Samples]:
    """Speak in real time, then be silent; what was heard, what was answered, and its voice at 16 kHz."""
    answered = asyncio.Event()

    async def speak() -> None:
        samples = np.concatenate([np.zeros(8_000), question, np.zeros(32_000)])
        pcm = (samples * 32_767).astype("<i2").tobytes()
        for at in range(0, len(pcm), 1_280):
            await session.send_realtime_input(audio=types.Blob(data=pcm[at : at + 1_280], mime_type="audio/pcm;rate=16000"))
            await asyncio.sleep(0.04)
            if answered.is_set():
                return

    async def listen() -> tuple[str, str, bytes]:
        heard, said, voice = "", "", b""
        async for message in session.receive():
            if (content := message.server_content) is None:
                continue
            if content.input_transcription:
                assert not voice, "the words of the question come before the answer"
                heard += content.input_transcription.text or ""
            if content.output_transcription:
                said += content.output_transcription.text or ""
            if content.model_turn and content.model_turn.parts and (blob := content.model_turn.parts[0].inline_data):
                answered.set()
                voice += blob.data or b""
        return heard, said, voice

    _, (heard, said, voice) = await asyncio.gather(speak(), listen())
    samples = np.frombuffer(voice, "<i2") / 32_768
    return heard, said, np.asarray(soxr.resample(samples, VOICE_RATE, MIC_RATE), np.float32)


async def test_a_spoken_question_has_a_spoken_answer(client: genai.Client, mind: Mind, say: Say) -> None:
    async with client.aio.live.connect(model="local", config=CONFIG) as session:
        heard, said, voice = await ask(session, say("What is the capital of France?", "vera"))
        assert "capital of france" in heard.lower()
        assert "Paris" in said
        assert "paris" in mind.stt.transcribe(voice).lower()
        heard, said, _ = await ask(session, say("In which country is that city?", "vera"))
        assert "country" in heard.lower()
        assert "France" in said


async def test_a_typed_question_has_a_spoken_answer(client: genai.Client, mind: Mind) -> None:
    async with client.aio.live.connect(model="local", config=CONFIG) as session:
        await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text="What is two plus two?")]))
        said, voice = "", b""
        async for message in session.receive():
            if (content := message.server_content) and content.output_transcription:
                said += content.output_transcription.text or ""
            if content and content.model_turn and content.model_turn.parts and (blob := content.model_turn.parts[0].inline_data):
                voice += blob.data or b""
        samples = np.asarray(soxr.resample(np.frombuffer(voice, "<i2") / 32_768, VOICE_RATE, MIC_RATE), np.float32)
        for words in (said, mind.stt.transcribe(samples)):
            assert "four" in words.lower() or "4" in words


async def test_speech_breaks_into_a_long_answer(client: genai.Client, say: Say) -> None:
    async with client.aio.live.connect(model="local", config=CONFIG) as session:
        await session.send_realtime_input(text="Tell me a long story about a lighthouse keeper and his dog.")
        async for message in session.receive():
            if message.server_content and message.server_content.model_turn:
                break
        pcm = (
            (np.concatenate([say("Tell me what two plus three is.", "atlas"), np.zeros(24_000)]) * 32_767).astype("<i2").tobytes()
        )
        for at in range(0, len(pcm), 1_280):
            await session.send_realtime_input(audio=types.Blob(data=pcm[at : at + 1_280], mime_type="audio/pcm;rate=16000"))
            await asyncio.sleep(0.04)
        ends = [
            name
            async for message in session.receive()
            if (content := message.server_content)
            for name in ("interrupted", "turn_complete")
            if getattr(content, name)
        ]
        assert ends == ["interrupted", "turn_complete"]
        async for message in session.receive():
            if message.server_content and message.server_content.input_transcription:
                assert "two" in (message.server_content.input_transcription.text or "").lower()


async def test_a_sign_is_read(client: genai.Client, say: Say) -> None:
    shown = types.Blob(data=coded(sign()), mime_type="image/jpeg")
    async with client.aio.live.connect(model="local", config=CONFIG) as session:
        await session.send_realtime_input(video=shown)
        heard, said, _ = await ask(session, say("Read me this sign.", "vera"))
        assert "sign" in heard.lower()
        assert "open daily" in said.lower()
        await session.send_realtime_input(text="When do they open?")
        said = ""
        async for message in session.receive():
            if (content := message.server_content) and content.output_transcription:
                said += content.output_transcription.text or ""
        assert "8" in said or "eight" in said.lower()
