"""What a field of the API may hold, and the reading of it from JSON as Google's proto-JSON parser reads it.

Reading normalises: fields get their camelCase names, enums their names, numbers given as strings become numbers; null is absent.
Bytes stay the base64 text that came, and the user's own data (`VALUE`, `STRUCT`) is not touched. The sentences of the errors are
those that Google's servers answer with.
"""

from __future__ import annotations

import binascii
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 100
"""Messages within messages, and the levels of user data (protobuf's own default)."""

TYPES = "type.googleapis.com/google.ai.generativelanguage.v1beta."
SHOWN = 60
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
_DURATION = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?s")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)?")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class Invalid(ValueError):
    """A document that can't be taken. `str` of it is the sentence for the client, with the place in it."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(what, detail)
        self.what, self.detail = what, detail
        self.path: list[str] = []

    def under(self, name: str) -> Invalid:
        """The same, one level further out."""
        self.path.append(name)
        return self

    def __str__(self) -> str:
        place = "".join(name if name.startswith("[") else f".{name}" for name in reversed(self.path)).lstrip(".")
        return self.what + (f" at '{place}'" if place else "") + self.detail


def unfit(value: object, kind: str) -> Invalid:
    """The refusal of a value that does not fit its kind."""
    if isinstance(value, dict):
        return Invalid("Invalid value", f" ({kind}), Starting an object on a scalar field")
    return Invalid("Invalid value", f" ({kind}), {_shown(value)}")


def _shown(value: object) -> str:
    match value:
        case str():
            return json.dumps(value[:SHOWN])
        case int() if value.bit_length() > 64:
            return "a number"
        case None | int() | float():
            return json.dumps(value)
        case _:
            return f"a {type(value).__name__}"


class Kind:
    """What a field may hold."""

    label: str
    """In words, for the documentation."""

    def read(self, value: Any, depth: int) -> Any:
        """The value in its normal form. `depth` counts the messages around it. Raises Invalid."""
        raise NotImplementedError

    def inner(self) -> Iterable[Kind]:
        """The kinds that it is made of."""
        return ()


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """A single value. `take` gives its normal form, or None when the value is not of this kind."""

    label: str
    proto: str
    take: Callable[[Any], Any]

    def read(self, value: Any, depth: int) -> Any:
        taken = self.take(value)
        if taken is None:
            raise unfit(value, self.proto)
        return taken


def _string(value: Any) -> str | None:
    return value if type(value) is str else None


def _bool(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _integer(bits: int) -> Callable[[Any], int | None]:
    bound = 1 << (bits - 1)

    def take(value: Any) -> int | None:
        if type(value) is float and value.is_integer() or type(value) is str and _INTEGER.fullmatch(value):
            value = int(value)
        return value if type(value) is int and -bound <= value < bound else None

    return take


FLOAT_MAX = sys.float_info.max


def _float(value: Any) -> float | None:
    if type(value) is str and _DECIMAL.fullmatch(value):
        value = float(value)
    return value if type(value) in (int, float) and -FLOAT_MAX <= value <= FLOAT_MAX else None


def decode(text: str) -> bytes:
    """Bytes from base64 in the standard or the URL-safe alphabet, with or without padding. Raises ValueError."""
    data = text.encode("ascii")
    if b"-" in data or b"_" in data:
        data = data.translate(_TO_STANDARD)
    if len(data) % 4:
        data = data.rstrip(b"=") + b"=" * (-len(data.rstrip(b"=")) % 4)
    return binascii.a2b_base64(data, strict_mode=True)


def _bytes(value: Any) -> str | None:
    if type(value) is not str:
        return None
    try:
        decode(value)
    except ValueError:
        return None
    return value


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    return lambda value: value if type(value) is str and pattern.fullmatch(value) else None


STRING = Scalar("string", "TYPE_STRING", _string)
BOOL = Scalar("bool", "TYPE_BOOL", _bool)
INT32 = Scalar("int32", "TYPE_INT32", _integer(32))
INT64 = Scalar("int64", "TYPE_INT64", _integer(64))
FLOAT = Scalar("float", "TYPE_FLOAT", _float)
BYTES = Scalar("bytes", "TYPE_BYTES", _bytes)
DURATION = Scalar("duration", "type.googleapis.com/google.protobuf.Duration", _matching(_DURATION))
TIMESTAMP = Scalar("timestamp", "type.googleapis.com/google.protobuf.Timestamp", _matching(_TIMESTAMP))


@dataclass(frozen=True, slots=True)
class Enum(Kind):
    """One of some names, in either case, or its number. The numbers follow the order of the names, as the SDK lists them."""

    name: str
    values: tuple[str, ...]
    _by_spelling: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_spelling.update((value.upper(), value) for value in self.values)

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.name

    def read(self, value: Any, depth: int) -> str:
        if type(value) is str and (name := self._by_spelling.get(value.upper())) is not None:
            return name
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is int and 0 <= value < len(self.values):
            return self.values[value]
        raise unfit(value, TYPES + self.name)


@dataclass(frozen=True, slots=True)
class UserData(Kind):
    """JSON of the user's own: nothing in it is looked at, so nothing is re-spelled. Only its depth has a bound."""

    label: str
    takes: type
    proto: str

    def read(self, value: Any, depth: int) -> Any:
        if not isinstance(value, self.takes):
            raise unfit(value, self.proto)
        level = [value]
        for _ in range(MAX_DEPTH - depth):
            nested = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
            level = [item for items in nested for item in items if isinstance(item, dict | list)]
            if not level:
                return value
        raise Invalid("Message too deep", ". Max recursion depth reached")


STRUCT = UserData("object, the user's own", dict, "type.googleapis.com/google.protobuf.Struct")
VALUE = UserData("JSON, the user's own", object, "type.googleapis.com/google.protobuf.Value")


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A repeated field. A lone value stands for a list of it, as Google's samples write `parts: {"text": ...}`."""

    item: Kind

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"list of {self.item.label}"

    def read(self, value: Any, depth: int) -> list[Any]:
        read = self.item.read
        if not isinstance(value, list):
            return [read(value, depth)]
        taken = []
        try:
            for item in value:
                taken.append(read(item, depth))  # noqa: PERF401 - its length tells which item failed
        except Invalid as problem:
            raise problem.under(f"[{len(taken)}]") from None
        return taken

    def inner(self) -> Iterable[Kind]:
        return (self.item,)


@dataclass(frozen=True, slots=True)
class MapOf(Kind):
    """A map: its keys are the user's own."""

    value: Kind

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"map to {self.value.label}"

    def read(self, value: Any, depth: int) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise unfit(value, "map")
        read, taken = self.value.read, {}
        try:
            for key, item in value.items():
                taken[key] = read(item, depth)
        except Invalid as problem:
            raise problem.under("value").under(f"[{len(taken)}]") from None
        return taken

    def inner(self) -> Iterable[Kind]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class Lenient(Kind):
    """A kind that is also taken in a second form of JSON, from which `wrap` makes the first."""

    kind: Kind
    also: type
    wrap: Callable[[Any], Any]

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"{self.kind.label} or {'string' if self.also is str else self.also.__name__}"

    def read(self, value: Any, depth: int) -> Any:
        return self.kind.read(self.wrap(value) if isinstance(value, self.also) else value, depth)

    def inner(self) -> Iterable[Kind]:
        return (self.kind,)
