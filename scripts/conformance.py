"""Holds the schema against the installed SDK and writes `docs/conformance.md`: `python scripts/conformance.py [--check]`.

What the SDK knows is read from its types, and from its converters, whose names on the wire differ from the types here and there.
Prints the split; exits 1 when a field is unaccounted for, when the schema holds one that nobody knows, or (`--check`) when the
page is out of date.
"""

from __future__ import annotations

import ast
import enum
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from google.genai import _live_converters, types
from google.genai.version import __version__ as SDK
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE, SERVER_MESSAGE
from genmedia_live.engine.protocol.schema.fields import Message, reachable
from genmedia_live.engine.protocol.schema.kinds import Enum, Kind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "conformance.md"

CLIENT_TYPES: tuple[type[BaseModel], ...] = (types.LiveClientMessage, types.LiveConnectConfig, types.Tool)
"""The last two because the first hides them: `tools` behind a validator, `realtimeInputConfig` nowhere but in the config."""

SERVER_TYPES: tuple[type[BaseModel], ...] = (types.LiveServerMessage,)

NOT_SENT = {
    "LiveConnectConfig": "the converters spread its fields over the set-up, where they are counted",
    "HttpOptions": "says how to connect",
    "File": "a file among the parts becomes `fileData`",
}
"""Types that are reached and never go over the wire."""

CONVERTS = {
    "LiveConnectConfig": "LiveClientMessage",
    "LiveConnectParameters": "LiveClientMessage",
    "LiveSendRealtimeInputParameters": "LiveClientRealtimeInput",
}
"""Converters that are named for their argument; the message that they write."""

OFF_THE_WIRE = {("LiveClientMessage", "config")}
"""Converters write it and `connect` takes it off again."""

Names = dict[str, set[str]]
"""Names of fields on the wire by message. Enums are among them, with their values."""

# ---- what the SDK knows


def typed(roots: Iterable[type[BaseModel]]) -> Names:
    """The fields of every type that the roots lead to."""
    known: Names = {}
    waiting: list[Any] = list(roots)
    while waiting:
        found = waiting.pop()
        if not isinstance(found, type):
            waiting.extend(get_args(found))
        elif issubclass(found, enum.Enum):
            known[found.__name__] = {str(member.value) for member in found}
        elif issubclass(found, BaseModel) and found.__name__ not in known:
            if found is types.LiveConnectConfig or found.__name__ not in NOT_SENT:
                waiting.extend(field.annotation for field in found.model_fields.values())
            if found.__name__ not in NOT_SENT:
                known[found.__name__] = {
                    name for key, field in found.model_fields.items() for name in (to_camel(key), field.alias or to_camel(key))
                }
    return known


def converted(root: Message, verb: str) -> Names:
    """The names that the SDK's converters write (`to`) or read (`from`), by the message of the schema that they belong to."""
    known: Names = {}
    messages = reachable(root)
    for function in ast.parse(inspect.getsource(_live_converters)).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        match = re.fullmatch(rf"_(\w+)_{verb}_(?:vertex|mldev)", function.name)
        if match is None or match[1].startswith("LiveMusic"):
            continue
        for target, path in _paths(function, "setv" if verb == "to" else "getv"):
            start = root if target == "parent_object" else messages.get(CONVERTS.get(match[1], match[1]))
            for message, name in _follow(start, path):
                known.setdefault(message, set()).add(name)
    return known


def _paths(function: ast.FunctionDef, call: str) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=target), ast.List(elts=elements), *_]) if name == call:
                yield target, [element.value for element in elements if isinstance(element, ast.Constant)]  # type: ignore[misc]


def _follow(message: Message | None, path: list[str]) -> Iterator[tuple[str, str]]:
    """Each step of a path as a message and the name that it is to have."""
    for step in path:
        if message is None:
            return
        yield message.name, step
        field = message.fields.get(step)
        message = None if field is None else next(iter(_messages(field.kind)), None)


# ---- what the schema holds


def _messages(kind: Kind) -> Iterator[Message]:
    if isinstance(kind, Message):
        yield kind
    else:
        for inner in kind.inner():
            yield from _messages(inner)


def _enums(kind: Kind) -> Iterator[Enum]:
    if isinstance(kind, Enum):
        yield kind
    elif not isinstance(kind, Message):
        for inner in kind.inner():
            yield from _enums(inner)


