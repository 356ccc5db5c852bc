"""The spoken answer: how text is cut into clauses to be voiced, and which words of it have been heard. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_SENTENCE = re.compile(r".*?(?:[.!?…]\s|\S\n)", re.DOTALL)
_COMMA = re.compile(r".{11,}?[,;:]\s", re.DOTALL)
_SIX_WORDS = re.compile(r"(?:\S+\s+){5}\S+\s")
_LONG = re.compile(r".{120,}?[,;:]\s|.{200,}?\s", re.DOTALL)
_ABBREVIATION = re.compile(r"(?:^|\s)(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|[A-Z])\.$")

MS_PER_CHARACTER = 60.0
"""About how long a character sounds; only used for the end of a clause whose voice is still being made."""


def clauses(pieces: Iterable[str]) -> Iterator[str]:
    """Cut a stream of text into clauses as early as each can be voiced; joined, they are the text.

    The first may end at a comma after a dozen characters, or after six words: nothing is heard before it is complete.
    The others end with their sentence, or at a comma when the sentence is long. Every clause but the first begins with a blank.
    """
    pending, first = "", True
    for piece in pieces:
        pending += piece
        while (end := _cut(pending, first)) is not None:
            clause, pending = pending[:end], pending[end:]
            if clause.strip():
                yield _spaced(clause, first)
                first = False
    if pending.strip():
        yield _spaced(pending, first)


def _spaced(clause: str, first: bool) -> str:
    text = " ".join(clause.split())
    return text if first else f" {text}"


def _cut(text: str, first: bool) -> int | None:
    """Where the earliest clause ends, if it has ended. The blank after it must be there: "3.5" is no end."""
    start = len(text) - len(text.lstrip())
    patterns = (_SENTENCE, _COMMA, _SIX_WORDS) if first else (_SENTENCE, _LONG)
    ends = [end for pattern in patterns if (end := _end(pattern, text, start)) is not None]
    return min(ends, default=None)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int | None:
    for match in pattern.finditer(text, start):
        end = match.end() - 1
        if not _ABBREVIATION.search(text, start, end):
            return end
    return None


@dataclass(slots=True)
class _Clause:
    text: str
    starts: float
    seconds: float = 0.0
    whole: bool = False


class Playback:
    """What of an answer has been heard, if the client plays it without a pause from the moment that each part arrives.

    Times are seconds on the caller's clock.
    """

    def __init__(self) -> None:
        self._clauses: list[_Clause] = []
        self._ends = 0.0
        self.seconds = 0.0
        """How long the voice sent so far sounds."""

    @property
    def ends(self) -> float:
        """When all that was sent will have been heard."""
        return self._ends

    @property
    def text(self) -> str:
        """All the words of the answer so far."""
        return "".join(clause.text for clause in self._clauses)

    def clause(self, text: str, now: float) -> None:
        """The voice that follows says `text`; the clause before it is whole."""
        self.finish()
        self._clauses.append(_Clause(text, max(self._ends, now)))

    def voice(self, seconds: float, now: float) -> None:
        """So much voice of the last clause was sent."""
        clause = self._clauses[-1]
        if clause.seconds == 0.0:
            clause.starts = max(self._ends, now)
        clause.seconds += seconds
        self._ends = max(self._ends, now) + seconds
        self.seconds += seconds

    def finish(self) -> None:
        """All the voice of the last clause was sent."""
        if self._clauses:
            self._clauses[-1].whole = True

    def heard(self, now: float) -> str:
        """The words whose voice had begun to sound by `now`, cut between words."""
        return "".join(_heard(clause, now) for clause in self._clauses)


def _heard(clause: _Clause, now: float) -> str:
    if clause.seconds == 0.0 or now <= clause.starts:
        return ""
    seconds = clause.seconds if clause.whole else max(clause.seconds, len(clause.text) * MS_PER_CHARACTER / 1000)
    share = (now - clause.starts) / seconds
    if share >= 1.0:
        return clause.text
    words = re.findall(r"\s*\S+", clause.text)
    kept, length = "", share * len(clause.text)
    for word in words:
        if len(kept) + len(word) / 2 > length:
            break
        kept += word
    return kept
