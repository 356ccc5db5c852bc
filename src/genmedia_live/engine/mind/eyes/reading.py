"""Reading text in a picture: PP-OCRv6 small, a detector that finds lines and a recogniser that reads each.

Sizes and scales of what goes in are those of the models' own configuration (PaddleOCR, PP-OCRv6 `inference.yml`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genmedia_live.engine.mind.eyes.regions import Region, regions
from genmedia_live.engine.mind.onnx import session
from genmedia_live.ports import Cancelled

_DETECTION_SIDE, _DETECTION_SIDE_LARGE, _LARGE = 864, 1_280, 1_280
"""The longest side in which lines are looked for: of a picture, and of one whose longest side is more than `_LARGE` pixels. They
are read from the picture itself, so that it only matters that the detector can see them."""
_STEP = 32
"""Sides that the detector takes are multiples of this."""
_HEIGHT = 48
"""Of a line as the recogniser takes it."""
_NARROWEST, _WIDEST = 48, 1_600
_BATCH_WIDTH = 1_200
"""Pixels of lines that are read in one go: more would save no time, and cost memory."""
MOST_LINES = 80
"""What is read of one picture: the largest lines. It bounds the time, and is more than a description can hold."""
_SURE, _SURE_SHORT, _SHORT = 0.7, 0.9, 3
"""The mean confidence of the letters of a line that is taken, and of one of at most `_SHORT` letters: textures look like such."""
_UPRIGHT = 2.0
"""A region this many times as high as it is wide holds text that runs upwards."""
_LEANING = np.radians(2)
"""Less than that is cut out straight."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and where it is in the picture, in pixels."""

    text: str
    x: float
    """Of the centre."""
    y: float
    width: float
    height: float


class TextReader:
    """Finds and reads text, in Latin script and some forty others."""

    def __init__(self, detector: Path, recogniser: Path, threads: int = 2) -> None:
        """Load both models. Raises GenmediaError like `session`."""
        self._detector = session(detector, threads, arena=False)
        self._recogniser = session(recogniser, threads, arena=False)
        letters = self._recogniser.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._letters = ["", *letters, " "]  # the blank of CTC stands first

    def read(self, picture: Image.Image, cancelled: Cancelled = lambda: False) -> list[Line]:
        """Every line that could be read, in no order; what there is so far when cancelled."""
        found = sorted(self._find(picture), key=lambda region: -min(region.width, region.height))[:MOST_LINES]
        if cancelled():
            return []
        strips = [(region, _strip(picture, region)) for region in found]
        strips.sort(key=lambda pair: pair[1].shape[2])
        lines = []
        for batch in _batches(strips):
            if cancelled():
                break
            for (region, _), text in zip(batch, self._recognise([strip for _, strip in batch]), strict=True):
                if text:
                    lines.append(_line(text, region))
        return lines

    def _find(self, picture: Image.Image) -> list[Region]:
        longest = max(picture.size)
        ratio = min(1.0, (_DETECTION_SIDE if longest <= _LARGE else _DETECTION_SIDE_LARGE) / longest)
        width, height = (max(_STEP, round(side * ratio / _STEP) * _STEP) for side in picture.size)
        pixels = _scaled(picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2))
        (probability,) = self._detector.run(None, {"x": pixels[np.newaxis]})
        return [_stretched(region, picture.width / width, picture.height / height) for region in regions(probability[0, 0])]

    def _recognise(self, strips: Sequence[NDArray[np.float32]]) -> list[str]:
        widest = max(strip.shape[2] for strip in strips)
        batch = np.zeros((len(strips), 3, _HEIGHT, widest), np.float32)
        for row, strip in zip(batch, strips, strict=True):
            row[:, :, : strip.shape[2]] = strip
        (scores,) = self._recogniser.run(None, {"x": batch})
        return [self._decoded(score) for score in scores]

    def _decoded(self, scores: NDArray[np.float32]) -> str:
        """The letters of the best path (CTC): repeats fall together, blanks fall out."""
        best = scores.argmax(axis=1)
        said = (best != 0) & (np.diff(best, prepend=-1) != 0)
        text = "".join(self._letters[letter] for letter in best[said]).strip()
        enough = _SURE_SHORT if len(text) <= _SHORT else _SURE
        return text if text and scores[said, best[said]].mean() >= enough else ""


def _stretched(region: Region, across: float, down: float) -> Region:
    """The region in the whole picture. Rounded to whole steps, its two axes are stretched by nearly the same."""
    wider = across if abs(np.cos(region.angle)) > np.sqrt(0.5) else down
    higher = down if wider == across else across
    return Region(region.x * across, region.y * down, region.angle, region.width * wider, region.height * higher)


def _strip(picture: Image.Image, region: Region) -> NDArray[np.float32]:
    """The region as the recogniser takes it: 48 pixels high, upright."""
    width, height = region.width, region.height
    upright = height >= width * _UPRIGHT
    if abs(region.angle) < _LEANING:
        left, top = round(region.x - width / 2), round(region.y - height / 2)
        part = picture.crop((left, top, left + max(1, round(width)), top + max(1, round(height))))
    else:
        corners = region.corners()[[0, 3, 2, 1]].ravel().tolist()
        part = picture.transform(
            (max(1, round(width)), max(1, round(height))), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC
        )
    if upright:
        part = part.transpose(Image.Transpose.ROTATE_90)
    length = round(_HEIGHT * part.width / max(1, part.height))
    return _scaled(part.resize((min(max(length, _NARROWEST), _WIDEST), _HEIGHT), Image.Resampling.BICUBIC))


def _scaled(picture: Image.Image) -> NDArray[np.float32]:
    """Blue, green, red by rows by columns, -1 to 1."""
    pixels = np.asarray(picture)[:, :, ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _batches(
    strips: Sequence[tuple[Region, NDArray[np.float32]]],
) -> Iterator[Sequence[tuple[Region, NDArray[np.float32]]]]:
    """Strips of nearly the same width together; they come narrowest first."""
    batch: list[tuple[Region, NDArray[np.float32]]] = []
    for region, strip in strips:
        if batch and (len(batch) + 1) * strip.shape[2] > _BATCH_WIDTH:
            yield batch
            batch = []
        batch.append((region, strip))
    if batch:
        yield batch


def _line(text: str, region: Region) -> Line:
    left, top = region.corners().min(axis=0)
    right, bottom = region.corners().max(axis=0)
    return Line(text, region.x, region.y, float(right - left), float(bottom - top))
