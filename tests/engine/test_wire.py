"""What clients send is understood in every spelling that they use, and nothing can come of any bytes but a message or a close."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.protocol import messages
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    Close,
    Content,
    ContextUpdate,
    FunctionResponse,
    RealtimeInput,
    Setup,
    ToolResponse,
)
from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE
from genmedia_live.engine.protocol.schema.fields import reachable
from genmedia_live.engine.protocol.wire import parse
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Picture

CLIENT = (Setup, ClientContent, RealtimeInput, ToolResponse, ContextUpdate)

PCM = b"\xff\xfb\xfe\xff\x00"

FRAMES: list[tuple[str, messages.ClientMessage]] = [
    # google-genai 3.4.0, as captured
    (
        '{"realtime_input": {"audio": {"data": "__v-_wA=", "mime_type": "audio/pcm;rate=16000"}}}',
        RealtimeInput(audio=(Blob("audio/pcm;rate=16000", PCM),)),
    ),
    (
        '{"realtime_input": {"mediaChunks": [{"data": "AAA", "mime_type": "audio/pcm"}, '
        '{"data": "", "mime_type": "image/png"}]}}',
        RealtimeInput(audio=(Blob("audio/pcm", b"\0\0"),), video=(Blob("image/png", b""),)),
    ),
    ('{"realtime_input": {"text": "hello"}}', RealtimeInput(text="hello")),
    ('{"realtime_input": {"audioStreamEnd": true}}', RealtimeInput(audio_stream_end=True)),
    ('{"realtime_input": {"activityEnd": {}}}', RealtimeInput(activity_end=True)),
    (
        '{"client_content": {"turns": [{"parts": [{"text": "hi"}, {"inline_data": {"data": "AA", "mime_type": "image/png"}}], '
        '"role": "user"}, {"parts": [{"text": "yo"}], "role": "MODEL"}], "turn_complete": true}}',
        ClientContent((Content("user", "hi", pictures=(Picture(b"\0", "image/png"),)), Content("model", "yo")), True),
    ),
    (
        '{"tool_response": {"functionResponses": [{"scheduling": "WHEN_IDLE", "id": "c1", "name": "f", '
        '"response": {"output": {"temp_c": 3}, "x_y": 1}}]}}',
        ToolResponse((FunctionResponse("c1", "f", {"output": {"temp_c": 3}, "x_y": 1}, "WHEN_IDLE"),)),
    ),
    (
        '{"tool_response": {"functionResponses": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "AA=="}}], '
        '"id": "c2", "name": "img", "response": {"output": "ok"}, "will_continue": true}]}}',
        ToolResponse(
            (FunctionResponse("c2", "img", {"output": "ok"}, will_continue=True, pictures=(Picture(b"\0", "image/png"),)),)
        ),
    ),
    (
        '{"contextUpdate": {"systemInstruction": {"parts": [{"text": "new"}], "role": "user"}, '
        '"tools": {"tools": [{"googleSearch": {}}]}}}',
        ContextUpdate("new", ()),
    ),
    # @google/genai 2.32.0: camelCase throughout, the standard alphabet
    (
        '{"realtimeInput": {"audio": {"data": "//v+/wA=", "mimeType": "audio/pcm;rate=16000"}}}',
        RealtimeInput(audio=(Blob("audio/pcm;rate=16000", PCM),)),
    ),
    (
        '{"toolResponse": {"functionResponses": [{"id": "c1", "name": "f", "response": {"turnComplete": 1, "a_b": null}}]}}',
        ToolResponse((FunctionResponse("c1", "f", {"turnComplete": 1, "a_b": None}),)),
    ),
    ('{"clientContent": {"turns": [{"role": "user", "parts": [{"text": "hi"}]}]}}', ClientContent((Content("user", "hi"),))),
    # Others, and what Google's parser takes besides
    (
        '{"realtimeInput": {"audio": {"data": "//v+/wA", "mimeType": "Audio/PCM; rate=16000"}}}',
        RealtimeInput(audio=(Blob("audio/pcm;rate=16000", PCM),)),
    ),
    (
        '{"realtimeInput": {"audio": {"data": "AAA", "mimeType": "audio/pcm"}, "video": {"data": "AA", "mimeType": "image/png"}, '
        '"text": "see", "activityStart": {}}}',
        RealtimeInput((Blob("audio/pcm", b"\0\0"),), (Blob("image/png", b"\0"),), "see", activity_start=True),
    ),
    ('{"clientContent": {"turnComplete": true}}', ClientContent((), True)),
    ('{"clientContent": {"turnComplete": true, "turn_complete": null}}', ClientContent((), True)),
    ('{"clientContent": {"turns": {"parts": {"text": "hi"}}}}', ClientContent((Content("user", "hi"),))),
    (
        '{"clientContent": {"turns": [{"parts": [{"text": "hm", "thought": true}, {"text": "a"}, {"text": "b"}]}]}}',
        ClientContent((Content("user", "a\nb"),)),
    ),
    (
        '{"clientContent": {"turns": [{"role": "model", "parts": [{"functionCall": {"id": "c", "name": "f", "args": {"a_b": 1}}}'
        ']}, {"parts": [{"functionResponse": {"id": "c", "name": "f", "response": {"c_d": 2}}}, {"fileData": {"fileUri": "gs://x"}}]}]}}',
        ClientContent(
            (
                Content("model", "", calls=(FunctionCall("f", {"a_b": 1}, "c"),)),
                Content("user", "", 1, responses=(FunctionResponse("c", "f", {"c_d": 2}),)),
            )
        ),
    ),
    (
        '{"toolResponse": {"functionResponses": [{"id": "c", "response": {"result": "ok", "scheduling": "interrupt"}}]}}',
        ToolResponse((FunctionResponse("c", "", {"result": "ok"}, "INTERRUPT"),)),
    ),
    (
        '{"toolResponse": {"functionResponses": [{"id": "c", "scheduling": "SILENT", "response": {"scheduling": "INTERRUPT"}}]}}',
        ToolResponse((FunctionResponse("c", "", {}, "SILENT"),)),
    ),
    (
        '{"toolResponse": {"functionResponses": [{"id": "c", "scheduling": 1, "response": {"scheduling": "by train"}}]}}',
        ToolResponse((FunctionResponse("c", "", {"scheduling": "by train"}, "SILENT"),)),
    ),
    (
        '{"clientContent": {"turns": [{"parts": [{"inlineData": {"data": "AA", "mimeType": "Image/JPG"}}, '
        '{"inlineData": {"data": "AQ", "mimeType": "image/webp; q=1"}}, {"inlineData": {"data": "AA", "mimeType": "video/mp4"}}, '
        '{"inlineData": {"mimeType": "image/png"}}, {"fileData": {"mimeType": "image/png", "fileUri": "gs://x"}}]}]}}',
        ClientContent((Content("user", "", 3, pictures=(Picture(b"\0", "image/jpeg"), Picture(b"\1", "image/webp"))),)),
    ),
    ('{"contextUpdate": {"systemInstruction": "plain"}}', ContextUpdate("plain")),
    ('{"contextUpdate": {"tools": {}}}', ContextUpdate(tools=())),
    ('{"contextUpdate": {"tools": []}}', ContextUpdate(tools=())),
    (
        '{"context_update": {"tools": {"tools": [{"function_declarations": [{"name": "f"}]}]}}}',
        ContextUpdate(tools=(FunctionDeclaration("f"),)),
    ),
]


@pytest.mark.parametrize(("frame", "message"), FRAMES)
def test_frames_of_clients(frame: str, message: messages.ClientMessage) -> None:
    assert parse(frame) == message
    assert parse(frame.encode()) == message


UNKNOWN = 'Invalid JSON payload received. Unknown name "'

REFUSED: list[tuple[str, str]] = [
    ("", "Invalid JSON payload received."),
    ("nonsense", "Invalid JSON payload received."),
    ("[" * 100_000, "Invalid JSON payload received."),
    ('{"setup": {"generationConfig": {"temperature": NaN}}}', "Invalid JSON payload received."),
    ('{"setup": {"generationConfig": {"seed": ' + "9" * 5000 + "}}}", "Invalid JSON payload received."),
    ("[]", "Invalid value (type.googleapis.com/"),
    ("7", "Invalid value (type.googleapis.com/"),
    ("null", "Invalid value (type.googleapis.com/"),
    ("{}", "Request contains an invalid argument"),
    ('{"setup": null}', "Request contains an invalid argument"),
    ('{"unheard_of": {}}', UNKNOWN + 'unheard_of": Cannot find field.'),
    ('{"setup": {"generationConfig": {"x": 1}}}', UNKNOWN + "x\" at 'setup.generation_config': Cannot find field."),
    (
        '{"clientContent": {"turns": [{}, {"parts": [{"inlineData": {"mime": ""}}]}]}}',
        UNKNOWN + "mime\" at 'client_content.turns[1].parts[0].inline_data': Cannot find field.",
    ),
    (
        '{"setup": {"tools": {"functionDeclarations": [{"parameters": {"properties": {"a": {}, "b": {"const": 1}}}}]}}}',
        UNKNOWN + "const\" at 'setup.tools.function_declarations[0].parameters.properties[1].value': Cannot find",
    ),
    ('{"setup": []}', UNKNOWN + 'setup": Proto field is not repeating, cannot start list.'),
    (
        '{"setup": {}, "clientContent": {}}',
        "Invalid value (oneof), oneof field 'message_type' is already set. Cannot set 'clientContent'",
    ),
    (
        '{"clientContent": {"turns": [{"parts": [{"text": "a", "inline_data": {}}]}]}}',
        "Invalid value at 'client_content.turns[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inlineData'",
    ),
    (
        '{"clientContent": {"turn_complete": true, "turnComplete": true}}',
        "Invalid JSON payload received. Name \"turn_complete\" at 'client_content': Given more than once.",
    ),
    (
        '{"setup": {"generationConfig": {"temperature": "warm"}}}',
        "Invalid value at 'setup.generation_config.temperature' (TYPE_FLOAT), \"warm\"",
    ),
    ('{"setup": {"generationConfig": {"seed": 0.5}}}', "Invalid value at 'setup.generation_config.seed' (TYPE_INT32), 0.5"),
    (
        '{"setup": {"generationConfig": {"seed": 2147483648}}}',
        "Invalid value at 'setup.generation_config.seed' (TYPE_INT32), 2147",
    ),
    (
        '{"setup": {"generationConfig": {"responseModalities": ["AUDIO", "SMELL"]}}}',
        "Invalid value at 'setup.generation_config.response_modalities[1]' (type.googleapis.com/",
    ),
    ('{"setup": {"explicitVadSignal": "yes"}}', "Invalid value at 'setup.explicit_vad_signal' (TYPE_BOOL), \"yes\""),
    ('{"realtimeInput": {"text": 7}}', "Invalid value at 'realtime_input.text' (TYPE_STRING), 7"),
    (
        '{"realtimeInput": {"text": {}}}',
        "Invalid value at 'realtime_input.text' (TYPE_STRING), Starting an object on a scalar field",
    ),
    (
        '{"realtimeInput": {"audio": {"data": "a", "mimeType": "audio/pcm"}}}',
        "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES)",
    ),
    ('{"realtimeInput": {"audio": {"data": "***"}}}', "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES), \"***\""),
    (
        '{"realtimeInput": {"audio": {"data": "ü", "mimeType": "audio/pcm"}}}',
        "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES)",
    ),
    (
        '{"realtimeInput": {"audio": {"data": "AAA=AAA=", "mimeType": ""}}}',
        "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES)",
    ),
    ('{"clientContent": {"turns": [null]}}', "Invalid value at 'client_content.turns[0]' (type.googleapis.com/"),
]


@pytest.mark.parametrize(("frame", "reason"), REFUSED)
def test_what_cannot_be_taken_is_answered_as_google_answers(frame: str, reason: str) -> None:
    answer = parse(frame)
    assert isinstance(answer, Close)
    assert answer.code == 1007
    assert answer.reason.startswith(reason[:123])
    assert len(answer.reason.encode()) <= 123


@pytest.mark.parametrize(
    "frame", [b"\xff\xfe", b"\x0a\x02hi", "\ud800", '"\\ud800"', '{"realtimeInput": {"text": "\\udc00"}}', "\ufeff{}"]
)
def test_what_is_not_utf_8_json_closes(frame: str | bytes) -> None:
    assert parse(frame) == Close(1007, "Invalid JSON payload received.")


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"items": document}
    return document


@pytest.mark.parametrize("name", ["parameters", "parametersJsonSchema"])
def test_what_is_nested_deeper_than_a_hundred_levels_closes(name: str) -> None:
    def frame(depth: int) -> str:
        declaration = {"name": "f", name: nested(depth)}
        return json.dumps({"setup": {"tools": [{"functionDeclarations": [declaration]}]}})

    assert isinstance(parse(frame(80)), Setup)
    answer = parse(frame(120))
    assert isinstance(answer, Close)
    assert answer.reason.startswith("Message too deep")


def test_what_can_be_taken_can_be_written_down_again() -> None:
    """Nothing is let in that is too deep for the encoders behind the parser."""
    deep: Any = 1
    for _ in range(90):
        deep = [deep]
    answer = parse(json.dumps({"toolResponse": {"functionResponses": [{"id": "c", "response": {"output": deep}}]}}))
    assert isinstance(answer, ToolResponse)
    assert json.loads(json.dumps(answer.responses[0].response)) == {"output": deep}


@pytest.mark.parametrize("name", ["realtimeInput", "realtime_input"])
def test_eight_mebibytes_of_audio_in_one_frame(name: str) -> None:
    pcm = bytes(6 * 1024 * 1024)
    data = base64.b64encode(pcm).decode()
    parsed = parse(json.dumps({name: {"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}}}))
    assert parsed == RealtimeInput(audio=(Blob("audio/pcm;rate=16000", pcm),))


def test_sixteen_mebibytes_of_anything_are_answered() -> None:
    size = 16 * 1024 * 1024
    for frame in (
        "9" * size,
        '{"setup": {"model": ' + "[" * size,
        '{"' + "x" * size + '": 1}',
        '{"setup":{"generationConfig":{"seed":"' + "9" * size + '"}}}',
    ):
        assert isinstance(parse(frame), Close)


@given(st.binary() | st.text())
def test_any_bytes_give_a_message_or_a_close(frame: bytes | str) -> None:
    assert isinstance(parse(frame), (*CLIENT, Close))


NAMES = st.sampled_from(sorted({name for message in reachable(CLIENT_MESSAGE).values() for name in message.fields}))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5))


@given(st.sampled_from(sorted(CLIENT_MESSAGE.fields)), DOCUMENTS)
def test_any_document_of_known_names_gives_a_message_or_a_close(name: str, document: Any) -> None:
    assert isinstance(parse(json.dumps({name: document})), (*CLIENT, Close))


@given(st.binary(), st.booleans(), st.booleans(), st.sampled_from(["audio", "video"]))
def test_both_alphabets_with_and_without_padding(data: bytes, url_safe: bool, padded: bool, name: str) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    frame = json.dumps({"realtimeInput": {name: {"data": text if padded else text.rstrip("="), "mimeType": "image/jpeg"}}})
    parsed = parse(frame)
    assert isinstance(parsed, RealtimeInput)
    assert parsed.audio + parsed.video == (Blob("image/jpeg", data),)


LONE = st.fixed_dictionaries(
    {},
    optional={
        "data": st.sampled_from(["AAA=", "*", 7, None]),
        "mimeType": st.sampled_from(["audio/pcm", 7, None]),
        "x": st.none(),
    },
)


@given(LONE, st.sampled_from(["audio", "video", "realtimeInput"]), st.sampled_from(["realtimeInput", "audio"]))
def test_a_lone_chunk_on_the_short_way_is_read_as_on_the_long(chunk: dict[str, Any], name: str, outer: str) -> None:
    short = parse(json.dumps({outer: {name: chunk}}))
    long = parse(json.dumps({outer: {name: chunk}, "setup": None}))
    assert short == long


@given(st.text())
def test_a_close_reason_fits_its_frame(reason: str) -> None:
    assert len(Close(1007, reason).reason.encode()) <= 123


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
