"""The way down to a browser, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.limits import Limits
from genmedia_live.gateway.outbound import Outbound

pytestmark = pytest.mark.looptime


class FakeBrowser:
    """A browser whose transport a test blocks."""

    def __init__(self, *, polling: bool = False) -> None:
        self.polling = polling
        self.free = asyncio.Event()
        self.free.set()
        self.got: list[tuple[str, Any, float]] = []
        self.hung_up = False

    async def room(self) -> None:
        await self.free.wait()

    async def send(self, event: str, fields: Mapping[str, Any]) -> None:
        self.got.append((event, fields.get("turn"), asyncio.get_running_loop().time()))

    def hang_up(self) -> None:
        self.hung_up = True


def voice(turn: int, seq: int = 0) -> act.Audio:
    return act.Audio(turn, AudioChunk(b"\0\0" * 960, 24_000, seq))


async def test_a_flush_overtakes_the_voice_of_its_turn_and_of_no_other() -> None:
    browser = FakeBrowser()
    browser.free.clear()
    out = Outbound(browser, Limits(), lambda _: None)
    for message in (voice(1), voice(2), act.TurnEnd(2, "interrupted"), voice(3), act.Flush(2)):
        out.say(message)
    browser.free.set()
    await out.finish()
    assert [(event, turn) for event, turn, _ in browser.got] == [("turn", 2), ("audio", 3), ("flush", 2)]


async def test_a_full_queue_lets_the_oldest_voice_go_and_counts_it() -> None:
    browser, dropped = FakeBrowser(), []
    browser.free.clear()
    out = Outbound(browser, Limits(browser_queue=3), dropped.append)
    for seq in range(5):
        out.say(voice(1, seq))
    out.say(act.TurnEnd(1, "complete"))
    assert [message.chunk.seq for message in dropped] == [0, 1, 2]
    assert len(out) == 3
    assert not browser.hung_up
    await out.close()


async def test_a_queue_full_of_words_hangs_up() -> None:
    browser = FakeBrowser()
    browser.free.clear()
    out = Outbound(browser, Limits(browser_queue=3), lambda _: None)
    for turn in range(4):
        out.say(act.TurnEnd(turn, "complete"))
    assert browser.hung_up
    assert len(out) == 3
    await out.close()


async def test_on_long_polling_voice_travels_together() -> None:
    browser = FakeBrowser(polling=True)
    out = Outbound(browser, Limits(polling_audio_ms=100), lambda _: None)
    for seq in range(10):  # 40 ms of voice every 40 ms
        out.say(voice(1, seq))
        await asyncio.sleep(0.04)
    await out.finish()
    times = [at for _, _, at in browser.got]
    moments = sorted({round(at - times[0], 3) for at in times})
    assert len(times) == 10
    assert moments == [0, 0.1, 0.2, 0.3, 0.4]


async def test_on_long_polling_voice_that_waits_can_still_be_flushed() -> None:
    browser = FakeBrowser(polling=True)
    out = Outbound(browser, Limits(polling_audio_ms=100), lambda _: None)
    out.say(voice(1))
    await asyncio.sleep(0.01)
    out.say(voice(1, 1))  # taken from the queue, but not sent
    await asyncio.sleep(0.01)
    out.say(act.Flush(1))
    await out.finish()
    assert [event for event, _, _ in browser.got] == ["audio", "flush"]


async def test_over_a_websocket_voice_does_not_wait() -> None:
    browser = FakeBrowser()
    out = Outbound(browser, Limits(), lambda _: None)
    start = asyncio.get_running_loop().time()
    out.say(voice(1))
    await out.finish()
    assert browser.got == [("audio", 1, start)]


async def test_finishing_does_not_wait_for_ever() -> None:
    browser = FakeBrowser()
    browser.free.clear()
    out = Outbound(browser, Limits(close_timeout_ms=1000), lambda _: None)
    out.say(act.Goodbye("ended"))
    start = asyncio.get_running_loop().time()
    await out.finish()
    assert asyncio.get_running_loop().time() - start <= 1.001
