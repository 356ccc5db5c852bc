"""The size of a JPEG, read from its header: no pixel is decoded here."""

from __future__ import annotations

_START = b"\xff\xd8"
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers (ITU-T T.81, table B.1); the three left out are tables."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that have no length after them."""

_DATA = frozenset({0xD9, 0xDA})
"""End of image and start of scan: no frame header comes after them."""


def size(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, or None when this is not a JPEG with a whole header."""
    if not jpeg.startswith(_START):
        return None
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _DATA:
            return None
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker in _FRAME_HEADERS:
            return _dimensions(jpeg[at + 4 : at + 2 + length])
        if length < 2:
            return None
        at += 2 + length
    return None


def _dimensions(header: bytes) -> tuple[int, int] | None:
    if len(header) < 6:
        return None
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    return (width, height) if width and height else None
