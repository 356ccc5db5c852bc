"""What a model is told of a function, and what it may call it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from genmedia_live.tools import Tool, ToolContext, tool
from genmedia_live.tools.arguments import WrongArguments
from genmedia_live.tools.builtin.orders import look_up_order
from genmedia_live.tools.docstrings import read_docstring


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Place(BaseModel):
    city: str
    size: Size = Size.SMALL


class Node(BaseModel):
    next: Node | None = None


@dataclass
class Pair:
    title: str
    count: int


@tool
def weather(place: Place, days: Annotated[int, Field(ge=1, le=7)] = 1, unit: Literal["C", "F"] | None = None) -> str:
    """Tell the weather
    of a place.

    It is made up.

    Args:
        place: Where, as a city
            and its size.
        unit (str): Degrees.

    Returns:
        unit: not an argument.
    """
    return f"{place.city} {days} {unit}"


def test_a_tool_is_still_the_function() -> None:
    assert weather(Place(city="Oslo"), 2) == "Oslo 2 None"
    assert weather.name == "weather"


def test_what_the_model_is_told() -> None:
    told = weather.declaration
    assert told.name == "weather"
    assert told.description == "Tell the weather of a place."
    assert told.parameters == {
        "type": "object",
        "properties": {
            "place": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "size": {"type": "string", "enum": ["small", "large"], "default": "small"},
                },
                "required": ["city"],
                "description": "Where, as a city and its size.",
            },
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "unit": {"type": "string", "enum": ["C", "F"], "description": "Degrees."},
        },
        "required": ["place"],
    }


def test_a_function_without_arguments_has_no_schema() -> None:
    @tool(name="now")
    def tell(context: ToolContext) -> str:
        """Tell the time."""
        return ""

    assert tell.declaration.parameters == {}
    assert tell.name == "now"
    assert set(tell.bind({}, ToolContext()).keywords) == {"context"}  # type: ignore[attr-defined]


def test_arguments_may_have_any_name() -> None:
    @tool
    def odd(title: str, schema: str, _private: int, model_config: list[Pair]) -> None: ...

    assert set(odd.declaration.parameters["properties"]) == {"title", "schema", "_private", "model_config"}
    pair = odd.declaration.parameters["properties"]["model_config"]["items"]
    assert set(pair["properties"]) == {"title", "count"}


def test_arguments_are_made_what_the_function_wants() -> None:
    call = weather.bind({"place": {"city": "x", "size": "large"}, "days": "3"}, ToolContext())
    assert call() == "x 3 None"
    assert weather.bind({"place": {"city": "x"}, "unit": None}, ToolContext())() == "x 1 None"
    assert look_up_order.bind({"number": 1042}, ToolContext()).keywords == {"number": "1042"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "place: Field required"),
        ({"place": {"city": "x"}, "days": 9}, "days: Input should be less than or equal to 7"),
        ({"place": {}}, "place.city: Field required"),
        ({"place": {"city": "x"}, "shout": True}, "shout: Extra inputs are not permitted"),
        ({"place": {"city": "x", "size": "huge"}}, "place.size: Input should be 'small' or 'large'"),
    ],
)
def test_wrong_arguments_are_told_without_what_was_given(args: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongArguments, match=r"^Wrong arguments\. ") as raised:
        weather.bind(args, ToolContext())
    assert words in str(raised.value)


@given(st.dictionaries(st.text(max_size=10), st.recursive(st.none() | st.text() | st.integers(), st.lists), max_size=3))
def test_no_arguments_do_anything_but_fit_or_not(args: dict[str, Any]) -> None:
    with pytest.raises(WrongArguments):
        weather.bind(args, ToolContext())


def untyped(x): ...
def many(*x: int) -> None: ...
def any_name(**x: int) -> None: ...
def first_only(x: int, /) -> None: ...
def lost(x: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def opaque(x: Iterator[Any] | socketless) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def endless(x: Node) -> None: ...
def stream() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("function", [untyped, many, any_name, first_only, lost, opaque, endless, stream])
def test_signatures_that_no_model_can_fill(function: Any) -> None:
    with pytest.raises(TypeError, match=function.__name__ if function is not endless else "Node"):
        Tool(function)


@pytest.mark.parametrize("name", ["two words", "9lives", "a-b", "x" * 65, "ü"])
def test_names_that_no_model_takes(name: str) -> None:
    with pytest.raises(ValueError, match="name of a tool"):
        tool(name=name)(weather.function)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_time_limits_that_are_none(timeout: float) -> None:
    with pytest.raises(ValueError, match="time limit"):
        tool(timeout=timeout)(weather.function)


@pytest.mark.parametrize(
    ("docstring", "description", "arguments"),
    [
        (None, "", {}),
        ("", "", {}),
        ("One.", "One.", {}),
        ("One\ntwo.\nArgs:\n  x: y", "One two.", {"x": "y"}),
        ("D.\n\nArgs:\n    x: first\n        line: two\n\n    y: next\nAfter: z", "D.", {"x": "first line: two", "y": "next"}),
        ("D.\n\nArgs:\n    x:\n    y (int, optional): z", "D.", {"y": "z"}),
    ],
)
def test_docstrings(docstring: str | None, description: str, arguments: dict[str, str]) -> None:
    assert read_docstring(docstring) == (description, arguments)


@given(st.text(alphabet="Args: \n\txy(.", max_size=60))
def test_no_docstring_is_too_odd(docstring: str) -> None:
    read_docstring(docstring)
