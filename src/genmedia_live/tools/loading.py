"""Where tools come from: those of the package, entry points of installed packages, and what `GENMEDIA_TOOLS` names.

A module that can't be used is named, and the others are there all the same.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from genmedia_live.tools.declaring import Tool

log = logging.getLogger(__name__)

GROUP = "genmedia_live.tools"
"""The entry points' group. An entry point names a module, or one tool in it."""

BUILT_IN = ("genmedia_live.tools.builtin.clock", "genmedia_live.tools.builtin.orders")


@dataclass(frozen=True, slots=True)
class ToolProblem:
    """A source of tools that can't be used, or a tool in it."""

    source: str
    message: str


@dataclass(slots=True)
class LoadedTools:
    """The tools that were found, by name, and what went wrong."""

    tools: dict[str, Tool[..., Any]] = field(default_factory=dict)
    problems: list[ToolProblem] = field(default_factory=list)
    _sources: dict[str, str] = field(default_factory=dict)

    def add(self, source: str, load: Callable[[], object]) -> None:
        """Take the tools of what `load` returns: a module, or a tool. A built-in one gives way to one of the same name."""
        try:
            tools = list(_tools_in(load()))
        except (Exception, SystemExit) as failure:
            self._problem(source, _told(failure).removeprefix(f"{source}, "), failure)
            return
        if not tools:
            self._problem(source, "There is no function with @tool in it.")
        for tool in tools:
            before = self._sources.get(tool.name)
            if before in (None, *BUILT_IN) or self.tools[tool.name] is tool:
                self.tools[tool.name], self._sources[tool.name] = tool, source
            else:
                self._problem(source, f"There is a tool named {tool.name} in {before} already; that one is used.")

    def _problem(self, source: str, message: str, failure: BaseException | None = None) -> None:
        log.error("tools can't be used: %s: %s", source, message, exc_info=failure)
        self.problems.append(ToolProblem(source, message))


def load_tools(wanted: Sequence[str] = ()) -> LoadedTools:
    """The tools of the package, of every entry point, and of the modules and `.py` files in `wanted`."""
    loaded = LoadedTools()
    for module in BUILT_IN:
        loaded.add(module, partial(importlib.import_module, module))
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        loaded.add(_named(entry), entry.load)
    for source in dict.fromkeys(wanted):
        if source.endswith(".py"):
            loaded.add(Path(source).name, partial(_module_of, Path(source).expanduser()))
        else:
            loaded.add(source, partial(importlib.import_module, source))
    return loaded


def _named(entry: EntryPoint) -> str:
    return f"{entry.name} of {entry.dist.name}" if entry.dist is not None else entry.name


def _module_of(path: Path) -> ModuleType:
    """The module that a file holds, imported under a name of its own."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    name = f"genmedia_live_tools_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # types in its signatures are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _tools_in(found: object) -> Iterator[Tool[..., Any]]:
    if isinstance(found, Tool):
        yield found
    elif isinstance(found, ModuleType):
        yield from dict.fromkeys(value for value in vars(found).values() if isinstance(value, Tool))
    else:
        raise TypeError(f"It names a {type(found).__name__}, and should name a module or a function with @tool.")


def _told(failure: BaseException) -> str:
    """The failure in one line, with the place where it happened."""
    if isinstance(failure, SyntaxError):
        return f"line {failure.lineno}: {failure.msg}"
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__) if _is_foreign(frame.filename)]
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""
    return f"{place}{type(failure).__name__}: {failure}"


def _is_foreign(filename: str) -> bool:
    return not filename.startswith("<") and "importlib" not in filename and Path(__file__).parent not in Path(filename).parents
