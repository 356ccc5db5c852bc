"""Documents of the Live API, made from the engine's schema: valid ones, the same in other spellings, and their leaves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st

from genmedia_live.engine.protocol.schema.fields import Message
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
    decode,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["turnComplete", "a_b", "type"]), inner, max_size=2)
    ),
    max_leaves=4,
)

SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    STRING: st.text(max_size=5),
    BOOL: st.booleans(),
    INT32: st.integers(-(2**31), 2**31 - 1),
    INT64: st.integers(-(2**53), 2**53),
    FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    BYTES: st.binary(max_size=7).map(lambda data: base64.b64encode(data).decode()),
    DURATION: st.sampled_from(["0s", "1.5s", "300s"]),
    TIMESTAMP: st.sampled_from(["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5+01:00"]),
}

NONSENSE: dict[Kind, list[Any]] = {
    STRING: [7, True, {}, []],
    BOOL: ["maybe", 1, {}],
    INT32: ["many", 1.5, True, 2**31, "9" * 5000, {}],
    INT64: ["many", 1.5, True, 2**63, "9" * 5000],
    FLOAT: ["warm", True, "NaN", "Infinity", "1e999", "1_0", {}],
    BYTES: ["***", "a", 7, "ü"],
    DURATION: ["soon", 7, "1"],
    TIMESTAMP: ["soon", 7, "tomorrow"],
}


@st.composite
def values(draw: st.DrawFn, kind: Kind, depth: int = 0) -> Any:
    """A value of the kind, in its normal form."""
    match kind:
        case Message():
            return draw(documents(kind, depth + 1))
        case ListOf(item):
            return draw(st.lists(values(item, depth), max_size=2))
        case MapOf(value):
            return draw(st.dictionaries(st.sampled_from(["a_b", "aB", "type"]), values(value, depth), max_size=2))
        case Lenient(inner):
            return draw(values(inner, depth))
        case Enum():
            return draw(st.sampled_from(kind.values))
        case UserData(takes=takes):
            struct = st.dictionaries(st.sampled_from(["turnComplete", "a_b"]), JSON, max_size=2)
            return draw(struct if takes is dict else JSON.filter(lambda value: value is not None))
        case _:
            return draw(SCALARS[kind])


@st.composite
def documents(draw: st.DrawFn, message: Message, depth: int = 0) -> dict[str, Any]:
    """A document of the message: some of its fields, none that exclude each other."""
    names = (
        draw(st.lists(st.sampled_from(sorted(message.fields)), unique=True, max_size=4 if depth < 5 else 1))
        if message.fields
        else []
    )
    made: dict[str, Any] = {}
    for name in names:
        if not message.rivals(name) & made.keys() and (depth < 8 or not isinstance(message.fields[name].kind, Message)):
            made[name] = draw(values(message.fields[name].kind, depth))
    if message.name == "FunctionDeclaration":
        _make_declarable(made, draw(st.uuids()).hex)
    return made


def _make_declarable(declaration: dict[str, Any], name: str) -> None:
    """What the schema does not say: a declaration has a name of its own and at most one form of parameters."""
    declaration["name"] = f"f{name}"
    if "parametersJsonSchema" in declaration:
        declaration["parametersJsonSchema"] = {"type": "object", "properties": {"a_b": {}}}
        declaration.pop("parameters", None)


def spelled(value: Any, kind: Kind, random: Random, recode: bool = True) -> Any:
    """The same value as another client would write it. `recode`: bytes too."""
    match kind:
        case Message():
            return _spelled_message(value, kind, random, recode)
        case Lenient(inner, also):
            if (
                also is str
                and list(value) == ["parts"]
                and [list(part) for part in value["parts"]] == [["text"]]
                and random.random() < 0.5
            ):
                return value["parts"][0]["text"]
            return spelled(value, inner, random, recode)
        case ListOf(item):
            items = [spelled(inner, item, random, recode) for inner in value]
            lone = len(items) == 1 and not isinstance(items[0], list) and items[0] is not None
            return items[0] if lone and random.random() < 0.3 else items
        case MapOf(inner):
            return {key: spelled(item, inner, random, recode) for key, item in value.items()}
        case Enum():
            return random.choice([value, value.lower(), value.title(), kind.values.index(value)])
        case _:
            return _spelled_scalar(value, kind, random, recode)


def _spelled_message(value: dict[str, Any], message: Message, random: Random, recode: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, item in value.items():
        field = message.fields[name]
        made[random.choice([field.name, field.snake])] = spelled(item, field.kind, random, recode)
    absent = [field.snake for field in message.fields.values() if field.name not in value]
    return made | dict.fromkeys(random.sample(absent, min(len(absent), random.choice([0, 0, 1]))))


def _spelled_scalar(value: Any, kind: Kind, random: Random, recode: bool) -> Any:
    if kind in (INT32, INT64):
        return random.choice([value, str(value), float(value)])
    if kind is FLOAT:
        return random.choice([value, repr(value)])
    if kind is BYTES and recode:
        text = random.choice([base64.b64encode, base64.urlsafe_b64encode])(decode(value)).decode()
        return random.choice([text, text.rstrip("=")])
    return value


Leaf = tuple[Any, Any, Kind]
"""Where a value is (its container and key there), and its kind."""


def leaves(value: Any, kind: Kind, container: Any = None, key: Any = None) -> Iterator[Leaf]:
    """Every place of the document in which nonsense would be noticed."""
    match kind:
        case Message():
            for name, item in value.items():
                yield from leaves(item, kind.fields[name].kind, value, name)
        case ListOf(item):
            for index, inner in enumerate(value):
                yield from leaves(inner, item, value, index)
        case MapOf(inner):
            for name, item in value.items():
                yield from leaves(item, inner, value, name)
        case Lenient(inner):
            yield from leaves(value, inner, container, key)
        case UserData(takes=takes) if takes is object:
            return
        case _:
            yield container, key, kind


def nonsense(kind: Kind) -> list[Any]:
    """Values that are not of the kind."""
    return ["NO_SUCH_NAME", 99, -1, 1.5, {}] if isinstance(kind, Enum) else NONSENSE.get(kind, [7, "x"])


def nodes(value: Any, kind: Kind) -> Iterator[dict[str, Any]]:
    """Every message in the document."""
    match kind:
        case Message():
            yield value
            for name, item in value.items():
                yield from nodes(item, kind.fields[name].kind)
        case ListOf(item):
            for inner in value:
                yield from nodes(inner, item)
        case MapOf(inner):
            for item in value.values():
                yield from nodes(item, inner)
        case Lenient(inner):
            yield from nodes(value, inner)
