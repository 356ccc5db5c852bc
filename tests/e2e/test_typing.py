"""Typed words are answered with words and voice, on both transports."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness.serve import Server


@pytest.mark.parametrize(("server", "sockets"), [("scripted", 1), ("scripted_polling", 0)], ids=["websocket", "polling"])
def test_typed_words_are_answered(request: pytest.FixtureRequest, open_tab: OpenTab, server: str, sockets: int) -> None:
    running: Server = request.getfixturevalue(server)
    tab = open_tab(running.url)
    tab.start()
    tab.say("Good morning")
    assert tab.answered().text == "You said: Good morning."
    assert tab.transcript()[0].text == "Good morning"
    begins = tab.hears("sound")
    assert tab.hears("silence", since=begins.at).at - begins.at > 1_000
    assert np.abs(tab.rendered()).max() > 3_000
    assert tab.sockets == sockets
    tab.stop()


def test_the_pages_own_security_policy_lets_it_work(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, probes=False)
    tab.start()
    tab.say("Good morning")
    tab.reaches("speaking")  # the playback worklet reports
    assert tab.answered().text == "You said: Good morning."
    tab.stop()


def test_a_breach_of_the_policy_is_noticed(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, probes=False)
    tab.ready()
    with tab.page.expect_console_message():
        tab.page.evaluate("new Image().src = 'http://127.0.0.1:9/elsewhere.png'")
    assert any("Content Security Policy" in problem for problem in tab.problems)
    tab.problems.clear()


def test_esc_silences_the_agent(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.say("Count to 50")
    begins = tab.hears("sound")
    tab.page.keyboard.press("Escape")
    tab.hears("silence", since=begins.at, timeout=5)
    assert tab.answered().cut
    tab.reaches("listening")
    tab.say("Thank you")
    assert tab.answered(2).text == "You said: Thank you."
    tab.hears("sound", since=begins.at + 1)
