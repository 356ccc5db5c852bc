"""What every `ports.Upstream` holds to: the real one, by a scripted server, and the fake that other tests use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from genmedia_live.core.actions import SendAudio, SendAudioEnd, SendText
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.events import Interrupted, ModelAudio, ModelEvent, OutputCaption, TurnComplete
from genmedia_live.ports import Upstream
from genmedia_live.upstream.gemini import GeminiUpstream
from tests.fakes import FakeUpstream
from tests.upstream.live_server import LiveServer, Message, Peer, voice
from tests.upstream.targets import LIMITS, heard, settings, target

SAID: list[ModelEvent] = [
    ModelAudio(b"\1\0"),
    OutputCaption("Hi"),
    TurnComplete(),
    ModelAudio(b"\2\0"),
    Interrupted(),
    TurnComplete(),
]
WIRE: list[Message] = [
    voice(b"\1\0"),
    {"serverContent": {"outputTranscription": {"text": "Hi"}}},
    {"serverContent": {"turnComplete": True}},
    voice(b"\2\0"),
    {"serverContent": {"interrupted": True}},
    {"serverContent": {"turnComplete": True}},
]


class Stage(Protocol):
    """The model's side of a test."""

    @property
    def upstream(self) -> Upstream: ...

    def refuse(self) -> None:
        """The next opening meets a used-up quota."""

    async def say(self) -> None:
        """The model says `SAID`."""

    async def end(self) -> None:
        """The connection is lost."""

    async def received(self, count: int) -> int:
        """How many messages have come, once there are `count`."""

    def handle(self) -> str | None:
        """What the newest session was resumed from."""


class FakeStage:
    def __init__(self) -> None:
        self.upstream = FakeUpstream()

    def refuse(self) -> None:
        self.upstream.refuse("quota")

    async def say(self) -> None:
        self.upstream.link.say(*SAID)

    async def end(self) -> None:
        self.upstream.link.lose()

    async def received(self, count: int) -> int:
        return len(self.upstream.link.sent)

    def handle(self) -> str | None:
        return self.upstream.link.handle


class RealStage:
    def __init__(self, live: LiveServer, fast_lane: bool) -> None:
        self.upstream = GeminiUpstream(target(live), LIMITS, fast_lane=fast_lane)
        self._live = live
        self._got = 0
        self._news = asyncio.Condition()
        live.script = self._listen

    async def _listen(self, peer: Peer) -> None:
        while True:
            await peer.receive()
            async with self._news:
                self._got += 1
                self._news.notify_all()

    def refuse(self) -> None:
        self._live.refusal = (429, "", {})

    async def say(self) -> None:
        await self._live.peers[-1].say(*WIRE)

    async def end(self) -> None:
        self._live.peers[-1].abort()

    async def received(self, count: int) -> int:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self._got >= count)
        return self._got

    def handle(self) -> str | None:
        handle: str | None = self._live.peers[-1].setup["sessionResumption"].get("handle")
        return handle


@pytest.fixture(params=["fake", "fast lane", "plain"])
async def stage(request: pytest.FixtureRequest, live: LiveServer) -> AsyncIterator[Stage]:
    stage: Stage = FakeStage() if request.param == "fake" else RealStage(live, request.param == "fast lane")
    yield stage
    await stage.upstream.close()


async def test_a_session_begins_anew_or_from_a_handle(stage: Stage) -> None:
    for handle in (None, "h-1"):
        link = await stage.upstream.open(settings(), handle)
        assert stage.handle() == handle
        assert isinstance(link.capabilities, Capabilities)
        await link.close()


async def test_a_refusal_has_a_code(stage: Stage) -> None:
    stage.refuse()
    with pytest.raises(GenmediaError) as caught:
        await stage.upstream.open(settings())
    assert caught.value.code == "quota"


async def test_events_come_in_order_and_end_by_an_error(stage: Stage) -> None:
    link = await stage.upstream.open(settings())
    await stage.say()
    assert await heard(link, len(SAID)) == (SAID, None)
    await stage.end()
    for _ in range(2):  # the end stays the end
        events, end = await heard(link)
        assert events == []
        assert end is not None
        assert end.code == "upstream_lost"
    await link.close()


async def test_what_is_sent_arrives(stage: Stage) -> None:
    link = await stage.upstream.open(settings())
    for message in (SendAudio(AudioChunk(b"\0\0", 16_000)), SendAudioEnd(), SendText("hello")):
        await link.send(message)
    assert await stage.received(3) == 3
    await link.close()


async def test_a_closed_link_sends_nothing_and_says_so(stage: Stage) -> None:
    link = await stage.upstream.open(settings())
    await link.close()
    await link.close()
    with pytest.raises(GenmediaError):
        await link.send(SendText("hello"))
    events, end = await heard(link)
    assert events == []
    assert end is not None


async def test_closing_wakes_the_reader(stage: Stage) -> None:
    link = await stage.upstream.open(settings())
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(heard(link))
        await asyncio.sleep(0)
        await link.close()
    assert reader.result()[1] is not None


async def test_sessions_are_strangers(stage: Stage) -> None:
    first = await stage.upstream.open(settings())
    second = await stage.upstream.open(settings())
    await stage.say()
    assert await heard(second, len(SAID)) == (SAID, None)
    await second.close()
    await first.send(SendText("still here"))
    assert await stage.received(0) >= 0
    await first.close()


async def test_sessions_open_side_by_side(stage: Stage) -> None:
    links = await asyncio.gather(*(stage.upstream.open(settings()) for _ in range(5)))
    for link in links:
        await link.send(SendAudio(AudioChunk(b"\0\0", 16_000)))
    await asyncio.gather(*(link.close() for link in links))
