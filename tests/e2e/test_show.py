"""The camera and the screen reach the model in their colours and legible, start and stop as the person likes, and fail calmly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness import axe, pictures, speech
from tests.e2e.harness.browser import new_context
from tests.e2e.harness.eyewitness import Eyewitness, eyewitness
from tests.e2e.harness.proxy import FaultProxy, fault_proxy
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab

TITLE = "Quarterly report"

REPORT = f"""<title>{TITLE}</title><body style="margin: 0; background: #2a6f4e; color: white; font: 40px sans-serif">
<h1>Quarterly report</h1><p>The flight costs <b id="price">189</b> euros</p></body>"""

GREEN = (42, 111, 78)
BLUE = (30, 60, 160)

SIGN = pictures.sign("FRESH BREAD", "OPEN DAILY")

STORY = "Once upon a time there was a baker who opened his shop every day, and every day he sold bread, rolls and cake."

Talk = Callable[..., Tab]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyewitness]:
    with eyewitness(tmp_path_factory.mktemp("eyewitness")) as model:
        yield model


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.film(tmp_path_factory.mktemp("film"), SIGN)


@pytest.fixture(scope="module")
def moving_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another picture every second, seven of them: at no pace is a frame like the one before."""
    scenes = [Image.new("RGB", (320, 240), (shade, 255 - shade, 90)) for shade in range(0, 250, 36)]
    return pictures.film(tmp_path_factory.mktemp("moving"), *(scene for scene in scenes for _ in range(30)))


@pytest.fixture
def talk(launch: Launch, open_tab: OpenTab, model: Eyewitness, film: Path) -> Talk:
    """A conversation with a model that looks, and a page beside it that can be shared."""

    def begin(*, camera: Path = film, url: str = model.server.url, **options: object) -> Tab:
        flags = (f"--use-file-for-fake-video-capture={camera}", f"--auto-select-tab-capture-source-by-title={TITLE}")
        tab = open_tab(url, browser=launch(None, *flags), **options)
        shared = tab.page.context.new_page()
        shared.set_content(REPORT)
        tab.page.bring_to_front()
        model.forget()
        tab.start()
        return tab

    return begin


@pytest.fixture
def far(model: Eyewitness) -> Iterator[FaultProxy]:
    with fault_proxy(model.server.port) as proxy:
        yield proxy


def show(tab: Tab, source: str) -> None:
    tab.page.click(f"#{source}")
    tab.page.wait_for_selector(f"body[data-{source}=on]")
    assert tab.page.get_attribute(f"#{source}", "aria-pressed") == "true"


def hide(tab: Tab, source: str) -> None:
    tab.page.click(f"#{source}")
    tab.page.wait_for_selector(f"body[data-{source}=off]")
    assert tab.page.evaluate(f"document.querySelector('#{source}-view').srcObject") is None


def shared_page(tab: Tab, script: str) -> None:
    """Do something on the page that is shared."""
    next(page for page in tab.page.context.pages if page.title() == TITLE).evaluate(script)


def colour(jpeg: bytes, x: float = 0.5, y: float = 0.9) -> tuple[int, ...]:
    """At a point of the picture, as fractions of it."""
    found = pictures.pixels(jpeg)
    height, width, _ = found.shape
    return tuple(int(level) for level in found[int(y * height), int(x * width)])


