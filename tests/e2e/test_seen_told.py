"""The region "What the model sees", told by hand what was sent: bytes, size, age, reasons, the enlarged view."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import axe
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

TOLD = (Path(__file__).parent / "harness" / "seen.js").read_text()


@pytest.fixture
def tab(open_tab: OpenTab, scripted: Server) -> Tab:
    tab = open_tab(scripted.url)
    tab.ready()
    tab.page.evaluate(TOLD)
    return tab


@pytest.fixture
def page(tab: Tab) -> Page:
    return tab.page


def words(page: Page, source: str, part: str) -> str:
    return page.inner_text(f"#seen [data-source={source}] .seen-{part}")


def test_there_is_nothing_until_something_runs_and_then_it_says_that_nothing_was_sent(page: Page) -> None:
    assert page.is_hidden("#seen")
    page.evaluate("told.seen.show(['camera'])")
    assert page.inner_text("#seen-empty") == "Nothing has been sent yet."
    page.evaluate("told.seen.show([])")
    assert page.is_hidden("#seen")


def test_it_shows_the_very_bytes_and_lets_go_of_the_old_ones(page: Page) -> None:
    first = page.evaluate("told.sent('camera', 'teal', 320, 240)")
    assert page.evaluate("told.shown('camera')") == first
    assert words(page, "camera", "source") == "Camera"
    assert words(page, "camera", "size").startswith("320 × 240 px, ")
    assert words(page, "camera", "size").endswith("\N{NO-BREAK SPACE}kB")
    old = page.evaluate("told.url('camera')")
    second = page.evaluate("told.sent('camera', 'olive', 64, 32)")
    assert second != first
    assert page.evaluate("told.shown('camera')") == second
    assert page.evaluate("url => told.dead(url)", old)
    page.evaluate("told.seen.clear()")
    assert page.is_hidden("#seen")


def test_the_age_counts_without_moving_anything_or_being_read_aloud(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    tab.page.clock.install(time=datetime(2026, 11, 22, 10, tzinfo=UTC))
    tab.page.clock.pause_at(datetime(2026, 11, 22, 11, tzinfo=UTC))
    tab.page.evaluate(TOLD)
    tab.page.evaluate("told.sent('screen', 'teal', 320, 240)")
    place = tab.page.locator("#seen .seen-words").bounding_box()
    for later, said in ((0, "just now"), (3_000, "3 s ago"), (9_000, "12 s ago"), (60_000, "1 min ago")):
        tab.page.clock.run_for(later)
        assert words(tab.page, "screen", "age") == said
        assert tab.page.locator("#seen .seen-words").bounding_box() == place
    assert tab.page.locator("#seen :is([aria-live], [role=status], [role=log], [role=alert])").count() == 0


def test_each_source_has_its_own_and_one_that_ended_says_so(page: Page) -> None:
    page.evaluate("told.seen.show(['camera', 'screen'])")
    camera = page.evaluate("told.sent('camera', 'teal', 320, 240)")
    screen = page.evaluate("told.sent('screen', 'olive', 320, 200)")
    assert (page.evaluate("told.shown('camera')"), page.evaluate("told.shown('screen')")) == (camera, screen)
    page.evaluate("told.seen.show(['screen'])")
    assert words(page, "camera", "why") == "Stopped. The model has seen this last."
    assert words(page, "screen", "why") == ""
    page.evaluate("told.sent('camera', 'olive', 320, 240)")  # an answer that was on its way
    assert words(page, "camera", "why") == "Stopped. The model has seen this last."
    page.evaluate("told.seen.show(['screen', 'camera'])")
    assert words(page, "camera", "why") == ""


def test_it_says_why_nothing_leaves(page: Page) -> None:
    page.evaluate("told.seen.show(['camera'])")
    for why, said in (("away", "connection"), ("voice", "your voice goes first"), ("drawing", "Paused"), ("unsent", "dropped")):
        page.evaluate("why => told.seen.held('camera', why)", why)
        assert said in words(page, "camera", "why")
    page.evaluate("told.sent('camera', 'teal', 320, 240)")
    assert words(page, "camera", "why") == ""


def test_enlarged_it_stays_what_it_was(page: Page) -> None:
    page.evaluate("told.sent('camera', 'teal', 320, 240)")
    page.click("#seen [data-source=camera] button")
    assert page.inner_text("#seen-large-words").startswith("Camera, 320 × 240 px")
    page.evaluate("told.sent('camera', 'olive', 64, 32)")
    assert page.evaluate("document.querySelector('#seen-large-image').naturalWidth") == 320
    url = page.get_attribute("#seen-large-image", "src")
    page.click("#seen-large button")
    assert page.is_hidden("#seen-large")
    assert page.evaluate("url => told.dead(url)", url)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_tab: OpenTab, scripted: Server, width: int, scheme: str) -> None:
    tab = open_tab(scripted.url, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    tab.ready()
    tab.page.evaluate(TOLD)
    tab.page.evaluate("told.sent('camera', 'teal', 320, 240)")
    tab.page.evaluate("told.sent('screen', 'olive', 320, 200)")
    tab.page.evaluate("told.seen.held('screen', 'voice')")
    assert axe.violations(tab.page) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tab.page.click("#seen [data-source=camera] button")
    assert axe.violations(tab.page) == []
