"""A mistake in a script file as a sentence that tells what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from genmedia_live.engine.script.rules import Script

Place = tuple[int | str, ...]

_NEEDED = {
    "string_type": "this must be text (in quotes, if it looks like something else)",
    "int_type": "this must be a whole number",
    "float_type": "this must be a number",
    "finite_number": "this must be a finite number",
    "bool_type": "this must be true or false",
    "list_type": "this must be a list",
    "dict_type": "this must be a mapping of names to values",
    "missing": "this is missing",
    "invalid-json-value": "this is nothing that JSON can hold; put it in quotes",
}

_BRIEF = {
    "say": "text (in quotes, if it looks like something else)",
    "call": "the name of a function",
    "close": "a close code",
    "send": "text",
    "refuse": "a whole number",
}
"""What may be written instead of a mapping."""


def sentence(place: Place, fault: ErrorDetails) -> str:
    """What is wrong at `place`, and what would be right."""
    return f"{_path(place)}{_what(place, fault)}"


def _path(place: Place) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"`{path}`: " if path else ""


def _what(place: Place, fault: ErrorDetails) -> str:
    kind, limits = fault["type"], fault.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return _unknown(str(place[-1]), list(_fields(place[:-1])))
        case "model_type":
            brief = _BRIEF.get(str(place[-1]) if place else "")
            return f"this must be {f'{brief}, or ' if brief else ''}a mapping with some of {', '.join(_fields(place))}"
        case "too_short" | "too_long":
            least = kind == "too_short"
            return f"this must have at {'least' if least else 'most'} {limits['min_length' if least else 'max_length']} entries"
        case "hole":
            return fault["msg"]
        case "literal_error":
            return f"this must be {str(limits['expected']).lower()}, not {_shown(fault['input'])}"
        case "value_error":
            return str(limits["error"])
        case "string_pattern_mismatch":
            return f"{_shown(fault['input'])} is no name: letters, digits and _ are"
        case _ if kind in _NEEDED:
            given = "" if kind == "missing" else f", not {_shown(fault['input'])}"
            return _NEEDED[kind] + given
        case _:
            message = fault["msg"].replace("Input should be", "this must be").replace(" should ", " must ")
            return f"{message[0].lower()}{message[1:]}, not {_shown(fault['input'])}"


def _unknown(name: str, fields: list[str]) -> str:
    near = get_close_matches(name, fields, n=1)
    meant = f"; `{near[0]}` is meant, perhaps" if near else ""
    return f"there is nothing of this name here{meant} (there are {', '.join(fields)})"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]} ..."


def _fields(place: Place) -> Iterator[str]:
    """The names that the mapping at `place` may have."""
    model: type[BaseModel] = Script
    for part in place:
        if isinstance(part, str):
            model = next(_models(model.model_fields[part].annotation), model)
    for name, field in model.model_fields.items():
        yield field.alias or name


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type such as `list[Annotated[Rule, ...]] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
