"""What a picture looks like as a whole: EfficientNet-Lite0, trained on the thousand classes of ImageNet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genmedia_live.core.errors import error
from genmedia_live.engine.mind.eyes import checkpoint
from genmedia_live.engine.mind.eyes.onnxmodel import Network
from genmedia_live.engine.mind.onnx import session

_SIDE = 224
_MIDDLE = 0.875
"""The part of the shorter side that the model was tested on."""
_SURE = 0.3
"""Its guesses outside what it was trained on are wild, and less sure than this."""
_STAGES = ((1, 1, 1), (2, 2, 6), (2, 2, 6), (3, 2, 6), (3, 1, 6), (4, 2, 6), (1, 1, 6))
"""Blocks, stride of the first, widening (TensorFlow TPU models, `efficientnet_lite_builder.py`)."""

Tensors = dict[str, NDArray[np.float32]]


class SceneGuesser:
    """Guesses what the middle of a picture shows."""

    def __init__(self, weights: Path, names: Path, threads: int = 2) -> None:
        """Load the model and the names of its classes, a JSON array. Raises GenmediaError like `session`."""
        try:
            network = as_onnx(checkpoint.tensors(weights.read_bytes()))
        except Exception as problem:  # reading a broken file fails anywhere
            raise error("model_damaged", f"The model file {weights.name} can't be read.") from problem
        self._net = session(network, threads)
        self._names: list[str] = json.loads(names.read_text(encoding="utf-8"))

    def guess(self, picture: Image.Image) -> str | None:
        """The name of what the picture looks like, or None when it looks like nothing in particular."""
        side = min(picture.size) * _MIDDLE
        x, y = picture.width / 2, picture.height / 2
        middle = picture.resize(
            (_SIDE, _SIDE),
            Image.Resampling.BICUBIC,
            box=(x - side / 2, y - side / 2, x + side / 2, y + side / 2),
            reducing_gap=2,
        )
        pixels = (np.asarray(middle, np.float32) - 127) / 128
        (probability,) = self._net.run(None, {"image": pixels.transpose(2, 0, 1)[np.newaxis]})
        best = int(probability[0].argmax())
        return self._names[best] if probability[0, best] >= _SURE else None


def as_onnx(tensors: Tensors) -> bytes:
    """The network that the weights are of: input `image`, 1 by 3 by 224 by 224; output the probability of each class."""
    net = Network()

    def layer(source: str, convolution: str, norm: str, *, stride: int = 1, relu6: bool = True) -> str:
        weights, bias = _folded(tensors, convolution, norm)
        groups = weights.shape[0] if "depthwise" in convolution else 1
        return net.convolution(source, weights, bias, stride=stride, groups=groups, relu6=relu6)

    image = layer("image", "_conv_stem", "_bn0", stride=2)
    for number, (stride, widening, again) in enumerate(_blocks()):
        block, before = f"_blocks.{number}.", image
        norms = iter(("_bn0", "_bn1", "_bn2") if widening > 1 else ("_bn1", "_bn2"))
        if widening > 1:
            image = layer(image, block + "_expand_conv", block + next(norms))
        image = layer(image, block + "_depthwise_conv", block + next(norms), stride=stride)
        image = layer(image, block + "_project_conv", block + next(norms), relu6=False)
        image = net.add(image, before) if again else image
    image = layer(image, "_conv_head", "_bn1")
    out = net.classify(image, tensors["_fc.weight"], tensors["_fc.bias"])
    return net.model({"image": [1, 3, _SIDE, _SIDE]}, {out: [1, len(tensors["_fc.bias"])]})


def _blocks() -> Iterator[tuple[int, int, bool]]:
    """Stride and widening of each block, and whether what came in is added to what comes out."""
    for count, stride, widening in _STAGES:
        for number in range(count):
            yield (stride if number == 0 else 1), widening, number > 0


def _folded(tensors: Tensors, convolution: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A convolution with the normalisation behind it as one: weights and bias."""
    scale = tensors[norm + ".weight"] / np.sqrt(tensors[norm + ".running_var"] + 1e-3)
    bias = tensors[norm + ".bias"] - tensors[norm + ".running_mean"] * scale
    return tensors[convolution + ".weight"] * scale[:, None, None, None], bias
