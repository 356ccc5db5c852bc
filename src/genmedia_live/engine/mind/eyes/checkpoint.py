"""Reading a PyTorch checkpoint without PyTorch, in its format before 1.6: pickles that describe tensors, then their bytes."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where a tensor lies: in which storage, from which item on, in what shape, and how many items each axis steps over."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Makes what a checkpoint of tensors is made of, and nothing else, whatever the pickle asks for."""

    types: dict[str, str]

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, strides, *_: _Tensor(
                storage, offset, shape, strides
            ),
        }
        if (module, name) in allowed:
            return allowed[module, name]
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a checkpoint")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key = pid[:3]
        self.types[key] = _TYPES[kind]
        return str(key)


def tensors(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the checkpoint by name.

    Raises:
        pickle.UnpicklingError: it holds something that is no tensor.
    """
    file = io.BytesIO(data)
    for _ in range(3):  # a magic number, the version, and what machine it was written on
        _Unpickler(file).load()
    reader = _Unpickler(file)
    reader.types = {}
    named = reader.load()
    storages = {}
    for key in _Unpickler(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        kind = np.dtype(reader.types[key])
        storages[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: _values(tensor, storages) for name, tensor in named.items()}


def _values(tensor: _Tensor, storages: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    items = storages[tensor.storage]
    strides = [step * items.itemsize for step in tensor.strides]
    return np.ndarray(tensor.shape, items.dtype, items, tensor.offset * items.itemsize, strides).astype(np.float32)
