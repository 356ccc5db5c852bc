"""Pictures of what people show: signs, tickets, pages. Drawn with the font that comes with Pillow."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK = (24, 24, 32)


def font(size: int) -> ImageFont.FreeTypeFont:
    drawn = ImageFont.load_default(size)
    assert isinstance(drawn, ImageFont.FreeTypeFont)
    return drawn


def coded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 80} if kind == "JPEG" else {}) | options)
    return out.getvalue()


def placed(
    size: tuple[int, int], texts: Sequence[tuple[int, int, int, str]], paper: str = "white", ink: object = INK
) -> Image.Image:
    """Texts at x and y in a size."""
    picture = Image.new("RGB", size, paper)
    pen = ImageDraw.Draw(picture)
    for x, y, height, text in texts:
        pen.text((x, y), text, font=font(height), fill=ink)
    return picture


def sign() -> Image.Image:
    """A board on a wall."""
    picture = Image.new("RGB", (640, 480), (120, 140, 90))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((120, 120, 520, 320), fill=(250, 250, 245), outline=INK, width=5)
    pen.text((320, 180), "OPEN DAILY", font=font(52), fill=(20, 60, 20), anchor="mm")
    pen.text((320, 255), "8 - 18", font=font(52), fill=(20, 60, 20), anchor="mm")
    return picture


def street(degrees: float) -> Image.Image:
    """A street's sign, which leans."""
    board = Image.new("RGB", (520, 110), (20, 80, 40))
    ImageDraw.Draw(board).text((260, 55), "ELM STREET 1200", font=font(52), fill="white", anchor="mm")
    sky = (150, 180, 220)
    leaning = board.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=sky)
    picture = Image.new("RGB", (800, 640), sky)
    picture.paste(leaning, ((800 - leaning.width) // 2, (640 - leaning.height) // 2))
    return picture


BOARDING_PASS = (
    (30, 20, 34, "BOARDING PASS"),
    (640, 24, 28, "SKYFARE AIR"),
    *((30, 110, 20, "PASSENGER"), (30, 138, 34, "ADA LOVELACE")),
    *((420, 110, 20, "FLIGHT"), (420, 138, 34, "LH 441")),
    *((690, 110, 20, "GATE"), (690, 138, 34, "B12")),
    *((30, 230, 20, "FROM"), (30, 258, 34, "Munich")),
    *((250, 230, 20, "TO"), (250, 258, 34, "Lisbon")),
    *((470, 230, 20, "SEAT"), (470, 258, 34, "14C")),
    *((690, 230, 20, "BOARDING"), (690, 258, 34, "09:05")),
    (30, 350, 18, "Gate closes 20 minutes before departure."),
)

FLIGHTS = (
    ("Flight", "Departs", "Arrives", "Stops", "Price"),
    ("TP 553", "06:20", "08:35", "Nonstop", "EUR 189.00"),
    ("LH 1792", "09:35", "11:50", "Nonstop", "EUR 284.50"),
    ("IB 3189", "12:05", "16:40", "1 (MAD)", "EUR 167.20"),
    ("KL 1856", "14:10", "19:25", "1 (AMS)", "EUR 203.99"),
    ("VY 8721", "17:45", "23:10", "1 (BCN)", "EUR 142.75"),
)
"""A table of a page, row by row."""

HEADING = "Munich to Lisbon, Saturday 14 March 2026"


def page(dark: bool = False) -> Image.Image:
    """A page of a browser that shows flights, 1024 pixels wide."""
    cells = [
        (40 + 190 * column, 150 + 60 * row, 17, text) for row, line in enumerate(FLIGHTS) for column, text in enumerate(line)
    ]
    texts = [(40, 50, 28, HEADING), *cells, (40, 560, 14, "Prices include taxes and one bag of up to 8 kg.")]
    return placed((1024, 640), texts, *(("#1e1e1e", "#d4d4d4") if dark else ()))


def noise(seed: int = 1) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (480, 640, 3), dtype=np.uint8))
