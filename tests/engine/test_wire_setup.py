"""The set-up: every setting that the engine heeds, the functions, and the document that refusals and tokens look at."""

import json
from dataclasses import replace
from typing import Any

import pytest

from genmedia_live.engine.protocol.declarations import json_schema
from genmedia_live.engine.protocol.messages import ClientMessage, Close, Compression, Detection, Setup
from genmedia_live.engine.protocol.wire import parse, setup_of
from genmedia_live.ports import FunctionDeclaration

VERTEX_SETUP = """{"setup": {"model": "projects/p/locations/l/publishers/google/models/m",
 "generationConfig": {"responseModalities": ["AUDIO"], "temperature": 0.7, "topK": 40.0, "maxOutputTokens": 2048,
   "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voice_name": "Puck"}}, "languageCode": "en-US"},
   "thinkingConfig": {"include_thoughts": true, "thinking_budget": 512}},
 "systemInstruction": {"parts": [{"text": "You are Gem."}], "role": "user"},
 "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f", "parameters_json_schema": {"a_b": {}}}]}],
 "sessionResumption": {"handle": "h-0", "transparent": true},
 "contextWindowCompression": {"trigger_tokens": "25000", "sliding_window": {"target_tokens": 8000}},
 "inputAudioTranscription": {"language_codes": ["en-US"]}, "outputAudioTranscription": {},
 "realtimeInputConfig": {"automatic_activity_detection": {"disabled": false,
   "start_of_speech_sensitivity": "START_SENSITIVITY_LOW",
   "end_of_speech_sensitivity": "END_SENSITIVITY_LOW", "prefix_padding_ms": 20, "silence_duration_ms": 500},
   "activity_handling": "NO_INTERRUPTION", "turn_coverage": "TURN_INCLUDES_ALL_INPUT"},
 "explicitVadSignal": true, "historyConfig": {"initial_history_in_client_content": true}, "labels": {"my_app": "a"}}}"""

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
    coverage="ALL_INPUT",
    explicit_vad=True,
    initial_history=True,
    compression=Compression(25_000, 8_000),
)


def heeded(message: ClientMessage | Close) -> ClientMessage | Close:
    """The message without the document that it was made of."""
    return replace(message, document={}) if isinstance(message, Setup) else message


def setup(**fields: Any) -> ClientMessage | Close:
    return parse(json.dumps({"setup": fields}))


def snake(value: Any) -> Any:
    """The same document with every key in snake_case."""
    if isinstance(value, dict):
        return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def test_the_vertex_setup_of_the_sdk() -> None:
    assert heeded(parse(VERTEX_SETUP)) == FULL


def test_the_same_setup_all_in_snake_case_as_a_binary_frame() -> None:
    assert heeded(parse(json.dumps(snake(json.loads(VERTEX_SETUP))).encode())) == FULL


def test_the_document_holds_all_that_was_sent_in_camel_case() -> None:
    message = parse(VERTEX_SETUP)
    assert isinstance(message, Setup)
    assert message.document["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingBudget": 512}
    assert message.document["labels"] == {"my_app": "a"}
    assert message.document["contextWindowCompression"]["triggerTokens"] == 25_000
    assert message.document["tools"][1]["functionDeclarations"][0]["parametersJsonSchema"] == {"a_b": {}}
    assert setup_of(message.document) == message


def test_a_document_that_a_token_has_changed_is_read_as_a_set_up() -> None:
    message = parse(VERTEX_SETUP)
    assert isinstance(message, Setup)
    assert heeded(setup_of({**message.document, "model": "models/other"})) == replace(FULL, model="models/other")
    refused = setup_of({"generation_config": {"x": 1}})
    assert refused == Close(
        1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup.generation_config': Cannot find field."
    )