def near(found: tuple[int, ...], wanted: tuple[int, ...], most: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= most


def likeness(jpeg: bytes, drawn: Image.Image) -> float:
    """Correlation with what was drawn, at the size of the JPEG; 1 is the same."""
    got = pictures.pixels(jpeg)
    wanted = np.asarray(drawn.convert("RGB").resize((got.shape[1], got.shape[0]), Image.Resampling.LANCZOS))
    return float(np.corrcoef(got.ravel(), wanted.ravel())[0, 1])


def sources(tab: Tab) -> list[str]:
    """Where the frames on the wire came from, in order."""
    return [message.map["source"] for message in tab.wire("frame", "out")]


def still_talks(tab: Tab) -> None:
    """The conversation goes on: the server takes typed words."""
    tab.say("Still here")
    tab.wire_has("caption", role="user", text="Still here")


def test_the_camera_reaches_the_model_legible_and_in_its_colours(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    (first, *_) = model.sees()
    assert pictures.pixels(first.jpeg).shape == (576, 1024, 3)
    assert near(colour(first.jpeg, 0.5, 0.9), (246, 242, 231))
    assert likeness(first.jpeg, SIGN) > 0.99
    tab.wire_has("ack", sent=True)
    hide(tab, "camera")
    still_talks(tab)


def test_a_shared_tab_reaches_the_model_and_its_changes_follow(talk: Talk, model: Eyewitness) -> None:
    tab = talk(viewport={"width": 1600, "height": 900})
    show(tab, "screen")
    (first, *_) = model.sees()
    height, width, _ = pictures.pixels(first.jpeg).shape
    assert width == 1024
    assert abs(width / height - 16 / 9) < 0.05
    assert near(colour(first.jpeg), GREEN)
    model.forget()
    shared_page(tab, "() => { document.body.style.background = 'rgb(30 60 160)' }")
    assert near(colour(model.sees()[-1].jpeg), BLUE)


def test_one_changed_digit_of_a_shared_tab_is_worth_a_frame(talk: Talk, model: Eyewitness) -> None:
    tab = talk(viewport={"width": 1600, "height": 900})
    shared_page(tab, "() => { document.querySelector('#price').style.fontSize = '16px' }")
    show(tab, "screen")
    model.sees()
    tab.wire_has("ack", sent=True)
    model.forget()
    shared_page(tab, "() => { document.querySelector('#price').textContent = '139' }")
    model.sees()


def test_both_at_once_take_turns_and_either_stops_alone(talk: Talk, model: Eyewitness, moving_film: Path) -> None:
    tab = talk(camera=moving_film)
    shared_page(tab, "() => setInterval(() => { document.body.style.background = `hsl(${Date.now() / 20} 60% 40%)` }, 100)")
    show(tab, "camera")
    show(tab, "screen")
    model.sees(6)
    seen = sources(tab)
    assert {"camera", "screen"} == set(seen)
    assert all(a != b for a, b in zip(seen[2:], seen[3:], strict=False)), seen
    hide(tab, "camera")
    count = len(sources(tab))
    model.forget()
    model.sees(2)
    assert set(sources(tab)[count:]) == {"screen"}
    hide(tab, "screen")
    assert tab.page.is_hidden("#showing")
    still_talks(tab)


def test_what_stands_still_is_sent_once_and_again_only_beside_another(talk: Talk, model: Eyewitness, moving_film: Path) -> None:
    tab = talk(camera=moving_film)
    show(tab, "screen")
    model.sees()
    show(tab, "camera")
    model.sees(7)  # the clock: a source that moves has sent three frames meanwhile, and is not the only one for long
    assert sources(tab)[:4] == ["screen", *["camera"] * 3]
    assert sources(tab)[:7].count("screen") == 2


def test_no_more_than_one_a_second_and_one_on_its_way(talk: Talk, model: Eyewitness, moving_film: Path, far: FaultProxy) -> None:
    tab = talk(camera=moving_film, url=far.url)
    far.delay = 0.2
    show(tab, "camera")
    model.sees(4)
    tab.wire_has("ack", seq=3)
    passed = [m for m in tab.wire() if m.event == "frame" or (m.event == "ack" and "sent" in m.map)]
    assert [m.event for m in passed[:8]] == ["frame", "ack"] * 4
    left = [m.at for m in passed if m.event == "frame"]
    assert min(b - a for a, b in zip(left, left[1:], strict=False)) >= 990


def test_while_the_person_speaks_frames_are_twice_as_quick(
    launch: Launch, open_tab: OpenTab, model: Eyewitness, moving_film: Path, quiet: Path, tmp_path: Path
) -> None:
    def gap(microphone: Path) -> float:
        tab = open_tab(model.server.url, browser=launch(microphone, f"--use-file-for-fake-video-capture={moving_film}"))
        tab.start()
        model.forget()
        show(tab, "camera")
        model.sees(5)
        left = [message.at for message in tab.wire("frame", "out")]
        tab.stop()
        return float(np.median(np.diff(left)))

    telling = speech.wav(tmp_path / "telling.wav", *[STORY] * 6)
    assert 1.6 < gap(quiet) / gap(telling) < 2.4


def test_after_a_lost_connection_what_stands_still_goes_again(talk: Talk, model: Eyewitness, far: FaultProxy) -> None:
    tab = talk(url=far.url)
    show(tab, "screen")
    model.sees()
    tab.wire_has("ack", sent=True)
    far.cut()
    model.sees(2)
    assert sources(tab) == ["screen", "screen"]


def test_after_the_model_was_lost_what_stands_still_goes_again(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "screen")
    model.sees()
    tab.wire_has("ack", sent=True)
    model.leave()
    model.sees(2)


def test_stopped_from_the_browsers_own_bar(talk: Talk, model: Eyewitness) -> None:
    """The end of the shared tab ends its track as the bar's button does."""
    tab = talk()
    show(tab, "screen")
    model.sees()
    next(page for page in tab.page.context.pages if page.title() == TITLE).close()
    tab.page.wait_for_selector("body[data-screen=off]")
    assert "no longer shared" in tab.notice("screen_ended").inner_text()
    assert tab.page.is_hidden("#showing")
    still_talks(tab)


def test_stop_ends_every_track(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    show(tab, "screen")
    tab.page.evaluate(
        "window.tracks = ['camera', 'screen'].map(s => document.querySelector(`#${s}-view`).srcObject.getTracks()[0])"
    )
    tab.stop()
    assert tab.page.evaluate("tracks.map(track => track.readyState)") == ["ended", "ended"]
    assert tab.page.get_attribute("body", "data-camera") == "off"
    assert tab.page.get_attribute("body", "data-screen") == "off"


def test_what_is_shown_ends_with_a_conversation_that_the_server_ends(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    show(tab, "screen")
    tab.page.evaluate(
        "window.tracks = ['camera', 'screen'].map(s => document.querySelector(`#${s}-view`).srcObject.getTracks()[0])"
    )
    conversation = tab.page.evaluate("sessionStorage.getItem('genmedia.conversation')")
    tab.page.evaluate("id => fetch(`/api/conversations/${id}`, { method: 'DELETE' })", conversation)
    tab.reaches("ended", "idle")
    assert tab.page.evaluate("tracks.map(track => track.readyState)") == ["ended", "ended"]
    assert tab.page.is_hidden("#showing")


FLIP = """
const devices = navigator.mediaDevices;
const [ask, list] = [devices.getUserMedia.bind(devices), devices.enumerateDevices.bind(devices)];
window.asked = [];
devices.getUserMedia = (wish) => {
  if (wish.video) window.asked.push(structuredClone(wish.video));
  return ask(wish.video ? { video: true } : wish);
};
devices.enumerateDevices = async () => [...(await list()), { kind: 'videoinput', deviceId: 'another' }];
"""

SIDES = """
const settings = MediaStreamTrack.prototype.getSettings;
MediaStreamTrack.prototype.getSettings = function () {
  const facingMode = window.asked.at(-1)?.facingMode?.ideal ?? 'user';
  return { ...settings.call(this), ...(this.kind === 'video' && { facingMode }) };
};
"""


@pytest.mark.parametrize(
    ("script", "wish"),
    [(FLIP, "asked[1].deviceId.exact === 'another'"), (FLIP + SIDES, "asked[1].facingMode.ideal === 'environment'")],
)
def test_another_camera_is_a_press_away(talk: Talk, model: Eyewitness, script: str, wish: str) -> None:
    tab = talk(script=script)
    show(tab, "camera")
    model.sees()
    tab.page.click("#camera-flip")
    tab.page.wait_for_selector("body[data-camera=on]")
    model.sees(2)
    assert tab.page.evaluate(wish)


def test_an_insecure_page_says_so(launch: Launch, tabs: list[Tab], tmp_path: Path) -> None:
    with serve("scripted", tmp_path, GENMEDIA_PUBLIC_URL="http://genmedia.test") as server:
        browser = launch(None, f"--host-resolver-rules=MAP genmedia.test 127.0.0.1:{server.port}")
        tabs.append(Tab(new_context(browser), "http://genmedia.test/"))
        tab = tabs[-1]
        tab.ready()
        for source in ("camera", "screen"):
            tab.page.click(f"#{source}")
            assert "https" in tab.notice(f"{source}_insecure").inner_text()
        still_talks(tab)
        tab.stop()
        # Chromium remarks that there is no opener to protect on such a page.
        tab.problems[:] = [problem for problem in tab.problems if "Cross-Origin-Opener-Policy" not in problem]


@pytest.mark.parametrize(("key", "source"), [("c", "camera"), ("s", "screen")])
def test_on_an_idle_page_a_key_begins_the_conversation(
    open_tab: OpenTab, launch: Launch, model: Eyewitness, film: Path, key: str, source: str
) -> None:
    flags = (f"--use-file-for-fake-video-capture={film}", f"--auto-select-tab-capture-source-by-title={TITLE}")
    tab = open_tab(model.server.url, browser=launch(None, *flags))
    tab.page.context.new_page().set_content(REPORT)
    tab.page.bring_to_front()
    tab.ready()
    model.forget()
    tab.page.keyboard.press(key)
    tab.page.wait_for_selector(f"body[data-{source}=on][data-mic=on]")
    model.sees()
    tab.page.keyboard.press(key)
    tab.page.wait_for_selector(f"body[data-{source}=off]")


def test_camera_denied(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, microphone=False)
    tab.page.context.grant_permissions(["microphone"])
    tab.start()
    tab.page.click("#camera")
    assert "Allow it" in tab.notice("camera_denied").inner_text()
    assert tab.page.get_attribute("body", "data-camera") == "off"
    still_talks(tab)


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [("NotFoundError", "camera_none", "Plug one in"), ("NotReadableError", "camera_busy", "Close it there")],
)
def test_no_camera_to_be_had(open_tab: OpenTab, scripted: Server, error: str, code: str, advice: str) -> None:
    refusal = f"""const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wish) => wish.video ? Promise.reject(new DOMException('', '{error}')) : ask(wish)"""
    tab = open_tab(scripted.url, script=refusal)
    tab.start()
    tab.page.click("#camera")
    assert advice in tab.notice(code).inner_text()
    still_talks(tab)


@pytest.mark.parametrize(
    ("script", "code", "advice"),
    [
        (
            "navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
            "screen_cancelled",
            "Nothing is shared",
        ),
        (
            "navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
            "screen_busy",
            "Share another window",
        ),
        ("delete MediaDevices.prototype.getDisplayMedia", "screen_unsupported", "on a computer"),
    ],
)
def test_nothing_is_shared(open_tab: OpenTab, scripted: Server, script: str, code: str, advice: str) -> None:
    tab = open_tab(scripted.url, script=script)
    tab.ready()
    tab.page.click("#screen")
    assert advice in tab.notice(code).inner_text()
    assert tab.state == "idle"  # nothing was begun
    tab.start()
    tab.page.click("#screen")
    tab.notice(code)
    still_talks(tab)


def test_the_camera_is_unplugged(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    model.sees()
    tab.page.context.clear_permissions()
    assert "Plug it in again" in tab.notice("camera_unplugged").inner_text()
    still_talks(tab)
    tab.page.context.grant_permissions(["camera", "microphone"])
    model.forget()
    tab.notice("camera_unplugged").get_by_role("button").first.click()
    model.sees()
    tab.page.locator("#notice [data-code=camera_unplugged]").wait_for(state="detached")


def test_after_a_reload_nothing_is_shown_and_nothing_is_said_of_it(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    model.sees()
    tab.page.reload()
    tab.reaches("listening")
    assert tab.page.get_attribute("body", "data-camera") == "off"
    assert tab.page.locator("#notice [data-code]").count() == 0


def test_a_closer_look_is_as_fine_as_the_source(talk: Talk, model: Eyewitness) -> None:
    tab = talk(viewport={"width": 1600, "height": 900})
    show(tab, "screen")
    model.sees()
    model.forget()
    tab.page.click("#screen-closer")
    picture = next(picture for picture in model.sees() if pictures.pixels(picture.jpeg).shape[1] > 1024)
    assert near(colour(picture.jpeg), GREEN)
    tab.page.wait_for_selector("#lines [data-picture][data-sent=sent] img")


def test_what_is_blacked_out_stays_so_in_a_closer_look(talk: Talk, model: Eyewitness) -> None:
    tab = talk()
    show(tab, "camera")
    model.sees()
    tab.page.eval_on_selector(".edit-tools[data-source=camera] [data-tool=blackout]", "button => button.click()")
    model.forget()
    tab.page.click("#camera-closer")
    picture = next(picture for picture in model.sees() if pictures.pixels(picture.jpeg).shape[1] > 1024)
    assert near(colour(picture.jpeg, 0.5, 0.5), (0, 0, 0))
    assert near(colour(picture.jpeg, 0.5, 0.9), (246, 242, 231))


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_for_everyone(talk: Talk, model: Eyewitness, width: int, scheme: str) -> None:
    tab = talk(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    show(tab, "camera")
    if width > 1000:  # a phone has no screen to share
        show(tab, "screen")
    model.sees(2 if width > 1000 else 1)
    tab.page.click("#camera-closer")
    tab.page.wait_for_selector("#lines [data-picture][data-sent=sent]")
    assert axe.violations(tab.page) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert tab.page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    for button in ("#camera", "#screen", "#picture", "#mute", "#stop", "#send"):
        box = tab.page.locator(button).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900, button
