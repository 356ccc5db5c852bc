import numpy as np
import pytest

from genmedia_live.core.voices import ENGINE_VOICES
from genmedia_live.engine.mind.shaping import SHAPES, Parts, Shape, repitch, shaped, stretch

BINS, FRAMES = 601, 20


def parts() -> Parts:
    random = np.random.default_rng(2)
    curves = [random.standard_normal((BINS, FRAMES)).astype(np.float32) for _ in range(5)]
    f0 = np.linspace(150, 250, FRAMES, dtype=np.float32)
    f0[:5] = 0
    return Parts(*curves, f0)


def test_every_voice_has_a_shape() -> None:
    assert SHAPES.keys() == ENGINE_VOICES.keys()
    assert len(set(SHAPES.values())) == len(SHAPES)


def test_the_plain_shape_changes_nothing() -> None:
    before, after = parts(), shaped(parts(), Shape())
    for name in Parts.__dataclass_fields__:
        assert getattr(after, name) == pytest.approx(getattr(before, name))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_shapes_keep_the_kind_of_the_parts(shape: Shape) -> None:
    after = shaped(parts(), shape)
    for name in Parts.__dataclass_fields__:
        curve = getattr(after, name)
        assert (curve.dtype, curve.shape) == (np.float32, getattr(parts(), name).shape), name
        assert np.isfinite(curve).all()


def test_pitch_moves_the_middle_and_melody_the_spread() -> None:
    f0 = parts().f0
    moved = repitch(f0, 0.5, 2.0)
    spoken = f0 > 0
    assert (moved[~spoken] == 0).all(), "silence stays silence"
    middle, spread = np.log(moved[spoken]).mean() - np.log(f0[spoken]).mean(), np.log(moved[spoken]).std()
    assert middle == pytest.approx(np.log(0.5), abs=1e-5)
    assert spread == pytest.approx(2 * np.log(f0[spoken]).std(), rel=1e-4)
    assert repitch(np.zeros(4, np.float32), 2, 1) == pytest.approx(0)


def test_a_longer_throat_lowers_a_resonance() -> None:
    curve = np.zeros((BINS, 1), np.float32)
    curve[200] = 1
    assert int(stretch(curve, 0.8).argmax()) == 160
    assert int(stretch(curve, 1.25).argmax()) == 250


def test_breath_raises_the_noise_and_leaves_the_residual() -> None:
    before, after = parts(), shaped(parts(), Shape(breath_db=20))
    assert after.noise - before.noise == pytest.approx(np.log(10), abs=1e-5)
    assert (after.harmonics < before.harmonics).all()
    assert after.residual == pytest.approx(before.residual)
