"""Lines of text in the order and the neighbourhood in which a person reads them: rows from top to bottom, columns told apart."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from genmedia_live.engine.mind.eyes.reading import Line

COLUMN = " | "
"""Between two lines of a row that stand apart."""

_OVERLAP = 0.5
"""Lines that share this part of the lower one's height stand in one row."""
_APART = 0.9
"""Heights of the text between two lines: more than a space between words is."""


def rows(lines: Sequence[Line]) -> list[str]:
    """The text row by row, so that a label stands beside its value and a cell beside those of its row."""
    return [_joined(row) for row in _grouped(lines)]


def fitting(lines: Sequence[Line], most: int) -> tuple[list[str], int]:
    """Rows of at most `most` characters, line ends counted, and how many more there are.

    When not all fit, those in large letters stay: headings, prices and buttons before the small print.
    """
    grouped = _grouped(lines)
    usual = median(line.height for line in lines) if lines else 1.0
    # Heights of letters are measured roughly; only a clear difference counts, else the upper row does.
    order = sorted(range(len(grouped)), key=lambda row: (-round(2 * max(line.height for line in grouped[row]) / usual), row))
    texts, kept, left = [_joined(row) for row in grouped], [], most
    for row in order:
        if len(texts[row]) < left:
            kept.append(row)
            left -= len(texts[row]) + 1
    return [texts[row] for row in sorted(kept)], len(texts) - len(kept)


def _grouped(lines: Sequence[Line]) -> list[list[Line]]:
    grouped: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.y):
        row = next((row for row in reversed(grouped) if _beside(row[0], line)), None)
        if row is None:
            grouped.append([line])
        else:
            row.append(line)
    return [sorted(row, key=lambda line: line.x) for row in grouped]


def _beside(one: Line, other: Line) -> bool:
    """Whether both stand in a row: they share height, and neither stands over the other."""
    shared = min(one.y + one.height / 2, other.y + other.height / 2) - max(one.y - one.height / 2, other.y - other.height / 2)
    return shared > _OVERLAP * min(one.height, other.height)


def _joined(row: Sequence[Line]) -> str:
    out = row[0].text
    for before, line in zip(row, row[1:], strict=False):
        gap = line.x - line.width / 2 - before.x - before.width / 2
        out += (COLUMN if gap > _APART * min(before.height, line.height) else " ") + line.text
    return out
