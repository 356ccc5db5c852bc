"""Calls of functions in the text that the embedded language model writes: found, held back from the voice, and read. Pure.

The model is asked for `name(argument="value")`, and mostly writes that. Also read: arguments without a name, with a
colon, without quotes; JSON with `name` and `arguments`.
"""

from __future__ import annotations

import ast
import json
import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genmedia_live.engine.mind.calling import UNREADABLE, properties, required
from genmedia_live.ports import FunctionCall, FunctionDeclaration

log = logging.getLogger(__name__)

_OPEN, _CLOSE = "([{", ")]}"
_KEYED = re.compile(r"\s*[\"']?([A-Za-z_]\w*)[\"']?\s*[=:]\s*(.*)", re.DOTALL)
_FENCE = re.compile(r"```\w*\n|`+")
_WORD = re.compile(r"(?:`+\w*|[\w.:-]+\s?)\Z")
_UNSAID = ("...", None, "")
"""Values of an argument that say that the model knew none."""

_NESTED = {"object": dict, "array": list}


class CallReader:
    """Takes the pieces of an answer, and gives its words and its calls.

    Only a word that has not ended waits: it may become a call. The answer ends with its calls: what the model makes up about
    their results is not given.
    """

    def __init__(self, tools: Sequence[FunctionDeclaration], *, allowed: bool = True) -> None:
        """Without `allowed` every call is dropped."""
        self._tools = {tool.name.lower(): tool for tool in tools}
        self._allowed = allowed
        names = "|".join(re.escape(name) for name in sorted(self._tools, key=len, reverse=True))
        self._begin = re.compile(rf"(?<![\w.:-])(?:{names}|[A-Za-z]\w*_\w*)\s?\(|\{{", re.IGNORECASE)
        self._pending = self._unsaid = ""
        self._said = self._called = self._dropped = False
        self.over = False
        """Nothing that follows will be given."""

    def feed(self, piece: str) -> Iterator[str | FunctionCall]:
        """What can be told with one more piece."""
        self._pending += piece
        while not self.over and self._pending:
            begin = self._begin.search(self._pending)
            at = begin.start() if begin else self._undecided()
            words, self._pending = self._pending[:at], self._pending[at:]
            yield from self._words(words)
            end = _closing(self._pending) if begin else None
            if end is None or self.over:
                return
            block, self._pending = self._pending[:end], self._pending[end:]
            yield from self._block(block)

    def finish(self) -> Iterator[str | FunctionCall]:
        """What is left when the answer ends. A call without its end is dropped."""
        if self._pending and not self.over:
            if self._begin.match(self._pending):
                self._drop("it has no end")
            else:
                yield from self._words(self._pending)
        if self._dropped and not self._said and not self._called:
            yield UNREADABLE

    def _undecided(self) -> int:
        """Where the last word begins if it may become a call, else the end."""
        word = _WORD.search(self._pending)
        ended = word is not None and word[0][-1].isspace()
        if word is None or (ended and "_" not in word[0] and word[0].rstrip().lower() not in self._tools):
            return len(self._pending)
        return word.start()

    def _words(self, words: str) -> Iterator[str]:
        words = self._unsaid + _FENCE.sub("", words)
        told = re.search(r"\w", words)
        self.over = self._called and bool(told)
        if self._called or not (told or self._said):  # signs alone are no answer: they may only lead to a call
            self._unsaid = words
            return
        self._said, self._unsaid = True, ""
        if words:
            yield words

    def _block(self, block: str) -> Iterator[FunctionCall]:
        try:
            if not self._allowed:
                raise ValueError("too many calls in a row")
            call = _call(block, self._tools)
        except (ValueError, RecursionError) as problem:
            self._drop(str(problem))
        else:
            self._called = True
            yield call

    def _drop(self, why: str) -> None:
        self._dropped = True
        log.info("a function call of the language model was dropped: %s", why)


def _outside(text: str) -> Iterator[tuple[int, str, int]]:
    """Each character outside of quotes: its place, itself, and how deep in brackets the text is after it."""
    depth, quoted, escaped = 0, False, False
    for at, character in enumerate(text):
        if escaped or (quoted and character == "\\"):
            escaped = not escaped
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            depth += (character in _OPEN) - (character in _CLOSE)
            yield at, character, depth


def _closing(text: str) -> int | None:
    """Just past the bracket that closes the first one; None when it is still to come."""
    return next((at + 1 for at, character, depth in _outside(text) if character in _CLOSE and depth == 0), None)


def _call(block: str, tools: Mapping[str, FunctionDeclaration]) -> FunctionCall:
    """The call that a text is. Raises ValueError when it can't be made; its words are free of the user's."""
    if block.startswith("{"):
        written = _value(block)
        if not isinstance(written, Mapping) or not isinstance(written.get("arguments", {}), Mapping):
            raise ValueError("it is neither a call nor JSON")
        name, given = str(written.get("name")), written.get("arguments", {})
        pairs = [(str(key), json.dumps(value)) for key, value in given.items()]
    else:
        name, _, rest = block.partition("(")
        name, pairs = name.rstrip(), [_pair(part) for part in _parts(rest[:-1])]
    if (tool := tools.get(name.lower())) is None:
        raise ValueError("no such function is declared")
    return FunctionCall(tool.name, _arguments(tool, pairs))


def _parts(text: str) -> list[str]:
    """The arguments in the text between the brackets of a call."""
    parts, start = [], 0
    for at, character, depth in _outside(text):
        if character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [part for part in (*parts, text[start:]) if part.strip()]


def _pair(part: str) -> tuple[str, str]:
    keyed = _KEYED.fullmatch(part)
    return (keyed[1], keyed[2].strip()) if keyed else ("", part.strip())


def _arguments(tool: FunctionDeclaration, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The arguments by name.

    One without a name takes the first place that is left, one with a name of the model's own the first that a call must have.
    """
    schemas, keyed = properties(tool), {key for key, _ in pairs}
    left = [name for name in schemas if name not in keyed]
    arguments: dict[str, Any] = {}
    for key, text in pairs:
        name = key
        if schemas and key not in schemas:
            name = next((place for place in left if not key or place in required(tool)), "")
            left = [place for place in left if place != name]
        if name and (value := _typed(name, text, schemas.get(name))) not in _UNSAID:
            arguments[name] = value
    if missing := required(tool) - arguments.keys():
        raise ValueError(f"{tool.name} lacks {', '.join(sorted(missing))}")
    return arguments


def _typed(name: str, text: str, schema: Any) -> Any:
    """The value in the type that is declared. Raises ValueError when it can't be."""
    value = _value(text)
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if value in _UNSAID:
        return value
    if kind == "string" and not isinstance(value, str):
        return text
    if kind in ("number", "integer"):
        return _number(name, value)
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if kind in _NESTED and not isinstance(value, _NESTED[kind]):
        raise ValueError(f"{name} is no {kind}")
    return value


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (ValueError, TypeError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} is no number")
    return int(number) if number.is_integer() else number


def _value(text: str) -> Any:
    """A value in JSON, in Python, or in bare words."""
    for read in (json.loads, ast.literal_eval):
        try:
            return json.loads(json.dumps(read(text), allow_nan=False))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return text.strip("\"'` ")
