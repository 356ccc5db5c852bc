"""Talks to the engine through `google-genai`."""

from __future__ import annotations

import asyncio

from google import genai
from google.genai import types
from google.genai.live import AsyncSession
from google.oauth2.credentials import Credentials
from lines import commands, microphone, options, tell

OPTIONS = options()
RESULTS = {function["name"]: function["result"] for function in OPTIONS["functions"]}


def client() -> genai.Client:
    http = types.HttpOptions(base_url=OPTIONS["url"])
    if not OPTIONS["vertex"]:
        return genai.Client(api_key="local", vertexai=False, http_options=http)
    token = Credentials(token="local")  # type: ignore[no-untyped-call]
    return genai.Client(vertexai=True, project="local", location="us-central1", credentials=token, http_options=http)


def config(handle: str | None) -> types.LiveConnectConfig:
    declarations = [
        types.FunctionDeclaration(name=function["name"], description=function["description"], parameters=function["parameters"])
        for function in OPTIONS["functions"]
    ]
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        session_resumption=types.SessionResumptionConfig(handle=handle),
        tools=[types.Tool(function_declarations=declarations)] if declarations else None,
    )


class Conversation:
    """One conversation over as many connections as it takes."""

    def __init__(self) -> None:
        self._session: AsyncSession | None = None
        self._handle: str | None = None

    async def listen(self) -> None:
        """Connect, and again with the newest handle whenever the server is about to go away."""
        live = client().aio.live
        while True:
            async with live.connect(model=OPTIONS["model"], config=config(self._handle)) as session:
                self._session = session
                tell("connected", resumed=self._handle is not None)
                await self._hear(session)

    async def _hear(self, session: AsyncSession) -> None:
        """Until the server says that it goes away."""
        while True:
            async for message in session.receive():
                if message.go_away is not None:
                    return
                await self._note(session, message)

    async def _note(self, session: AsyncSession, message: types.LiveServerMessage) -> None:
        if (update := message.session_resumption_update) is not None and update.resumable:
            self._handle = update.new_handle
        if message.tool_call is not None:
            for call in message.tool_call.function_calls or []:
                tell("call", name=call.name, args=call.args)
                response = types.FunctionResponse(id=call.id, name=call.name, response=RESULTS[str(call.name)])
                await session.send_tool_response(function_responses=response)
        if message.server_content is not None:
            note(message.server_content)

    async def obey(self) -> None:
        """Do what the test says."""
        async for command in commands():
            assert self._session is not None
            if command["do"] == "say":
                await self._session.send_realtime_input(text=command["text"])
            else:
                await microphone(command["wav"], self._send_audio)

    async def _send_audio(self, pcm: bytes, rate: int) -> None:
        assert self._session is not None
        await self._session.send_realtime_input(audio=types.Blob(data=pcm, mime_type=f"audio/pcm;rate={rate}"))


def note(content: types.LiveServerContent) -> None:
    """Tell what the server's message brought."""
    if content.interrupted:
        tell("interrupted")
    if content.input_transcription is not None:
        tell("user", text=content.input_transcription.text)
    if content.output_transcription is not None:
        tell("agent", text=content.output_transcription.text)
    for part in (content.model_turn and content.model_turn.parts) or []:
        if part.inline_data is not None:
            tell("audio", bytes=len(part.inline_data.data or b""), type=part.inline_data.mime_type)
    if content.turn_complete:
        tell("turn_complete")


async def main() -> None:
    conversation = Conversation()
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(conversation.listen())
        await conversation.obey()
        listening.cancel()


asyncio.run(main())
