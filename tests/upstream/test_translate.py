from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.actions import (
    ModelInput,
    SendActivity,
    SendAudio,
    SendAudioEnd,
    SendFrame,
    SendHistory,
    SendText,
    SendToolResult,
)
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.events import (
    GenerationComplete,
    GoAway,
    InputCaption,
    Interrupted,
    ModelAudio,
    ModelEvent,
    OutputCaption,
    Resumption,
    ToolCall,
    ToolCancelled,
    TurnComplete,
    Usage,
    UserActivity,
)
from genmedia_live.upstream.translate import TypedText, UnreadableMessage, is_voice, model_events, sdk_call, seconds


def message(**fields: Any) -> types.LiveServerMessage:
    return types.LiveServerMessage.model_validate(fields)


def content(**fields: Any) -> types.LiveServerMessage:
    return message(server_content=fields)


def part(pcm: bytes, mime_type: str = "audio/pcm;rate=24000", **more: Any) -> dict[str, Any]:
    return {"inline_data": {"data": pcm, "mime_type": mime_type}, **more}


def said(*parts: dict[str, Any], **more: Any) -> types.LiveServerMessage:
    return content(model_turn={"parts": list(parts)}, **more)


CASES: list[tuple[str, types.LiveServerMessage, list[ModelEvent]]] = [
    ("nothing", message(), []),
    ("set-up, answered again", message(setup_complete={}), []),
    ("voice", said(part(b"\1\0")), [ModelAudio(b"\1\0")]),
    ("voice in two parts", said(part(b"\1\0"), part(b"\2\0")), [ModelAudio(b"\1\0"), ModelAudio(b"\2\0")]),
    ("voice without a rate", said(part(b"\1\0", "audio/pcm")), [ModelAudio(b"\1\0")]),
    ("voice that was cut off", said(part(b"\1\0"), interrupted=True), [Interrupted()]),
    ("no bytes of voice", said(part(b"")), []),
    ("a thought", said({"text": "**Hm**", "thought": True}), []),
    ("a thought in voice", said(part(b"\1\0", thought=True)), []),
    ("a thought beside voice", said({"text": "Hm", "thought": True}, part(b"\1\0")), [ModelAudio(b"\1\0")]),
    ("text that is not spoken", said({"text": "print(1)"}), []),
    ("a picture", said(part(b"\1", "image/png")), []),
    ("what was heard", content(input_transcription={"text": " hello"}), [InputCaption(" hello")]),
    ("heard to the end", content(input_transcription={"text": "hi", "finished": True}), [InputCaption("hi", final=True)]),
    ("only the end", content(input_transcription={"finished": True}), [InputCaption("", final=True)]),
    ("nothing heard", content(input_transcription={}), []),
    ("a guess", content(interim_input_transcription={"text": " hel"}), [InputCaption(" hel", interim=True)]),
    ("spoken words", content(output_transcription={"text": "Hi"}), [OutputCaption("Hi")]),
    ("no spoken words", content(output_transcription={"finished": True}), []),
    ("all made", content(generation_complete=True), [GenerationComplete()]),
    ("barge-in", content(interrupted=True), [Interrupted()]),
    ("end of turn", content(turn_complete=True), [TurnComplete()]),
    (
        "end of turn for a reason",
        content(turn_complete=True, turn_complete_reason="NEED_MORE_INPUT"),
        [TurnComplete("need_more_input")],
    ),
    (
        "end of turn for none",
        content(turn_complete=True, turn_complete_reason="TURN_COMPLETE_REASON_UNSPECIFIED"),
        [TurnComplete()],
    ),
    ("false flags", content(turn_complete=False, interrupted=False, generation_complete=False), []),
    ("speech", message(voice_activity={"voice_activity_type": "ACTIVITY_START"}), [UserActivity(True)]),
    ("silence", message(voice_activity={"voice_activity_type": "ACTIVITY_END"}), [UserActivity(False)]),
    ("neither", message(voice_activity={"voice_activity_type": "TYPE_UNSPECIFIED"}), []),
    (
        "speech, by signal",
        message(voice_activity_detection_signal={"vad_signal_type": "VAD_SIGNAL_TYPE_SOS"}),
        [UserActivity(True)],
    ),
    (
        "silence, by signal",
        message(voice_activity_detection_signal={"vad_signal_type": "VAD_SIGNAL_TYPE_EOS"}),
        [UserActivity(False)],
    ),
    ("go away", message(go_away={"time_left": "9.5s"}), [GoAway(9.5)]),
    ("go away at once", message(go_away={}), [GoAway(0.0)]),
    (
        "a handle",
        message(session_resumption_update={"new_handle": "h", "resumable": True, "last_consumed_client_message_index": 7}),
        [Resumption("h", True, 7)],
    ),
    ("no handle now", message(session_resumption_update={}), [Resumption(None, False)]),
    (
        "a handle that is not to be used",
        message(session_resumption_update={"new_handle": "h", "resumable": False}),
        [Resumption(None, False)],
    ),
    ("resumable without a handle", message(session_resumption_update={"resumable": True}), [Resumption(None, False)]),
    (
        "tools",
        message(tool_call={"function_calls": [{"id": "1", "name": "f", "args": {"a": 1}}, {"name": "g"}]}),
        [ToolCall("1", "f", {"a": 1}), ToolCall("made-up", "g", {})],
    ),
    ("tools no more", message(tool_call_cancellation={"ids": ["1", "2"]}), [ToolCancelled(("1", "2"))]),
    ("no tokens", message(usage_metadata={}), []),
    (
        "tokens",
        message(
            usage_metadata={
                "prompt_token_count": 300,
                "response_token_count": 50,
                "thoughts_token_count": 7,
                "total_token_count": 357,
                "prompt_tokens_details": [
                    {"modality": "AUDIO", "token_count": 250},
                    {"modality": "TEXT", "token_count": 30},
                    {"token_count": 4},
                    {"modality": "VIDEO", "token_count": 16},
                ],
                "response_tokens_details": [{"modality": "AUDIO", "token_count": 48}, {"modality": "TEXT", "token_count": 2}],
                "cache_tokens_details": [{"modality": "TEXT"}],
            }
        ),
        [
            Usage(
                {
                    "prompt": 300,
                    "prompt_audio": 250,
                    "prompt_text": 34,
                    "prompt_video": 16,
                    "response": 50,
                    "response_audio": 48,
                    "response_text": 2,
                    "thoughts": 7,
                    "total": 357,
                }
            )
        ],
    ),
]


