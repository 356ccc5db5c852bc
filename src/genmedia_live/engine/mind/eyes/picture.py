"""Opening a picture that somebody sent: bounded before a pixel is decoded, upright, and no larger than there is use for."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from genmedia_live.core.limits import Limits

FORMATS = ("JPEG", "PNG", "WEBP")
PIXELS = Limits().live_picture_pixels
"""The largest picture that is decoded: what a phone's camera takes. It is 96 MB once decoded."""
SIDE = 2_048
"""The longest side that is looked at. A still of four megapixels keeps nearly every pixel; no model here has use for more."""


def opened(data: bytes) -> Image.Image:
    """The picture as RGB, turned as its EXIF data says, its longest side at most `SIDE`; of an animation the first frame.

    Raises:
        ValueError: it is no JPEG, PNG or WebP, it is damaged or cut off, or its header tells of more than `PIXELS`.
    """
    try:
        # Only the header is read here, and of no other format: Pillow knows some that are programs.
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombWarning as problem:  # an exception where warnings are
        raise ValueError(_TOO_LARGE) from problem
    except Exception as problem:  # its readers raise whatever a broken file makes them
        raise ValueError("This is no JPEG, PNG or WebP picture.") from problem
    width, height = picture.size
    if width * height > PIXELS:
        raise ValueError(_TOO_LARGE)
    try:
        picture.draft("RGB", (SIDE, SIDE))  # a large JPEG is decoded at a half or a quarter of its size
        picture.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
        return _on_white(ImageOps.exif_transpose(picture))  # a copy, so only now
    except Exception as problem:  # as above
        raise ValueError("The picture is damaged.") from problem


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, as a page would show it."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


_TOO_LARGE = f"The picture has more than {PIXELS // 1_000_000} megapixels."
