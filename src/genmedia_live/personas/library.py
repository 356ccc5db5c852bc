"""The personas that there are: those of the package, and the user's folder, which is looked at again when it changes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from genmedia_live.core.limits import Limits
from genmedia_live.core.text import well_formed
from genmedia_live.personas.files import parse
from genmedia_live.personas.frontmatter import FileMistakes
from genmedia_live.personas.persona import Known, Persona, PersonaProblem

log = logging.getLogger(__name__)

BUILT_IN = ("assistant", "translator", "tutor", "support")
"""The package's own, in the order in which they are shown."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")

Signature = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file: what tells that a folder has changed."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One reading of the folder, replaced whole."""

    signature: Signature | None
    personas: Mapping[str, Persona]
    problems: tuple[PersonaProblem, ...]


class Personas:
    """Personas by name. The user's file takes the place of a built-in one of the same name; a file with a mistake is skipped."""

    def __init__(self, folder: Path, known: Known, limits: Limits, *, expected: bool = False) -> None:
        """Read the package's files and those in `folder`, which need not be there unless it is `expected`."""
        self._folder = folder
        self._expected = expected
        self._known = known
        self._limits = limits
        package = files("genmedia_live.personas")
        read = [self._persona(f"{name}.md", package / f"{name}.md") for name in BUILT_IN]
        self._built_in = [persona for persona, _ in read if persona is not None]
        self._built_in_problems = [problem for _, problems in read for problem in problems]
        self._shelf = self._read(self._signature())

    def __iter__(self) -> Iterator[Persona]:
        return iter(self._shelf.personas.values())

    def __len__(self) -> int:
        return len(self._shelf.personas)

    def get(self, name: str) -> Persona | None:
        """The persona of that name, as it was last read."""
        return self._shelf.personas.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in ones first."""
        return tuple(self._shelf.personas)

    @property
    def problems(self) -> tuple[PersonaProblem, ...]:
        """Every mistake in the user's files."""
        return self._shelf.problems

    def refresh(self) -> None:
        """Read the folder again if something in it has changed. Any thread may ask."""
        signature = self._signature()
        if signature != self._shelf.signature:
            self._shelf = self._read(signature)

    def _signature(self) -> Signature | None:
        """None when the folder can't be read."""
        try:
            paths = sorted(path for path in self._folder.iterdir() if _is_meant(path))
            stats = [(path.name, path.stat()) for path in paths[: self._limits.personas + 1]]
        except FileNotFoundError:
            return None if self._expected else ()
        except OSError:
            return None
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)

    def _read(self, signature: Signature | None) -> _Shelf:
        personas = {persona.name: persona for persona in self._built_in}
        problems = list(self._built_in_problems)
        if signature is None:
            problems.append(PersonaProblem(self._folder.name, "The folder can't be read."))
        elif len(signature) > self._limits.personas:
            problems.append(PersonaProblem(self._folder.name, f"Only the first {self._limits.personas} files are read."))
        for file, _, _ in (signature or ())[: self._limits.personas]:
            persona, found = self._persona(file, self._folder / file)
            problems += found
            if persona is not None:
                personas[persona.name] = persona
        for problem in problems:
            log.warning("a persona can't be used: %s: %s", problem.file, problem.message)
        return _Shelf(signature, personas, tuple(problems))

    def _persona(self, file: str, path: Path | Traversable) -> tuple[Persona | None, list[PersonaProblem]]:
        """The persona in that file, or why there is none."""
        shown, name = well_formed(file), file.removesuffix(".md")
        if not _NAME.fullmatch(name):
            rule = "Its name is that of the persona: small letters, digits, - and _, a letter first."
            return None, [PersonaProblem(shown, rule)]
        try:
            with path.open("rb") as stream:
                data = stream.read(self._limits.persona_bytes + 1)
            return parse(name, data, self._known, self._limits), []
        except FileMistakes as failure:
            return None, [PersonaProblem(shown, str(mistake)) for mistake in failure.mistakes]
        except OSError as failure:
            return None, [PersonaProblem(shown, f"The file can't be read: {failure.strerror or failure}.")]


def _is_meant(path: Path) -> bool:
    """Whether a file in the folder wants to be a persona."""
    return path.suffix == ".md" and not path.name.startswith((".", "_", "README")) and path.is_file()
