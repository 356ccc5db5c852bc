"""What a JPEG (ITU-T T.81) says of itself in its markers: no pixel is decoded here."""

from __future__ import annotations

from collections.abc import Iterator

_START = b"\xff\xd8"
_END = b"\xff\xd9"
_SCAN = 0xDA
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers (ITU-T T.81, table B.1); the three left out are tables."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that have no length after them."""

_DATA = frozenset({0xD9, 0xDA})
"""End of image and start of scan: no frame header comes after them."""


def size(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, or None when this is not a JPEG with a whole header."""
    for marker, at in _markers(jpeg):
        if marker in _FRAME_HEADERS:
            return _dimensions(jpeg[at + 4 : at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")])
    return None


def is_whole(jpeg: bytes) -> bool:
    """True when the picture's data begin and come to their end. What follows the end, as some cameras have it, is no matter."""
    scan = next((at for marker, at in _markers(jpeg) if marker == _SCAN), None)
    return scan is not None and jpeg.find(_END, scan) >= 0


def _markers(jpeg: bytes) -> Iterator[tuple[int, int]]:
    """Markers with a length and where they are, up to the first that begins or ends the picture's data."""
    if not jpeg.startswith(_START):
        return
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        yield marker, at
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker in _DATA or length < 2:
            return
        at += 2 + length


def _dimensions(header: bytes) -> tuple[int, int] | None:
    if len(header) < 6:
        return None
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    return (width, height) if width and height else None
