"""For everyone: no accessibility rule is broken, light or dark, narrow or wide; and a phone can do it all."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import axe
from tests.e2e.harness.serve import Server

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 3}

SMALLEST = 24
"""Side of the smallest target in CSS pixels: WCAG 2.2, 2.5.8."""


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_tab: OpenTab, scripted: Server, width: int, scheme: str) -> None:
    tab = open_tab(scripted.url, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    tab.ready()
    assert axe.violations(tab.page) == []
    tab.start()
    tab.say("Count to 20")
    tab.reaches("speaking")
    assert axe.violations(tab.page) == []
    tab.page.context.clear_permissions()
    tab.notice("microphone_unplugged")
    assert axe.violations(tab.page) == []


def test_axe_finds_a_planted_fault(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    tab.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(violation.startswith("button-name") for violation in axe.violations(tab.page))


def test_phone(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, **PHONE)
    page = tab.page
    tab.ready()
    page.tap("#start")
    page.wait_for_selector("body[data-mic=on]")
    page.tap("#message")
    page.fill("#message", "Good morning")
    page.tap("#send")
    assert tab.answered().text == "You said: Good morning."
    tab.hears("sound")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = """least => [...document.querySelectorAll('button, select, textarea, summary, a')].filter((e) => {
        const { width, height } = e.getBoundingClientRect();
        return e.checkVisibility() && !e.matches('.skip') && Math.min(width, height) < least;
    }).map((e) => e.outerHTML)"""
    assert page.evaluate(small, SMALLEST) == []
    for button in ("#mute", "#stop", "#send"):
        box = page.locator(button).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 844
    page.tap("#stop")
    tab.reaches("ended")
