"""The context window: all that the model has been told, and what it costs. Pure.

Counting follows the Live API ("Token counts"): speech is 25 tokens a second and not its words, a picture is 258, the rest is
text in the model's own vocabulary. A turn is a line of the user's with all up to the next one; a window that slides loses whole
turns.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from genmedia_live.core.limits import Limits
from genmedia_live.engine.protocol.messages import (
    ClientContent,
    ClientMessage,
    Close,
    Compression,
    Content,
    ContextUpdate,
    RealtimeInput,
    Setup,
    ToolResponse,
)
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message, Picture

AUDIO_TOKENS = 25
"""A second of speech, either way."""

PICTURE_TOKENS = 258


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by kind."""

    text: int = 0
    audio: int = 0
    video: int = 0
    tool: int = 0
    """Results of functions."""

    @property
    def total(self) -> int:
        return self.text + self.audio + self.video + self.tool

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio, self.video + other.video, self.tool + other.tool)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.text - other.text, self.audio - other.audio, self.video - other.video, self.tool - other.tool)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the dialogue, measured."""

    message: Message
    tokens: Tokens
    chars: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """A context as it was at one moment."""

    lines: tuple[Line, ...] = ()
    system: str | None = None
    tools: tuple[FunctionDeclaration, ...] = ()
    heard_ms: float = 0.0
    """Wordless audio of the turn to come,"""
    pictures: int = 0
    """and its pictures."""
    chars: int = 0
    """About how much memory it holds."""


@dataclass(slots=True)
class _Entry:
    """A place in the dialogue: its line, or None when that went with the call that it answered; the results of its own calls."""

    line: Line | None
    results: list[_Entry] = field(default_factory=list)


class Context:
    """What one session's model has been told. Each step takes constant time, spread over the lines that it adds.

    Without compression a context only fills up (`full`); with it, `slide` makes room. Past the bounds of memory the oldest
    turns go in any case. A call that goes takes its results with it.

    Args:
        count: Tokens of a text in the model's vocabulary.
        window: Tokens that the model reads at most.
        compression: How the window slides; None when it does not.
        limits: The bounds of memory.
    """

    def __init__(
        self, count: Callable[[str], int], *, window: int, compression: Compression | None, limits: Limits | None = None
    ) -> None:
        self._count = count
        self._window = window
        self._slides = compression is not None
        self._trigger, self._target = _bounds(compression or Compression(), window)
        self._limits = limits or Limits()
        self._entries: deque[_Entry] = deque()
        self._turns: deque[int] = deque()
        """Entries of each turn; only the first may lack a user's line."""
        self._callers: dict[str, _Entry] = {}
        self._asked: _Entry | None = None
        """The user's newest line,"""
        self._showing: _Entry | None = None
        """and the one line that has pictures."""
        self._sum = Tokens()
        self._lines = self._chars = 0
        self._heard_ms = 0.0
        self._pictures = 0
        self._system: str | None = None
        self._tools: tuple[FunctionDeclaration, ...] = ()
        self._system_tokens = self._tools_tokens = self._tools_chars = 0
        self._messages: tuple[Message, ...] | None = ()

    # ---- what stands above the dialogue

    @property
    def system(self) -> str | None:
        """The instructions."""
        return self._system

    @property
    def tools(self) -> tuple[FunctionDeclaration, ...]:
        """The functions that the model may ask for."""
        return self._tools

    def instruct(self, system: str | None = None, tools: Sequence[FunctionDeclaration] | None = None) -> None:
        """Other instructions, other functions from here on; None leaves each as it is. What is too long is cut."""
        if system is not None:
            self._system = system[: self._limits.live_instructions_chars]
            self._system_tokens = self._count(self._system)
        if tools is not None:
            self._tools = tuple(tools)
            written = [_declaration(tool) for tool in self._tools]
            self._tools_tokens, self._tools_chars = sum(map(self._count, written)), sum(map(len, written))

    # ---- what comes in

    def add(self, message: Message, *, spoken_ms: float = 0.0) -> None:
        """A line of the dialogue; with `spoken_ms` it was heard or said for so long. Too long a text keeps its end."""
        if len(message.text) > self._limits.live_history_chars:
            message = replace(message, text=message.text[-self._limits.live_history_chars :])
        calls = [_call(call) for call in message.calls]
        words = self._count(message.text) if spoken_ms <= 0 else 0
        text, tool = (0, words) if message.role == "tool" else (words, 0)
        audio_ms, pictures = max(spoken_ms, 0.0), 0
        if message.role == "user":
            audio_ms, pictures = audio_ms + self._heard_ms, self._pictures
            self._heard_ms, self._pictures = 0.0, 0
        tokens = Tokens(text + sum(map(self._count, calls)), _audio(audio_ms), pictures * PICTURE_TOKENS, tool)
        self._append(Line(message, tokens, len(message.text) + sum(map(len, calls)) + _described(message.pictures)))

    def hear(self, ms: float) -> None:
        """Audio of the user's turn to come that holds no words."""
        self._heard_ms += ms

    def see(self, pictures: int) -> None:
        """Pictures of the user's turn to come."""
        self._pictures += pictures

    def show(self, pictures: tuple[Picture, ...], uncounted: int = 0) -> None:
        """The user's newest line comes with these pictures and no other line with any; so many have not been counted yet."""
        if self._showing is not None and self._showing is not self._asked:
            self._change(self._showing, (), Tokens())
        self._showing = self._asked
        if self._asked is not None:
            self._change(self._asked, pictures, Tokens(video=uncounted * PICTURE_TOKENS))
            self._make_room()

    # ---- what is there

    @property
    def messages(self) -> tuple[Message, ...]:
        """The dialogue, as a language model reads it."""
        if self._messages is None:
            self._messages = tuple(entry.line.message for entry in self._entries if entry.line is not None)
        return self._messages

    @property
    def tokens(self) -> Tokens:
        """What all of it counts; instructions and functions are text."""
        return self._sum + self._coming() + Tokens(text=self._system_tokens + self._tools_tokens)

    @property
    def full(self) -> bool:
        """Whether it is more than the model can read."""
        return self.tokens.total > self._window

    def slide(self) -> int:
        """Past the trigger, let the oldest turns go until the target is met. Instructions, functions and the newest turn stay.

        Returns:
            How many lines went.
        """
        if not self._slides or self.tokens.total <= self._trigger:
            return 0
        before = self._lines
        while len(self._turns) > 1 and self.tokens.total > self._target:
            self._drop_turn()
        if self.tokens.total > self._target and (coming := self._coming().total) > self._target:
            self._heard_ms *= self._target / coming  # the oldest of what nobody has spoken to yet
            self._pictures = self._pictures * self._target // coming
        return before - self._lines

    # ---- snapshots

    def freeze(self) -> Frozen:
        """All of it, as it is now."""
        lines = tuple(entry.line for entry in self._entries if entry.line is not None)
        chars = self._chars + self._tools_chars + len(self._system or "")
        return Frozen(lines, self._system, self._tools, self._heard_ms, self._pictures, chars)

    @classmethod
    def thaw(
        cls,
        frozen: Frozen,
        count: Callable[[str], int],
        *,
        window: int,
        compression: Compression | None,
        limits: Limits | None = None,
    ) -> Context:
        """The context of that moment, to go on from. Lines keep the tokens that they were counted with."""
        context = cls(count, window=window, compression=compression, limits=limits)
        context.instruct(frozen.system, frozen.tools)
        for line in frozen.lines:
            context._append(line)
        context._heard_ms, context._pictures = frozen.heard_ms, frozen.pictures
        return context

    # ---- small steps

    def _coming(self) -> Tokens:
        return Tokens(audio=_audio(self._heard_ms), video=self._pictures * PICTURE_TOKENS)

    def _append(self, line: Line) -> None:
        entry, message = _Entry(line), line.message
        if message.role == "user" or not self._turns:
            self._turns.append(0)
        if message.role == "user":
            self._asked = entry
        if message.pictures:
            self._showing = entry
        self._turns[-1] += 1
        self._entries.append(entry)
        self._sum += line.tokens
        self._lines += 1
        self._chars += line.chars
        self._messages = None
        if message.call in self._callers:
            self._callers[message.call].results.append(entry)
        self._callers.update((call.id, entry) for call in message.calls if call.id)
        self._make_room()

    def _change(self, entry: _Entry, pictures: tuple[Picture, ...], more: Tokens) -> None:
        """The line of the entry, with other pictures."""
        if (line := entry.line) is None:
            return
        chars = line.chars - _described(line.message.pictures) + _described(pictures)
        entry.line = Line(replace(line.message, pictures=pictures), line.tokens + more, chars)
        self._sum += more
        self._chars += chars - line.chars
        self._messages = None

    def _make_room(self) -> None:
        while self._chars > self._limits.live_history_chars or self._lines > self._limits.live_history_lines:
            if len(self._turns) > 1:
                self._drop_turn()
            else:
                self._drop_line()

    def _drop_turn(self) -> None:
        for _ in range(self._turns.popleft()):
            self._forget(self._entries.popleft())

    def _drop_line(self) -> None:
        """The oldest line of the only turn goes, and no result is left to begin with."""
        self._forget(self._entries.popleft())
        while self._entries and ((line := self._entries[0].line) is None or line.message.role == "tool"):
            self._forget(self._entries.popleft())
        self._turns = deque([len(self._entries)] if self._entries else [])

    def _forget(self, entry: _Entry) -> None:
        line, entry.line = entry.line, None
        if line is None:
            return
        self._asked = None if entry is self._asked else self._asked
        self._showing = None if entry is self._showing else self._showing
        self._sum -= line.tokens
        self._lines -= 1
        self._chars -= line.chars
        self._messages = None
        for call in line.message.calls:
            if self._callers.get(call.id) is entry:
                del self._callers[call.id]
        for result in entry.results:
            self._forget(result)


