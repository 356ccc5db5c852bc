"""The few asyncio shapes that the house allows: owned tasks, a bounded queue with an overflow rule, one re-armable timer."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Tasks:
    """Owns tasks: each is named, kept alive while it runs, logged if it fails, and cancelled with its owner."""

    def __init__(self, on_failure: Callable[[BaseException], None] | None = None) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._on_failure = on_failure

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run `work` until it ends or the owner closes."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - this is the owner
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (failure := task.exception()) is None:
            return
        log.error("task failed", exc_info=failure, extra={"task": task.get_name()})
        if self._on_failure is not None:
            self._on_failure(failure)

    async def close(self) -> None:
        """Cancel what still runs, but for the caller itself, and wait until it has stopped."""
        current = asyncio.current_task()
        running = [task for task in self._tasks if task is not current]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class BoundedQueue(Generic[T]):
    """A queue for one reader. Past its bound the oldest item that may be dropped gives way."""

    def __init__(
        self,
        bound: int,
        droppable: Callable[[T], bool] = lambda _: False,
        on_drop: Callable[[T], None] = lambda _: None,
    ) -> None:
        self._bound = bound
        self._droppable = droppable
        self._on_drop = on_drop
        self._items: deque[T] = deque()
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, item: T) -> bool:
        """Take the item in; False when the queue is full and holds nothing that may be dropped."""
        if len(self._items) >= self._bound and not self._make_room():
            return False
        self._items.append(item)
        self._ready.set()
        return True

    def _make_room(self) -> bool:
        for index, item in enumerate(self._items):
            if self._droppable(item):
                del self._items[index]
                self._on_drop(item)
                return True
        return False

    def discard(self, unwanted: Callable[[T], bool]) -> int:
        """Take out every item that is no longer wanted; how many there were."""
        before = len(self._items)
        self._items = deque(item for item in self._items if not unwanted(item))
        if not self._items:
            self._ready.clear()
        return before - len(self._items)

    async def get(self) -> T:
        """The oldest item; waits for one. Cancelling it loses nothing."""
        while not self._items:
            self._ready.clear()
            await self._ready.wait()
        item = self._items.popleft()
        if not self._items:
            self._ready.clear()
        return item


class Timer:
    """One deadline that can be moved. The callback runs on the loop when it passes."""

    def __init__(self, fire: Callable[[], None]) -> None:
        self._fire = fire
        self._handle: asyncio.TimerHandle | None = None
        self._when: float | None = None

    def arm(self, when: float | None) -> None:
        """Fire at loop time `when`; None means never."""
        if self._handle is not None:
            if when == self._when:  # most deadlines stay while media stream by
                return
            self._handle.cancel()
            self._handle = None
        self._when = when
        if when is not None:
            self._handle = asyncio.get_running_loop().call_at(when, self._due)

    def _due(self) -> None:
        self._handle = None
        self._fire()
