"""What the language model reads: the system prompt, and as much of the history as fits its context. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from genmedia_live.engine.mind.calling import written
from genmedia_live.engine.mind.shown import missed, told
from genmedia_live.ports import Message

SYSTEM = (
    "You are a voice assistant in a live spoken conversation. Reply in one or two short natural sentences, as people talk. "
    "Never use lists, markdown, code or emojis. Stay in the role below for every reply, in words and in manner.\nRole: "
)

DEFAULT_ROLE = "a warm, curious and helpful companion called Aria, made by the GenMedia Live project."
"""Small models name themselves after their training data unless they are given a role."""

TEMPLATE_TOKENS = 8
"""About what the chat template adds to a message."""

STEP = 16
"""Old messages leave so many at a time: the beginning of the prompt, which the model caches, stays the same for some turns."""

PENDING = '{"status":"pending"}'
"""What stands for the result of a call while there is none."""


def system_prompt(instructions: str | None) -> str:
    """The system prompt with the client's instructions as the role."""
    return SYSTEM + (instructions or "").strip() if (instructions or "").strip() else SYSTEM + DEFAULT_ROLE


def seen(lines: Sequence[Message], cut: Callable[[str], str], *, sees: bool) -> list[Message]:
    """The lines with the pictures of the newest that has any, for a model that sees; in words for one that does not."""
    newest = max((at for at, line in enumerate(lines) if line.pictures), default=-1)
    shown = [line if at == newest else replace(line, pictures=()) for at, line in enumerate(lines)]
    if sees:
        return shown
    if newest < 0 and shown and shown[-1].role == "user":
        shown[-1] = missed(shown[-1])
    return [told(line, cut) for line in shown]


def joined(history: Sequence[Message]) -> list[Message]:
    """The history with neighbours of the same role made one: chat templates want the roles to alternate."""
    lines: list[Message] = []
    for message in history:
        if lines and lines[-1].role == message.role != "tool" and not lines[-1].calls and not message.calls:
            before = lines[-1]
            lines[-1] = Message(message.role, f"{before.text}\n{message.text}", pictures=before.pictures + message.pictures)
        else:
            lines.append(message)
    return lines


def paired(history: Sequence[Message]) -> list[Message]:
    """The history with results directly after their calls, as models were taught to read it.

    A call whose result is still to come, or comes after other words, is pending; with the result it is asked once more. A result
    whose call is forgotten is told by the user.
    """
    calls = {call.id: call for message in history for call in message.calls}
    lines: list[Message] = []
    awaited: list[str] = []
    for message in history:
        if message.role == "tool" and message.call in awaited:
            awaited.remove(message.call)
            lines.append(message)
            continue
        lines += _pending(awaited)
        if message.role == "tool" and message.call in calls:
            lines.append(Message("assistant", "", calls=(calls[message.call],)))
        elif message.role == "tool":
            message = Message("user", f"[A function returned] {message.text}")
        awaited = [call.id for call in message.calls]
        lines.append(message)
    return lines + _pending(awaited)


def _pending(ids: Sequence[str]) -> list[Message]:
    return [Message("tool", PENDING, call=id) for id in ids]


def fit(
    system: str, history: Sequence[Message], count: Callable[[str], int], budget: int, *, sees: bool = False
) -> tuple[list[Message], int]:
    """The messages for the model and their tokens, at most about `budget`. Only a model that `sees` gets pictures.

    Instructions may take half of it, and their end is cut; the newest message keeps its end; what pictures show and the results
    of a call may each take half of what is left; then old messages are left out. A call and its results stay or go together.
    """
    system = _cut(system, count, budget // 2, keep_end=False)
    left = budget - count(system) - TEMPLATE_TOKENS
    lines = joined(paired(history))
    shown = max((len(line.pictures) for line in lines), default=0) or 1
    lines = seen(lines, lambda text: _cut(text, count, left // 2 // shown, keep_end=False), sees=sees)
    for at, line in enumerate(lines):
        if line.role == "tool":
            share = left // 2 // _results(lines, at) - TEMPLATE_TOKENS
            lines[at] = replace(line, text=_cut(line.text, count, share, keep_end=False))
    if lines and lines[-1].role != "tool":
        lines[-1] = replace(lines[-1], text=_cut(lines[-1].text, count, left - TEMPLATE_TOKENS, keep_end=True))
    sizes = [count(written(line)) + TEMPLATE_TOKENS for line in lines]
    starts = [at for at, line in enumerate(lines) if line.role != "tool"]
    steps = [*starts[::STEP], *starts[-STEP:]]
    start = next((step for step in steps if sum(sizes[step:]) <= left), len(lines))
    return [Message("system", system), *lines[start:]], budget - left + sum(sizes[start:])


def _results(lines: Sequence[Message], at: int) -> int:
    """How many results stand together around that place."""
    before = sum(1 for _ in takewhile(lambda line: line.role == "tool", reversed(lines[:at])))
    return before + sum(1 for _ in takewhile(lambda line: line.role == "tool", lines[at:]))


def _cut(text: str, count: Callable[[str], int], budget: int, *, keep_end: bool) -> str:
    """`text`, or so much of its beginning or end as `budget` tokens hold."""
    while text and (tokens := count(text)) > max(budget, 0):
        keep = min(len(text) - 1, int(len(text) * max(budget, 0) / tokens))
        text = text[len(text) - keep :] if keep_end else text[:keep]
    return text
