"""What leaves the browser, and what the page says of it: a camera, a shared tab, and what edits make of their JPEGs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness import axe, pictures
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab
from tests.e2e.harness.wire import Message

TITLE = "A page to share"

SHARED = f"""<title>{TITLE}</title><style>
@keyframes go {{ to {{ translate: 500px }} }}
i {{ position: absolute; inset: 300px auto 0 0; width: 200px; background: navy; animation: go 3s infinite alternate linear }}
</style><body style="background: #fd8"><i></i>"""

SLOW_ENCODER = """
globalThis.encoder = { hold: false, held: [] };
const toBlob = HTMLCanvasElement.prototype.toBlob;
HTMLCanvasElement.prototype.toBlob = function (done, ...how) {
  toBlob.call(this, (blob) => (encoder.hold ? encoder.held.push(() => done(blob)) : done(blob)), ...how);
};
"""
"""A JPEG encoder that keeps what it has made until it is told to give it."""

SECRET = (0.1, 0.1, 0.4, 0.5)
"""Left, top, right and bottom of what the camera should not show, as fractions."""

TWO_CAMERAS = """
globalThis.cameras = { hold: false, held: [] };
const devices = navigator.mediaDevices;
const [ask, list] = [devices.getUserMedia.bind(devices), devices.enumerateDevices.bind(devices)];
devices.getUserMedia = (wish) => ask(wish.video ? { video: true } : wish);
devices.enumerateDevices = async () => {
  if (cameras.hold) await new Promise((go) => cameras.held.push(go));
  return [...(await list()), { kind: 'videoinput', deviceId: 'another' }];
};
"""
"""A machine with another camera, which shows the same; what there is may take a while to be told."""

EDGE = 16
"""Pixels at an edge that a JPEG blends: it keeps colours in squares of sixteen."""

Pixels = NDArray[np.uint8]


def scenes() -> list[Image.Image]:
    """A light room with something red and white in it, and something that moves."""
    made = []
    for step in range(8):
        scene = Image.new("RGB", (640, 480), (200, 225, 255))
        draw = ImageDraw.Draw(scene)
        left, top, right, bottom = (round(side * size) for side, size in zip(SECRET, (640, 480) * 2, strict=True))
        for x in range(left, right, 24):
            draw.rectangle((x, top, x + 11, bottom - 1), fill=(255, 40, 40))
            draw.rectangle((x + 12, top, x + 23, bottom - 1), fill="white")
        draw.rectangle((step * 80, 360, step * 80 + 120, 479), fill=(20, 60, 20))
        made.append(scene)
    return made


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.film(tmp_path_factory.mktemp("film"), *scenes())


@pytest.fixture
def talk(launch: Launch, open_tab: OpenTab, scripted: Server, film: Path) -> Callable[..., Tab]:
    """A conversation, with the tab that can be shared open beside it."""

    def begin(**options: object) -> Tab:
        flags = (f"--use-file-for-fake-video-capture={film}", f"--auto-select-tab-capture-source-by-title={TITLE}")
        tab = open_tab(scripted.url, browser=launch(None, *flags), **options)
        tab.page.context.new_page().set_content(SHARED)
        tab.page.bring_to_front()
        tab.start()
        return tab

    return begin


class Sight:
    """A source of a tab, its edits, and its frames on the wire."""

    def __init__(self, tab: Tab, source: str) -> None:
        self.tab, self.page, self.source = tab, tab.page, source
        self.page.click(f"#{source}")
        self.page.wait_for_selector(f"body[data-{source}=on]")

    def frames(self, since: float = 0) -> list[Message]:
        return [m for m in self.tab.wire("frame", "out") if m.map["source"] == self.source and m.at >= since]

    def leaves(self, count: int = 1, since: float = 0) -> list[Pixels]:
        """Wait until so many frames have left since then; their pixels."""
        while len(found := self.frames(since)) < count:
            self.tab.wire_has("frame", since=found[-1].at + 0.01 if found else since, source=self.source)
        return [pictures.pixels(frame.map["jpeg"]) for frame in found]

    def now(self) -> float:
        now: float = self.page.evaluate("performance.timeOrigin + performance.now()")
        return now

    def tool(self, name: str) -> None:
        self.page.click(f".edit-tools[data-source={self.source}] [data-tool={name}]")

    def to(self, x: float, y: float, steps: int = 4) -> None:
        """Move the mouse to a point of the source."""
        box = self.page.locator(f".edit-surface[data-source={self.source}]").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps)

    def press(self, left: float, top: float, right: float, bottom: float) -> None:
        """Draw a rectangle, and hold it."""
        self.page.locator(f".edit-surface[data-source={self.source}]").scroll_into_view_if_needed()
        self.to(left, top)
        self.page.mouse.down()
        self.to(right, bottom)

    def shown(self) -> bytes:
        """The JPEG that the page shows as the last one sent."""
        script = """async (source) => {
          const image = document.querySelector(`#seen [data-source=${source}] img`);
          return [...new Uint8Array(await (await fetch(image.src)).arrayBuffer())];
        }"""
        return bytes(self.page.evaluate(script, self.source))

    def words(self, part: str) -> str:
        return self.page.inner_text(f"#seen [data-source={self.source}] .seen-{part}").replace("\N{NO-BREAK SPACE}", " ")


def inside(frame: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    """The part of a frame between fractions of it, without the edge."""
    height, width, _ = frame.shape
    x, y = (slice(round(a * size) + EDGE, round(b * size) - EDGE) for a, b, size in ((left, right, width), (top, bottom, height)))
    return frame[y, x]


def is_red(frame: Pixels) -> NDArray[np.bool_]:
    red, green, blue = np.moveaxis(frame.astype(int), -1, 0)
    found: NDArray[np.bool_] = (red > 150) & (green < 90) & (blue < 120)
    return found


def test_the_jpeg_shown_is_the_one_that_was_sent(talk: Callable[..., Tab]) -> None:
    tab = talk()
    camera = Sight(tab, "camera")
    for _ in range(2):
        camera.leaves(len(camera.frames()) + 1)
        tab.page.wait_for_selector("#seen [data-source=camera] img")
        jpeg, size = camera.shown(), camera.words("size")
        sent = [frame.map["jpeg"] for frame in camera.frames()]
        assert jpeg in sent[-2:]
        height, width, _ = pictures.pixels(jpeg).shape
        assert size == f"{width} × {height} px, {round(len(jpeg) / 1000, 1 if len(jpeg) < 9_950 else None)} kB"
        assert is_red(pictures.pixels(jpeg)).any(), "the camera shows what will be hidden"
    assert camera.words("source") == "Camera"
    assert tab.page.input_value("#message") == ""
    tab.page.wait_for_function("/^[1-9] s ago$/.test(document.querySelector('#seen .seen-age').textContent)")


def test_from_the_very_next_frame_a_black_out_is_black_and_none_leaves_while_it_is_drawn(talk: Callable[..., Tab]) -> None:
    tab = talk()
    camera, screen = Sight(tab, "camera"), Sight(tab, "screen")
    assert is_red(camera.leaves()[0]).any()
    camera.tool("blackout")
    left, top, right, bottom = SECRET
    camera.press(left - 0.02, top - 0.02, right + 0.02, bottom + 0.02)
    pressed = camera.now()
    tab.page.wait_for_function("document.querySelector('#seen [data-source=camera] .seen-why').textContent.startsWith('Paused')")
    screen.leaves(2, since=pressed)  # which goes on
    assert camera.frames(since=pressed) == []
    tab.page.mouse.up()
    for frame in camera.leaves(4, since=pressed):
        assert inside(frame, left, top, right, bottom).max() <= 8
        assert not is_red(frame).any()
    assert camera.words("why") == ""
    assert not is_red(pictures.pixels(camera.shown())).any()


def test_a_frame_that_is_being_encoded_when_a_black_out_is_placed_never_leaves(talk: Callable[..., Tab]) -> None:
    tab = talk(script=SLOW_ENCODER)
    camera = Sight(tab, "camera")
    camera.leaves()
    tab.page.evaluate("encoder.hold = true")
    tab.page.wait_for_function("encoder.held.length > 0")
    camera.tool("blackout")
    left, top, right, bottom = SECRET
    camera.press(left - 0.02, top - 0.02, right + 0.02, bottom + 0.02)
    tab.page.mouse.up()
    since = camera.now()
    tab.page.evaluate("() => { encoder.hold = false; encoder.held.splice(0).forEach((go) => go()); }")
    for frame in camera.leaves(2, since=since):
        assert not is_red(frame).any()


def test_another_camera_waits_until_what_was_hidden_is_kept_or_cleared(talk: Callable[..., Tab]) -> None:
    tab = talk(script=TWO_CAMERAS)
    camera = Sight(tab, "camera")
    camera.leaves()
    camera.tool("blackout")
    left, top, right, bottom = SECRET
    camera.press(left - 0.02, top - 0.02, right + 0.02, bottom + 0.02)
    tab.page.mouse.up()
    tab.page.click("#camera-flip")
    tab.page.wait_for_selector("[data-tool=keep]:visible")
    flipped = camera.now()
    tab.page.wait_for_timeout(2_500)
    assert camera.frames(since=flipped) == []
    assert camera.words("why") == "Paused until you keep or clear what you hid."
    camera.tool("keep")
    for frame in camera.leaves(2, since=flipped):
        assert not is_red(frame).any()
    assert camera.words("why") == ""
    camera.tool("clear")
    assert is_red(camera.leaves(1, since=camera.now())[0]).any()


def test_a_camera_that_is_stopped_while_the_next_one_is_looked_up_stays_off(talk: Callable[..., Tab]) -> None:
    tab = talk(script=TWO_CAMERAS)
    Sight(tab, "camera").leaves()
    tab.page.evaluate("cameras.hold = true")
    tab.page.click("#camera-flip")
    tab.page.wait_for_function("cameras.held.length > 0")
    tab.stop()
    tab.page.evaluate("() => { cameras.hold = false; cameras.held.splice(0).forEach((go) => go()); }")
    tab.page.wait_for_timeout(1_000)
    assert tab.page.get_attribute("body", "data-camera") == "off"
    assert tab.page.evaluate("document.querySelector('#camera-view').srcObject") is None


def test_cropped_only_the_rest_leaves(talk: Callable[..., Tab]) -> None:
    tab = talk()
    camera = Sight(tab, "camera")
    height, width, _ = camera.leaves()[0].shape
    camera.tool("crop")
    camera.press(0.5, 0.5, 1, 1)
    since = camera.now()
    tab.page.mouse.up()
    for frame in camera.leaves(2, since=since):
        assert frame.shape[:2] == (pytest.approx(height / 2, abs=4), pytest.approx(width / 2, abs=4))
        assert not is_red(frame).any()


def test_what_is_pointed_at_is_ringed_in_the_next_frame_also_on_a_shared_tab(talk: Callable[..., Tab]) -> None:
    tab = talk()
    screen = Sight(tab, "screen")
    assert not is_red(screen.leaves()[0]).any()
    screen.tool("pointer")
    screen.page.locator(".edit-surface").scroll_into_view_if_needed()
    since = screen.now()
    screen.to(0.7, 0.3, steps=1)  # or the frame may be of a point on the way
    (frame,) = screen.leaves(1, since=since)[-1:]
    y, x = np.nonzero(is_red(frame))
    height, width, _ = frame.shape
    assert (x.mean() / width, y.mean() / height) == (pytest.approx(0.7, abs=0.02), pytest.approx(0.3, abs=0.02))
    screen.leaves(len(screen.frames()) + 1)


def test_both_sources_are_told_apart_and_one_that_ended_says_so(talk: Callable[..., Tab]) -> None:
    tab = talk()
    camera, screen = Sight(tab, "camera"), Sight(tab, "screen")
    tab.page.wait_for_selector("#seen [data-source=camera] img")
    tab.page.wait_for_selector("#seen [data-source=screen] img")
    assert (camera.words("source"), screen.words("source")) == ("Camera", "Screen")
    assert pictures.pixels(camera.shown()).shape != pictures.pixels(screen.shown()).shape
    camera.tool("blackout")
    camera.press(0.1, 0.1, 0.5, 0.5)
    tab.page.mouse.up()
    tab.page.click("#camera")
    tab.page.wait_for_selector("body[data-camera=off]")
    assert camera.words("why") == "Stopped. The model has seen this last."
    assert screen.words("why") == ""
    tab.page.click("#camera")
    tab.page.wait_for_selector("body[data-camera=on]")
    assert tab.page.locator(".edit-surface[data-source=camera] .edit-blackout").count() == 0


def test_with_the_connection_away_it_says_so(talk: Callable[..., Tab]) -> None:
    tab = talk()
    camera = Sight(tab, "camera")
    tab.page.wait_for_selector("#seen [data-source=camera] img")
    tab.page.context.set_offline(True)
    tab.page.wait_for_function("document.querySelector('#seen .seen-why').textContent.includes('connection is away')")
    since = camera.now()
    tab.page.context.set_offline(False)
    camera.leaves(1, since=since)
    tab.page.wait_for_function("document.querySelector('#seen .seen-why').textContent === ''")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(talk: Callable[..., Tab], width: int, scheme: str) -> None:
    tab = talk(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    for source in ("camera", "screen"):
        Sight(tab, source).leaves()
    assert axe.violations(tab.page) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
