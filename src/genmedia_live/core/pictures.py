"""The size of a picture, read from its header: no pixel is decoded here."""

from __future__ import annotations

import re
from collections.abc import Iterator

Size = tuple[int, int]
"""Width and height in pixels."""

_JPEG = b"\xff\xd8"
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers (ITU-T T.81, table B.1); the three left out are tables."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that have no length after them."""

_DATA = frozenset({0xD9, 0xDA})
"""End of image and start of scan: no frame header comes after them."""

_FILL = re.compile(rb"\xff+")
"""Any number of these may stand before a marker."""

_MOST_MARKERS = 1_000
"""What one walk reads: a file from a camera has some dozens, and one that is made of nothing else must not stop the world."""

_PNG = b"\x89PNG\r\n\x1a\n"


def size(picture: bytes) -> Size | None:
    """The size of a JPEG, PNG or WebP; None for anything else, and when the header is cut off."""
    for read in (jpeg_size, png_size, webp_size):
        if (found := read(picture)) is not None:
            return found
    return None


def jpeg_size(picture: bytes) -> Size | None:
    """The size of a JPEG; None when this is none with a whole header."""
    for marker, at in jpeg_markers(picture):
        if marker in _FRAME_HEADERS:
            header = picture[at + 4 : at + 2 + int.from_bytes(picture[at + 2 : at + 4], "big")]
            if len(header) < 6:
                return None
            return _whole(int.from_bytes(header[3:5], "big"), int.from_bytes(header[1:3], "big"))
    return None


def jpeg_markers(picture: bytes) -> Iterator[tuple[int, int]]:
    """Markers with a length and where they are, up to the first that begins or ends the picture's data."""
    if not picture.startswith(_JPEG):
        return
    at = 2
    for _ in range(_MOST_MARKERS):
        if (fill := _FILL.match(picture, at)) is None or fill.end() + 3 > len(picture):
            return
        at = fill.end() - 1
        marker = picture[at + 1]
        if marker in _ALONE:
            at += 2
            continue
        yield marker, at
        length = int.from_bytes(picture[at + 2 : at + 4], "big")
        if marker in _DATA or length < 2:
            return
        at += 2 + length


def png_size(picture: bytes) -> Size | None:
    """The size of a PNG: its first chunk is the header (PNG specification, 11.2.1)."""
    if not picture.startswith(_PNG) or picture[12:16] != b"IHDR" or len(picture) < 24:
        return None
    return _whole(int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big"))


def webp_size(picture: bytes) -> Size | None:
    """The size of a WebP in each of its three forms (RFC 9649, 2.5 to 2.7)."""
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP" or len(picture) < 30:
        return None
    form, body = picture[12:16], picture[20:30]
    if form == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if form == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return _whole(int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF)
    return None


def _whole(width: int, height: int) -> Size | None:
    return (width, height) if width and height else None
