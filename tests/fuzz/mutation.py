"""Changes to an input that keep most of it meaningful: JSON stays JSON, and what is put in mostly fits the schema."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import orjson

from genmedia_live.engine.protocol.profiles import PROFILES
from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE
from genmedia_live.engine.protocol.schema.fields import Field, Message, reachable
from genmedia_live.engine.protocol.schema.kinds import Enum, Kind, Lenient, ListOf, MapOf, Scalar, UserData

MESSAGES = reachable(CLIENT_MESSAGE)
FIELDS: list[Field] = [field for message in MESSAGES.values() for field in message.fields.values()]
KINDS = {
    name: {spelling: field.kind for field in message.fields.values() for spelling in (field.name, field.snake)}
    for name, message in MESSAGES.items()
}
"""Name of a message -> either spelling of its fields -> what they hold."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 40.0, 0.5, 2**31, 2**63, -(2**63), 1e308, 5e-324),
    *("", "0", "-1", "40.0", "1e400", "NaN", "Infinity", "AUDIO", "audio", "1.5s", "2026-11-23T00:00:00Z", "AA==", "_-8", "*"),
    *("HANDLE", "CALL", "é\u0000\U0001f600", "a" * 200, "models/gemini-3.8-live", "audio/pcm;rate=16000", "image/png"),
    *([], {}, [[]], [None], {"a": {"b": [1]}}),
)
"""Values that parsers trip over, and some that mean something."""

MODELS = ("models/genmedia", *(f"models/{profile.name}" for profile in PROFILES))

TYPICAL: dict[str, tuple[Any, ...]] = {
    "TYPE_STRING": (
        "",
        "hi",
        "Puck",
        "user",
        "model",
        "system",
        "audio/pcm;rate=16000",
        "image/jpeg",
        "HANDLE",
        "CALL",
        "en-US",
        *MODELS,
    ),
    "TYPE_BYTES": ("", "AAAA", "__v-_wA=", "/38A" * 800, "AAAA" * 800),
    "TYPE_BOOL": (True, False),
    "TYPE_INT32": (0, 1, -1, 500, "20", 40.0, 2**31 - 1),
    "TYPE_INT64": (0, "7", 104_857, 2**63 - 1),
    "TYPE_FLOAT": (0, 0.5, "0.7", 2, -1.5),
}
"""What fields of a type usually hold, by the type's name in protobuf."""

DEEPEST = 5
DEEPEST_CHANGE = 120


def odd(rng: random.Random) -> Any:
    """One of the odd values, of which whoever gets it may change what is in it."""
    return deepcopy(rng.choice(ODD))


def grown(kind: Kind, rng: random.Random, depth: int = 0) -> Any:
    """A value of this kind; odd once in a while."""
    if rng.random() < 0.04:
        return odd(rng)
    match kind:
        case Message():
            fields = list(kind.fields.values())
            chosen = rng.sample(fields, min(len(fields), rng.choice((0, 1, 1, 2, 3)))) if depth < DEEPEST else []
            return {_spelled(field, rng): grown(field.kind, rng, depth + 1) for field in chosen}
        case ListOf(item):
            return [grown(item, rng, depth + 1) for _ in range(rng.choice((0, 1, 1, 2)))]
        case MapOf(value):
            return {rng.choice(("a", "b_c", "dE")): grown(value, rng, depth + 1) for _ in range(rng.choice((0, 1, 2)))}
        case Enum():
            return rng.choice((*kind.values, rng.choice(kind.values).lower(), rng.randrange(len(kind.values) + 1)))
        case Scalar():
            return rng.choice(TYPICAL[kind.proto]) if kind.proto in TYPICAL else odd(rng)
        case Lenient():
            return grown(kind.kind, rng, depth)
        case UserData():
            return {"type": "OBJECT", "a_b": [1, {"c": None}]}
        case _:
            return odd(rng)


def _spelled(field: Field, rng: random.Random) -> str:
    return rng.choice((field.name, field.snake))