@pytest.mark.parametrize(("what", "given_message", "expected"), CASES, ids=[case[0] for case in CASES])
def test_messages(what: str, given_message: types.LiveServerMessage, expected: list[ModelEvent]) -> None:
    assert model_events(given_message, lambda: "made-up") == expected


def test_the_order_within_a_message() -> None:
    everything = message(
        server_content={
            "turn_complete": True,
            "interrupted": True,
            "generation_complete": True,
            "output_transcription": {"text": "out"},
            "interim_input_transcription": {"text": "in?"},
            "input_transcription": {"text": "in"},
        },
        voice_activity={"voice_activity_type": "ACTIVITY_START"},
        tool_call={"function_calls": [{"id": "1", "name": "f"}]},
        tool_call_cancellation={"ids": ["0"]},
        usage_metadata={"total_token_count": 1},
        session_resumption_update={"new_handle": "h", "resumable": True},
        go_away={"time_left": "1s"},
    )
    assert model_events(everything) == [
        InputCaption("in"),
        InputCaption("in?", interim=True),
        UserActivity(True),
        OutputCaption("out"),
        ToolCall("1", "f"),
        GenerationComplete(),
        Interrupted(),
        ToolCancelled(("0",)),
        TurnComplete(),
        Usage({"total": 1}),
        Resumption("h", True),
        GoAway(1.0),
    ]


