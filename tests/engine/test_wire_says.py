"""What the engine says: its frames as they stand, and as the SDK's own converters read them in both of its modes."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from google.genai.live import AsyncSession
from google.oauth2.credentials import Credentials

from genmedia_live.engine.protocol import messages
from genmedia_live.engine.protocol.messages import (
    Audio,
    GenerationComplete,
    GoAway,
    InputTranscription,
    InterimInputTranscription,
    Interrupted,
    ModelText,
    OutputTranscription,
    Raw,
    ResumptionUpdate,
    ServerMessage,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    TurnComplete,
    Usage,
    VoiceActivity,
)
from genmedia_live.engine.protocol.schema import SERVER_MESSAGE
from genmedia_live.engine.protocol.schema.fields import Message, reachable
from genmedia_live.engine.protocol.schema.kinds import Kind
from genmedia_live.engine.protocol.wire import encode
from genmedia_live.ports import FunctionCall

USAGE = Usage(prompt_text=3, prompt_audio=4, prompt_video=258, tool_text=6, answer_text=2, answer_audio=5)
CALLS = (FunctionCall("get_weather", {"my_city": "Rome", "turnComplete": None}, "call-1"), FunctionCall("f", {}, "call-2"))

ANSWER = [{"modality": "TEXT", "tokenCount": 2}, {"modality": "AUDIO", "tokenCount": 5}]
PROMPT = [{"modality": "TEXT", "tokenCount": 3}, {"modality": "AUDIO", "tokenCount": 4}, {"modality": "VIDEO", "tokenCount": 258}]

SAID: list[tuple[ServerMessage, dict[str, Any]]] = [
    (SetupComplete("s"), {"setupComplete": {"sessionId": "s"}}),
    (SetupComplete(), {"setupComplete": {}}),
    (
        Audio(3, b"\xff\xfe"),
        {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "//4="}}]}}},
    ),
    (ModelText("hi"), {"serverContent": {"modelTurn": {"parts": [{"text": "hi"}]}}}),
    (InterimInputTranscription("he"), {"serverContent": {"interimInputTranscription": {"text": "he"}}}),
    (InputTranscription("hello"), {"serverContent": {"inputTranscription": {"text": "hello", "finished": True}}}),
    (InputTranscription(" he", False), {"serverContent": {"inputTranscription": {"text": " he", "finished": False}}}),
    (InputTranscription("hello", None), {"serverContent": {"inputTranscription": {"text": "hello"}}}),
    (OutputTranscription("yes"), {"serverContent": {"outputTranscription": {"text": "yes"}}}),
    (Interrupted(), {"serverContent": {"interrupted": True}}),
    (GenerationComplete(), {"serverContent": {"generationComplete": True}}),
    (
        TurnComplete(USAGE, "NEED_MORE_INPUT", "IDLE"),
        {
            "serverContent": {"turnComplete": True, "turnCompleteReason": "NEED_MORE_INPUT", "interactionStatus": "IDLE"},
            "usageMetadata": {
                "promptTokenCount": 265,
                "promptTokensDetails": PROMPT,
                "toolUsePromptTokenCount": 6,
                "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 6}],
                "responseTokenCount": 7,
                "responseTokensDetails": ANSWER,
                "candidatesTokenCount": 7,
                "candidatesTokensDetails": ANSWER,
                "totalTokenCount": 278,
            },
        },
    ),
    (
        TurnComplete(Usage(answer_audio=5)),
        {
            "serverContent": {"turnComplete": True},
            "usageMetadata": {
                "promptTokenCount": 0,
                "promptTokensDetails": [],
                "responseTokenCount": 5,
                "responseTokensDetails": ANSWER[1:],
                "candidatesTokenCount": 5,
                "candidatesTokensDetails": ANSWER[1:],
                "totalTokenCount": 5,
            },
        },
    ),
    (
        ToolCall(CALLS),
        {
            "toolCall": {
                "functionCalls": [
                    {"id": "call-1", "name": "get_weather", "args": {"my_city": "Rome", "turnComplete": None}},
                    {"id": "call-2", "name": "f", "args": {}},
                ]
            }
        },
    ),
    (ToolCallCancellation(("call-1", "call-2")), {"toolCallCancellation": {"ids": ["call-1", "call-2"]}}),
    (ResumptionUpdate(), {"sessionResumptionUpdate": {"resumable": False}}),
    (ResumptionUpdate("h"), {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}),
    (
        ResumptionUpdate("h", 7),
        {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True, "lastConsumedClientMessageIndex": "7"}},
    ),
    (GoAway(9.5), {"goAway": {"timeLeft": "9.5s"}}),
    (GoAway(10), {"goAway": {"timeLeft": "10s"}}),
    (
        VoiceActivity("ACTIVITY_START", 1.2),
        {
            "voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "1.2s"},
            "voiceActivityDetectionSignal": {"vadSignalType": "VAD_SIGNAL_TYPE_SOS"},
        },
    ),
]


@pytest.mark.parametrize(("message", "document"), SAID)
def test_the_frame_of_a_message(message: ServerMessage, document: dict[str, Any]) -> None:
    frame = encode(message)
    assert isinstance(frame, bytes)
    assert json.loads(frame) == document


def test_every_message_that_there_is_has_a_frame() -> None:
    assert {type(message) for message, _ in SAID} | {Raw} == set(typing.get_args(messages.ServerMessage))


@pytest.mark.parametrize("frame", [b"\x00garbage", "{not json"])
def test_a_scripts_own_frame_goes_as_it_is(frame: bytes | str) -> None:
    assert encode(Raw(frame)) is frame


# ---- the schema


def used(value: Any, kind: Kind) -> Iterator[tuple[str, str]]:
    """Each field in the document, by its message."""
    if isinstance(kind, Message):
        for name, item in value.items():
            yield kind.name, name
            yield from used(item, kind.fields[name].kind)
    else:
        for inner in kind.inner():
            for item in value:
                yield from used(item, inner)


def test_what_the_schema_calls_sent_is_sent_and_nothing_else() -> None:
    sent = {
        (message.name, field.name)
        for message in reachable(SERVER_MESSAGE).values()
        for field in message.fields.values()
        if field.verdict == "sent"
    }
    assert {field for _, document in SAID for field in used(document, SERVER_MESSAGE)} == sent


@pytest.mark.parametrize(("message", "document"), SAID)
def test_the_values_are_of_the_kinds_that_the_schema_names(message: ServerMessage, document: dict[str, Any]) -> None:
    read = SERVER_MESSAGE.read(document)
    update = document.get("sessionResumptionUpdate", {})
    assert read == document or "lastConsumedClientMessageIndex" in update  # an int64 is a string in proto-JSON


# ---- the SDK


class OneFrame:
    """A socket that holds one frame."""

    def __init__(self, frame: bytes | str) -> None:
        self.frame = frame

    async def recv(self, decode: bool | None = None) -> bytes | str:
        return self.frame


@pytest.fixture(scope="module", params=["vertex", "developer"])
def client(request: pytest.FixtureRequest) -> genai.Client:
    if request.param == "developer":
        return genai.Client(api_key="AIza-none", vertexai=False)
    token = Credentials(token="ya29.none")
    return genai.Client(vertexai=True, project="p", location="us-central1", credentials=token)


async def read_by_sdk(client: genai.Client, message: ServerMessage) -> types.LiveServerMessage:
    """What a user of the SDK gets of the message."""
    session = AsyncSession(api_client=client._api_client, websocket=OneFrame(encode(message)))  # type: ignore[arg-type]
    return await anext(session.receive())


async def content_by_sdk(client: genai.Client, message: ServerMessage) -> types.LiveServerContent:
    content = (await read_by_sdk(client, message)).server_content
    assert content is not None
    return content


async def test_the_sdk_hears_the_voice_and_reads_the_text(client: genai.Client) -> None:
    spoken = (await content_by_sdk(client, Audio(1, b"\xff\xfb\xfe\x00"))).model_turn
    assert spoken == types.Content(
        parts=[types.Part(inline_data=types.Blob(mime_type="audio/pcm;rate=24000", data=b"\xff\xfb\xfe\x00"))]
    )
    written = (await content_by_sdk(client, ModelText("hi"))).model_turn
    assert written == types.Content(parts=[types.Part(text="hi")])


async def test_the_sdk_reads_the_transcripts(client: genai.Client) -> None:
    assert (await content_by_sdk(client, InterimInputTranscription("he"))).interim_input_transcription == types.Transcription(
        text="he"
    )
    said = (await content_by_sdk(client, InputTranscription("hello"))).input_transcription
    assert said == types.Transcription(text="hello", finished=True)
    delta = (await content_by_sdk(client, InputTranscription(" hello", None))).input_transcription
    assert delta == types.Transcription(text=" hello")
    assert (await content_by_sdk(client, OutputTranscription("yes"))).output_transcription == types.Transcription(text="yes")


async def test_the_sdk_reads_the_end_of_a_turn_with_its_usage(client: genai.Client) -> None:
    assert (await content_by_sdk(client, Interrupted())).interrupted
    assert (await content_by_sdk(client, GenerationComplete())).generation_complete
    message = await read_by_sdk(client, TurnComplete(USAGE, "NEED_MORE_INPUT", "IDLE"))
    assert message.server_content == types.LiveServerContent(
        turn_complete=True,
        turn_complete_reason=types.TurnCompleteReason.NEED_MORE_INPUT,
        interaction_status=types.InteractionStatus.IDLE,
    )
    assert message.usage_metadata == types.UsageMetadata(
        prompt_token_count=265,
        tool_use_prompt_token_count=6,
        response_token_count=7,
        total_token_count=278,
        prompt_tokens_details=counted(TEXT=3, AUDIO=4, VIDEO=258),
        tool_use_prompt_tokens_details=counted(TEXT=6),
        response_tokens_details=counted(TEXT=2, AUDIO=5),
    )


def counted(**counts: int) -> list[types.ModalityTokenCount]:
    return [types.ModalityTokenCount(modality=types.MediaModality(name), token_count=count) for name, count in counts.items()]


async def test_the_sdk_reads_calls_and_their_cancellation(client: genai.Client) -> None:
    called = (await read_by_sdk(client, ToolCall(CALLS))).tool_call
    assert called == types.LiveServerToolCall(
        function_calls=[
            types.FunctionCall(id="call-1", name="get_weather", args={"my_city": "Rome", "turnComplete": None}),
            types.FunctionCall(id="call-2", name="f", args={}),
        ]
    )
    cancelled = (await read_by_sdk(client, ToolCallCancellation(("call-1",)))).tool_call_cancellation
    assert cancelled == types.LiveServerToolCallCancellation(ids=["call-1"])


async def test_the_sdk_reads_what_is_about_the_session(client: genai.Client) -> None:
    assert (await read_by_sdk(client, SetupComplete("s"))).setup_complete == types.LiveServerSetupComplete(session_id="s")
    assert (await read_by_sdk(client, SetupComplete())).setup_complete == types.LiveServerSetupComplete()
    assert (await read_by_sdk(client, GoAway(9.5))).go_away == types.LiveServerGoAway(time_left="9.5s")
    update = (await read_by_sdk(client, ResumptionUpdate("h", 7))).session_resumption_update
    assert update == types.LiveServerSessionResumptionUpdate(new_handle="h", resumable=True, last_consumed_client_message_index=7)
    busy = (await read_by_sdk(client, ResumptionUpdate())).session_resumption_update
    assert busy == types.LiveServerSessionResumptionUpdate(resumable=False)


async def test_the_sdk_reads_voice_activity(client: genai.Client) -> None:
    message = await read_by_sdk(client, VoiceActivity("ACTIVITY_END", 2.25))
    assert message.voice_activity == types.VoiceActivity(
        voice_activity_type=types.VoiceActivityType.ACTIVITY_END, audio_offset="2.25s"
    )
    ended = types.VoiceActivityDetectionSignal(vad_signal_type=types.VadSignalType.VAD_SIGNAL_TYPE_EOS)
    assert message.voice_activity_detection_signal == ended
