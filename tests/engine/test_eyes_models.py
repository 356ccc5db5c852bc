"""The models' files, read without the libraries that wrote them, against plain arithmetic."""

import io
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.mind import onnx
from genmedia_live.engine.mind.eyes import checkpoint, tflite
from genmedia_live.engine.mind.eyes.objects import KINDS, ThingFinder, anchors
from genmedia_live.engine.mind.eyes.onnxmodel import Network
from genmedia_live.engine.mind.eyes.scene import SceneGuesser
from genmedia_live.engine.weights.manifest import OBJECTS, SCENE

RANDOM = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def convolved(image: np.ndarray, weights: np.ndarray, bias: np.ndarray, stride: int, groups: int) -> np.ndarray:
    """By its definition, padded as TensorFlow does: the odd pixel to the right and below."""
    out, depth, size, _ = weights.shape
    sides = [-(-side // stride) for side in image.shape[1:]]
    pads = [max(0, (o - 1) * stride + size - i) for o, i in zip(sides, image.shape[1:], strict=True)]
    padded = np.pad(image, ((0, 0), *((pad // 2, pad - pad // 2) for pad in pads)))
    result = np.zeros((out, *sides), np.float32)
    for channel in range(out):
        first = channel // (out // groups) * depth
        for y in range(sides[0]):
            for x in range(sides[1]):
                part = padded[first : first + depth, y * stride : y * stride + size, x * stride : x * stride + size]
                result[channel, y, x] = (part * weights[channel]).sum() + bias[channel]
    return result


@pytest.mark.parametrize(("stride", "groups", "size"), [(1, 1, 3), (2, 1, 3), (2, 4, 3), (1, 4, 5), (2, 1, 1)])
def test_a_convolution_is_one(stride: int, groups: int, size: int) -> None:
    image, weights, bias = normal(4, 9, 8), normal(4, 4 // groups, size, size), normal(4)
    net = Network()
    out = net.convolution("image", weights, bias, stride=stride, groups=groups, relu6=True)
    model = net.model({"image": [1, 4, 9, 8]}, {out: [1, 4, -(-9 // stride), -(-8 // stride)]})
    (result,) = onnx.session(model).run(None, {"image": image[np.newaxis]})
    assert result[0] == pytest.approx(convolved(image, weights, bias, stride, groups).clip(0, 6), abs=1e-4)


def test_the_other_layers() -> None:
    image, weights, bias = normal(3, 4, 5), normal(7, 3), normal(7)
    net = Network()
    twice = net.add("image", "image")
    flat = net.reshape(twice, [1, 20, 3], channels_last=True)
    joined = net.concatenate([flat, flat], 1)
    guess = net.classify("image", weights, bias)
    model = net.model({"image": [1, 3, 4, 5]}, {joined: [1, 40, 3], guess: [1, 7]})
    result, probability = onnx.session(model).run(None, {"image": image[np.newaxis]})
    assert result[0, 20:] == pytest.approx(2 * image.transpose(1, 2, 0).reshape(20, 3))
    scores = np.exp(weights @ image.mean((1, 2)) + bias)
    assert probability[0] == pytest.approx(scores / scores.sum(), rel=1e-4)


class Rebuilt:
    """Pickles as a tensor of PyTorch does."""

    def __init__(self, key: str, array: np.ndarray, offset: int = 0) -> None:
        self.key, self.array, self.offset = key, array, offset

    def __reduce__(self) -> tuple[object, ...]:
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (Storage(self.key, self.array.dtype), self.offset, self.array.shape, steps, False, OrderedDict())


class Storage:
    def __init__(self, key: str, dtype: np.dtype) -> None:
        self.key, self.dtype = key, dtype


class Writer(pickle.Pickler):
    def persistent_id(self, thing: object) -> object:
        if isinstance(thing, Storage):
            torch = sys.modules["torch"]
            return ("storage", torch.FloatStorage if thing.dtype == np.float32 else torch.LongStorage, thing.key, "cpu", 0)
        return None


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules of that name, with what a checkpoint names."""
    module, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for home, name in ((module, "FloatStorage"), (module, "LongStorage")):
        setattr(home, name, type(name, (), {"__module__": home.__name__}))

    def rebuild(*_: object) -> None: ...

    rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = "torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def saved(named: object, storages: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    for head in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(head, out, 2)
    Writer(out, 2).dump(named)
    pickle.dump(list(storages), out, 2)
    for storage in storages.values():
        out.write(struct.pack("<q", storage.size) + storage.tobytes())
    return out.getvalue()


def test_a_checkpoint_is_read_without_its_library(torch: None) -> None:
    storage = np.arange(24, dtype=np.float32)
    matrix = storage.reshape(4, 6)
    named = OrderedDict(
        plain=Rebuilt("a", matrix),
        turned=Rebuilt("a", matrix.T),
        part=Rebuilt("a", storage[6:12].reshape(2, 3), offset=6),
        count=Rebuilt("b", np.array(5)),
    )
    read = checkpoint.tensors(saved(named, {"a": storage, "b": np.array([5])}))
    assert list(read) == ["plain", "turned", "part", "count"]
    assert read["plain"].tolist() == matrix.tolist()
    assert read["turned"].tolist() == matrix.T.tolist(), "strides count"
    assert read["part"].tolist() == storage[6:12].reshape(2, 3).tolist()
    assert read["count"] == 5


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("made-by-a-pickle",)


def test_nothing_of_a_checkpoint_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.mkdir|nt\.mkdir"):
        checkpoint.tensors(saved(Evil(), {}))
    out = io.BytesIO()
    pickle.dump(Evil(), out, 2)
    with pytest.raises(pickle.UnpicklingError):
        checkpoint.tensors(out.getvalue())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"\0" * 64, b"\x80\x02K\x01."])
def test_a_damaged_model_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(data)
    with pytest.raises(GenmediaError, match=r"net\.bin") as caught:
        ThingFinder(path)
    assert caught.value.code == "model_damaged"
    with pytest.raises(GenmediaError, match=r"net\.bin") as caught:
        SceneGuesser(path, path)
    assert caught.value.code == "model_damaged"
    with pytest.raises(GenmediaError) as caught:
        onnx.session(b"no model")
    assert caught.value.code == "model_damaged"


def test_the_boxes_that_are_corrected() -> None:
    boxes = anchors()
    assert boxes.shape == (1917, 4)
    assert boxes[0].tolist() == pytest.approx([0.5 / 19, 0.5 / 19, 0.1, 0.1])
    assert boxes[-1].tolist() == pytest.approx([0.5, 0.5, np.sqrt(0.95), np.sqrt(0.95)])
    assert len(KINDS) == 23


@pytest.mark.weights
def test_the_detector_s_file_is_what_the_reader_knows(weights_dir: Path) -> None:
    net = onnx.session(tflite.as_onnx((weights_dir / OBJECTS.name).read_bytes()))
    assert [i.shape for i in net.get_inputs()] == [[1, 3, 300, 300]]
    assert [o.shape for o in net.get_outputs()] == [[1, 1917, 4], [1, 1917, len(KINDS) + 1]]


@pytest.mark.weights
def test_the_checkpoint_holds_the_network_s_weights(weights_dir: Path) -> None:
    read = checkpoint.tensors((weights_dir / SCENE.name).read_bytes())
    assert read["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert read["_fc.weight"].shape == (1000, 1280)
