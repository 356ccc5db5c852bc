"""The arguments of a function: told to a model as JSON Schema, and checked when the model gives them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import CoreSchema
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

_FAULTS_TOLD = 5
"""How many mistakes in one call the model is told."""


class WrongArguments(ValueError):
    """What the model gave does not fit; the sentence is for the model."""


class Arguments:
    """What a function takes, from its signature. Raises TypeError for a signature that no model could fill."""

    def __init__(self, function: Callable[..., Any], described: Mapping[str, str], context: type) -> None:
        """`described` are the arguments' descriptions; a parameter annotated with `context` is filled by us, not by the model."""
        name = getattr(function, "__name__", "the function")
        try:
            parameters = inspect.signature(function, eval_str=True).parameters.values()
        except NameError as failure:
            raise TypeError(f"{name}: a type in the signature can't be found: {failure}") from failure
        for parameter in parameters:
            _check(name, parameter)
        self.context = next((parameter.name for parameter in parameters if parameter.annotation is context), None)
        taken = [parameter for parameter in parameters if parameter.name != self.context]
        self._wanted = frozenset(parameter.name for parameter in taken if parameter.default is parameter.empty)
        try:
            self._adapter = _adapter({parameter.name: _typed(parameter, described) for parameter in taken})
            self.schema = self._schema()
        except PydanticUserError as failure:
            raise TypeError(f"{name}: {failure.message}") from failure

    def _schema(self) -> Mapping[str, Any]:
        """JSON Schema with types in lower case and nothing to look up; empty for a function without arguments."""
        schema = self._adapter.json_schema(schema_generator=_Untitled)
        properties = _inlined(schema.get("properties", {}), schema.get("$defs", {}), ())
        for name, inner in properties.items():
            if name not in self._wanted:
                properties[name] = _without_null(inner)
        if not properties:
            return {}
        made = {"type": "object", "properties": properties}
        return made | {"required": schema["required"]} if "required" in schema else made

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the function is called with.

        Raises:
            WrongArguments: something is missing, unknown or of another type.
        """
        try:
            return dict(self._adapter.validate_python(dict(given)))
        except ValidationError as failure:
            faults = failure.errors(include_url=False, include_input=False, include_context=False)
            told = [f"{'.'.join(map(str, fault['loc']))[:80]}: {fault['msg']}" for fault in faults[:_FAULTS_TOLD]]
            raise WrongArguments(f"Wrong arguments. {'; '.join(told)}.") from None


def _check(name: str, parameter: inspect.Parameter) -> None:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise TypeError(f"{name}: a tool can't have {parameter}: each argument has a name of its own")
    if parameter.annotation is parameter.empty:
        raise TypeError(f"{name}: the argument {parameter.name} has no type")


def _typed(parameter: inspect.Parameter, described: Mapping[str, str]) -> Any:
    """The parameter's type, with its description, optional where it has a default."""
    kind: Any = parameter.annotation
    if parameter.name in described:
        kind = Annotated[kind, Field(description=described[parameter.name])]
    return kind if parameter.default is parameter.empty else NotRequired[kind]


def _adapter(fields: dict[str, Any]) -> TypeAdapter[Any]:
    make: Any = TypedDict
    kind = make("Arguments", fields)
    # Models write numbers with and without quotes.
    kind.__pydantic_config__ = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    return TypeAdapter(kind)


class _Untitled(GenerateJsonSchema):
    """Pydantic's JSON Schema without titles: they repeat the names, and models pay for each word."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> dict[str, Any]:
        made = super().generate(schema, mode)
        for definition in made.get("$defs", {}).values():
            definition.pop("title", None)
        return made


def _inlined(part: Any, definitions: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    """The schema with every `$ref` replaced by what it names: not every model follows one."""
    if isinstance(part, list):
        return [_inlined(inner, definitions, inside) for inner in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if not isinstance(name, str):  # a property may bear that name: its schema is a map
        return {key: _inlined(inner, definitions, inside) for key, inner in part.items()}
    name = name.removeprefix("#/$defs/")
    if name in inside:
        raise TypeError(f"{name} holds itself: a tool's arguments end somewhere")
    rest = {key: inner for key, inner in part.items() if key != "$ref"}
    return {**_inlined(definitions[name], definitions, (*inside, name)), **rest}


def _without_null(schema: Any) -> Any:
    """An argument that may be left out need not be null as well."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
