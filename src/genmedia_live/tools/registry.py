"""The tools that there are, and how a call of one is run: checked, timed, bounded, and always answered."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from genmedia_live.aio import Tasks
from genmedia_live.core.limits import Limits
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.tools.arguments import WrongArguments
from genmedia_live.tools.declaring import Tool, ToolContext, ToolError
from genmedia_live.tools.threads import NoThread, Threads

log = logging.getLogger(__name__)

Response = Mapping[str, Any]
"""`{"output": ...}` or `{"error": ...}`, as the model reads it."""


class Registry:
    """Tools by name. Whatever a tool does, `run` answers in time and raises nothing but its own cancellation."""

    def __init__(self, tools: Iterable[Tool[..., Any]], limits: Limits) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._limits = limits
        self._tasks = Tasks()
        self._runs: set[asyncio.Task[Response]] = set()
        self._threads = Threads(limits.tool_threads, limits.tool_stuck_threads)

    @property
    def names(self) -> frozenset[str]:
        """Every tool's name."""
        return frozenset(self._tools)

    def declared(self, names: Sequence[str]) -> Sequence[FunctionDeclaration]:
        """The declarations of those that there are, in the order of `names`."""
        return [self._tools[name].declaration for name in names if name in self._tools]

    async def run(self, name: str, args: Mapping[str, Any]) -> Response:
        """The tool's answer, within its time limit. Cancelling it stops the tool, or gives it up where it can't be stopped."""
        tool = self._tools.get(name)
        if tool is None:
            return _error(f"There is no tool named {name}.")
        if len(self._runs) >= self._limits.tool_runs:
            return _error("Too many tools are running. Try again in a moment.")
        context = ToolContext()
        try:
            call = tool.bind(args, context)
        except WrongArguments as failure:
            return _error(str(failure))
        seconds = min(tool.timeout or float("inf"), self._limits.tool_timeout_ms / 1000)
        run = self._start(tool, call)
        try:
            await asyncio.wait({run}, timeout=seconds)
        finally:
            context.cancel()
            run.cancel()  # of no effect on one that has answered
        if not run.done():
            log.warning("a tool did not answer in time", extra={"tool": name, "seconds": seconds})
            return _error(f"{name} did not answer within {seconds:g} seconds.")
        return _error(f"{name} was stopped.") if run.cancelled() else run.result()

    def _start(self, tool: Tool[..., Any], call: Callable[[], Any]) -> asyncio.Task[Response]:
        run = self._tasks.start(self._answer(tool, call), name=f"tool-{tool.name}")
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        return run

    async def _answer(self, tool: Tool[..., Any], call: Callable[[], Any]) -> Response:
        try:
            if tool.is_async:
                return self._response(tool.name, await call())
            return await self._threads.run(functools.partial(self._called, tool.name, call))  # type: ignore[no-any-return]
        except ToolError as failure:
            log.info("a tool refused", extra={"tool": tool.name})
            return _error(str(failure) or f"{tool.name} failed.")
        except NoThread:
            log.error("tools hang, and no more are started", extra={"tool": tool.name, "stuck": self._threads.stuck})
            return _error("Too many tools hang. Whoever runs this server has to restart it.")
        except (Exception, SystemExit) as failure:
            log.warning("a tool failed: %s", failure, exc_info=failure, extra={"tool": tool.name})
            return _error(f"{tool.name} failed.")

    def _called(self, name: str, call: Callable[[], Any]) -> Response:
        """In a thread: the whole of the work, the writing of a large answer included."""
        return self._response(name, call())

    def _response(self, name: str, value: Any) -> Response:
        if inspect.isawaitable(value) or hasattr(value, "__next__"):
            if inspect.iscoroutine(value):
                value.close()
            raise TypeError(f"{name} returned a {type(value).__name__}, which is no answer yet")
        text = to_json(value, inf_nan_mode="null")
        if len(text) > self._limits.tool_result_bytes:
            most = self._limits.tool_result_bytes
            return _error(f"The answer of {name} is too large: {len(text)} bytes, and at most {most} can be read.")
        return {"output": json.loads(text)}

    async def close(self) -> None:
        """Stop what still runs; what does not stop in time is left behind."""
        for run in self._runs:
            run.cancel()
        if self._runs:
            await asyncio.wait(self._runs, timeout=self._limits.close_timeout_ms / 1000)


def _error(sentence: str) -> Response:
    return {"error": sentence}
