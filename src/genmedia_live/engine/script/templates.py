"""Words with holes: `You said {heard}.` A hole is a name and nothing else: nothing is looked up, called or formatted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

_HOLE = re.compile(r"\{\{|\}\}|\{(\w+)\}")


def holes(value: JsonValue) -> set[str]:
    """The names of the holes in a text, or in the texts of a list or mapping."""
    if isinstance(value, str):
        return {found[1] for found in _HOLE.finditer(value) if found[1]}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for one in inner for name in holes(one)}


def fill(text: str, words: Mapping[str, str], longest: int) -> str:
    """`text` with its holes filled, cut at so many characters. A hole without words stays; a doubled brace becomes one."""

    def put(found: re.Match[str]) -> str:
        name: str | None = found[1]
        return found[0][0] if name is None else words.get(name, found[0])

    return _HOLE.sub(put, text)[:longest]


def fill_all(value: JsonValue, words: Mapping[str, str], longest: int) -> JsonValue:
    """The same for the texts in a list or mapping; its keys are left as they are."""
    match value:
        case str():
            return fill(value, words, longest)
        case list():
            return [fill_all(one, words, longest) for one in value]
        case dict():
            return {key: fill_all(one, words, longest) for key, one in value.items()}
        case _:
            return value
