"""Where a map of "how surely is this text" has its lines of text: connected regions, each as the smallest rectangle around it.

What the map means, and how far its regions are to be widened, follows the detector's paper: Liao et al., "Real-time Scene Text
Detection with Differentiable Binarization", AAAI 2020, section 3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
"""Rows by columns, 0 to 1."""
Points = NDArray[np.float64]
"""x and y of each."""

_IS_TEXT = 0.3
"""A pixel that is part of a region."""
_SURE = 0.5
"""The mean of a region that is taken."""
_WIDEN = 1.6
"""The map holds the core of a line; the line is wider by this ratio of area to perimeter."""
_SMALLEST = 3
"""Pixels of the map."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle that may lean: its centre, its longer axis' direction, its extent along and across that axis."""

    x: float
    y: float
    angle: float
    """Radians from the x axis, clockwise as y points down; within a quarter turn of it either way."""
    width: float
    height: float

    def scaled(self, ratio: float) -> Region:
        """The same in a picture that is larger by `ratio`."""
        return Region(self.x * ratio, self.y * ratio, self.angle, self.width * ratio, self.height * ratio)

    def corners(self) -> Points:
        """Top left, top right, bottom right, bottom left."""
        along = np.array([np.cos(self.angle), np.sin(self.angle)]) * self.width / 2
        across = np.array([-np.sin(self.angle), np.cos(self.angle)]) * self.height / 2
        centre = np.array([self.x, self.y])
        return np.stack([centre - along - across, centre + along - across, centre + along + across, centre - along + across])


def regions(probability: Map) -> list[Region]:
    """The lines of text in the map, in its pixels, in no order."""
    found = []
    for points, sure in _components(probability):
        if sure < _SURE:
            continue
        region = smallest_rectangle(points)
        if region.height < _SMALLEST - 1:
            continue
        widen = region.width * region.height * _WIDEN / (region.width + region.height)
        found.append(Region(region.x, region.y, region.angle, region.width + widen, region.height + widen))
    return found


def _components(probability: Map) -> Iterator[tuple[Points, float]]:
    """Each connected region: the ends of its runs, which hold its hull, and the mean of its pixels.

    A run is a row's stretch of text; runs of neighbouring rows that touch, corners included, are of one region.
    """
    mask = np.pad(probability > _IS_TEXT, ((0, 0), (1, 1)))
    edges = np.flatnonzero(np.diff(mask.astype(np.int8).ravel()))
    starts, ends = edges[0::2] + 1, edges[1::2] + 1
    width = mask.shape[1]
    rows, starts, ends = starts // width, starts % width - 1, (ends - 1) % width
    label = _joined(rows.tolist(), starts.tolist(), ends.tolist())
    cumulated = np.pad(np.cumsum(probability, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    weights = cumulated[rows, ends] - cumulated[rows, starts]
    order = np.argsort(label, kind="stable")
    for runs in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if runs.size:
            x = np.concatenate([starts[runs], ends[runs] - 1])
            y = np.concatenate([rows[runs], rows[runs]])
            yield np.stack([x, y], axis=1).astype(np.float64), float(weights[runs].sum() / (ends[runs] - starts[runs]).sum())


def _joined(rows: list[int], starts: list[int], ends: list[int]) -> NDArray[np.int64]:
    """A label for each run, the same for all of one region. The runs come row by row."""
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < starts[run]):
            above += 1
        other = above
        while rows[other] == row - 1 and starts[other] <= ends[run]:
            parent[root(other)] = root(run)
            other += 1
    return np.array([root(run) for run in range(len(rows))], np.int64)


def smallest_rectangle(points: Points) -> Region:
    """The rectangle of the least area around the points; one of its sides lies on a side of their hull."""
    hull = _hull(points)
    sides = np.diff(hull, axis=0, append=hull[:1])
    angles = np.unique(np.arctan2(sides[:, 1], sides[:, 0]) % (np.pi / 2))
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ hull.T
    across = np.stack([-np.sin(angles), np.cos(angles)], axis=1) @ hull.T
    width, height = np.ptp(along, axis=1), np.ptp(across, axis=1)
    best = int(np.argmin(width * height))
    angle = float(angles[best])
    u = (along[best].max() + along[best].min()) / 2
    v = (across[best].max() + across[best].min()) / 2
    x, y = u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)
    across_, along_ = float(height[best]), float(width[best])
    if angle > np.pi / 4:  # a quarter turn names the same rectangle: text leans less than half of one
        angle, along_, across_ = angle - np.pi / 2, across_, along_
    return Region(float(x), float(y), angle, along_, across_)


def _hull(points: Points) -> Points:
    """The convex hull (Andrew's monotone chain)."""
    ordered = [(float(x), float(y)) for x, y in np.unique(points, axis=0)]
    if len(ordered) < 3:
        return np.array(ordered)

    def half(chain: list[tuple[float, float]]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for x, y in chain:
            while len(out) > 1 and (out[-1][0] - out[-2][0]) * (y - out[-2][1]) <= (out[-1][1] - out[-2][1]) * (x - out[-2][0]):
                out.pop()
            out.append((x, y))
        return out[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))
