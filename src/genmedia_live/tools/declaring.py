"""`@tool`: a Python function becomes one that the agent may call."""

from __future__ import annotations

import functools
import inspect
import math
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar, overload

from genmedia_live.ports import FunctionDeclaration
from genmedia_live.tools.arguments import Arguments
from genmedia_live.tools.docstrings import read_docstring

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class ToolError(Exception):
    """Raised by a tool to tell the agent what is wrong, in a sentence that it may pass on to the person.

    Of any other exception the agent learns only that the tool failed; the log holds the rest.
    """


class ToolContext:
    """What a tool may know of its own call: annotate a parameter with it, and it is given. The model does not see it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """True when nobody waits for the answer any more. A function in a thread can only be asked to stop: look often."""
        return self._cancelled.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep in a thread, at most so long; True, at once, when the call is cancelled meanwhile."""
        return self._cancelled.wait(seconds)

    def cancel(self) -> None:
        """Ask the tool to stop."""
        self._cancelled.set()


class Tool(Generic[P, R]):
    """A function and how a model is told of it. Calling it calls the function."""

    def __init__(self, function: Callable[P, R], name: str | None = None, timeout: float | None = None) -> None:
        """Read the function's signature and docstring.

        Raises:
            TypeError: the signature is none that a model can fill: no type, `*args`, a generator.
            ValueError: the name or the time limit can't be used.
        """
        self.name = name or function.__name__
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} can't be the name of a tool: letters, digits and _, at most 64, no digit first")
        if timeout is not None and not (math.isfinite(timeout) and timeout > 0):
            raise ValueError(f"{self.name}: the time limit is a number of seconds above 0")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{self.name}: a tool returns its answer, it does not yield")
        self.function = function
        self.timeout = timeout
        self.is_async = inspect.iscoroutinefunction(function)
        self.description, described = read_docstring(function.__doc__)
        self.arguments = Arguments(function, described, ToolContext)
        functools.update_wrapper(self, function)

    @property
    def declaration(self) -> FunctionDeclaration:
        """What the model is told."""
        return FunctionDeclaration(self.name, self.description, self.arguments.schema)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tool {self.name}>"

    def bind(self, args: Mapping[str, Any], context: ToolContext) -> Callable[[], Any]:
        """The call that a model asks for. Raises WrongArguments when its arguments do not fit."""
        values = self.arguments.read(args)
        if self.arguments.context is not None:
            values[self.arguments.context] = context
        call: Callable[..., Any] = self.function
        return functools.partial(call, **values)


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...


@overload
def tool(*, name: str | None = None, timeout: float | None = None) -> Callable[[Callable[P, R]], Tool[P, R]]: ...


def tool(function: Callable[..., Any] | None = None, /, *, name: str | None = None, timeout: float | None = None) -> Any:
    """Make a function, sync or async, callable by the agent: `@tool`, or `@tool(name=..., timeout=...)`.

    The model is told the first paragraph of the docstring, its `Args:`, and the types of the signature. What the function
    returns must be JSON: numbers, text, lists, maps, dataclasses and pydantic models.

    Args:
        function: The function to decorate.
        name: What the model calls it by; the function's own name unless given.
        timeout: Seconds after which the call is given up; never more than `limits.tool_timeout_ms`.
    """
    if function is not None:
        return Tool(function)
    return lambda decorated: Tool(decorated, name, timeout)
