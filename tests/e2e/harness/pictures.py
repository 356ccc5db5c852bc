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
    """A file for `--use-file-for-fake-video-capture`: thirty frames a second, over and over. The frames are of one size.

    Chromium takes MJPEG, too, but not its range of colours: a JPEG's paper comes out white.
    """
    width, height = frames[0].size
    path = folder / "camera.y4m"
    planes = [b"FRAME\n" + _planes(np.asarray(frame.convert("RGB"), float)) for frame in frames]
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420\n".encode() + b"".join(planes))
    return path


def _planes(rgb: NDArray[np.float64]) -> bytes:
    """ITU-R BT.601: luma 16 to 235, chroma 16 to 240 at half the size."""
    red, green, blue = np.moveaxis(rgb / 255, -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [16 + 219 * luma, *(_halved(128 + 224 * chroma) for chroma in ((blue - luma) / 1.772, (red - luma) / 1.402))]
    return b"".join(np.rint(plane).astype(np.uint8).tobytes() for plane in planes)


def _halved(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = plane.shape
    halved: NDArray[np.float64] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pixels(picture: bytes) -> NDArray[np.uint8]:
    """Height by width by red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
