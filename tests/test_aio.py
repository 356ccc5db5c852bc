"""The timer: armed again and again, it fires once, at the last deadline."""

import asyncio
from collections.abc import Sequence

import pytest

from genmedia_live.aio import Timer


@pytest.mark.parametrize(
    ("deadlines", "fired"),
    [
        ([10.0], [10.0]),
        ([10.0, 10.0, 10.0], [10.0]),
        ([10.0, 20.0], [20.0]),
        ([20.0, 10.0], [10.0]),
        ([10.0, None], []),
        ([10.0, None, 10.0], [10.0]),
        ([None, 10.0, 20.0, 20.0], [20.0]),
    ],
)
@pytest.mark.looptime
async def test_it_fires_once_at_the_last_deadline(deadlines: Sequence[float | None], fired: list[float]) -> None:
    loop = asyncio.get_running_loop()
    begun, times = loop.time(), []
    timer = Timer(lambda: times.append(round(loop.time() - begun, 3)))
    for deadline in deadlines:
        timer.arm(None if deadline is None else begun + deadline)
    await asyncio.sleep(60)
    assert times == fired


@pytest.mark.looptime
async def test_it_can_be_armed_for_the_same_time_when_it_has_fired() -> None:
    loop = asyncio.get_running_loop()
    fired: list[float] = []
    timer = Timer(lambda: fired.append(loop.time()))
    due = loop.time() + 1
    timer.arm(due)
    await asyncio.sleep(2)
    timer.arm(due)
    await asyncio.sleep(1)
    assert len(fired) == 2
