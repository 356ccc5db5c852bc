"""The keyboard: what is held is let go wherever the focus is by then, and under a dialog no key acts on the conversation."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

PUSH_TO_TALK = "localStorage.setItem('genmedia.choices', '{\"manual_activity\": true}');"

WITHOUT_STORAGE = """
for (const name of ["getItem", "setItem"]) Storage.prototype[name] = () => { throw new DOMException("", "SecurityError") };
"""


def talking(tab: Tab, state: str) -> None:
    tab.page.wait_for_selector(f"body[data-talk={state}]")


def test_space_is_let_go_wherever_the_focus_has_gone(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, script=PUSH_TO_TALK)
    tab.start()
    for moves in ("/", "?"):
        tab.page.keyboard.down(" ")
        talking(tab, "held")
        pressed = tab.wire("activity")[-1].at
        tab.page.wait_for_timeout(400)  # longer than a tap
        tab.page.keyboard.press(moves)
        tab.page.keyboard.up(" ")
        talking(tab, "idle")
        tab.wire_has("activity", state="end", since=pressed)
        tab.page.keyboard.press("Escape")
        tab.page.evaluate("document.activeElement.blur()")
    assert [m.map["state"] for m in tab.wire("activity")] == ["start", "end"] * 2


def test_what_is_said_ends_with_the_microphone(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, script=PUSH_TO_TALK)
    tab.start()
    tab.page.keyboard.down(" ")
    talking(tab, "held")
    tab.wire_has("mic")
    tab.page.context.clear_permissions()
    tab.notice("microphone_unplugged")
    tab.wire_has("activity", state="end")
    tab.page.keyboard.up(" ")


def test_under_a_dialog_no_key_acts_on_the_conversation(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, viewport={"width": 390, "height": 844})
    tab.start()
    tab.page.click("#settings-toggle")
    tab.page.focus("#settings-close")
    tab.page.keyboard.press("m")
    tab.page.keyboard.press("c")
    assert tab.page.get_attribute("body", "data-mic") == "on"
    assert tab.page.get_attribute("body", "data-camera") == "off"
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("m")
    tab.page.wait_for_selector("body[data-mic=muted]")


def test_a_touch_of_the_page_leaves_microphone_and_player_as_they_are(open_tab: OpenTab, scripted: Server) -> None:
    count = "window.channels = 0; window.MessageChannel = class extends MessageChannel { constructor() { super(); channels++ } }"
    tab = open_tab(scripted.url, script=count)
    tab.start()
    connected = tab.page.evaluate("channels")
    assert connected > 0
    for letter in "hello":
        tab.page.locator("#message").press(letter)
    assert tab.page.evaluate("channels") == connected


def test_without_storage_a_choice_counts_until_the_page_goes(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, script=WITHOUT_STORAGE, viewport={"width": 1440, "height": 900})
    tab.ready()
    tab.page.click("#section-turns summary")
    tab.page.uncheck("[data-setting=duck]")
    assert not tab.page.is_checked("[data-setting=duck]")


@pytest.mark.parametrize(
    ("choice", "hint"),
    [
        ('{"manual_activity": true}', "Hold the button, or press Silence, to interrupt."),
        ('{"interruptible": false}', "It finishes what it says. Press Silence to stop it."),
        ("{}", "Talk over it, or press Silence, to interrupt."),
    ],
)
def test_how_to_interrupt_is_said_as_it_is(open_tab: OpenTab, scripted: Server, choice: str, hint: str) -> None:
    tab = open_tab(scripted.url, script=f"localStorage.setItem('genmedia.choices', '{choice}');")
    tab.start()
    tab.say("Count to 40")
    tab.reaches("speaking")
    assert tab.page.inner_text("#hint") == hint
    tab.page.click("#mute")
    assert tab.page.inner_text("#hint") == "Press Silence to interrupt."