@pytest.mark.parametrize(
    "document",
    [
        {"generationConfig": {"temperature": 10**400}},
        {"generationConfig": {"temperature": float("nan")}},
        {"generationConfig": {"seed": 10**5000}},
        {"generationConfig": {"seed": "\ud800"}},
        {"\ud800": 1},
        {"model": b"m"},
        {"model": ("m",)},
        {"tools": ({},)},
    ],
)
def test_a_document_that_did_not_come_by_the_wire_is_refused_as_well(document: dict[str, Any]) -> None:
    answer = setup_of(document)
    assert isinstance(answer, Close)
    assert answer.code == 1007


SETTINGS: list[tuple[dict[str, Any], Setup]] = [
    ({}, Setup()),
    ({"model": "models/m"}, Setup(model="models/m")),
    ({"model": None, "sessionResumption": {}}, Setup(resumption=True)),
    ({"sessionResumption": {"handle": ""}}, Setup(resumption=True)),
    ({"generationConfig": {"responseModalities": ["audio"]}}, Setup(modalities=("AUDIO",))),
    ({"generationConfig": {"responseModalities": "TEXT"}}, Setup(modalities=("TEXT",))),
    ({"generationConfig": {"responseModalities": [3]}}, Setup(modalities=("AUDIO",))),
    ({"generation_config": {"max_output_tokens": "64"}}, Setup(max_output_tokens=64)),
    ({"generation_config": {"max_output_tokens": 64.0}}, Setup(max_output_tokens=64)),
    ({"generationConfig": {"temperature": "0.5"}}, Setup(temperature=0.5)),
    ({"generationConfig": {"temperature": 0}}, Setup(temperature=0)),
    ({"generationConfig": {"speechConfig": {"voiceConfig": {"voice": "Kore"}}}}, Setup(voice="Kore")),
    ({"systemInstruction": "plain"}, Setup(system="plain")),
    ({"system_instruction": {"role": "system", "parts": {"text": "a"}}}, Setup(system="a")),
    ({"systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}]}}, Setup(system="a\nb")),
    ({"tools": []}, Setup(tools=())),
    ({"tools": {"googleSearch": {}}}, Setup(tools=())),
    ({"tools": [{"function_declarations": {"name": "f"}}]}, Setup(tools=(FunctionDeclaration("f"),))),
    ({"contextWindowCompression": {"triggerTokens": 100}}, Setup()),
    ({"contextWindowCompression": {"slidingWindow": {}}}, Setup(compression=Compression())),
    ({"contextWindowCompression": {"triggerTokens": 9, "slidingWindow": {}}}, Setup(compression=Compression(trigger=9))),
    ({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}, Setup(detection=Detection(disabled=True))),
    ({"realtimeInputConfig": {"activityHandling": 1}}, Setup()),
    ({"realtimeInputConfig": {"turnCoverage": "TURN_COVERAGE_UNSPECIFIED"}}, Setup()),
    (
        {"realtimeInputConfig": {"turnCoverage": "turn_includes_audio_activity_and_all_video"}},
        Setup(coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO"),
    ),
]


@pytest.mark.parametrize(("fields", "expected"), SETTINGS)
def test_settings(fields: dict[str, Any], expected: Setup) -> None:
    assert heeded(setup(**fields)) == expected


# ---- functions


def declare(*declarations: dict[str, Any]) -> ClientMessage | Close:
    return setup(tools=[{"functionDeclarations": list(declarations)}])


def test_a_function_with_parameters_in_the_schema_of_the_api() -> None:
    message = declare(
        {
            "name": "get_weather",
            "description": "w",
            "behavior": "NON_BLOCKING",
            "parameters": {
                "type": "OBJECT",
                "properties": {
                    "my_city": {"type": "string", "description": "c", "enum": ["Rome", "Oslo"]},
                    "theDays": {"type": 3, "minimum": 1, "max_items": "5", "nullable": True},
                },
                "propertyOrdering": ["theDays", "my_city"],
                "required": ["my_city"],
            },
        }
    )
    assert isinstance(message, Setup)
    assert message.tools is not None
    (function,) = message.tools
    assert function == FunctionDeclaration(
        "get_weather",
        "w",
        {
            "type": "object",
            "properties": {
                "theDays": {"type": ["integer", "null"], "minimum": 1, "maxItems": 5},
                "my_city": {"type": "string", "description": "c", "enum": ["Rome", "Oslo"]},
            },
            "required": ["my_city"],
        },
        blocking=False,
    )
    assert list(function.parameters["properties"]) == ["theDays", "my_city"]


def test_json_schema_is_passed_on_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a_b": {"type": "string", "const": "x"}}, "$defs": {"parametersJsonSchema": {}}}
    message = declare({"name": "f", "parameters_json_schema": schema, "behavior": "blocking"})
    assert heeded(message) == Setup(tools=(FunctionDeclaration("f", "", schema, blocking=True),))


@pytest.mark.parametrize("behavior", [None, "UNSPECIFIED"])
def test_without_a_behavior_the_model_decides(behavior: str | None) -> None:
    message = declare({"name": "f", "behavior": behavior})
    assert isinstance(message, Setup)
    assert message.tools == (FunctionDeclaration("f", blocking=None),)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, {}),
        ({"type": "TYPE_UNSPECIFIED"}, {}),
        ({"type": "NULL", "nullable": True}, {"type": "null"}),
        ({"type": "ARRAY", "items": {"type": "STRING"}}, {"type": "array", "items": {"type": "string"}}),
        ({"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}, {"anyOf": [{"type": "string"}, {"type": "number"}]}),
        ({"defs": {"A": {"type": "OBJECT"}}, "ref": "#/$defs/A"}, {"$defs": {"A": {"type": "object"}}, "$ref": "#/$defs/A"}),
        ({"example": {"type": "OBJECT"}, "default": "STRING"}, {"examples": [{"type": "OBJECT"}], "default": "STRING"}),
        ({"properties": {"type": {"type": "STRING"}}}, {"properties": {"type": {"type": "string"}}}),
    ],
)
def test_the_schema_of_the_api_becomes_json_schema(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert json_schema(schema) == expected


@pytest.mark.parametrize("name", ["f", "_f", "get_weather.now:v-2", "F" * 128])
def test_names_that_a_function_may_have(name: str) -> None:
    assert isinstance(declare({"name": name}), Setup)


@pytest.mark.parametrize("name", [None, "", "2f", "-f", "f g", "f\n", "é", "F" * 129])
def test_names_that_a_function_may_not_have(name: str | None) -> None:
    answer = declare({"name": "good"}, {"name": name})
    assert isinstance(answer, Close)
    assert answer.code == 1007
    assert answer.reason.startswith("Invalid function name at 'setup.tools[0].function_declarations[1].name'")


def test_declarations_have_a_bound() -> None:
    long = {"name": "f", "description": "x" * 199_900}
    assert isinstance(declare(long), Setup)
    for declarations in ([long | {"description": "x" * 200_000}], [long, {"name": "g", "description": "x" * 200}]):
        answer = declare(*declarations)
        assert isinstance(answer, Close)
        assert answer.code == 1007
        assert answer.reason == "The function declarations are too long at 'setup.tools': at most 200000 characters of JSON."
    update = parse(json.dumps({"contextUpdate": {"tools": [{"functionDeclarations": [long, long | {"name": "g"}]}]}}))
    assert isinstance(update, Close)
    assert update.reason.startswith("The function declarations are too long at 'context_update.tools'")


def test_a_name_is_declared_once_and_parameters_in_one_form() -> None:
    twice = parse(
        '{"contextUpdate": {"tools": [{"functionDeclarations": {"name": "f"}}, {"functionDeclarations": {"name": "f"}}]}}'
    )
    assert isinstance(twice, Close)
    assert twice.reason.startswith("Duplicate function declaration found: f")
    both = declare({"name": "f", "parameters": {}, "parametersJsonSchema": {}})
    assert isinstance(both, Close)
    assert both.reason.startswith("Only one of parameters and parameters_json_schema can be set")
    scalar = declare({"name": "f", "parametersJsonSchema": True})
    assert isinstance(scalar, Close)
    assert "'setup.tools[0].function_declarations[0].parameters_json_schema'" in scalar.reason
