"""Without a microphone the page says what to do, and typing works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness.browser import new_context
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab


def typing_works(tab: Tab, answers: int = 1) -> None:
    tab.say("Good morning")
    assert tab.answered(answers).text == "You said: Good morning."


def test_permission_denied(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, microphone=False)
    tab.ready()
    tab.page.click("#start")
    assert "Allow it" in tab.notice("microphone_denied").inner_text()
    typing_works(tab)
    tab.hears("sound")


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [("NotFoundError", "microphone_none", "Plug one in"), ("NotReadableError", "microphone_busy", "Close it there")],
)
def test_no_microphone_to_be_had(open_tab: OpenTab, scripted: Server, error: str, code: str, advice: str) -> None:
    """A browser says so by the error's name. This machine may well have a microphone, so the test says it for the browser."""
    refusal = f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'))"
    tab = open_tab(scripted.url, script=refusal)
    tab.ready()
    tab.page.click("#start")
    assert advice in tab.notice(code).inner_text()
    typing_works(tab)


def test_unplugged_while_talking(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.wire_has("mic")
    tab.page.context.clear_permissions()
    assert "Plug it in again" in tab.notice("microphone_unplugged").inner_text()
    tab.wire_has("mic_end", reason="ended")
    typing_works(tab)
    tab.page.context.grant_permissions(["microphone"])
    tab.notice("microphone_unplugged").get_by_role("button").first.click()
    tab.page.wait_for_selector("body[data-mic=on]")
    tab.page.locator("#notice [data-code=microphone_unplugged]").wait_for(state="detached")


def test_insecure_page(launch: Launch, tabs: list[Tab], tmp_path: Path) -> None:
    """A page over plain http from another machine has neither microphone nor audio worklets."""
    with serve("scripted", tmp_path, GENMEDIA_PUBLIC_URL="http://genmedia.test") as server:
        browser = launch(None, f"--host-resolver-rules=MAP genmedia.test 127.0.0.1:{server.port}")
        tabs.append(Tab(new_context(browser), "http://genmedia.test/"))
        tab = tabs[-1]
        assert not tab.page.evaluate("isSecureContext")
        tab.ready()
        tab.page.click("#start")
        assert "https" in tab.notice("microphone_insecure").inner_text()
        tab.notice("no_voice")
        typing_works(tab)
        tab.reaches("listening", timeout=5)  # the server does not wait for a speaker that is not there
        tab.stop()
        # Chromium remarks that there is no opener to protect on such a page.
        tab.problems[:] = [problem for problem in tab.problems if "Cross-Origin-Opener-Policy" not in problem]


@pytest.mark.parametrize("key", ["m", "button"])
def test_muted_means_muted(open_tab: OpenTab, scripted: Server, key: str) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.wire_has("mic")
    tab.page.click("#mute") if key == "button" else tab.page.keyboard.press("m")
    tab.page.wait_for_selector("body[data-mic=muted]")
    muted = tab.wire_has("mic_end", reason="muted")
    typing_works(tab)  # a second and more goes by
    assert tab.wire("mic")[-1].at < muted.at
