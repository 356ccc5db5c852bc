"""The functions that a client declares: their names checked, their parameters made JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genmedia_live.core.limits import Limits
from genmedia_live.engine.protocol.schema.kinds import Invalid
from genmedia_live.ports import FunctionDeclaration

MOST_CHARS = Limits().live_tools_chars

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")

_BLOCKING = {"BLOCKING": True, "NON_BLOCKING": False}

_RENAMED = {"defs": "$defs", "ref": "$ref"}
_DROPPED = frozenset({"type", "nullable", "propertyOrdering", "example"})


def declared(tools: Sequence[Mapping[str, Any]]) -> tuple[FunctionDeclaration, ...]:
    """The functions in the normalised `tools` of a set-up. Raises Invalid for a bad name, or one declared twice.

    They are kept with each resumption handle and read to the model with each answer: too much of them is Invalid, too.
    """
    functions: dict[str, FunctionDeclaration] = {}
    chars = 0
    for place, declaration in _declarations(tools):
        try:
            function = _function(declaration)
            if function.name in functions:
                raise Invalid(f"Duplicate function declaration found: {function.name}")
        except Invalid as problem:
            raise problem.under(place) from None
        functions[function.name] = function
        chars += len(json.dumps((function.name, function.description, function.parameters), ensure_ascii=False))
        if chars > MOST_CHARS:
            raise Invalid("The function declarations are too long", f": at most {MOST_CHARS} characters of JSON.").under("tools")
    return tuple(functions.values())


def _declarations(tools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for at, tool in enumerate(tools):
        for index, declaration in enumerate(tool.get("functionDeclarations", ())):
            yield f"tools[{at}].function_declarations[{index}]", declaration


def _function(declaration: Mapping[str, Any]) -> FunctionDeclaration:
    name = declaration.get("name", "")
    if not _NAME.fullmatch(name):
        raise Invalid("Invalid function name", ". Must start with a letter or an underscore.").under("name")
    return FunctionDeclaration(
        name=name,
        description=declaration.get("description", ""),
        parameters=_parameters(declaration),
        blocking=_BLOCKING.get(declaration.get("behavior", "")),
    )


def _parameters(declaration: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = declaration.get("parametersJsonSchema")
    if schema is None:
        return json_schema(declaration.get("parameters", {}))
    if "parameters" in declaration:
        raise Invalid("Only one of parameters and parameters_json_schema can be set")
    if not isinstance(schema, dict):
        raise Invalid("Invalid value", ": a JSON Schema is an object").under("parameters_json_schema")
    return schema


def json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the API's own `Schema`, a kind of OpenAPI 3.0: types in lower case, `nullable` as a type."""
    made: dict[str, Any] = {}
    if (kind := _type(schema)) is not None:
        made["type"] = kind
    for name, value in schema.items():
        if name not in _DROPPED:
            made[_RENAMED.get(name, name)] = _converted(name, value)
    if "properties" in made and "propertyOrdering" in schema:
        made["properties"] = _ordered(made["properties"], schema["propertyOrdering"])
    if "example" in schema:
        made["examples"] = [schema["example"]]
    return made


def _type(schema: Mapping[str, Any]) -> str | list[str] | None:
    name = schema.get("type", "TYPE_UNSPECIFIED")
    if name == "TYPE_UNSPECIFIED":
        return None
    kind = str(name).lower()
    return [kind, "null"] if schema.get("nullable") and kind != "null" else kind


def _converted(name: str, value: Any) -> Any:
    match name:
        case "properties" | "defs":
            return {key: json_schema(inner) for key, inner in value.items()}
        case "items":
            return json_schema(value)
        case "anyOf":
            return [json_schema(inner) for inner in value]
        case _:
            return value


def _ordered(properties: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    first = {name: properties[name] for name in order if name in properties}
    return first | {name: value for name, value in properties.items() if name not in first}
