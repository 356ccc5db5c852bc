"""The messages of the API: the names of their fields, what each may hold and what becomes of it.

Below are the words in which they are declared: `message(...)` for what a client sends, `sent(...)` for what the engine sends, and
kin of both for messages of which all fields share a fate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from genmedia_live.engine.protocol.schema.kinds import MAX_DEPTH, SHOWN, TYPES, Invalid, Kind, ListOf, MapOf, unfit


class _Self(Kind):
    label = "the message itself"


SELF = _Self()
"""Stands for the message that is being declared."""

Verdict = Literal["honoured", "ignored", "refused", "sent", "never sent"]
"""What the engine does with a field that a client sends; whether it sends the field itself."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: its names, what it may hold, what becomes of it and why."""

    name: str
    kind: Kind
    verdict: Verdict
    why: str = ""
    snake: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A kind with what becomes of it, before it has a name."""

    kind: Kind
    verdict: Verdict
    why: str


def ignored(kind: Kind, why: str) -> Spec:
    """Taken when it is well formed, and without effect on the conversation."""
    return Spec(kind, "ignored", why)


def refused(kind: Kind, why: str) -> Spec:
    """Taken by the parser; a set-up with it is refused when it names a model of Google's (`refusals.py`), ignored otherwise."""
    return Spec(kind, "refused", why)


def listed(item: Kind) -> ListOf:
    """A repeated field."""
    return ListOf(item)


def mapped(value: Kind) -> MapOf:
    """A map from the user's own keys."""
    return MapOf(value)


def snake_case(name: str) -> str:
    """The name of a field in the .proto file."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class Message(Kind):
    """A message of the API. Its fields are found by either spelling; of a oneof at most one may be given."""

    def __init__(self, name: str, fields: dict[str, Kind | Spec], verdict: Verdict, why: str) -> None:
        self.name = name
        self.label = name
        self.fields = {key: self._field(key, spec, verdict, why) for key, spec in fields.items()}
        self._oneof: dict[str, str] = {}
        self._by_spelling = {spelling: field for field in self.fields.values() for spelling in (field.name, field.snake)}

    def _field(self, name: str, spec: Kind | Spec, verdict: Verdict, why: str) -> Field:
        if not isinstance(spec, Spec):
            spec = Spec(spec, verdict, why)
        return Field(name, _owned(spec.kind, self), spec.verdict, spec.why, snake_case(name))

    def oneof(self, group: str, *names: str) -> Message:
        """Declare that these fields exclude each other."""
        self._oneof.update(dict.fromkeys(names, group))
        return self

    def rivals(self, name: str) -> frozenset[str]:
        """The fields that may not be given beside `name`."""
        group = self._oneof.get(name)
        return frozenset(other for other, its in self._oneof.items() if its == group and other != name)

    def inner(self) -> Iterable[Kind]:
        return (field.kind for field in self.fields.values())

    def read(self, value: Any, depth: int = 0) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise unfit(value, TYPES + self.name)
        if depth >= MAX_DEPTH:
            raise Invalid("Message too deep", ". Max recursion depth reached")
        taken: dict[str, Any] = {}
        for key, item in value.items():
            field = self._by_spelling.get(key)
            if field is None:
                raise unknown(key)
            if item is None:
                continue
            if field.name in taken:
                raise Invalid(f'Invalid JSON payload received. Name "{field.snake}"', ": Given more than once.")
            taken[field.name] = self._take(field, item, depth)
        if self._oneof:
            self._check_oneof(taken)
        return taken

    def _take(self, field: Field, item: Any, depth: int) -> Any:
        try:
            return field.kind.read(item, depth + 1)
        except Invalid as problem:
            if isinstance(item, list) and not problem.path and not isinstance(field.kind, ListOf):
                raise unknown(field.snake, ": Proto field is not repeating, cannot start list.") from None
            raise problem.under(field.snake) from None

    def _check_oneof(self, taken: dict[str, Any]) -> None:
        seen: set[str] = set()
        for name in taken:
            group = self._oneof.get(name)
            if group in seen:
                raise Invalid("Invalid value", f" (oneof), oneof field '{group}' is already set. Cannot set '{name}'")
            if group is not None:
                seen.add(group)


def unknown(name: str, why: str = ": Cannot find field.") -> Invalid:
    """The refusal of a name that the message does not have."""
    return Invalid(f'Invalid JSON payload received. Unknown name "{name[:SHOWN]}"', why)


def _owned(kind: Kind, owner: Message) -> Kind:
    """The kind, with the owner in place of SELF."""
    match kind:
        case _Self():
            return owner
        case ListOf(item):
            return ListOf(_owned(item, owner))
        case MapOf(value):
            return MapOf(_owned(value, owner))
        case _:
            return kind


def message(name: str, /, **fields: Kind | Spec) -> Message:
    """A message whose fields are honoured, those apart that say otherwise."""
    return Message(name, fields, "honoured", "")


def unheeded(name: str, why: str, /, **fields: Kind | Spec) -> Message:
    """A message whose fields are ignored, all for the same reason."""
    return Message(name, fields, "ignored", why)


def barred(name: str, why: str, /, **fields: Kind | Spec) -> Message:
    """A message that is only found in fields that are refused."""
    return Message(name, fields, "refused", why)


def sent(name: str, /, **fields: Kind | Spec) -> Message:
    """A message of the engine's, of which all is sent, those fields apart that say otherwise."""
    return Message(name, fields, "sent", "")


def unsent(name: str, why: str, /, **fields: Kind | Spec) -> Message:
    """A message that the engine never sends."""
    return Message(name, fields, "never sent", why)


def never(kind: Kind, why: str) -> Spec:
    """A field that the engine never sends."""
    return Spec(kind, "never sent", why)


def reachable(root: Kind) -> dict[str, Message]:
    """Every message that a document of `root` may hold, by its name, the root first."""
    found: dict[str, Message] = {}
    waiting = [root]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, Message):
            if kind.name in found:
                continue
            found[kind.name] = kind
        waiting.extend(kind.inner())
    return found
