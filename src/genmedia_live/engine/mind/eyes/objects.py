"""Naming things in a picture and where they are, by SSD MobileNetV2.

It was trained for MediaPipe's Objectron on a part of Open Images V4, and knows the 23 kinds of things below.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genmedia_live.core.errors import error
from genmedia_live.engine.mind.eyes import tflite
from genmedia_live.engine.mind.onnx import session

KINDS = (
    *("bicycle", "boot", "laptop", "person", "chair", "cow", "desk", "cat", "computer mouse", "monitor", "box", "mug"),
    *("coffee cup", "exercise bike", "table", "bottle", "high heel", "vehicle", "shoe", "dog", "book", "camera", "car"),
)
"""In the order of the model's classes, which begin with "nothing"."""

_SIDE = 300
_SURE = 0.5
_SAME = 0.45
"""Boxes of one kind that share more than this of their area are one thing."""
_MOST = 20
_CENTRE_SCALE, _SIZE_SCALE = 10.0, 5.0
"""What the model multiplies a box's offset and the logarithm of its size with (MediaPipe, `object_detection_oidv4` graph)."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its kind, how surely, and its box as fractions of the picture."""

    kind: str
    sure: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


class ThingFinder:
    """Finds things."""

    def __init__(self, model: Path, threads: int = 2) -> None:
        """Load the model. Raises GenmediaError like `session`."""
        try:
            network = tflite.as_onnx(model.read_bytes())
        except Exception as problem:  # reading a broken file fails anywhere
            raise error("model_damaged", f"The model file {model.name} can't be read.") from problem
        self._net = session(network, threads)
        self._anchors = anchors()

    def find(self, picture: Image.Image) -> list[Thing]:
        """The things in the picture, the surest first."""
        pixels = np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, reducing_gap=2), np.float32) / 127.5 - 1
        offsets, scores = self._net.run(None, {"image": pixels.transpose(2, 0, 1)[np.newaxis]})
        return self._things(offsets[0], 1 / (1 + np.exp(-scores[0])))

    def _things(self, offsets: NDArray[np.float32], scores: NDArray[np.float32]) -> list[Thing]:
        kinds = scores[:, 1:].argmax(axis=1)
        sure = scores[np.arange(len(scores)), kinds + 1]
        found: list[Thing] = []
        for row in np.argsort(-sure):
            if sure[row] < _SURE or len(found) == _MOST:
                break
            thing = Thing(KINDS[kinds[row]], float(sure[row]), *_box(offsets[row], self._anchors[row]))
            if all(_shared(thing, other) < _SAME for other in found):
                found.append(thing)
        return found


def _box(offset: NDArray[np.float32], anchor: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom, within the picture."""
    y, x = offset[:2] / _CENTRE_SCALE * anchor[[3, 2]] + anchor[[1, 0]]
    height, width = np.exp(np.clip(offset[2:] / _SIZE_SCALE, -5, 5)) * anchor[[3, 2]] / 2
    left, top, right, bottom = (float(side) for side in np.clip([x - width, y - height, x + width, y + height], 0, 1))
    return left, top, right, bottom


def _shared(one: Thing, other: Thing) -> float:
    """The area of both as a part of the area of either."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(0.0, width) * max(0.0, height)
    return both / (one.area + other.area - both + 1e-9)


def anchors() -> NDArray[np.float32]:
    """The boxes that the model corrects: centre x and y, width and height, as fractions of the picture.

    As its configuration has them (Liu et al., "SSD", ECCV 2016, section 2.2): six grids, scales from 0.2 to 0.95, six shapes in
    each cell, three in the finest grid.
    """
    scales = [*np.linspace(0.2, 0.95, 6), 1.0]
    out = []
    for level, stride in enumerate((16, 32, 64, 128, 256, 512)):
        scale, between = scales[level], np.sqrt(scales[level] * scales[level + 1])
        wide = [(scale * np.sqrt(ratio), scale / np.sqrt(ratio)) for ratio in (1, 2, 1 / 2, 3, 0.3333)]
        shapes = [(0.1, 0.1), *wide[1:3]] if level == 0 else [*wide, (between, between)]
        cells = -(-_SIDE // stride)
        centres = (np.arange(cells) + 0.5) / cells
        out += [(x, y, width, height) for y in centres for x in centres for width, height in shapes]
    return np.array(out, np.float32)