def held(root: Message) -> Names:
    """The names in the schema, of fields and of the values of enums."""
    fields = {name: set(message.fields) for name, message in reachable(root).items()}
    kinds = [field.kind for message in reachable(root).values() for field in message.fields.values()]
    return fields | {found.name: set(found.values) for kind in kinds for found in _enums(kind)}


def difference(root: Message, roots: Iterable[type[BaseModel]], verb: str) -> tuple[list[str], list[str]]:
    """What the SDK knows and the schema lacks; what the schema holds and the SDK does not know."""
    known, ours = typed(roots), held(root)
    for name, fields in converted(root, verb).items():
        known.setdefault(name, set()).update(field for field in fields if (name, field) not in OFF_THE_WIRE)
    for found in _literals(root):
        known.setdefault(found.name, set(found.values))
    return _beyond(known, ours), _beyond(ours, known)


def _literals(root: Message) -> list[Enum]:
    """Enums that the SDK spells out where they are used, so that they have no type of their own."""
    kinds = (field.kind for message in reachable(root).values() for field in message.fields.values())
    return [found for kind in kinds for found in _enums(kind) if not hasattr(types, found.name)]


def _beyond(some: Names, others: Names) -> list[str]:
    return sorted(f"{name}.{field}" for name, fields in some.items() for field in fields - others.get(name, set()))


# ---- the page


def split(root: Message) -> Counter[str]:
    """How many fields there are of each verdict."""
    return Counter(field.verdict for message in reachable(root).values() for field in message.fields.values())


def table(root: Message) -> str:
    """Every message with its fields."""
    parts = []
    for name, message in reachable(root).items():
        rows = [
            f"| `{field.name}` | {_label(field.kind)} | {field.verdict} | {field.why or '-'} |"
            for field in message.fields.values()
        ]
        head = (
            ["| field | holds | | why |", "| --- | --- | --- | --- |"]
            if rows
            else ["It has no fields: that it is there says all."]
        )
        parts.append("\n".join([f"### {name}", "", *head, *rows]))
    return "\n\n".join(parts)


def _label(kind: Kind) -> str:
    return kind.label.replace("|", "\\|")


def counts(root: Message, verdicts: tuple[str, ...], unaccounted: int) -> str:
    """The split in a line."""
    found = split(root)
    return f"{found.total()}: " + ", ".join([*(f"{name} {found[name]}" for name in verdicts), f"unaccounted {unaccounted}"])


def results() -> tuple[list[str], list[str]]:
    """The lines to print, and what is wrong."""
    lines, wrong = [], []
    for side, root, roots, verb, verdicts in (
        ("client", CLIENT_MESSAGE, CLIENT_TYPES, "to", ("honoured", "ignored", "refused")),
        ("server", SERVER_MESSAGE, SERVER_TYPES, "from", ("sent", "never sent")),
    ):
        lacking, strange = difference(root, roots, verb)
        lines.append(f"{side} fields {counts(root, verdicts, len(lacking))}")
        wrong += [f"unaccounted: {name}" for name in lacking]
        wrong += [f"in the schema, and unknown to the SDK: {name}" for name in strange]
    return lines, wrong


def made(lines: list[str]) -> str:
    """What the page should hold."""
    text = PAGE.read_text(encoding="utf-8")
    contents = {
        "split": "\n".join([f"google-genai {SDK}", *lines]).join(("```text\n", "\n```")),
        "client": table(CLIENT_MESSAGE),
        "server": table(SERVER_MESSAGE),
    }
    for mark, content in contents.items():
        block = f"<!-- {mark} -->\n{content}\n<!-- /{mark} -->"
        text, found = re.subn(f"<!-- {mark} -->.*<!-- /{mark} -->", lambda _, block=block: block, text, flags=re.DOTALL)  # type: ignore[misc]
        if found != 1:
            raise SystemExit(f"{PAGE.name} needs one pair of marks for {mark!r}.")
    return text


def run(arguments: list[str]) -> int:
    """Write, or check."""
    lines, wrong = results()
    print("\n".join(lines))
    page = made(lines)
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
    elif page != PAGE.read_text(encoding="utf-8"):
        wrong.append(f"docs/{PAGE.name} is out of date: run python scripts/conformance.py")
    for problem in wrong:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
