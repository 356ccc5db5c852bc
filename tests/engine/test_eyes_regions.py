import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from genmedia_live.engine.mind.eyes.regions import Region, regions, smallest_rectangle


def map_of(*shapes: Region, size: tuple[int, int] = (320, 240)) -> np.ndarray:
    """A detector's map with these rectangles in it."""
    picture = Image.new("F", size)
    for shape in shapes:
        ImageDraw.Draw(picture).polygon([tuple(corner) for corner in shape.corners()], fill=0.9)
    return np.asarray(picture)


def widened(region: Region) -> Region:
    more = region.width * region.height * 1.6 / (region.width + region.height)
    return Region(region.x, region.y, region.angle, region.width + more, region.height + more)


@pytest.mark.parametrize("degrees", [0, 5, -20, 40, -40])
def test_a_region_is_found_with_its_lean(degrees: float) -> None:
    drawn = Region(160, 120, np.radians(degrees), 150, 12)
    (found,) = regions(map_of(drawn))
    meant = widened(drawn)
    assert (found.x, found.y) == pytest.approx((160, 120), abs=1.5)
    assert np.degrees(found.angle) == pytest.approx(degrees, abs=1.5)
    assert (found.width, found.height) == pytest.approx((meant.width, meant.height), abs=4)


def test_what_runs_upwards_is_high_and_not_wide() -> None:
    (found,) = regions(map_of(Region(100, 120, 0, 10, 150)))
    assert found.height > 10 * found.width / 2
    assert found.angle == pytest.approx(0, abs=0.02)


def test_every_line_is_a_region_of_its_own() -> None:
    drawn = [Region(60 + 100 * column, 30 + 20 * row, 0, 60, 8) for row in range(5) for column in range(3)]
    found = regions(map_of(*drawn))
    assert sorted((round(region.x, -1), round(region.y, -1)) for region in found) == sorted((r.x, r.y) for r in drawn)


def test_one_region_however_it_is_wound() -> None:
    ring = map_of(Region(160, 120, 0, 100, 60)).copy()
    ring[100:140, 120:200] = 0
    assert len(regions(ring)) == 1, "two runs of a row are joined below"
    steps = np.zeros((40, 40), np.float32)
    for at in range(4, 32, 4):
        steps[at : at + 4, at : at + 4] = 0.9
    (found,) = regions(steps)
    assert np.degrees(found.angle) == pytest.approx(45, abs=1), "corners touch"


def test_what_is_faint_or_tiny_is_nothing() -> None:
    assert regions(np.zeros((64, 64), np.float32)) == []
    assert regions(map_of(Region(160, 120, 0, 150, 12)) * np.float32(0.5)) == [], "half as sure as it must be"
    specks = np.zeros((64, 64), np.float32)
    specks[::8, ::8] = 0.9
    assert regions(specks) == []


def test_a_map_that_is_all_text_is_one_region() -> None:
    (found,) = regions(np.ones((64, 96), np.float32))
    assert (found.x, found.y) == pytest.approx((47.5, 31.5))


@given(st.integers(0, 2**32 - 1))
def test_components_are_those_of_a_plain_flood(seed: int) -> None:
    """Against a search that goes from pixel to pixel."""
    from genmedia_live.engine.mind.eyes.regions import _components

    probability = np.random.default_rng(seed).random((12, 14), np.float32)
    left = {(int(y), int(x)) for y, x in np.argwhere(probability > 0.3)}
    means = []
    while left:
        stack, found = [left.pop()], []
        while stack:
            y, x = stack.pop()
            found.append(probability[y, x])
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            stack += near
        means.append(float(np.mean(found)))
    assert sorted(mean for _, mean in _components(probability)) == pytest.approx(sorted(means), abs=1e-6)


POINTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30)


@given(POINTS)
def test_the_smallest_rectangle_holds_every_point(points: list[tuple[int, int]]) -> None:
    array = np.array(points, float)
    found = smallest_rectangle(array)
    axis = np.array([np.cos(found.angle), np.sin(found.angle)])
    along = (array - [found.x, found.y]) @ axis
    across = (array - [found.x, found.y]) @ np.array([-axis[1], axis[0]])
    assert np.abs(along).max() <= found.width / 2 + 1e-6
    assert np.abs(across).max() <= found.height / 2 + 1e-6
    assert found.width * found.height <= np.ptp(array[:, 0]) * np.ptp(array[:, 1]) + 1e-6, "no larger than the upright one"
    assert abs(found.angle) <= np.pi / 4 + 1e-9


def test_corners_go_round_from_the_top_left() -> None:
    assert Region(10, 20, 0, 8, 4).corners().tolist() == [[6, 18], [14, 18], [14, 22], [6, 22]]
