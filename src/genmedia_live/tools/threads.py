"""Threads for functions that are not async. Python can't stop a thread, so those that nobody waits for are counted."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any


class NoThread(RuntimeError):
    """Too many threads hang: nothing is started until some of them end."""


class Threads:
    """So many at a time, each a daemon: a function that hangs neither holds the others up nor keeps the server from ending.

    One whose caller has given up is stuck, and its place is free again; past the bound of stuck ones nothing is started.
    """

    def __init__(self, most: int, most_stuck: int) -> None:
        self._most_stuck = most_stuck
        self._places = asyncio.Semaphore(most)
        self.stuck = 0
        """Threads that still run although nobody waits for them."""

    async def run(self, work: Callable[[], Any]) -> Any:
        """What `work` returns or raises; waits for a free place. Cancelling it gives the thread up.

        Raises:
            NoThread: too many are stuck, or the machine has no thread left.
        """
        async with self._places:
            if self.stuck >= self._most_stuck:
                raise NoThread
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
            self._start(work, loop, answer)
            try:
                value, failure = await answer
            except asyncio.CancelledError:
                self.stuck += answer.cancelled()
                raise
        if failure is not None:
            raise failure if isinstance(failure, Exception) else RuntimeError(f"it ended by {type(failure).__name__}")
        return value

    def _start(self, work: Callable[[], Any], loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any]) -> None:
        surroundings = contextvars.copy_context()

        def run() -> None:
            value, failure = None, None
            try:
                value = surroundings.run(work)
            except BaseException as raised:
                failure = raised
            try:
                loop.call_soon_threadsafe(self._ended, answer, (value, failure))
            except RuntimeError:  # the loop is closed: the server has ended
                return

        try:
            threading.Thread(target=run, name="tool", daemon=True).start()
        except RuntimeError as failure:
            raise NoThread from failure

    def _ended(self, answer: asyncio.Future[Any], outcome: tuple[Any, BaseException | None]) -> None:
        if answer.cancelled():
            self.stuck -= 1
        else:
            answer.set_result(outcome)
