"""Reads a script file. What is wrong with one is said in a sentence: the file, the line, the field, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.core.limits import Limits
from genmedia_live.engine.script.faults import Place, sentence
from genmedia_live.engine.script.rules import Script

BOOL = "tag:yaml.org,2002:bool"


class Loader(yaml.SafeLoader):
    """Reads `yes`, `no`, `on` and `off` as the words that they are, as YAML 1.2 does: a user may say them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != BOOL] for first, rules in Loader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))

MOST_NODES = 100_000
"""Values in a file, each use of an alias counted anew: a few lines of aliases can stand for more than a memory holds."""


def load_script(path: Path) -> Script:
    """The script in that file.

    Raises:
        GenmediaError: `bad_script`.
    """
    limit = Limits().script_bytes
    try:
        with path.open("rb") as file:
            text = file.read(limit + 1)
    except OSError as problem:
        raise error("bad_script", f"{path.name} can't be read: {problem.strerror}.") from problem
    if len(text) > limit:
        raise error("bad_script", f"{path.name} is larger than {limit} bytes, the most that a script may have.")
    return read_script(text, path.name)


def read_script(text: bytes | str, name: str = "script") -> Script:
    """The script that `text` (YAML, UTF-8) holds; `name` is what messages call it.

    Raises:
        GenmediaError: `bad_script`.
    """
    try:
        root = yaml.compose(text, Loader=Loader)
        if root is None:
            raise _fault(name, 1, "the file is empty; it begins with `version: 1`")
        _look_over(root, name)
        values = SafeConstructor().construct_document(root)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise _fault(name, mark.line + 1 if mark else 1, f"this is not YAML: {problem.problem or problem.context}") from problem
    except (yaml.YAMLError, ValueError) as problem:
        what = f"this is not YAML: {getattr(problem, 'reason', problem)}"
        raise _fault(name, _line_at(text, getattr(problem, "position", 0)), what) from problem
    except RecursionError as problem:
        raise error("bad_script", f"{name} is nested too deeply to be a script.") from problem
    try:
        return Script.model_validate(values)
    except ValidationError as problem:
        faults = [(_line(root, place := _place(fault)), place, fault) for fault in problem.errors(include_url=False)]
        line, place, first = min(faults, key=lambda fault: fault[0])
        raise _fault(name, line, sentence(place, first)) from problem


def _fault(name: str, line: int, what: str) -> GenmediaError:
    return error("bad_script", f"{name}, line {line}: {what.rstrip('.')}.")


def _line_at(text: bytes | str, position: int) -> int:
    return text[:position].count(b"\n" if isinstance(text, bytes) else "\n") + 1  # type: ignore[arg-type]


def _look_over(root: Node, name: str) -> None:
    """Refuse what YAML lets pass: a key that is there twice, half a character, aliases without end."""
    waiting, seen = [root], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            raise _fault(name, node.start_mark.line + 1, f"there are more than {MOST_NODES} values in this file")
        match node:
            case ScalarNode():
                if any("\ud800" <= letter <= "\udfff" for letter in node.value):
                    raise _fault(name, node.start_mark.line + 1, "this text holds half a character (a lone surrogate)")
            case SequenceNode():
                waiting += node.value
            case MappingNode():
                keys: dict[tuple[str, str], int] = {}
                for key, value in node.value:
                    line, known = key.start_mark.line + 1, (key.tag, str(key.value))
                    if isinstance(key, ScalarNode) and known in keys:
                        raise _fault(name, line, f"`{key.value}` is here for the second time; the first is in line {keys[known]}")
                    keys[known] = line
                    waiting += (key, value)


def _line(root: Node, place: Place) -> int:
    """The line of the field, or of what it should be in."""
    node, line = root, root.start_mark.line
    for part in place:
        if isinstance(node, MappingNode):
            inner = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if inner is None:
                break
            line, node = inner[0].start_mark.line, inner[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _place(fault: ErrorDetails) -> Place:
    """Where the fault is, as the file spells it: without the names that pydantic adds for kinds of JSON values."""
    place = (*fault["loc"], *fault.get("ctx", {}).get("within", ()))
    return tuple(part for part in place if part not in ("[key]", "dict", "list"))


def schema() -> Mapping[str, Any]:
    """The JSON Schema of a script, for editors."""
    made = Script.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "GenMedia Live engine script"}
