"""Two people never read each other's words; a reload and a lost network lose nothing."""

from __future__ import annotations

from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness.proxy import FaultProxy
from tests.e2e.harness.serve import Server


def test_two_people_at_once(open_tab: OpenTab, launch: Launch, scripted: Server) -> None:
    browser = launch()
    ada, ben = open_tab(scripted.url, browser=browser), open_tab(scripted.url, browser=browser)
    ada.start()
    ben.start()
    ada.say("My name is Ada")
    ben.say("My name is Ben")
    ada.answered()
    ben.answered()
    ada.say("What is my name?")
    ben.say("What is my name?")
    assert ada.answered(2).text == "Your name is Ada."
    assert ben.answered(2).text == "Your name is Ben."
    for tab, other in ((ada, "Ben"), (ben, "Ada")):
        assert other not in tab.page.content()
        assert not any(other in str(message.map) for message in tab.wire())


def test_another_persons_conversation_cannot_be_continued(open_tab: OpenTab, launch: Launch, scripted: Server) -> None:
    browser = launch()
    ada, eve = open_tab(scripted.url, browser=browser), open_tab(scripted.url, browser=browser)
    ada.start()
    ada.say("My name is Ada")
    ada.answered()
    stolen = ada.page.evaluate("sessionStorage.getItem('genmedia.conversation')")
    assert stolen
    eve.page.evaluate("id => sessionStorage.setItem('genmedia.conversation', id)", stolen)
    eve.page.reload()
    eve.notice("not_found")
    eve.reaches("idle")
    assert eve.transcript() == []
    assert not any("Ada" in str(message.map) for message in eve.wire())


def test_reload_continues(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.say("My name is Ada")
    tab.answered()
    before = tab.transcript()
    tab.page.reload()
    tab.reaches("listening", "speaking")
    assert tab.transcript() == before
    tab.say("What is my name?")
    assert tab.answered(2).text == "Your name is Ada."


def test_network_lost_for_three_seconds(open_tab: OpenTab, proxied: FaultProxy) -> None:
    tab = open_tab(proxied.url)
    tab.start()
    tab.say("My name is Ada")
    tab.answered()
    conversation = tab.page.evaluate("sessionStorage.getItem('genmedia.conversation')")
    before = tab.transcript()
    proxied.refusing = True
    proxied.cut()
    tab.reaches("reconnecting")
    assert tab.transcript() == before
    tab.say("What is my name?")  # said into the gap
    tab.page.wait_for_timeout(3_000)  # the length of the fault, not a wait for something
    proxied.refusing = False
    assert tab.answered(2).text == "Your name is Ada."
    assert tab.transcript()[: len(before)] == before
    assert tab.page.evaluate("sessionStorage.getItem('genmedia.conversation')") == conversation
    tab.page.wait_for_selector("body[data-mic=on]")


def test_dead_network_is_noticed(open_tab: OpenTab, proxied: FaultProxy) -> None:
    """Bytes vanish without FIN or RST: only the heartbeat can tell."""
    tab = open_tab(proxied.url)
    tab.start()
    proxied.stall()
    tab.reaches("reconnecting", timeout=12)
    proxied.cut()
    proxied.flow()
    tab.reaches("listening", timeout=20)
    tab.say("Good morning")
    assert tab.answered().text == "You said: Good morning."
