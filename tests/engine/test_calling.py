"""Functions as the embedded model reads them."""

from typing import Any

import pytest

from genmedia_live.engine.mind.calling import SECTION_CHARS, section, told, written
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message


def declared(name: str = "f", description: str = "", required: tuple[str, ...] = (), **properties: Any) -> FunctionDeclaration:
    parameters = {"type": "object", "properties": properties, "required": list(required)} if properties else {}
    return FunctionDeclaration(name, description, parameters)


@pytest.mark.parametrize(
    ("tool", "signature"),
    [
        (declared(), "f()"),
        (declared(description="Do\n  it."), "f(): Do it."),
        (declared(required=("a",), a={"type": "string"}, b={"type": "integer"}), "f(a: string, b?: integer)"),
        (declared(a={"type": "string", "description": "An A."}, description="It."), "f(a?: string): It. a: An A."),
        (declared(a={"type": "string", "enum": ["x", "y"]}), 'f(a?: "x" | "y")'),
        (declared(a={"type": "array", "items": {"type": "number"}}), "f(a?: number[])"),
        (declared(a={"type": "object", "properties": {"b": {"type": "boolean"}}}), "f(a?: {b: boolean})"),
        (declared(a={}), "f(a?: any)"),
        (declared(a={"anyOf": [{"type": "string"}]}), "f(a?: any)"),
        (declared(a=True), "f(a?: any)"),
        (FunctionDeclaration("f", "", {"properties": None, "required": None}), "f()"),
    ],
)
def test_signatures(tool: FunctionDeclaration, signature: str) -> None:
    assert section([tool]).splitlines()[3] == signature


def test_the_section_shows_how_to_call() -> None:
    tools = [declared("get_weather", required=("city",), city={"type": "string"}, day={"type": "string"}), declared("stop")]
    assert 'such as get_weather(city="...");' in section(tools)
    assert section([]) == ""


def test_a_type_in_itself_ends() -> None:
    schema: dict[str, Any] = {"type": "object"}
    schema["properties"] = {"again": schema}
    assert len(section([declared(a=schema)])) < 400
    lists: dict[str, Any] = {"type": "array"}
    lists["items"] = lists
    assert len(section([declared(a=lists)])) < 400


def test_long_descriptions_are_cut_before_functions_are_left_out() -> None:
    wordy = [declared(f"f{n}", "word " * 200) for n in range(30)]
    assert all(f"f{n}()" in section(wordy) for n in range(30))
    assert "word" in section(wordy)
    many = [declared(f"function_number_{n}") for n in range(400)]
    assert "function_number_0()" in section(many)
    assert len(section(many)) < SECTION_CHARS + 300
    assert section([declared("f" * 5_000)]) == ""


def test_calls_are_written_as_they_are_read() -> None:
    calls = (FunctionCall("f", {"a": 'é"', "b": [1, {"c": None}]}), FunctionCall("g"))
    assert written(Message("assistant", "Yes.", calls=calls)) == 'Yes.\nf(a="é\\"", b=[1, {"c": null}])\ng()'
    assert written(Message("assistant", "Yes.")) == "Yes."


def test_results_name_their_functions() -> None:
    results = [Message("tool", "1", call="a"), Message("tool", "2", call="?")]
    assert told(results, {"a": "f"}).splitlines()[:2] == ["[f returned] 1", "[the function returned] 2"]
