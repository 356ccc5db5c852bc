"""Sizes are read from headers as Pillow writes them; nothing is made of anything else."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from genmedia_live.core.pictures import size

KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("JPEG", "RGB", {}),
    ("JPEG", "L", {"progressive": True}),
    ("JPEG", "RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
    ("PNG", "RGB", {}),
    ("PNG", "LA", {}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {}),
    ("WEBP", "RGBA", {"lossless": True}),
]


def made(kind: str, mode: str, width: int, height: int, **how: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 50).convert(mode).save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("wanted", [(1, 1), (640, 480), (3, 1_025), (1_024, 576)])
@pytest.mark.parametrize(("kind", "mode", "how"), KINDS)
def test_the_size_of_what_is_written(kind: str, mode: str, how: dict[str, Any], wanted: tuple[int, int]) -> None:
    assert size(made(kind, mode, *wanted, **how)) == wanted


@pytest.mark.parametrize(("kind", "mode", "how"), KINDS)
def test_a_header_cut_off_anywhere_has_no_size_or_the_right_one(kind: str, mode: str, how: dict[str, Any]) -> None:
    whole = made(kind, mode, 40, 30, **how)
    assert {size(whole[:length]) for length in range(len(whole))} == {None, (40, 30)}


@pytest.mark.parametrize("data", [b"", b"GIF89a\1\0\1\0", b"<svg width='9' height='9'/>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_has_no_size(data: bytes) -> None:
    assert size(data) is None


HEADS = [
    b"",
    b"\xff\xd8",
    b"\xff\xd8\xff\xc0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"RIFF\0\0\0\0WEBPVP8X",
]


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_any_bytes(head: bytes, rest: bytes) -> None:
    found = size(head + rest)
    assert found is None or (found[0] > 0 and found[1] > 0)


@pytest.mark.parametrize("filling", [b"\xff\xd0", b"\xff\xe0\x00\x02"])
def test_a_file_of_nothing_but_markers_is_not_read_to_its_end(filling: bytes) -> None:
    picture = made("JPEG", "RGB", 40, 30)
    assert size(picture[:2] + filling * 900 + picture[2:]) == (40, 30)
    assert size(picture[:2] + filling * 1_000 + picture[2:]) is None


def test_fill_bytes_before_a_marker_are_passed_over() -> None:
    picture = made("JPEG", "RGB", 40, 30)
    assert size(picture[:2] + b"\xff" * 5_000 + picture[2:]) == (40, 30)
