"""Every field of the installed SDK is accounted for, what the page says of it is true, and a gap would be noticed."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.refusals import profile_of
from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE, SERVER_MESSAGE
from genmedia_live.engine.protocol.schema.fields import Field, Message, reachable
from genmedia_live.engine.protocol.schema.kinds import (
    BOOL,
    BYTES,
    DURATION,
    FLOAT,
    INT32,
    INT64,
    STRING,
    TIMESTAMP,
    Enum,
    Kind,
    Lenient,
    ListOf,
    MapOf,
    UserData,
)
from genmedia_live.engine.protocol.wire import parse, setup_of

ROOT = Path(__file__).resolve().parent.parent

spec = importlib.util.spec_from_file_location("conformance_script", ROOT / "scripts" / "conformance.py")
assert spec is not None
assert spec.loader is not None
conformance = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conformance)

SIDES = {
    "client": (CLIENT_MESSAGE, conformance.CLIENT_TYPES, "to"),
    "server": (SERVER_MESSAGE, conformance.SERVER_TYPES, "from"),
}


def test_every_field_is_accounted_for_and_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance.run(["--check"]) == 0, "run python scripts/conformance.py"
    client, server = capsys.readouterr().out.splitlines()
    assert client.startswith("client fields ")
    assert server.startswith("server fields ")
    assert client.endswith("unaccounted 0")
    assert server.endswith("unaccounted 0")


def test_both_sides_are_walked_to_the_bottom() -> None:
    client, server = conformance.typed(conformance.CLIENT_TYPES), conformance.typed(conformance.SERVER_TYPES)
    assert {"disabled", "silenceDurationMs"} <= client["AutomaticActivityDetection"]
    assert {"parametersJsonSchema", "behavior"} <= client["FunctionDeclaration"]
    assert {"uri", "title"} <= server["GroundingChunkWeb"]
    assert "WHEN_IDLE" in client["FunctionResponseScheduling"]
    assert conformance.converted(CLIENT_MESSAGE, "to")["GenerationConfig"] >= {"modelConfig", "topK"}
    assert conformance.converted(SERVER_MESSAGE, "from")["VoiceActivity"] == {"type", "audioOffset"}


@pytest.mark.parametrize(
    ("side", "message", "field"),
    [
        ("client", "LiveClientSetup", "realtimeInputConfig"),
        ("client", "GenerationConfig", "modelConfig"),
        ("client", "Tool", "googleSearch"),
        ("client", "Schema", "anyOf"),
        ("server", "VoiceActivity", "type"),
        ("server", "UsageMetadata", "candidatesTokenCount"),
        ("server", "GroundingChunkWeb", "uri"),
    ],
)
def test_a_field_taken_out_of_the_schema_is_noticed(side: str, message: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = SIDES[side][0]
    monkeypatch.delitem(reachable(root)[message].fields, field)
    assert f"{message}.{field}" in conformance.difference(*SIDES[side])[0]
    assert conformance.run(["--check"]) == 1


def test_a_field_that_nobody_knows_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = reachable(CLIENT_MESSAGE)["Blob"]
    monkeypatch.setitem(blob.fields, "colour", replace(blob.fields["data"], name="colour"))
    assert conformance.difference(*SIDES["client"])[1] == ["Blob.colour"]


def test_a_value_of_an_enum_taken_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    detection = reachable(CLIENT_MESSAGE)["AutomaticActivityDetection"]
    field = detection.fields["startOfSpeechSensitivity"]
    assert isinstance(field.kind, Enum)
    shorter = replace(field, kind=Enum(field.kind.name, field.kind.values[:-1]))
    monkeypatch.setitem(detection.fields, field.name, shorter)
    assert conformance.difference(*SIDES["client"])[0] == ["StartSensitivity.START_SENSITIVITY_LOW"]


def test_what_is_not_honoured_has_a_reason() -> None:
    fields = [
        field
        for root in (CLIENT_MESSAGE, SERVER_MESSAGE)
        for message in reachable(root).values()
        for field in message.fields.values()
    ]
    for field in fields:
        assert bool(field.why) == (field.verdict not in ("honoured", "sent")), field


# ---- what the page says is true

SAMPLES: dict[Kind, list[Any]] = {
    STRING: ["model", "image/png"],
    BOOL: [True],
    INT32: [5],
    INT64: [5],
    FLOAT: [0.5],
    BYTES: ["AAAA"],
    DURATION: ["1s"],
    TIMESTAMP: ["2026-11-22T10:00:00Z"],
}

BESIDE: dict[str, dict[str, Any]] = {
    "FunctionDeclaration": {"name": "f"},
    "FunctionResponseBlob": {"data": "AAAA", "mimeType": "image/png"},
    "ContextWindowCompressionConfig": {"slidingWindow": {}},
    "Schema": {"type": "STRING", "properties": {"a": {}, "model": {}}},
}
"""What must stand beside a field of the message for it to mean anything."""

WITH: dict[tuple[str, str], dict[str, Any]] = {("Part", "thought"): {"text": "a thought"}}
"""The same, for one field."""


def samples(kind: Kind) -> list[Any]:
    """Values that a field of this kind may hold, each of a different effect."""
    match kind:
        case Message():
            return [BESIDE.get(kind.name, {})]
        case ListOf(item):
            return [[value] for value in samples(item)]
        case MapOf(value):
            return [{"key": inner} for inner in samples(value)]
        case Lenient(inner, also):
            return samples(inner) + (["words"] if also is str else [])
        case Enum(values=values):
            return list(values)
        case UserData(takes=takes):
            return [{"a": 1}, *([] if takes is dict else ["a"])]
        case _:
            return SAMPLES[kind]


Step = tuple[Message, Field]


def ways(message: Message, target: Message, passed: tuple[str, ...] = ()) -> Iterator[list[Step]]:
    """Every way down from one message to another that passes no message twice."""
    if message is target:
        yield []
    elif message.name not in passed:
        for field in message.fields.values():
            for inner in conformance._messages(field.kind):
                for way in ways(inner, target, (*passed, message.name)):
                    yield [(message, field), *way]


def wrapped(value: Any, way: list[Step]) -> Any:
    """The whole document with the value at the end of the way."""
    for message, field in reversed(way):
        kind = field.kind
        held = [value] if isinstance(kind, ListOf) else {"key": value} if isinstance(kind, MapOf) else value
        value = {**BESIDE.get(message.name, {}), field.name: held}
    return value


def heard(document: Any) -> Any:
    """The message of the frame, without the document that it was made of."""
    message = parse(json.dumps(document))
    assert not isinstance(message, Close) or "no message" in message.reason, (document, message)
    return replace(message, document={}) if isinstance(message, Setup) else message


def effects(message: Message, field: Field) -> Iterator[bool]:
    """For each way to the field and each sample value: does it change what the engine hears?"""
    beside = {**BESIDE.get(message.name, {}), **WITH.get((message.name, field.name), {})}
    without = beside if field.name == "name" else {name: value for name, value in beside.items() if name != field.name}
    for way in ways(CLIENT_MESSAGE, message):
        bare = heard(wrapped(without, way))
        for value in samples(field.kind):
            if field.name != "parametersJsonSchema" or isinstance(value, dict):
                changed = heard(wrapped({**beside, field.name: value}, way))
                yield changed != bare or repr(changed) != repr(bare)  # the order of a function's parameters is only seen


CLIENT_FIELDS = [(message, field) for message in reachable(CLIENT_MESSAGE).values() for field in message.fields.values()]


def named(fields: list[tuple[Message, Field]]) -> list[Any]:
    return [pytest.param(message, field, id=f"{message.name}.{field.name}") for message, field in fields]


def leads_to_an_honoured_field(kind: Kind) -> bool:
    return any(field.verdict == "honoured" for message in conformance._messages(kind) for field in message.fields.values())


@pytest.mark.parametrize(("message", "field"), named([pair for pair in CLIENT_FIELDS if pair[1].verdict == "honoured"]))
def test_what_is_honoured_changes_what_the_engine_hears(message: Message, field: Field) -> None:
    assert leads_to_an_honoured_field(field.kind) or any(effects(message, field))


@pytest.mark.parametrize(("message", "field"), named([pair for pair in CLIENT_FIELDS if pair[1].verdict == "ignored"]))
def test_what_is_ignored_changes_nothing(message: Message, field: Field) -> None:
    assert not any(effects(message, field))


@pytest.mark.parametrize(("message", "field"), named([pair for pair in CLIENT_FIELDS if pair[1].verdict == "refused"]))
def test_what_is_refused_closes_a_set_up_for_a_model_of_googles(message: Message, field: Field) -> None:
    for way in ways(CLIENT_MESSAGE, message):
        document = wrapped({field.name: samples(field.kind)[-1]}, way)["setup"]
        setup = setup_of({**document, "model": "models/gemini-live-2.5-flash-native-audio"})
        assert isinstance(setup, Setup)
        assert isinstance(profile_of(setup, "vertex", "v1beta1"), Close)
        assert not isinstance(profile_of(replace(setup, model="local"), "vertex", "v1beta1"), Close)