def counted(message: ClientMessage | Close) -> list[str]:
    """The texts that taking in a message asks the tokens of."""
    match message:
        case Setup(system=system, tools=tools) | ContextUpdate(system, tools):
            return [*filter(None, [system]), *map(_declaration, tools or ())]
        case ClientContent(turns):
            return [text for turn in turns for text in _content(turn)]
        case RealtimeInput(text=str(text)):
            return [text]
        case ToolResponse(responses):
            return [written(response.response) for response in responses]
        case _:
            return []


def _content(turn: Content) -> list[str]:
    return [turn.text, *map(_call, turn.calls), *(written(response.response) for response in turn.responses)]


def written(result: Mapping[str, Any]) -> str:
    """The result of a function, as the model reads it."""
    return orjson.dumps(result).decode()


def _bounds(compression: Compression, window: int) -> tuple[int, int]:
    """Trigger and target. Not named, they are 80 % of the window and half the trigger, as the Live API has them."""
    trigger = min(compression.trigger or round(window * 0.8), window)
    target = trigger // 2 if compression.target is None else compression.target
    return max(trigger, 0), min(max(target, 0), max(trigger, 0))


def _audio(ms: float) -> int:
    return round(ms * AUDIO_TOKENS / 1000)


def _described(pictures: Sequence[Picture]) -> int:
    """Characters of what is told of pictures. Their bytes are not history: `Snapshot` counts them."""
    return sum(len(picture.description or "") for picture in pictures)


def _call(call: FunctionCall) -> str:
    return call.name + _json(call.args)


def _declaration(tool: FunctionDeclaration) -> str:
    return _json({"name": tool.name, "description": tool.description, "parameters": tool.parameters})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
