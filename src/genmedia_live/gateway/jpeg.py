"""What a JPEG (ITU-T T.81) says of itself in its markers: no pixel is decoded here."""

from __future__ import annotations

from genmedia_live.core.pictures import jpeg_markers
from genmedia_live.core.pictures import jpeg_size as size

__all__ = ["is_whole", "size"]

_END = b"\xff\xd9"
_SCAN = 0xDA


def is_whole(jpeg: bytes) -> bool:
    """True when the picture's data begin and come to their end. What follows the end, as some cameras have it, is no matter."""
    scan = next((at for marker, at in jpeg_markers(jpeg) if marker == _SCAN), None)
    return scan is not None and jpeg.find(_END, scan) >= 0