def test_a_tool_call_without_an_id_gets_one_of_its_own() -> None:
    calls = model_events(message(tool_call={"function_calls": [{"name": "f"}, {"name": "f"}]}))
    ids = [call.id for call in calls if isinstance(call, ToolCall)]
    assert len(set(ids)) == 2
    assert all(ids)


@pytest.mark.parametrize("mime_type", ["audio/pcm;rate=16000", "audio/opus", "audio/"])
def test_voice_that_could_only_be_noise(mime_type: str) -> None:
    with pytest.raises(UnreadableMessage):
        model_events(said(part(b"\1\0", mime_type)))


@pytest.mark.parametrize(
    ("mime_type", "voice"),
    [
        ("audio/pcm;rate=24000", True),
        ("audio/pcm; rate=24000", True),
        ("AUDIO/PCM", True),
        ("audio/pcm;rate=48000", False),
        ("audio/wav", False),
        ("", False),
    ],
)
def test_what_counts_as_voice(mime_type: str, voice: bool) -> None:
    assert is_voice(mime_type) is voice


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("9.5s", 9.5), ("60s", 60.0), ("0.000000001s", 1e-9), (" 3s ", 3.0), ("-4s", 0.0), ("", 0.0), (None, 0.0), ("nans", 0.0)],
)
def test_durations(duration: str | None, expected: float) -> None:
    assert seconds(duration) == expected


@given(st.text())
def test_no_duration_is_a_surprise(duration: str) -> None:
    assert 0.0 <= seconds(duration) < float("inf")


SENDS: list[tuple[ModelInput, TypedText, str, dict[str, Any]]] = [
    (
        SendAudio(AudioChunk(b"\1\0", 16_000)),
        "content",
        "send_realtime_input",
        {"audio": {"data": "AQA=", "mime_type": "audio/pcm;rate=16000"}},
    ),
    (SendAudioEnd(), "content", "send_realtime_input", {"audio_stream_end": True}),
    (
        SendFrame("camera", 3, b"\xff\xd8"),
        "content",
        "send_realtime_input",
        {"video": {"data": "_9g=", "mime_type": "image/jpeg"}},
    ),
    (SendText("hi"), "realtime", "send_realtime_input", {"text": "hi"}),
    (
        SendText("hi"),
        "content",
        "send_client_content",
        {"turns": [{"role": "user", "parts": [{"text": "hi"}]}], "turn_complete": True},
    ),
    (SendActivity(True), "content", "send_realtime_input", {"activity_start": {}}),
    (SendActivity(False), "content", "send_realtime_input", {"activity_end": {}}),
    (
        SendHistory((("user", "one"), ("agent", "two"))),
        "realtime",
        "send_client_content",
        {
            "turns": [{"role": "user", "parts": [{"text": "one"}]}, {"role": "model", "parts": [{"text": "two"}]}],
            "turn_complete": False,
        },
    ),
    (
        SendToolResult("1", "f", {"output": {"a": 1}}),
        "content",
        "send_tool_response",
        {"function_responses": [{"id": "1", "name": "f", "response": {"output": {"a": 1}}}]},
    ),
]


@pytest.mark.parametrize(("words", "typed_text", "method", "arguments"), SENDS)
def test_sends(words: ModelInput, typed_text: TypedText, method: str, arguments: dict[str, Any]) -> None:
    call = sdk_call(words, typed_text)
    assert call.method == method
    assert {name: _plain(value) for name, value in call.arguments.items()} == arguments


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return json.loads(value.model_dump_json(exclude_none=True)) if hasattr(value, "model_dump_json") else value


def test_words_that_no_wire_can_carry_are_mended() -> None:
    said = message(
        server_content={"input_transcription": {"text": "a\ud800"}, "output_transcription": {"text": "b\udfff"}},
        tool_call={"function_calls": [{"id": "\ud800", "name": "f"}]},
    )
    assert model_events(said) == [InputCaption("a?"), OutputCaption("b?"), ToolCall("?", "f")]
