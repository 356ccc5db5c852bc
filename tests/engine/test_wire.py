"""The codec: every spelling that clients use is understood, and nothing else can come of any bytes but a message or a close."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine import messages
from genmedia_live.engine.messages import (
    Audio,
    Blob,
    ClientContent,
    Close,
    Content,
    ContextUpdate,
    Detection,
    FunctionResponse,
    RealtimeInput,
    ResumptionUpdate,
    Setup,
    ToolResponse,
    TurnComplete,
    Usage,
)
from genmedia_live.engine.wire import encode, parse
from genmedia_live.ports import FunctionDeclaration

CLIENT = (Setup, ClientContent, RealtimeInput, ToolResponse, ContextUpdate)

VERTEX_SETUP = """{"setup": {"model": "projects/p/locations/l/publishers/google/models/m",
 "generationConfig": {"responseModalities": ["AUDIO"], "temperature": 0.7, "topK": 40.0, "maxOutputTokens": 2048,
   "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voice_name": "Puck"}}, "languageCode": "en-US"},
   "thinkingConfig": {"include_thoughts": true, "thinking_budget": 512}},
 "systemInstruction": {"parts": [{"text": "You are Gem."}], "role": "user"},
 "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f", "parameters_json_schema": {"a_b": {}}}]}],
 "sessionResumption": {"handle": "h-0", "transparent": true},
 "inputAudioTranscription": {"language_codes": ["en-US"]}, "outputAudioTranscription": {},
 "realtimeInputConfig": {"automatic_activity_detection": {"disabled": false,
   "start_of_speech_sensitivity": "START_SENSITIVITY_LOW",
   "end_of_speech_sensitivity": "END_SENSITIVITY_LOW", "prefix_padding_ms": 20, "silence_duration_ms": 500},
   "activity_handling": "NO_INTERRUPTION"},
 "explicitVadSignal": true, "historyConfig": {"initial_history_in_client_content": true}}}"""

FULL = Setup(
    model="projects/p/locations/l/publishers/google/models/m",
    modalities=("AUDIO",),
    voice="Puck",
    system="You are Gem.",
    tools=(FunctionDeclaration("f", parameters={"a_b": {}}),),
    temperature=0.7,
    max_output_tokens=2048,
    resumption=True,
    handle="h-0",
    transparent=True,
    input_transcription=True,
    output_transcription=True,
    detection=Detection(start_low=True, end_low=True, prefix_padding_ms=20, silence_ms=500),
    interrupts=False,
    explicit_vad=True,
    initial_history=True,
)


def heeded(message: Any) -> Any:
    """The message without the document that it was made of."""
    return replace(message, document={}) if isinstance(message, Setup) else message


def snake(value: Any) -> Any:
    """The same document with every key in snake_case."""
    if isinstance(value, dict):
        return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def test_the_vertex_setup_of_the_sdk() -> None:
    assert heeded(parse(VERTEX_SETUP)) == FULL


def test_the_same_setup_all_in_snake_case_as_a_binary_frame() -> None:
    assert heeded(parse(json.dumps(snake(json.loads(VERTEX_SETUP))).encode())) == FULL


PCM = b"\xff\xfb\xfe\xff\x00"

FRAMES: list[tuple[str, messages.ClientMessage]] = [
    ('{"setup": {"model": "models/m"}}', Setup(model="models/m")),
    ('{"setup": {}}', Setup()),
    ('{"setup": {"model": null, "sessionResumption": {}}}', Setup(resumption=True)),
    ('{"setup": {"generationConfig": {"responseModalities": ["audio"]}}}', Setup(modalities=("AUDIO",))),
    ('{"setup": {"generation_config": {"max_output_tokens": "64"}}}', Setup(max_output_tokens=64)),
    ('{"setup": {"generationConfig": {"speechConfig": {"voiceConfig": {"voice": "Kore"}}}}}', Setup(voice="Kore")),
    (
        '{"realtime_input": {"audio": {"data": "__v-_wA=", "mime_type": "audio/pcm;rate=16000"}}}',
        RealtimeInput(audio=(Blob("audio/pcm;rate=16000", PCM),)),
    ),
    (
        '{"realtimeInput": {"audio": {"data": "//v+/wA", "mimeType": "Audio/PCM; rate=16000"}}}',
        RealtimeInput(audio=(Blob("audio/pcm;rate=16000", PCM),)),
    ),
    (
        '{"realtime_input": {"mediaChunks": [{"data": "AAA", "mime_type": "audio/pcm"}, '
        '{"data": "", "mime_type": "image/png"}]}}',
        RealtimeInput(audio=(Blob("audio/pcm", b"\0\0"),), video=(Blob("image/png", b""),)),
    ),
    ('{"realtime_input": {"text": "hello"}}', RealtimeInput(text="hello")),
    ('{"realtime_input": {"audioStreamEnd": true}}', RealtimeInput(audio_stream_end=True)),
    ('{"realtimeInput": {"activity_start": {}}}', RealtimeInput(activity_start=True)),
    ('{"realtime_input": {"activityEnd": {}}}', RealtimeInput(activity_end=True)),
    (
        '{"client_content": {"turns": [{"parts": [{"text": "hi"}, {"inline_data": {"data": "AA", "mime_type": "image/png"}}], '
        '"role": "user"}, {"parts": [{"text": "yo"}], "role": "MODEL"}], "turn_complete": true}}',
        ClientContent((Content("user", "hi", 1), Content("model", "yo")), True),
    ),
    ('{"clientContent": {"turnComplete": true}}', ClientContent((), True)),
    (
        '{"clientContent": {"turns": [{"parts": [{"text": "hm", "thought": true}, {"text": "a"}, {"text": "b"}]}]}}',
        ClientContent((Content("user", "a\nb"),)),
    ),
    (
        '{"tool_response": {"functionResponses": [{"id": "c1", "name": "f", "response": {"turnComplete": 1, "a_b": null}}]}}',
        ToolResponse((FunctionResponse("c1", "f", {"turnComplete": 1, "a_b": None}),)),
    ),
    ('{"contextUpdate": {"systemInstruction": {"parts": [{"text": "new"}], "role": "user"}}}', ContextUpdate("new")),
    ('{"setup": {"systemInstruction": "plain"}}', Setup(system="plain")),
]


@pytest.mark.parametrize(("frame", "message"), FRAMES)
def test_frames_of_real_clients(frame: str, message: messages.ClientMessage) -> None:
    assert heeded(parse(frame)) == message
    assert heeded(parse(frame.encode())) == message


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "[]",
        "7",
        "{}",
        '{"unheard_of": {}}',
        '{"setup": []}',
        '{"setup": {"generationConfig": {"temperature": "warm"}}}',
        '{"setup": {"generationConfig": {"temperature": true}}}',
        '{"setup": {"generationConfig": {"maxOutputTokens": "Infinity"}}}',
        '{"setup": {"generationConfig": {"responseModalities": [9]}}}',
        '{"setup": {"explicitVadSignal": "yes"}}',
        '{"realtimeInput": {"audio": {"data": "a", "mimeType": "audio/pcm"}}}',
        '{"realtimeInput": {"audio": {"data": "***", "mimeType": "audio/pcm"}}}',
        '{"realtimeInput": {"audio": {"data": "ü", "mimeType": "audio/pcm"}}}',
        '{"realtimeInput": {"text": 7}}',
        '{"clientContent": {"turns": "hi"}}',
        '{"clientContent": {"turns": [1]}}',
        b"\xff\xfe",
        "\ud800",
        "[" * 100_000,
    ],
)
def test_what_cannot_be_taken_is_answered_with_1007(frame: str | bytes) -> None:
    answer = parse(frame)
    assert isinstance(answer, Close)
    assert answer.code == 1007
    assert 0 < len(answer.reason.encode()) <= 123


def test_eight_mebibytes_of_audio_in_one_frame() -> None:
    pcm = bytes(6 * 1024 * 1024)
    data = base64.b64encode(pcm).decode()
    parsed = parse(json.dumps({"realtimeInput": {"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}}}))
    assert parsed == RealtimeInput(audio=(Blob("audio/pcm;rate=16000", pcm),))


@given(st.binary() | st.text())
def test_any_bytes_give_a_message_or_a_close(frame: bytes | str) -> None:
    assert isinstance(parse(frame), (*CLIENT, Close))


NAMES = st.sampled_from(
    [
        *("setup", "realtimeInput", "realtime_input", "clientContent", "toolResponse", "contextUpdate", "audio", "video"),
        *("text", "turns", "parts", "role", "generationConfig", "responseModalities", "temperature", "speechConfig"),
        *("sessionResumption", "handle", "systemInstruction", "turnComplete", "mediaChunks", "data", "mimeType", "id"),
        *("activityStart", "functionResponses", "realtimeInputConfig", "automaticActivityDetection", "silenceDurationMs"),
        *("voiceConfig", "prebuiltVoiceConfig", "voiceName", "explicitVadSignal", "inputAudioTranscription"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5))


@given(st.dictionaries(NAMES, DOCUMENTS, max_size=3))
def test_any_document_of_known_names_gives_a_message_or_a_close(document: dict[str, Any]) -> None:
    assert isinstance(parse(json.dumps(document)), (*CLIENT, Close))


@given(st.binary(), st.booleans(), st.booleans())
def test_both_alphabets_with_and_without_padding(data: bytes, url_safe: bool, padded: bool) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    frame = json.dumps({"realtimeInput": {"video": {"data": text if padded else text.rstrip("="), "mimeType": "image/jpeg"}}})
    assert parse(frame) == RealtimeInput(video=(Blob("image/jpeg", data),))


@given(st.text())
def test_a_close_reason_fits_its_frame(reason: str) -> None:
    assert len(Close(1007, reason).reason.encode()) <= 123


SAID: list[tuple[messages.ServerMessage, dict[str, Any]]] = [
    (messages.SetupComplete("s"), {"setupComplete": {"sessionId": "s"}}),
    (
        Audio(3, b"\xff\xfe"),
        {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "//4="}}]}}},
    ),
    (messages.ModelText("hi"), {"serverContent": {"modelTurn": {"parts": [{"text": "hi"}]}}}),
    (messages.InterimInputTranscription("he"), {"serverContent": {"interimInputTranscription": {"text": "he"}}}),
    (messages.InputTranscription("hello"), {"serverContent": {"inputTranscription": {"text": "hello", "finished": True}}}),
    (messages.OutputTranscription("yes"), {"serverContent": {"outputTranscription": {"text": "yes"}}}),
    (messages.Interrupted(), {"serverContent": {"interrupted": True}}),
    (messages.GenerationComplete(), {"serverContent": {"generationComplete": True}}),
    (ResumptionUpdate(), {"sessionResumptionUpdate": {"resumable": False}}),
    (ResumptionUpdate("h"), {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}),
    (
        ResumptionUpdate("h", 7),
        {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True, "lastConsumedClientMessageIndex": "7"}},
    ),
    (messages.GoAway(9.5), {"goAway": {"timeLeft": "9.5s"}}),
    (messages.GoAway(10), {"goAway": {"timeLeft": "10s"}}),
    (messages.VoiceActivity("ACTIVITY_START", 1.2), {"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "1.2s"}}),
]


@pytest.mark.parametrize(("message", "document"), SAID)
def test_what_the_engine_says(message: messages.ServerMessage, document: dict[str, Any]) -> None:
    assert json.loads(encode(message)) == document


def test_usage_goes_with_the_completed_turn_under_both_names() -> None:
    document = json.loads(encode(TurnComplete(Usage(prompt_text=3, prompt_audio=4, answer_audio=5))))
    assert document["serverContent"] == {"turnComplete": True}
    usage = document["usageMetadata"]
    assert usage["promptTokenCount"] == 7
    assert usage["responseTokenCount"] == usage["candidatesTokenCount"] == 5
    assert usage["totalTokenCount"] == 12
    assert usage["promptTokensDetails"] == [{"modality": "TEXT", "tokenCount": 3}, {"modality": "AUDIO", "tokenCount": 4}]
    assert usage["responseTokensDetails"] == usage["candidatesTokensDetails"] == [{"modality": "AUDIO", "tokenCount": 5}]


@pytest.mark.parametrize(
    ("mime", "rate"),
    [
        ("audio/pcm;rate=16000", 16_000),
        ("audio/pcm", 16_000),
        ("audio/pcm;rate=48000;channels=1", 48_000),
        ("audio/pcm;rate=1", None),
        ("audio/pcm;rate=999999", None),
        ("audio/opus", None),
        ("", None),
    ],
)
def test_the_rate_of_audio(mime: str, rate: int | None) -> None:
    assert Blob(mime, b"").rate == rate
