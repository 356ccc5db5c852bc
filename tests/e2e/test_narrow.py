"""A path that does not carry the voice as it is: the page sends half the bytes, and catches up."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import speech
from tests.e2e.harness.proxy import FaultProxy
from tests.e2e.harness.tab import Tab
from tests.e2e.harness.wire import Message

BITS_A_SECOND = 256_000


def passes(tab: Tab, event: str, wanted: Callable[[Message], bool], timeout: float = 45) -> Message:
    """Wait for such a message to pass the wire."""
    end = time.monotonic() + timeout
    while (found := next(filter(wanted, tab.wire(event)), None)) is None:
        assert time.monotonic() < end, f"no such {event}"
        tab.page.wait_for_timeout(50)
    return found


def test_the_voice_catches_up_on_a_narrow_uplink(open_tab: OpenTab, proxied: FaultProxy, tmp_path: Path) -> None:
    tab = open_tab(proxied.url, speech.wav(tmp_path / "words.wav", "I talk and talk."))
    tab.ready()
    proxied.up_rate = BITS_A_SECOND / 8
    tab.start()
    first = passes(tab, "mic", lambda message: "mulaw" in message.map).map["seq"]
    at = {message.map["seq"]: message.at for message in tab.wire("mic")}[first]
    # The server tells of a piece within two fifths of a second of its leaving: it waits behind nothing any more.
    passes(tab, "received", lambda message: message.at > at + 1_000 and age(tab, message) < 400)
    assert tab.wire("error") == []


def age(tab: Tab, received: Message) -> float:
    """How long before that message the newest piece that it tells of had left, in ms."""
    left = {message.map["seq"]: message.at for message in tab.wire("mic")}
    return received.at - left.get(received.map["seq"], float("-inf"))
