"""The local engine in a spoken conversation, through the page, on both transports and over a slow path."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import jiwer
import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import speech
from tests.e2e.harness.proxy import FaultProxy, fault_proxy
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab

pytestmark = pytest.mark.weights

QUESTION = "What is the capital of France?"

MIC_EVENTS = 'genmedia_events_total{event="mic"}'


@pytest.fixture(params=[("websocket,polling", 0.0), ("polling", 0.15)], ids=["websocket", "polling-300ms"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, FaultProxy]]:
    """A server of one's own, and the way there: transports offered, seconds of delay each way."""
    transports, delay = request.param
    with serve("local", tmp_path, GENMEDIA_TRANSPORTS=transports) as server, fault_proxy(server.port) as proxy:
        proxy.delay = delay
        yield server, proxy


def test_spoken_question_gets_a_spoken_answer(open_tab: OpenTab, path: tuple[Server, FaultProxy], tmp_path: Path) -> None:
    server, proxy = path
    tab = open_tab(proxy.url, speech.wav(tmp_path / "question.wav", QUESTION))
    tab.start()
    answer = tab.answered(timeout=60)
    asked = tab.transcript()[0]
    assert asked.role == "user"
    assert jiwer.wer(plain(QUESTION), plain(asked.text)) <= 0.2
    assert "Paris" in answer.text
    assert not answer.cut
    begins = tab.hears("sound")
    assert tab.hears("silence", since=begins.at).at - begins.at > 500
    no_chunk_is_lost(tab, server)
    assert (tab.sockets == 0) == bool(proxy.delay)


def no_chunk_is_lost(tab: Tab, server: Server) -> None:
    tab.page.click("#mute")
    tab.wire_has("mic_end")
    sent = [message.map["seq"] for message in tab.wire("mic")]
    assert sent == list(range(len(sent)))
    deadline = time.monotonic() + 10
    while server.metrics()[MIC_EVENTS] < len(sent) and time.monotonic() < deadline:
        tab.page.wait_for_timeout(50)
    assert server.metrics()[MIC_EVENTS] == len(sent)
    assert tab.wire_has("received", seq=sent[-1])


def plain(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text).lower()
