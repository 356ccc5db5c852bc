"""What a script listens for: words, or a pattern between slashes."""

from __future__ import annotations

import re

from genmedia_live.core.limits import Limits

HEARD_CHARS = Limits().script_heard_chars


def pattern(phrase: str) -> re.Pattern[str]:
    """`phrase` as a pattern to search for, in any case.

    `/.../` is a regular expression. Anything else is words: whole ones, next to each other, whatever stands between them.

    Raises:
        ValueError: the expression can't be read, or there is no word in `phrase`.
    """
    if len(phrase) > 1 and phrase[0] == phrase[-1] == "/":
        try:
            return re.compile(phrase[1:-1], re.IGNORECASE)
        except re.error as problem:
            raise ValueError(f"{phrase} is not a regular expression: {problem}") from problem
    words = re.findall(r"\w+", phrase)
    if not words:
        raise ValueError("this must be words, /a regular expression/, or true for anything")
    return re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)


def find(phrases: list[str], heard: str) -> dict[str, str] | None:
    """What the first phrase that fits takes from what was heard: group -> words; None when none fits."""
    for phrase in phrases:
        if found := pattern(phrase).search(heard[:HEARD_CHARS]):
            numbered = {str(number): words or "" for number, words in enumerate(found.groups(), 1)}
            return {"heard": heard, **numbered, **{name: words or "" for name, words in found.groupdict().items()}}
    return None


def groups(phrases: list[str]) -> set[str]:
    """The names of what `find` may take."""
    found = [pattern(phrase) for phrase in phrases]
    return {"heard", *(name for one in found for name in one.groupindex)} | {
        str(number) for one in found for number in range(1, one.groups + 1)
    }