def mutated(line: bytes, rng: random.Random) -> bytes:
    """A frame with some changes; another frame altogether where it is no JSON."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        document = grown(CLIENT_MESSAGE, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        document = _changed(document, rng)
    try:
        return orjson.dumps(document)
    except (orjson.JSONEncodeError, TypeError):  # numbers that JSON can hold and orjson can't write
        return line


def _changed(document: Any, rng: random.Random) -> Any:
    places = list(_places(document, CLIENT_MESSAGE))
    if not places or rng.random() < 0.03:
        return grown(CLIENT_MESSAGE, rng)
    holder, kind = rng.choice(places)
    rng.choice(_CHANGES)(holder, kind, rng)
    return document


def _places(value: Any, kind: Kind | None, depth: int = 0) -> Iterator[tuple[dict[str, Any] | list[Any], Kind | None]]:
    """Every object and list down to some depth, with the kind that the schema has for it."""
    if depth > DEEPEST_CHANGE:
        return
    if isinstance(kind, Lenient):
        kind = kind.kind
    if isinstance(value, dict):
        yield value, kind
        for key, item in value.items():
            yield from _places(item, _kind_at(kind, key), depth + 1)
    elif isinstance(value, list):
        yield value, kind
        for item in value:
            yield from _places(item, kind.item if isinstance(kind, ListOf) else None, depth + 1)


def _kind_at(kind: Kind | None, key: str) -> Kind | None:
    if isinstance(kind, ListOf):  # a lone value stands for a list of it
        kind = kind.item
    if isinstance(kind, Message):
        return KINDS[kind.name].get(key)
    return kind.value if isinstance(kind, MapOf) else None


Change = Callable[[Any, Kind | None, random.Random], None]


def _add(holder: Any, kind: Kind | None, rng: random.Random) -> None:
    if isinstance(holder, list):
        item = kind.item if isinstance(kind, ListOf) else None
        holder.insert(rng.randrange(len(holder) + 1), grown(item, rng) if item else odd(rng))
        return
    if isinstance(kind, ListOf):
        kind = kind.item
    field = rng.choice(list(kind.fields.values()) if isinstance(kind, Message) and kind.fields else FIELDS)
    holder[_spelled(field, rng)] = grown(field.kind, rng)


def _replace(holder: Any, kind: Kind | None, rng: random.Random) -> None:
    key = _any_key(holder, rng)
    if key is not None:
        held = _kind_at(kind, key) if isinstance(holder, dict) else kind.item if isinstance(kind, ListOf) else None
        holder[key] = grown(held, rng) if held is not None and rng.random() < 0.7 else odd(rng)


def _remove(holder: Any, kind: Kind | None, rng: random.Random) -> None:
    key = _any_key(holder, rng)
    if key is not None:
        del holder[key]


def _rename(holder: Any, kind: Kind | None, rng: random.Random) -> None:
    if isinstance(holder, dict) and holder:
        value = holder.pop(rng.choice(list(holder)))
        holder[rng.choice((_spelled(rng.choice(FIELDS), rng), "x" * rng.randrange(300), "é"))] = value


def _wrap(holder: Any, kind: Kind | None, rng: random.Random) -> None:
    key = _any_key(holder, rng)
    if key is not None:
        for _ in range(rng.choice((1, 2, 90, 120))):
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"items": holder[key]}


def _any_key(holder: Any, rng: random.Random) -> Any:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    return rng.choice(keys) if len(keys) else None


_CHANGES: tuple[Change, ...] = (_add, _add, _add, _replace, _replace, _remove, _rename, _wrap)


def mutated_talk(data: bytes, rng: random.Random) -> bytes:
    """A talk with a line changed, doubled, moved, left out or put in."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(8):
        case 0:
            lines.insert(at, rng.choice(lines))
        case 1 if len(lines) > 1:
            del lines[at]
        case 2:
            lines.insert(at, orjson.dumps(_told(rng)))
        case 3:
            lines.insert(at, rng.choice((b"gemini", b"vertex")))
        case _:
            lines[at] = mutated(lines[at], rng)
    return b"\n".join(lines)


def _told(rng: random.Random) -> dict[str, Any]:
    """A whole new message of a client."""
    field = rng.choice(list(CLIENT_MESSAGE.fields.values()))
    return {_spelled(field, rng): grown(field.kind, rng)}
