"""One connection to the model at a time, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import Problem
from genmedia_live.core.events import ModelEvent, TurnComplete
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.gateway.modellink import ModelLink, Opening
from genmedia_live.ports import FunctionDeclaration
from tests.fakes import FakeLink, FakeUpstream

pytestmark = pytest.mark.looptime

SETTINGS = SessionSettings("m", "v")


class Reports:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, object]] = []

    def opened(self, link: int, capabilities: Capabilities) -> None:
        self.told.append(("opened", link, capabilities))

    def heard(self, link: int, event: ModelEvent) -> None:
        self.told.append(("heard", link, event))

    def lost(self, link: int, problem: Problem) -> None:
        self.told.append(("lost", link, problem.code))


class SlowUpstream(FakeUpstream):
    """Its links take a second to close, and it may take for ever to open one."""

    hang = False

    async def open(
        self, settings: SessionSettings, handle: str | None = None, tools: Sequence[FunctionDeclaration] = ()
    ) -> FakeLink:
        if self.hang:
            await asyncio.Event().wait()
        assert all(link.closed for link in self.links), "the link before is still open"
        link = await super().open(settings, handle, tools)
        close = link.close

        async def slowly() -> None:
            await asyncio.sleep(1)
            await close()

        link.close = slowly  # type: ignore[method-assign]
        return link


def open_link(number: int, upstream: FakeUpstream, reports: Reports, after: ModelLink | None = None, **limits: int) -> ModelLink:
    dropped: list[act.ModelInput] = []
    link = ModelLink(Opening(act.OpenModel(number, SETTINGS, None), after), upstream, Limits(**limits), reports, dropped.append)
    link.dropped = dropped  # type: ignore[attr-defined]
    return link


async def test_what_is_sent_while_it_opens_arrives_in_order() -> None:
    upstream, reports = FakeUpstream(), Reports()
    link = open_link(1, upstream, reports)
    for text in "abc":
        link.send(act.SendText(text))
    there = await upstream.opened()
    there.say(TurnComplete())
    await asyncio.sleep(0.1)
    assert there.sent == [act.SendText("a"), act.SendText("b"), act.SendText("c")]
    assert reports.told == [("opened", 1, Capabilities()), ("heard", 1, TurnComplete())]
    link.close()
    await link.closed()
    assert there.closed


async def test_the_next_opens_only_when_the_one_before_is_closed() -> None:
    upstream, reports = SlowUpstream(), Reports()
    first = open_link(1, upstream, reports)
    await upstream.opened()
    first.close()
    second = open_link(2, upstream, reports, after=first)
    second.close()  # before it even began
    third = open_link(3, upstream, reports, after=second)
    await upstream.opened(2)
    await asyncio.sleep(0.1)
    assert [told[:2] for told in reports.told if told[0] == "opened"] == [("opened", 1), ("opened", 3)]
    third.close()
    await third.closed()


async def test_an_opening_that_hangs_has_a_deadline() -> None:
    upstream, reports = SlowUpstream(), Reports()
    upstream.hang = True
    link = open_link(1, upstream, reports, open_timeout_ms=2000)
    await link.closed()
    await asyncio.sleep(0)
    assert reports.told == [("lost", 1, "upstream_timeout")]


async def test_a_refusal_is_told_by_its_code() -> None:
    upstream, reports = FakeUpstream(), Reports()
    upstream.refuse("quota")
    await open_link(1, upstream, reports).closed()
    await asyncio.sleep(0)
    assert reports.told == [("lost", 1, "quota")]


async def test_a_loss_closes_and_is_told_once() -> None:
    upstream, reports = FakeUpstream(), Reports()
    link = open_link(1, upstream, reports)
    there = await upstream.opened()
    there.lose("upstream_lost")
    await link.closed()
    await asyncio.sleep(0)
    assert [told[0] for told in reports.told] == ["opened", "lost"]
    assert there.closed


async def test_a_link_that_is_closed_by_us_is_not_told_as_lost() -> None:
    upstream, reports = FakeUpstream(), Reports()
    link = open_link(1, upstream, reports)
    await upstream.opened()
    link.close()
    await link.closed()
    assert all(told[0] != "lost" for told in reports.told)


async def test_a_full_queue_lets_the_oldest_voice_go_and_keeps_the_words() -> None:
    upstream, reports = SlowUpstream(), Reports()
    upstream.hang = True
    link = open_link(1, upstream, reports, model_queue=3)
    for seq in range(4):
        link.send(act.SendAudio(AudioChunk(b"\0\0", 16_000, seq)))
    link.send(act.SendText("keep"))
    dropped: list[act.SendAudio] = link.dropped  # type: ignore[attr-defined]
    assert [message.chunk.seq for message in dropped] == [0, 1]
    for _ in range(3):
        link.send(act.SendText("more"))
    await asyncio.sleep(0.01)
    assert ("lost", 1, "upstream_timeout") in reports.told
