"""The fast lane says what the SDK's own path says, event for event."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from genmedia_live.core.actions import SendAudio, SendFrame
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.events import ModelAudio, ModelEvent
from genmedia_live.upstream.fastlane import media_frame, only_voice
from genmedia_live.upstream.gemini import GeminiUpstream
from genmedia_live.upstream.profiles import Api
from tests.upstream.live_server import LiveServer, Message, says_and_ends, voice
from tests.upstream.targets import APIS, LIMITS, heard, settings, target

PCM = b"\xff\xfb\xfe\xff"


def blob(data: str, mime_type: str = "audio/pcm;rate=24000") -> Message:
    return {"inlineData": {"mimeType": mime_type, "data": data}}


def turn(*parts: Message, **content: Any) -> Message:
    return {"serverContent": {"modelTurn": {"parts": list(parts)}, **content}}


B64 = base64.b64encode(PCM).decode()

CONVERSATION: list[Message | str | bytes] = [
    {"serverContent": {"inputTranscription": {"text": " hello"}}},
    {"voiceActivity": {"type": "ACTIVITY_END"}},
    {"serverContent": {"outputTranscription": {"text": "Hi"}}},
    voice(PCM),
    json.dumps(voice(PCM * 100)),  # a text frame
    json.dumps(voice(PCM), indent=1).encode(),
    voice(PCM, outputTranscription={"text": " there"}),
    turn(blob(B64), blob(B64)),
    turn(blob(B64), {"text": "Hm", "thought": True}),
    turn({"text": "Hm", "thought": True}),
    turn({**blob(B64), "thought": True}),
    turn(blob(B64.replace("/", "_").replace("+", "-"))),  # the URL's alphabet
    turn(blob(B64.rstrip("="))),  # without its padding
    turn(blob(B64, "audio/pcm")),
    turn(blob(B64, "image/png")),
    turn(blob("")),
    {**voice(PCM), "usageMetadata": {"totalTokenCount": 5}},
    {"serverContent": {"modelTurn": {"role": "model", "parts": [blob(B64)]}}},
    {"serverContent": {"modelTurn": {"parts": [{"inline_data": {"mime_type": "audio/pcm;rate=24000", "data": B64}}]}}},
    voice(PCM, somethingNew={"a": 1}),
    voice(PCM),
    voice(PCM, interrupted=True),
    {"serverContent": {"interrupted": True}},
    {"serverContent": {"turnComplete": True}},
    voice(PCM),  # the next turn, or what came late
    {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
    voice(PCM),
    turn(blob(B64, "audio/pcm;rate=8000")),  # unreadable
    "not JSON",
    voice(PCM, generationComplete=True),
    voice(PCM, turnComplete=True, turnCompleteReason="NEED_MORE_INPUT"),
    {
        "usageMetadata": {
            "candidatesTokenCount": 9,
            "responseTokenCount": 9,
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 9}],
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 9}],
        }
    },
    {"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {"a_b": [1]}}]}},
    voice(PCM),
    {"toolCallCancellation": {"ids": ["1"]}},
    {"goAway": {"timeLeft": "50s"}},
    voice(PCM),
]


async def both(live: LiveServer, api: Api, said: list[Message | str | bytes]) -> list[tuple[list[ModelEvent], str]]:
    live.script = says_and_ends(*said, code=1011, reason="Deadline expired before operation could complete.")
    results = []
    for fast_lane in (True, False):
        upstream = GeminiUpstream(target(live, api), LIMITS, fast_lane=fast_lane)
        link = await upstream.open(settings(api))
        events, end = await heard(link)
        results.append((events, str(end)))
        await link.close()
        await upstream.close()
    return results


@pytest.mark.parametrize("api", APIS)
async def test_the_lanes_agree_on_a_conversation(live: LiveServer, api: Api) -> None:
    fast, plain = await both(live, api, CONVERSATION)
    assert fast == plain
    assert sum(isinstance(event, ModelAudio) for event in fast[0]) > 15
    assert "Deadline expired" in fast[1]


PART = st.sampled_from(
    [
        blob(B64),
        blob("AAAA"),
        blob(""),
        blob(B64, "audio/pcm"),
        blob(B64, "image/png"),
        blob(B64[:-1]),
        {"text": "x"},
        {**blob(B64), "text": "x"},
    ]
)
EXTRA = st.sampled_from(
    [{}, {"interrupted": True}, {"turnComplete": True}, {"generationComplete": True}, {"outputTranscription": {"text": "w"}}]
)
BESIDE = st.sampled_from([{}, {"usageMetadata": {"totalTokenCount": 1}}, {"futureField": 1}])
MESSAGE = st.builds(lambda parts, extra, beside: {**turn(*parts, **extra), **beside}, st.lists(PART, max_size=3), EXTRA, BESIDE)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(MESSAGE, min_size=1, max_size=30))
def test_the_lanes_agree_on_anything(tls: Any, said: list[Message | str | bytes]) -> None:
    async def compare() -> None:
        async with LiveServer(*tls) as live:
            fast, plain = await both(live, "vertex", said)
            assert fast == plain

    asyncio.run(compare())


@pytest.mark.parametrize(
    "message", [voice(PCM), turn(blob(B64), blob(B64)), {"serverContent": {"modelTurn": {"role": "model", "parts": [blob(B64)]}}}]
)
def test_plain_voice_is_taken(message: Message) -> None:
    taken = only_voice(json.dumps(message).encode())
    assert taken
    assert all(event == ModelAudio(PCM) for event in taken)


@pytest.mark.parametrize(
    "message",
    [
        voice(PCM, interrupted=True),
        voice(PCM, outputTranscription={"text": "x"}),
        {**voice(PCM), "usageMetadata": {}},
        turn(blob(B64), {"text": "inlineData"}),
        turn({**blob(B64), "thought": True}),
        turn(blob(B64, "audio/pcm;rate=8000")),
        turn(blob(B64[:-1])),
        {"serverContent": {"outputTranscription": {"text": '"inlineData"'}}},
        {"serverContent": {"modelTurn": {"parts": "inlineData"}}},
    ],
)
def test_everything_else_is_left_to_the_sdk(message: Message) -> None:
    assert only_voice(json.dumps(message).encode()) is None


@given(st.binary())
def test_no_bytes_are_a_surprise(raw: bytes) -> None:
    assert only_voice(raw) is None
    assert only_voice(b'"inlineData"' + raw) is None
    assert only_voice(b'{"inlineData":' + raw + b"}") is None


@given(st.binary(), st.integers(8_000, 48_000))
def test_frames_hold_what_was_given(pcm: bytes, rate: int) -> None:
    audio = json.loads(media_frame(SendAudio(AudioChunk(pcm, rate))))["realtimeInput"]["audio"]
    assert audio["mimeType"] == f"audio/pcm;rate={rate}"
    assert base64.b64decode(audio["data"], validate=True) == pcm
    video = json.loads(media_frame(SendFrame("screen", 1, pcm)))["realtimeInput"]["video"]
    assert video["mimeType"] == "image/jpeg"
    assert base64.b64decode(video["data"], validate=True) == pcm
