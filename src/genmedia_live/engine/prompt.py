"""What the language model reads: the system prompt, and as much of the history as fits its context. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def system_prompt(instructions: str | None) -> str:
    """The system prompt with the client's instructions as the role."""
    return SYSTEM + (instructions or "").strip() if (instructions or "").strip() else SYSTEM + DEFAULT_ROLE


def joined(history: Sequence[Message]) -> list[Message]:
    """The history with neighbours of the same role made one: chat templates want the roles to alternate."""
    lines: list[Message] = []
    for message in history:
        if lines and lines[-1].role == message.role:
            lines[-1] = Message(message.role, f"{lines[-1].text}\n{message.text}")
        else:
            lines.append(message)
    return lines


def fit(system: str, history: Sequence[Message], count: Callable[[str], int], budget: int) -> tuple[list[Message], int]:
    """The messages for the model and their tokens, at most about `budget`.

    Instructions may take half of it, and their end is cut; the newest message keeps its end; then old messages are left out.
    """
    system = _cut(system, count, budget // 2, keep_end=False)
    left = budget - count(system) - TEMPLATE_TOKENS
    lines = joined(history)
    if lines:
        lines[-1] = Message(lines[-1].role, _cut(lines[-1].text, count, left - TEMPLATE_TOKENS, keep_end=True))
    sizes = [count(line.text) + TEMPLATE_TOKENS for line in lines]
    steps = [*range(0, len(lines), STEP), *range(max(0, len(lines) - STEP), len(lines))]
    start = next((step for step in steps if sum(sizes[step:]) <= left), len(lines))
    return [Message("system", system), *lines[start:]], budget - left + sum(sizes[start:])


def _cut(text: str, count: Callable[[str], int], budget: int, *, keep_end: bool) -> str:
    """`text`, or so much of its beginning or end as `budget` tokens hold."""
    while text and (tokens := count(text)) > max(budget, 0):
        keep = min(len(text) - 1, int(len(text) * max(budget, 0) / tokens))
        text = text[len(text) - keep :] if keep_end else text[:keep]
    return text
