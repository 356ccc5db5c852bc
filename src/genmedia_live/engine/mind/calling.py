"""How the embedded language model is told of functions, and how its calls and their results are written for it. Pure.

It has learned code: it tells best when to call if functions are signatures and a call is written as in a program,
`get_weather(city="Paris")`. With the section of its own chat template it talks about the functions more often than it calls them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from genmedia_live.ports import FunctionDeclaration, Message

SECTION_CHARS = 4_000
"""The longest list of functions: about 1,000 tokens, a quarter of what a slot holds."""

UNREADABLE = "Sorry, that did not work. Could you say it another way?"
"""Said when all that a model wrote was a call that can't be made: no turn is silent."""

_DESCRIPTION_CHARS = (400, 100, 0)
"""Descriptions are cut to so much, and to less until the list is short enough."""

_DEPTH = 4
"""How deep a signature shows objects in objects."""


def section(tools: Sequence[FunctionDeclaration]) -> str:
    """What the system prompt says of the functions. Where all are too many, the last are left out; empty without any."""
    for listed in (tools[:count] for count in range(len(tools), 0, -1)):
        for chars in _DESCRIPTION_CHARS:
            lines = "\n".join(_signature(tool, chars) for tool in listed)
            if len(lines) <= SECTION_CHARS:
                return (
                    f"\n\nFunctions that you can call:\n{lines}\n"
                    f"When a reply needs one of them, answer only with the call, such as {_example(listed[0])}; "
                    "never guess what it would return. Otherwise talk as usual."
                )
    return ""


def written(message: Message) -> str:
    """A line of the dialogue as the model writes it: its words, then its calls, each on a line."""
    calls = (f"{call.name}({', '.join(f'{name}={_json(value)}' for name, value in call.args.items())})" for call in message.calls)
    return "\n".join(text for text in (message.text, *calls) if text)


def told(results: Sequence[Message], names: Mapping[str, str]) -> str:
    """Results of functions as the model reads them; `names` maps the ids of calls to functions.

    The request at the end keeps the smaller models from calling once more.
    """
    lines = (f"[{names.get(result.call, 'the function')} returned] {result.text}" for result in results)
    return "\n".join((*lines, "Tell me what it means, in words."))


def properties(tool: FunctionDeclaration) -> Mapping[str, Any]:
    """The JSON Schemas of a function's arguments, by name."""
    declared = tool.parameters.get("properties")
    return declared if isinstance(declared, Mapping) else {}


def required(tool: FunctionDeclaration) -> frozenset[str]:
    """The arguments that a call must have."""
    declared = tool.parameters.get("required")
    return frozenset(map(str, declared)) if isinstance(declared, Sequence) else frozenset()


def _signature(tool: FunctionDeclaration, chars: int) -> str:
    arguments, described = [], [_cut(tool.description, chars)]
    for name, schema in properties(tool).items():
        arguments.append(f"{name}{'' if name in required(tool) else '?'}: {_type(schema)}")
        if isinstance(schema, Mapping) and (text := _cut(str(schema.get("description") or ""), chars)):
            described.append(f"{name}: {text}")
    return f"{tool.name}({', '.join(arguments)}): {' '.join(text for text in described if text)}".removesuffix(": ")


def _example(tool: FunctionDeclaration) -> str:
    wanted = [name for name in properties(tool) if name in required(tool)]
    return f"{tool.name}({', '.join(f'{name}={_sample(properties(tool)[name])}' for name in wanted)})"


def _sample(schema: Any) -> str:
    return '"..."' if isinstance(schema, Mapping) and schema.get("type") == "string" else "..."


def _type(schema: Any, depth: int = 0) -> str:
    """A JSON Schema in a few characters."""
    if not isinstance(schema, Mapping):
        return "any"
    choices, kind, inner = schema.get("enum"), schema.get("type"), schema.get("properties")
    if isinstance(choices, Sequence) and choices:
        return " | ".join(map(_json, choices))
    if kind == "array" and depth < _DEPTH:
        return f"{_type(schema.get('items'), depth + 1)}[]"
    if isinstance(inner, Mapping) and inner and depth < _DEPTH:
        return f"{{{', '.join(f'{name}: {_type(part, depth + 1)}' for name, part in inner.items())}}}"
    return kind if isinstance(kind, str) else "any"


def _cut(text: str, chars: int) -> str:
    return " ".join(text.split())[:chars].strip()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
