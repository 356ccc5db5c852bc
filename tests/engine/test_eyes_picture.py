import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageOps

from genmedia_live.engine.mind.eyes.picture import PIXELS, SIDE, opened
from tests.engine.drawing import coded, sign

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


def png_header(width: int, height: int) -> bytes:
    """A PNG that begins well and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, data, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_header(width: int, height: int) -> bytes:
    """A small JPEG whose frame header tells of another size."""
    small = coded(Image.new("RGB", (8, 8)))
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def webp_header(width: int, height: int) -> bytes:
    """A lossless WebP of that size with hardly any data."""
    bits = (width - 1) | (height - 1) << 14
    chunk = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + b"\0" * 5
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a pixel is decoded."""

    def load(self: object) -> None:
        raise AssertionError("it is decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile.load", load)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_kinds_that_are_known(kind: str) -> None:
    picture = opened(coded(sign(), kind))
    assert (picture.mode, picture.size) == ("RGB", (640, 480))
    assert abs(np.asarray(picture, int) - np.asarray(sign(), int)).mean() < 2


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_every_sort_of_pixels_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(coded(Image.new(mode, (9, 7)), kind)).mode == "RGB"


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"not a picture at all" * 99, SVG, b"GIF89a" + b"\0" * 99, b"%!PS-Adobe-3.0 EPSF-3.0\n"]
)
def test_what_is_no_picture(data: bytes, undecoded: None) -> None:
    with pytest.raises(ValueError, match=r"no JPEG, PNG or WebP"):
        opened(data)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_stay_closed(kind: str, undecoded: None) -> None:
    with pytest.raises(ValueError, match=r"no JPEG, PNG or WebP"):
        opened(coded(Image.new("RGB", (32, 32), "red"), kind))


@pytest.mark.parametrize("header", [png_header(10_000, 10_000), jpeg_header(10_000, 10_000), webp_header(16_000, 6_250)])
def test_a_hundred_megapixels_are_refused_by_their_header(header: bytes, undecoded: None) -> None:
    with pytest.raises(ValueError, match=r"more than 24 megapixels"):
        opened(header)


def test_far_more_than_that_too(undecoded: None) -> None:
    with pytest.raises(ValueError, match=r"megapixels|no JPEG, PNG or WebP"):
        opened(png_header(60_000, 60_000))


def test_the_largest_picture_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genmedia_live.engine.mind.eyes.picture.PIXELS", 64 * 48)
    assert opened(coded(Image.new("RGB", (64, 48)))).size == (64, 48)
    with pytest.raises(ValueError, match="megapixels"):
        opened(coded(Image.new("RGB", (64, 49))))
    assert PIXELS >= 4_194_304, "a still must fit"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_what_is_cut_off_is_damaged(kind: str, part: float) -> None:
    whole = coded(sign(), kind)
    with pytest.raises(ValueError, match=r"damaged|no JPEG"):
        opened(whole[: int(len(whole) * part)])


@given(st.data())
def test_whatever_is_broken_is_a_value_error_or_a_picture(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    broken = bytearray(coded(Image.new("RGB", (40, 30), "red"), kind))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(broken) - 1), st.integers(0, 255)), max_size=8)):
        broken[at] = value
    try:
        picture = opened(bytes(broken))
    except ValueError:
        return
    assert picture.mode == "RGB"
    assert picture.width * picture.height <= PIXELS


def test_a_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    lying = Image.new("RGB", (60, 40), "white")
    lying.paste("black", (0, 0, 30, 40))
    upright = opened(coded(lying, exif=exif))
    assert upright.size == (40, 60)
    assert np.asarray(upright.convert("L"))[:28].mean() < 10


def test_what_is_transparent_is_white() -> None:
    assert opened(coded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_no_side_is_longer_than_is_of_use(kind: str) -> None:
    assert opened(coded(Image.new("L", (4_000, 1_000)), kind)).size == (SIDE, SIDE // 4)


def test_of_an_animation_the_first_frame() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert opened(out.getvalue()).getpixel((8, 8)) == (255, 0, 0)


def test_the_photographs_open() -> None:
    for path in Path(__file__).with_name("pictures").glob("*.jpg"):
        assert opened(path.read_bytes()).mode == "RGB"


def test_a_large_picture_is_turned_when_it_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    turned, turn = [], ImageOps.exif_transpose

    def watched(picture: Image.Image) -> Image.Image:
        turned.append(picture.size)
        return turn(picture)

    monkeypatch.setattr(ImageOps, "exif_transpose", watched)
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (4 * SIDE, SIDE)).save(out, "PNG", exif=exif)
    assert opened(out.getvalue()).size == (SIDE // 4, SIDE)
    assert turned == [(SIDE, SIDE // 4)], "a turned copy of the whole would take as much memory again"
