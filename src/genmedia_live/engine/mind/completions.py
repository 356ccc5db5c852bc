"""OpenAI's chat completions: the dialogue as they take it, and words and calls out of the events that they stream. Pure.

Source: the API reference, "Create chat completion", `image_url`, `tools` and streamed `tool_calls`.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genmedia_live.engine.mind.calling import UNREADABLE
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message, Picture

log = logging.getLogger(__name__)


PICTURES = 2
"""The newest so many of a dialogue are sent: each costs a model hundreds of tokens, again with every request."""


def chat(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The dialogue, with its newest pictures. A result whose call is not in it is told in words: servers refuse it otherwise."""
    asked: set[str] = set()
    lines = []
    before = sum(len(message.pictures) for message in messages) - PICTURES
    for message in messages:
        asked.update(call.id for call in message.calls)
        lines.append(_line(message, message.pictures[max(before, 0) :], asked))
        before -= len(message.pictures)
    return lines


def _line(message: Message, pictures: Sequence[Picture], asked: set[str]) -> dict[str, Any]:
    if message.role == "tool" and message.call not in asked:
        return {"role": "user", "content": f"[tool result] {message.text}"}
    line: dict[str, Any] = {"role": message.role, "content": message.text}
    if pictures:
        text = [{"type": "text", "text": message.text}] if message.text.strip() else []
        line["content"] = [*map(_image, pictures), *text]
    if message.role == "tool":
        line["tool_call_id"] = message.call
    if message.calls:
        line["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(dict(call.args))}}
            for call in message.calls
        ]
    return line


def _image(picture: Picture) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode()}"}}


def functions(tools: Sequence[FunctionDeclaration]) -> list[dict[str, Any]]:
    """The functions as `tools` of a request."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters) or {"type": "object", "properties": {}},
            },
        }
        for tool in tools
    ]


@dataclass(slots=True)
class _Asked:
    id: str
    name: str = ""
    arguments: str = ""


class Answer:
    """Reads the events of one answer: `take` gives the words of each, `finish` the calls, which come in parts."""

    def __init__(self, tools: Sequence[FunctionDeclaration] = ()) -> None:
        self._declared = {tool.name for tool in tools}
        self._asked: list[_Asked] = []
        self._growing: dict[Any, _Asked] = {}
        self._said = False

    def take(self, data: bytes) -> str | None:
        """The words in one server-sent event; keep-alives and events of other kinds have none."""
        try:
            delta = json.loads(data)["choices"][0]["delta"]
            words = str(delta.get("content") or "")
            for part in delta.get("tool_calls") or ():
                self._gather(part)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return None
        self._said = self._said or bool(words.strip())
        return words or None

    def _gather(self, part: Mapping[str, Any]) -> None:
        """Some servers give every call the same place, or none; a new `id` is a new call."""
        place, id, function = part.get("index", 0), part.get("id") or "", part.get("function") or {}
        known = self._growing.get(place)
        if known is None or (id and known.id and id != known.id):
            known = self._growing[place] = _Asked(id)
            self._asked.append(known)
        known.name += function.get("name") or ""
        arguments = function.get("arguments") or ""
        known.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments)

    def finish(self) -> Iterator[str | FunctionCall]:
        """The calls, when the answer has ended. If none can be made and nothing was said, that is said."""
        calls = [call for asked in self._asked if (call := self._call(asked)) is not None]
        yield from calls
        if self._asked and not calls and not self._said:
            yield UNREADABLE

    def _call(self, asked: _Asked) -> FunctionCall | None:
        try:
            args = json.loads(asked.arguments or "{}")
        except ValueError:
            args = None
        if asked.name in self._declared and isinstance(args, dict):
            return FunctionCall(asked.name, args)
        log.info(
            "a function call of the language model was dropped: %s",
            "it is no JSON object" if asked.name in self._declared else "it is not declared",
        )
        return None
