"""What a docstring tells a model: its first paragraph, and what it says of each argument (Google style)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence

_SECTION = re.compile(r"(Args|Arguments|Parameters):\s*")
_HEADING = re.compile(r"[A-Z][A-Za-z ]*:\s*")
_ARGUMENT = re.compile(r"(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>.*)")


def read_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """The first paragraph on one line, and a description for each argument that has one."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    first = list(_until_blank(lines))
    start = next((at for at, line in enumerate(lines) if _SECTION.fullmatch(line)), len(lines))
    return " ".join(first), _arguments(lines[start + 1 :])


def _until_blank(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip() or _HEADING.fullmatch(line):
            return
        yield line.strip()


def _arguments(lines: Sequence[str]) -> dict[str, str]:
    """Of a section's lines: one that is indented as the first is begins an argument, one that is deeper goes on with it."""
    found: dict[str, list[str]] = {}
    depth = next((_indent(line) for line in lines if line.strip()), 0)
    current: list[str] = []
    for line in lines:
        if line.strip() and _indent(line) == 0:  # the section is over
            break
        begun = _ARGUMENT.fullmatch(line.strip()) if _indent(line) == depth else None
        if begun:
            current = found[begun["name"]] = [begun["text"]]
        elif line.strip():
            current.append(line.strip())
    return {name: text for name, parts in found.items() if (text := " ".join(parts).strip())}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
