"""A picture that is dropped, pasted or picked reaches the model whole; what can't be shown is told, and nothing of it runs."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Route

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import pictures
from tests.e2e.harness.eyewitness import Eyewitness, eyewitness
from tests.e2e.harness.tab import Tab

GIVE = """([way, files]) => {
  const data = new DataTransfer();
  for (const [name, type, base64, size] of files) {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    data.items.add(new File([bytes, new Uint8Array(Math.max(0, size - bytes.length))], name, { type }));
  }
  const how = { bubbles: true, cancelable: true };
  if (way === 'paste') document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, ...how }));
  else for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, ...how }));
}"""

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" onload="window.ran = true" width="300" height="200">
<script>window.ran = true; parent.ran = true</script><image href="/api/config" onerror="window.ran = true"/></svg>"""

Way = Literal["drop", "paste", "pick"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyewitness]:
    with eyewitness(tmp_path_factory.mktemp("eyewitness")) as model:
        yield model


@pytest.fixture
def tab(open_tab: OpenTab, model: Eyewitness) -> Tab:
    tab = open_tab(model.server.url)
    model.forget()
    tab.start()
    return tab


def give(tab: Tab, name: str, data: bytes, way: Way = "drop", kind: str = "image/png", size: int = 0) -> None:
    if way == "pick":
        tab.page.set_input_files("#picture-file", {"name": name, "mimeType": kind, "buffer": data})
        return
    tab.page.evaluate(GIVE, [way, [[name, kind, base64.b64encode(data).decode(), size]]])


def header_of_png(width: int, height: int) -> bytes:
    """A PNG of that size whose pixels are missing."""
    head = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def was_sent(tab: Tab, count: int = 1) -> None:
    tab.page.locator("#lines [data-picture][data-sent=sent]").nth(count - 1).wait_for()


def goes_on(tab: Tab, model: Eyewitness) -> None:
    """After a refusal the next picture is taken, and it is the only one that the model sees."""
    give(tab, "fine.png", pictures.encoded(pictures.sign("FINE")))
    was_sent(tab)
    assert len(model.sees()) == 1


@pytest.mark.parametrize("way", ["drop", "paste", "pick"])
def test_a_picture_reaches_the_model(tab: Tab, model: Eyewitness, way: Way) -> None:
    drawn = pictures.sign("INVOICE 42", size=(3000, 2000))
    give(tab, "invoice.png", pictures.encoded(drawn), way)
    (seen,) = model.sees()
    got = pictures.pixels(seen.jpeg)
    height, width, _ = got.shape
    assert 4_000_000 < width * height <= 4_194_304
    wanted = np.asarray(drawn.resize((width, height), Image.Resampling.LANCZOS))
    assert np.corrcoef(got.ravel(), wanted.ravel())[0, 1] > 0.99
    was_sent(tab)
    line = tab.page.locator("#lines [data-role=user][data-picture]")
    assert "invoice.png" in line.inner_text()
    tab.page.wait_for_function("document.querySelector('#lines [data-picture] img').naturalWidth > 100")
    assert tab.page.locator("#notice [data-code]").count() == 0


def test_a_small_picture_is_not_enlarged_and_transparent_is_white(tab: Tab, model: Eyewitness) -> None:
    logo = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    logo.paste((10, 120, 30, 255), (50, 25, 150, 75))
    give(tab, "logo.png", pictures.encoded(logo))
    got = pictures.pixels(model.sees()[0].jpeg)
    assert got.shape == (100, 200, 3)
    assert got[5, 5].min() > 245
    assert abs(got[50, 100].astype(int) - (10, 120, 30)).max() < 12


