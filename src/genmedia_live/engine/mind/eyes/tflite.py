"""Reading a TensorFlow Lite model as an ONNX one, so that one runtime runs everything.

A `.tflite` file is a FlatBuffer of TensorFlow's `schema.fbs`; its tables are read here by the numbers of their fields. What is
known are the operations of a plain convolutional detector with 16-bit weights, and no others.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genmedia_live.engine.mind.eyes.onnxmodel import Network

_ADD, _CONCATENATION, _CONV, _DEPTHWISE, _DEQUANTIZE, _RESHAPE = 0, 2, 3, 4, 6, 22
_RELU6 = 3
_TYPES = {0: "<f4", 1: "<f2", 2: "<i4"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer: its fields are found through a list of offsets, 0 for one that is not there."""

    data: bytes
    at: int

    def _place(self, field: int) -> int:
        offsets = self.at - _int(self.data, self.at)
        slot = 4 + 2 * field
        (length,) = struct.unpack_from("<H", self.data, offsets)
        (offset,) = struct.unpack_from("<H", self.data, offsets + slot) if slot < length else (0,)
        return self.at + offset if offset else 0

    def number(self, field: int, kind: str = "i") -> int:
        """A whole number; 0 by default."""
        place = self._place(field)
        return int(struct.unpack_from("<" + kind, self.data, place)[0]) if place else 0

    def table(self, field: int) -> _Table:
        place = self._place(field)
        return _Table(self.data, place + _int(self.data, place))

    def tables(self, field: int) -> list[_Table]:
        start, count = self._vector(field)
        return [_Table(self.data, at + _int(self.data, at)) for at in range(start, start + 4 * count, 4)]

    def numbers(self, field: int) -> list[int]:
        start, count = self._vector(field)
        return list(struct.unpack_from(f"<{count}i", self.data, start))

    def bytes(self, field: int) -> bytes:
        start, count = self._vector(field)
        return self.data[start : start + count]

    def _vector(self, field: int) -> tuple[int, int]:
        if not (place := self._place(field)):
            return 0, 0
        start = place + _int(self.data, place)
        return start + 4, _int(self.data, start)


def _int(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<i", data, at)[0])


class _Reader:
    """One model on its way from one format to the other."""

    def __init__(self, data: bytes) -> None:
        model = _Table(data, _int(data, 0))
        graph = model.tables(2)[0]
        self._codes = [code.number(0, "b") for code in model.tables(1)]
        self._buffers, self._tensors = model.tables(4), graph.tables(0)
        self._graph = graph
        self._net = Network()
        self._names: dict[int, str] = {}
        self._halves: dict[int, int] = {}
        """A tensor of 32-bit numbers -> the one of 16 bits that it is made from."""
        self._images: set[int] = set()

    def model(self) -> bytes:
        (source,) = self._graph.numbers(1)
        batch, rows, columns, channels = self._shape(source)
        self._names[source] = "image"
        for operator in self._graph.tables(3):
            self._take(self._codes[operator.number(0, "I")], operator)
        outputs = {self._names[tensor]: self._shape(tensor) for tensor in self._graph.numbers(2)}
        return self._net.model({"image": [batch, channels, rows, columns]}, outputs)

    def _take(self, code: int, operator: _Table) -> None:
        inputs, (out,) = operator.numbers(1), operator.numbers(2)
        net, names, options = self._net, self._names, operator.table(4) if code != _DEQUANTIZE else operator
        if code == _DEQUANTIZE:
            self._halves[out] = inputs[0]
            return
        if code in (_CONV, _DEPTHWISE):
            names[out] = self._convolution(names[inputs[0]], inputs, options, alone=code == _DEPTHWISE)
            self._images.add(out)
        elif code == _ADD:
            names[out] = net.add(names[inputs[0]], names[inputs[1]])
            self._images.add(out)
        elif code == _RESHAPE:
            names[out] = net.reshape(names[inputs[0]], self._shape(out), channels_last=inputs[0] in self._images)
        elif code == _CONCATENATION:
            names[out] = net.concatenate([names[part] for part in inputs], options.number(0))
        else:
            raise ValueError(f"operation {code} is not known")

    def _convolution(self, source: str, inputs: list[int], options: _Table, *, alone: bool) -> str:
        """`alone`: every channel is convolved by itself."""
        weights, bias = self._values(inputs[1]), self._values(inputs[2])
        weights = weights.transpose(3, 0, 1, 2) if alone else weights.transpose(0, 3, 1, 2)
        if options.number(0, "b") != 0:
            raise ValueError("padding other than SAME is not known")
        activation = options.number(4 if alone else 3, "b")
        groups = weights.shape[0] if alone else 1
        return self._net.convolution(source, weights, bias, stride=options.number(2), groups=groups, relu6=activation == _RELU6)

    def _values(self, tensor: int) -> NDArray[np.float32]:
        tensor = self._halves.get(tensor, tensor)
        table = self._tensors[tensor]
        raw = self._buffers[table.number(2, "I")].bytes(0)
        return np.frombuffer(raw, _TYPES[table.number(1, "b")]).astype(np.float32).reshape(self._shape(tensor))

    def _shape(self, tensor: int) -> list[int]:
        return self._tensors[tensor].numbers(0)


def as_onnx(data: bytes) -> bytes:
    """The model in ONNX, its input `image` batch by channels by rows by columns, its outputs in their order.

    Raises:
        ValueError: it has an operation that is not known here.
    """
    return _Reader(data).model()
