"""The YAML between the two `---` lines of a file, read with the line of every value.

It is read as plain text, lists and maps: YAML's guesses (`no` as false, `12:30` as a number) are not wanted in words for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from genmedia_live.core.text import is_clean

FENCE = "---"

Place = tuple[str | int, ...]
"""Where a value is: the keys and indexes that lead to it."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a line of a file, counted from 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class FileMistakes(ValueError):
    """A file can't be used. It names every mistake that was found."""

    def __init__(self, *mistakes: Mistake) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        super().__init__("; ".join(map(str, self.mistakes)))


@dataclass(slots=True)
class FrontMatter:
    """What was read: text, lists and maps, and where each stands."""

    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Sequence[str | int]) -> int:
        """The line of that value, or of the nearest that holds it."""
        return next((self.lines[key] for end in range(len(place), -1, -1) if (key := tuple(place[:end])) in self.lines), 1)


def split(text: str) -> tuple[str, str, int]:
    """The front matter, what follows it, and the number of the line where that begins.

    Raises:
        FileMistakes: there is no front matter, or it does not end.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise FileMistakes(Mistake(1, f"The file begins with a line {FENCE}, its fields, and another line {FENCE}."))
    end = next((at for at, line in enumerate(lines) if at and line.rstrip() == FENCE), None)
    if end is None:
        raise FileMistakes(Mistake(len(lines), f"The fields at the beginning are not closed by a line {FENCE}."))
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2


def read(front: str) -> FrontMatter:
    """The fields of a front matter, whose first line is the file's second.

    Raises:
        FileMistakes: it is no YAML, or no map.
    """
    try:
        node = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.YAMLError as failure:
        mark = getattr(failure, "problem_mark", None)
        what = getattr(failure, "problem", None) or "it can't be read"
        raise FileMistakes(Mistake(mark.line + 2 if mark else 1, f"This is no YAML: {what}.")) from None
    except (ValueError, OverflowError):  # an escape such as \U99999999 names no character
        raise FileMistakes(Mistake(2, "There is a character that does not exist.")) from None
    except RecursionError:
        raise FileMistakes(Mistake(2, "The fields are nested too deep.")) from None
    found = FrontMatter()
    if node is None:
        return found
    if not isinstance(node, yaml.MappingNode):
        raise FileMistakes(Mistake(node.start_mark.line + 2, "A field is written as `name: value`."))
    _Reading(found).map(node, ())
    return found


class _Reading:
    """Walks the nodes once; the composer has bounded their depth."""

    def __init__(self, found: FrontMatter) -> None:
        self._found = found
        self._seen: set[int] = set()
        self._found.fields = {}

    def map(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        made: dict[str, Any] = {} if place else self._found.fields
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) and is_clean(key.value) else None
            line = key.start_mark.line + 2
            if name is None:
                self._found.mistakes.append(Mistake(line, "The name of a field is a word."))
            elif name in made:
                self._found.mistakes.append(Mistake(line, f"`{name[:60]}` is there twice."))
            else:
                self._found.lines[*place, name] = line
                made[name] = self._value(value, (*place, name))
        return made

    def _value(self, node: yaml.Node, place: Place) -> Any:
        if id(node) in self._seen:
            self._found.mistakes.append(Mistake(self._found.line(place), "YAML's `*` is not read here: write the value again."))
            return ""
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.map(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(inner, (*place, at)) for at, inner in enumerate(node.value)]
        if is_clean(node.value):
            return node.value
        self._found.mistakes.append(Mistake(self._found.line(place), "There is a character that can't be shown."))
        return "?"

    def _item(self, node: yaml.Node, place: Place) -> Any:
        self._found.lines[place] = node.start_mark.line + 2
        return self._value(node, place)