def test_a_photo_stands_as_the_camera_was_held(tab: Tab, model: Eyewitness) -> None:
    lying = Image.new("RGB", (400, 200), "white")
    lying.paste("red", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it a quarter clockwise: what lies left stands on top
    give(tab, "photo.jpg", pictures.encoded(lying, "JPEG", exif=exif), kind="image/jpeg")
    got = pictures.pixels(model.sees()[0].jpeg)
    assert got.shape == (400, 200, 3)
    assert got[20, 100][1] < 60  # red on top
    assert got[380, 100].min() > 240


def test_on_an_idle_page_a_picture_begins_the_conversation(open_tab: OpenTab, model: Eyewitness) -> None:
    tab = open_tab(model.server.url)
    tab.ready()
    model.forget()
    give(tab, "sign.png", pictures.encoded(pictures.sign("HELLO")))
    model.sees()
    was_sent(tab)
    tab.reaches("listening")
    assert tab.page.get_attribute("body", "data-mic") == "off"


def test_several_at_once_go_one_after_the_other(tab: Tab, model: Eyewitness) -> None:
    files = [[f"{n}.png", "image/png", base64.b64encode(pictures.encoded(pictures.sign(str(n)))).decode(), 0] for n in (1, 2, 3)]
    tab.page.evaluate(GIVE, ["drop", files])
    was_sent(tab, 3)
    assert len(model.sees(3)) == 3
    names = tab.page.locator("#lines [data-picture] .picture-name").all_inner_texts()
    assert names == ["1.png", "2.png", "3.png"]


def test_text_that_is_pasted_into_the_message_stays_text(tab: Tab, model: Eyewitness) -> None:
    cells = base64.b64encode(pictures.encoded(pictures.sign("CELLS"))).decode()
    tab.page.focus("#message")
    tab.page.evaluate(
        """cells => {
          const data = new DataTransfer();
          data.items.add('a\\tb', 'text/plain');
          data.items.add(new File([Uint8Array.from(atob(cells), c => c.charCodeAt(0))], 'cells.png', { type: 'image/png' }));
          const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
          window.left = document.querySelector('#message').dispatchEvent(paste);
        }""",
        cells,
    )
    assert tab.page.evaluate("window.left")  # nobody took it from the box
    goes_on(tab, model)


@pytest.mark.parametrize(
    ("name", "data", "kind", "size", "code", "advice"),
    [
        ("huge.png", header_of_png(10_000, 10_000), "image/png", 0, "too_many_pixels", "Make it smaller"),
        ("heavy.png", header_of_png(100, 100), "image/png", 20_000_001, "too_large", "larger than 20 MB"),
        ("drawing.svg", SVG, "image/svg+xml", 0, "svg", "Save it as PNG"),
        ("disguised.png", SVG, "image/png", 0, "svg", "Save it as PNG"),
        ("report.pdf", b"%PDF-1.7 and so on", "application/pdf", 0, "not_a_picture", "not a picture"),
        ("empty.png", b"", "image/png", 0, "not_a_picture", "not a picture"),
        ("torn.png", header_of_png(100, 100), "image/png", 0, "damaged", "damaged"),
        ("noise.jpg", b"\xff\xd8\xff\xdb" + bytes(range(256)), "image/jpeg", 0, "damaged", "damaged"),
    ],
)
def test_what_cannot_be_shown_is_told(
    tab: Tab, model: Eyewitness, name: str, data: bytes, kind: str, size: int, code: str, advice: str
) -> None:
    give(tab, name, data, kind=kind, size=size)
    assert advice in tab.notice(f"picture_{code}").inner_text()
    assert tab.page.evaluate("window.ran") is None
    assert tab.state == "listening"
    goes_on(tab, model)
    assert tab.page.locator(f"#notice [data-code=picture_{code}]").count() == 0


def test_a_picture_of_a_hundred_megapixels_is_not_decoded(tab: Tab, model: Eyewitness) -> None:
    tab.page.evaluate("() => { window.createImageBitmap = () => { window.decoded = true; return Promise.reject(new Error()) } }")
    for name, data in (("huge.png", header_of_png(10_000, 10_000)), ("drawing.svg", SVG)):
        give(tab, name, data)
        tab.notice("picture_too_many_pixels" if name == "huge.png" else "picture_svg")
    assert tab.page.evaluate("window.decoded") is None


def test_what_the_server_refuses_is_told(tab: Tab, model: Eyewitness) -> None:
    answer = {"code": "too_many", "message": "At most 20 pictures a minute. Wait a moment.", "status": 429}
    fulfil = {"status": 429, "content_type": "application/problem+json", "body": json.dumps(answer)}
    tab.page.route("**/picture", lambda route: route.fulfill(**fulfil), times=1)
    give(tab, "sign.png", pictures.encoded(pictures.sign("HELLO")))
    assert "Wait a moment" in tab.notice("too_many").inner_text()
    tab.page.wait_for_selector("#lines [data-picture][data-sent=failed]")
    goes_on(tab, model)


def test_what_does_not_reach_the_server_is_told(tab: Tab, model: Eyewitness) -> None:
    tab.page.route("**/picture", lambda route: route.abort(), times=1)
    give(tab, "sign.png", pictures.encoded(pictures.sign("HELLO")))
    assert "Check your connection" in tab.notice("picture_unsent").inner_text()
    goes_on(tab, model)


def test_a_file_that_cannot_be_read_holds_up_no_other(tab: Tab, model: Eyewitness) -> None:
    """A folder is one."""
    tab.page.evaluate("""() => {
      const read = Blob.prototype.arrayBuffer;
      Blob.prototype.arrayBuffer = () => {
        Blob.prototype.arrayBuffer = read;
        return Promise.reject(new DOMException('', 'NotFoundError'));
      };
    }""")
    give(tab, "folder", b"")
    tab.notice("picture_damaged")
    goes_on(tab, model)


def test_after_stop_no_picture_leaves_and_none_begins_another_conversation(tab: Tab, model: Eyewitness) -> None:
    held: list[Route] = []
    tab.page.route("**/picture", lambda route: held.append(route))
    files = [[f"{n}.png", "image/png", base64.b64encode(pictures.encoded(pictures.sign(str(n)))).decode(), 0] for n in (1, 2)]
    tab.page.evaluate(GIVE, ["drop", files])
    tab.page.wait_for_selector("#lines [data-picture][data-sent=sending]")
    with tab.page.expect_event("requestfailed"):
        tab.stop()
    tab.page.wait_for_selector("#lines [data-picture][data-sent=failed]")
    tab.page.wait_for_timeout(1_000)
    assert tab.state == "ended"
    assert len(held) == 1
    assert tab.page.locator("#notice [data-code]").count() == 0
    assert model.pictures == []


def test_more_than_can_be_taken_is_told(tab: Tab, model: Eyewitness) -> None:
    data = base64.b64encode(pictures.encoded(Image.new("RGB", (64, 64), "teal"))).decode()
    tab.page.evaluate(GIVE, ["drop", [[f"{n}.png", "image/png", data, 0] for n in range(6)]])
    assert "Show the others now" in tab.notice("picture_too_many").inner_text()
    was_sent(tab, 4)


def test_what_another_conversation_showed_is_not_kept(tab: Tab, model: Eyewitness) -> None:
    give(tab, "sign.png", pictures.encoded(pictures.sign("HELLO")))
    was_sent(tab)
    url = tab.page.locator("#lines [data-picture] img").get_attribute("src")
    tab.stop()
    assert tab.page.evaluate("url => fetch(url).then(() => true, () => false)", url)
    tab.page.click("#start")
    tab.reaches("listening")
    assert not tab.page.evaluate("url => fetch(url).then(() => true, () => false)", url)
