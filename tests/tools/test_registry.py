"""A call of a tool is always answered, whatever the tool does."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.tools import Tool, ToolContext, ToolError
from genmedia_live.tools.registry import Registry

TINY = Limits(tool_timeout_ms=20, tool_threads=2, tool_stuck_threads=3, tool_runs=8, tool_result_bytes=100, close_timeout_ms=20)
PATIENT = Limits(tool_timeout_ms=20_000, tool_threads=2, tool_stuck_threads=3, tool_runs=8, tool_result_bytes=100)

released = threading.Event()


@pytest.fixture(autouse=True)
def let_go_at_the_end() -> Iterator[None]:
    """Threads that a test leaves hanging end with it."""
    released.clear()
    yield
    released.set()


async def answer(function: Callable[..., Any], limits: Limits = PATIENT, **args: Any) -> Any:
    registry = Registry([Tool(function)], limits)
    try:
        return await registry.run(function.__name__, args)
    finally:
        await registry.close()


def add(a: int, b: int) -> dict[str, int]:
    return {"sum": a + b}


async def add_later(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


async def test_a_function_beside_the_loop_and_one_on_it() -> None:
    assert await answer(add, a=1, b=2) == {"output": {"sum": 3}}
    assert await answer(add_later, a=1, b="2") == {"output": 3}


async def test_what_is_declared_comes_in_the_order_asked_for() -> None:
    registry = Registry([Tool(add), Tool(add_later)], PATIENT)
    assert [tool.name for tool in registry.declared(["add_later", "nothing", "add"])] == ["add_later", "add"]
    assert registry.names == {"add", "add_later"}
    assert await registry.run("nothing", {}) == {"error": "There is no tool named nothing."}


async def test_wrong_arguments_are_told() -> None:
    assert "b: Field required" in (await answer(add, a=1))["error"]


def refuse() -> None:
    raise ToolError("We are closed.")


def fail() -> None:
    raise ValueError("password hunter2")


def stop() -> None:
    raise StopIteration


def leave() -> None:
    sys.exit(3)


async def fail_later() -> None:
    raise ValueError("password hunter2")


async def leave_later() -> None:
    sys.exit(3)


async def cancel_itself() -> None:
    raise asyncio.CancelledError


async def test_a_tool_tells_what_it_wants_told() -> None:
    assert await answer(refuse) == {"error": "We are closed."}


@pytest.mark.parametrize("function", [fail, stop, leave, fail_later, leave_later])
async def test_a_failure_is_logged_and_not_told(function: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    assert await answer(function) == {"error": f"{function.__name__} failed."}
    assert caplog.records[-1].exc_info
    assert "hunter2" in caplog.text or "fail" not in function.__name__


async def test_a_tool_that_cancels_itself_has_failed() -> None:
    assert await answer(cancel_itself) == {"error": "cancel_itself was stopped."}


def nothing() -> None: ...
def megabyte() -> str:
    return "x" * 1_000_000


def surrogate() -> str:
    return "\ud800"


def thing() -> object:
    return object()


def endless() -> object:
    return iter(int, 1)


def circle() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


def not_a_number() -> list[float]:
    return [float("nan"), 1.5]


def coroutine() -> Any:
    return asyncio.sleep(0, "nobody waits for it")


async def test_an_answer_is_json_of_a_bounded_size() -> None:
    assert await answer(nothing) == {"output": None}
    assert await answer(not_a_number) == {"output": [None, 1.5]}
    error = (await answer(megabyte))["error"]
    assert "1000002 bytes" in error
    assert len(error) < 200


@pytest.mark.parametrize("function", [surrogate, thing, endless, circle, coroutine])
async def test_what_is_no_json_is_a_failure(function: Callable[..., Any]) -> None:
    assert await answer(function) == {"error": f"{function.__name__} failed."}


def hang(context: ToolContext) -> None:
    released.wait()


async def hang_later() -> None:
    await asyncio.Event().wait()


async def never_stop() -> None:
    while not released.is_set():
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize("function", [hang, hang_later, never_stop])
async def test_a_tool_that_hangs_is_given_up(function: Callable[..., Any]) -> None:
    assert await answer(function, TINY) == {"error": f"{function.__name__} did not answer within 0.02 seconds."}
    released.set()


async def test_a_tools_own_limit_can_only_be_shorter() -> None:
    registry = Registry([Tool(hang_later, "soon", 0.01), Tool(hang_later, "late", 500)], TINY)
    assert "0.01 seconds" in (await registry.run("soon", {}))["error"]
    assert "0.02 seconds" in (await registry.run("late", {}))["error"]


@pytest.fixture
async def calling() -> AsyncIterator[Callable[..., asyncio.Task[Any]]]:
    """Start calls that run beside the test."""
    loop, tasks = asyncio.get_running_loop(), []

    def start(registry: Registry, name: str) -> asyncio.Task[Any]:
        tasks.append(loop.create_task(registry.run(name, {})))  # noqa: TID251 - the fixture owns it
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_cancelling_reaches_a_coroutine(calling: Callable[..., asyncio.Task[Any]]) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = calling(Registry([Tool(work)], PATIENT), "work")
    await begun.wait()
    task.cancel()
    await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelling_is_told_to_a_thread(calling: Callable[..., asyncio.Task[Any]]) -> None:
    loop, begun, ended = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def work(context: ToolContext) -> None:
        assert not context.cancelled
        loop.call_soon_threadsafe(begun.set)
        assert context.wait(60)
        loop.call_soon_threadsafe(ended.set)

    registry = Registry([Tool(work)], PATIENT)
    task = calling(registry, "work")
    await begun.wait()
    task.cancel()
    await ended.wait()
    assert task.cancelling()


async def test_threads_that_hang_hold_nobody_up_until_there_are_too_many() -> None:
    registry = Registry([Tool(hang, timeout=0.01), Tool(add)], PATIENT)
    for _ in range(PATIENT.tool_stuck_threads):
        assert (await registry.run("add", {"a": 1, "b": 1})) == {"output": {"sum": 2}}
        assert "did not answer" in (await registry.run("hang", {}))["error"]
    assert "Too many tools hang" in (await registry.run("add", {"a": 1, "b": 1}))["error"]
    released.set()
    while registry._threads.stuck:  # noqa: ASYNC110 - the threads end when they do
        await asyncio.sleep(0)
    assert (await registry.run("add", {"a": 1, "b": 1})) == {"output": {"sum": 2}}


async def test_past_the_bound_of_calls_the_model_is_told(calling: Callable[..., asyncio.Task[Any]]) -> None:
    registry = Registry([Tool(hang_later), Tool(add)], PATIENT)
    for _ in range(PATIENT.tool_runs):
        calling(registry, "hang_later")
    await asyncio.sleep(0)
    assert "Too many tools are running" in (await registry.run("add", {"a": 1, "b": 1}))["error"]
