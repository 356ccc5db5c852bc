"""Crop, black out and point, by mouse, finger and key: what the next frame would show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import axe
from tests.e2e.harness.serve import Server

STUDIO = (Path(__file__).parent / "harness" / "studio.js").read_text()

GREEN, BLACK = [136, 255, 136], [0, 0, 0]


class Studio:
    """A green source, 800 by 400 pixels, and its editor."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(STUDIO, {"width": 800, "height": 400})
        assert self.box["width"] / self.box["height"] == pytest.approx(2, rel=0.01)

    @property
    def box(self) -> FloatRect:
        """Where the source lies on the page."""
        box = self.page.locator(".edit-surface").bounding_box()
        assert box is not None
        return box

    def xy(self, x: float, y: float) -> tuple[float, float]:
        """A point of the source, in the page's pixels."""
        box = self.box
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def tool(self, name: str) -> None:
        self.page.click(f".edit-tool[data-tool={name}]")

    def press(self, name: str) -> None:
        """The same from the keyboard."""
        self.page.focus(f".edit-tool[data-tool={name}]")
        self.page.keyboard.press("Enter")

    def drag(self, *points: tuple[float, float], release: bool = True) -> None:
        self.page.mouse.move(*self.xy(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.xy(*point), steps=4)
        if release:
            self.page.mouse.up()

    def colour(self, x: float, y: float) -> list[int]:
        """Of the next frame, at a fraction of it."""
        colour: list[int] = self.page.evaluate("([x, y]) => studio.frame().at(x, y)", [x, y])
        return colour

    def size(self) -> list[int]:
        size: list[int] = self.page.evaluate("() => { const { width, height } = studio.frame(); return [width, height]; }")
        return size

    def edits(self) -> Any:
        return self.page.evaluate("studio.edits()")

    def paused(self) -> bool:
        return bool(self.page.evaluate("studio.edits() === null && studio.frame() === null"))


@pytest.fixture
def studio(open_tab: OpenTab, scripted: Server) -> Studio:
    return Studio(open_tab(scripted.url).page)


def test_nothing_leaves_while_a_black_out_is_drawn_and_the_next_frame_has_it(studio: Studio) -> None:
    assert studio.colour(0.3, 0.3) == GREEN
    studio.tool("blackout")
    assert not studio.paused()
    studio.drag((0.2, 0.2), (0.5, 0.6), release=False)
    assert studio.paused()
    studio.page.mouse.up()
    assert [studio.colour(x, y) for x, y in ((0.2, 0.2), (0.35, 0.4), (0.5, 0.599), (0.15, 0.2), (0.35, 0.65))] == [
        *[BLACK] * 3,
        *[GREEN] * 2,
    ]
    assert studio.page.evaluate("studio.changes") > 0


def test_a_black_out_is_dragged_sized_and_removed(studio: Studio) -> None:
    studio.tool("blackout")
    studio.drag((0.2, 0.2), (0.4, 0.4))
    studio.drag((0.3, 0.3), (0.7, 0.7), release=False)
    assert studio.paused()
    studio.page.mouse.up()
    assert (studio.colour(0.3, 0.3), studio.colour(0.7, 0.7)) == (GREEN, BLACK)
    studio.drag((0.61, 0.61), (0.31, 0.31))  # its corner
    assert studio.colour(0.35, 0.35) == BLACK
    studio.page.keyboard.press("Delete")
    assert studio.edits() == {"crop": None, "blackouts": [], "pointer": None}


def test_one_that_is_pushed_out_stops_at_the_edge(studio: Studio) -> None:
    studio.tool("blackout")
    studio.drag((0.2, 0.2), (0.4, 0.4))
    studio.drag((0.3, 0.3), (-0.3, 0.3))
    (rect,) = studio.edits()["blackouts"]
    assert (rect["x"], rect["width"]) == (0, pytest.approx(0.2, abs=0.01))


def test_a_click_is_no_black_out_and_escape_takes_back_what_is_being_drawn(studio: Studio) -> None:
    studio.tool("blackout")
    studio.page.mouse.click(*studio.xy(0.3, 0.3))
    assert studio.edits()["blackouts"] == []
    studio.drag((0.2, 0.2), (0.5, 0.6), release=False)
    studio.page.keyboard.press("Escape")
    assert studio.edits()["blackouts"] == []
    studio.page.mouse.up()
    assert studio.edits()["blackouts"] == []


def test_a_crop_cuts_and_is_sized_by_its_handles(studio: Studio) -> None:
    studio.tool("crop")
    studio.drag((0.25, 0.25), (0.75, 0.75))
    assert studio.size() == [pytest.approx(400, abs=4), pytest.approx(200, abs=4)]
    studio.drag((0.745, 0.745), (1, 1))
    assert studio.size() == [pytest.approx(600, abs=4), pytest.approx(300, abs=4)]
    studio.tool("blackout")
    studio.drag((0.1, 0.5), (0.5, 0.9))  # across the edge of the crop
    assert (studio.colour(0.01, 0.5), studio.colour(0.5, 0.5)) == (BLACK, GREEN)
    studio.tool("clear")
    assert studio.size() == [800, 400]
    assert studio.colour(0.3, 0.7) == GREEN


def test_by_keyboard(studio: Studio) -> None:
    keyboard = studio.page.keyboard
    studio.press("blackout")
    before = studio.edits()["blackouts"][0]
    keyboard.press("ArrowLeft")
    keyboard.press("Shift+ArrowDown")
    after = studio.edits()["blackouts"][0]
    assert (after["x"], after["y"]) == (pytest.approx(before["x"] - 0.01), before["y"])
    assert (after["width"], after["height"]) == (pytest.approx(before["width"]), pytest.approx(before["height"] + 0.01))
    studio.press("crop")
    keyboard.press("ArrowUp")
    assert studio.edits()["crop"]["y"] == pytest.approx(0.24)
    keyboard.press("Delete")
    assert studio.edits()["crop"] is None
    assert len(studio.edits()["blackouts"]) == 1
    assert studio.page.is_hidden(".edit-tool[data-tool=remove]"), "nothing is chosen"
    studio.page.focus("[data-rect='0']")
    studio.press("remove")
    assert studio.edits()["blackouts"] == []
    studio.press("pointer")
    keyboard.press("ArrowRight")
    assert studio.edits()["pointer"] == {"x": pytest.approx(0.51), "y": 0.5}


def test_the_pointer_is_in_the_frame_over_a_black_out_too_and_goes_after_a_while(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    studio = Studio(tab.page)
    studio.tool("blackout")
    studio.drag((0.4, 0.4), (0.9, 0.9))
    studio.tool("pointer")
    tab.page.clock.install()
    asked = tab.page.evaluate("studio.changes")
    tab.page.mouse.move(*studio.xy(0.6, 0.6))
    assert tab.page.evaluate("studio.changes") > asked
    ring = "() => { const f = studio.frame(); return Array.from({ length: 200 }, (_, i) => f.at(0.5 + i / 1000, 0.6)); }"
    reds = [colour for colour in tab.page.evaluate(ring) if colour[0] > 200 and colour[1] < 60]
    assert len(reds) >= 8
    tab.page.clock.run_for(4_500)
    assert studio.edits()["pointer"] is not None
    tab.page.clock.run_for(600)
    assert studio.edits()["pointer"] is None
    assert studio.colour(0.6, 0.6) == BLACK


def test_by_finger(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    studio = Studio(tab.page)
    tab.page.tap(".edit-tool[data-tool=blackout]")
    finger = tab.page.context.new_cdp_session(tab.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [dict(zip("xy", studio.xy(*point), strict=True)) for point in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (0.2, 0.2))
    for step in range(1, 6):
        touch("touchMove", (0.2 + step * 0.05, 0.2 + step * 0.05))
    assert studio.paused()
    touch("touchEnd")
    assert studio.colour(0.3, 0.3) == BLACK
    assert tab.page.evaluate("scrollY") == 0


@pytest.mark.parametrize("happens", ["studio.turn()", "studio.doubt()"])
def test_what_was_hidden_in_another_picture_is_kept_or_cleared_before_anything_leaves(studio: Studio, happens: str) -> None:
    studio.page.evaluate(happens)
    assert not studio.paused()  # nothing was hidden
    studio.tool("blackout")
    studio.drag((0.1, 0.1), (0.4, 0.4))
    assert not studio.paused()
    studio.page.evaluate("studio.doubt()")
    assert studio.paused()
    studio.page.locator(".edit-doubt").wait_for(state="visible")
    studio.drag((0.6, 0.6), (0.8, 0.8))
    assert studio.paused()  # one more says nothing of the first
    studio.tool("keep")
    assert studio.colour(0.2, 0.2) == BLACK
    assert not studio.page.locator(".edit-tool[data-tool=keep]").is_visible()
    studio.page.evaluate("studio.doubt()")
    assert studio.paused()
    studio.tool("clear")
    assert studio.colour(0.2, 0.2) == GREEN


def test_a_source_of_another_shape_is_another_picture(studio: Studio) -> None:
    studio.tool("crop")
    studio.drag((0.1, 0.1), (0.6, 0.6))
    assert not studio.paused()
    studio.page.evaluate("studio.turn()")
    assert studio.paused()
    studio.tool("keep")
    assert studio.size() == [100, 200]


def test_the_edits_end_with_the_source(studio: Studio) -> None:
    studio.press("blackout")
    studio.page.evaluate("studio.end()")
    assert studio.edits() == {"crop": None, "blackouts": [], "pointer": None}
    assert studio.page.locator(".edit-surface, .edit-tools").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_tab: OpenTab, scripted: Server, scheme: str) -> None:
    tab = open_tab(scripted.url, color_scheme=scheme, reduced_motion="reduce")
    studio = Studio(tab.page)
    for tool in ("crop", "blackout", "pointer"):
        studio.press(tool)
    assert axe.violations(tab.page) == []
