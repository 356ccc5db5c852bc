"""What the eyes found, in the words that a language model is told: short, always alike, and honest when there is nothing."""

from __future__ import annotations

from collections.abc import Sequence

from genmedia_live.engine.mind.eyes.layout import fitting
from genmedia_live.engine.mind.eyes.objects import Thing
from genmedia_live.engine.mind.eyes.reading import Line

MOST_CHARACTERS = 1_200
"""Of a description: some four hundred tokens, which a small model reads in a few seconds."""

_MORE = "({} more lines of text are not shown.)"
_PLURALS = {"person": "people", "computer mouse": "computer mice", "box": "boxes", "exercise bike": "exercise bikes"}


def described(
    lines: Sequence[Line],
    things: Sequence[Thing],
    scene: str | None,
    *,
    dark: bool,
    sought: Sequence[str] = ("text", "object", "scene"),
) -> str:
    """A line for each sort of thing found, the text last and row by row.

    Args:
        lines: The text.
        things: The objects, the surest first.
        scene: What the whole looks like.
        dark: Whether hardly any light fell on it.
        sought: What the eyes looked for, for the sentence that nothing of it was found.
    """
    out = []
    if things:
        out.append(f"Objects: {_counted(things)}")
    if scene:
        out.append(f"Looks like: {scene}")
    if dark:
        out.append("Light: dark")
    if not (lines or things or scene):
        *others, last = sought
        return "\n".join([*out, f"No {', '.join(others)}{' or ' if others else ''}{last} was recognised."])
    if lines:
        out.append("Text:")
        room = MOST_CHARACTERS - sum(len(line) + 1 for line in out) - len(_MORE)
        shown, more = fitting(lines, room)
        out += [*shown, *([_MORE.format(more)] if more else [])]
    return "\n".join(out)


def _counted(things: Sequence[Thing]) -> str:
    """`2 chairs (left, right), cat (centre)`: the kinds in the order in which they were found."""
    kinds: dict[str, list[str]] = {}
    for thing in sorted(things, key=lambda thing: thing.left + thing.right):
        kinds.setdefault(thing.kind, []).append(_where(thing))
    by_sure = dict.fromkeys(thing.kind for thing in things)
    return ", ".join(f"{_named(kind, len(kinds[kind]))} ({', '.join(kinds[kind])})" for kind in by_sure)


def _named(kind: str, count: int) -> str:
    return kind if count == 1 else f"{count} {_PLURALS.get(kind, kind + 's')}"


def _where(thing: Thing) -> str:
    """In which third of the picture the middle of the thing is, each way."""
    across = ("left", "", "right")[min(2, int((thing.left + thing.right) / 2 * 3))]
    down = ("top", "", "bottom")[min(2, int((thing.top + thing.bottom) / 2 * 3))]
    return f"{down} {across}".strip() or "centre"
