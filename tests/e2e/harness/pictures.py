"""Pictures to show: drawn signs, and films of them for Chromium's fake camera."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 720)


def sign(
    *lines: str, size: tuple[int, int] = SIZE, ink: str = "#10233f", paper: str = "#f6f2e7", letters: int = 110
) -> Image.Image:
    """Words on a board."""
    board = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(board)
    font = ImageFont.load_default(letters)
    draw.rectangle((12, 12, size[0] - 13, size[1] - 13), outline=ink, width=6)
    for number, line in enumerate(lines):
        middle = size[1] * (number + 1) / (len(lines) + 1)
        draw.text((size[0] / 2, middle), line, fill=ink, font=font, anchor="mm")
    return board


def film(folder: Path, *frames: Image.Image) -> Path:
    """A file for `--use-file-for-fake-video-capture`: thirty frames a second, over and over.

    Chromium takes MJPEG with halved chroma only; of another it makes plain green frames, and says nothing.
    """
    path = folder / "camera.mjpeg"
    path.write_bytes(b"".join(encoded(frame, "JPEG", quality=95, subsampling="4:2:0") for frame in frames))
    return path


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pixels(picture: bytes) -> NDArray[np.uint8]:
    """Height by width by red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
