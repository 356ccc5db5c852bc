"""Writing a convolutional network as an ONNX model, for weights that are published in other formats.

ONNX is Protocol Buffers (github.com/onnx/onnx, `onnx.proto`). The few of its messages and fields that such a network needs are
written here by their numbers, as the encoding (protobuf.dev, "Encoding") has it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_OPSET, _IR_VERSION = 13, 8
_FLOAT, _INT64 = 1, 7
Shape = Sequence[int]


class Network:
    """Layers added one by one; each returns the name of its result, which later ones take.

    Images are batch by channels by rows by columns. Padding is TensorFlow's "SAME": the odd pixel goes to the right and below.
    """

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._zero, self._six = self._constant(0.0), self._constant(6.0)

    def convolution(
        self, source: str, weights: NDArray[np.float32], bias: NDArray[np.float32], *, stride: int, groups: int = 1, relu6: bool
    ) -> str:
        """`weights` are out channels by in channels of a group by rows by columns; `relu6`: cut to between 0 and 6."""
        inputs = [source, self._constant(weights), self._constant(bias)]
        out = self._node("Conv", inputs, auto_pad=b"SAME_UPPER", strides=[stride, stride], group=groups)
        return self._node("Clip", [out, self._zero, self._six]) if relu6 else out

    def add(self, one: str, other: str) -> str:
        """The sum of two results."""
        return self._node("Add", [one, other])

    def reshape(self, source: str, shape: Shape, *, channels_last: bool = False) -> str:
        """The same values in another shape; with `channels_last` an image's channels are put last before."""
        if channels_last:
            source = self._node("Transpose", [source], perm=[0, 2, 3, 1])
        return self._node("Reshape", [source, self._constant(np.array(shape, np.int64))])

    def concatenate(self, parts: Sequence[str], axis: int) -> str:
        """The parts, one behind the other along the axis."""
        return self._node("Concat", parts, axis=axis)

    def classify(self, image: str, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """The mean of each channel, through a layer of classes by channels, as probabilities."""
        means = self._node("Flatten", [self._node("GlobalAveragePool", [image])])
        return self._node(
            "Softmax", [self._node("Gemm", [means, self._constant(weights), self._constant(bias)], transB=1)], axis=1
        )

    def model(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> bytes:
        """The file: inputs and outputs of 32-bit floats by name."""
        graph = b"".join(
            [
                *(_field(1, node) for node in self._nodes),
                _field(2, b"network"),
                *(_field(5, constant) for constant in self._constants),
                *(_field(11, _value(name, shape)) for name, shape in inputs.items()),
                *(_field(12, _value(name, shape)) for name, shape in outputs.items()),
            ]
        )
        return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, _OPSET))

    def _constant(self, value: ArrayLike) -> str:
        array = np.asarray(value)
        whole = array.dtype == np.int64
        raw = np.ascontiguousarray(array, "<i8" if whole else "<f4").tobytes()
        name = f"constant{len(self._constants)}"
        dims = b"".join(_field(1, size) for size in array.shape)
        self._constants.append(dims + _field(2, _INT64 if whole else _FLOAT) + _field(8, name.encode()) + _field(9, raw))
        return name

    def _node(self, kind: str, inputs: Sequence[str], **attributes: int | bytes | list[int]) -> str:
        name = f"{kind.lower()}{len(self._nodes)}"
        ends = b"".join(_field(1, source.encode()) for source in inputs) + _field(2, name.encode())
        more = b"".join(_field(5, _attribute(key, value)) for key, value in attributes.items())
        self._nodes.append(ends + _field(4, kind.encode()) + more)
        return name


def _attribute(name: str, value: int | bytes | list[int]) -> bytes:
    if isinstance(value, bytes):
        said = _field(4, value) + _field(20, 3)
    elif isinstance(value, int):
        said = _field(3, value) + _field(20, 2)
    else:
        said = b"".join(_field(8, item) for item in value) + _field(20, 7)
    return _field(1, name.encode()) + said


def _value(name: str, shape: Shape) -> bytes:
    sizes = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, _FLOAT) + _field(2, sizes)))


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a message: a whole number, or bytes with their length before them."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return struct.pack(f"{len(out) + 1}B", *out, value)
