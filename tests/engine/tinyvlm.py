"""A language model that sees, a megabyte in all, with weights by chance: what it says is noise, what it does is real.

Two files in GGUF (github.com/ggml-org/ggml, `docs/gguf.md`): a Llama of two layers whose words are bytes, and a CLIP of two
layers with LLaVA's projector. Names of keys and tensors are those that llama.cpp asks for.

`python -m tests.engine.tinyvlm MODEL [PROJECTOR]` serves them by llama.cpp's own server: it prints the address, and ends with its
input.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 64
"""Of the language model: what the projector makes of each patch."""
LAYERS, HEADS, INNER = 2, 4, 128

EYE_WIDTH, EYE_HEADS, EYE_INNER = 32, 2, 64
SIDE, PATCH = 56, 14
PATCHES = (SIDE // PATCH) ** 2
"""Tokens of a picture, whatever its size."""

CONTEXT = 131_072
"""Long, so that an answer goes on until somebody stops it."""

_ALIGNMENT = 32
_CHAT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"

Tensors = dict[str, NDArray[np.float32]]


def write_model(path: Path) -> None:
    """The language model."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581"]
    keys = {
        "general.architecture": "llama",
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, 1],  # unknown, control, bytes, a word
        "tokenizer.chat_template": _CHAT,
    }
    some = _Chance()
    output = some(len(tokens), WIDTH)
    output[:3] = 0  # it never ends by itself
    tensors = {"token_embd.weight": some(len(tokens), WIDTH), "output_norm.weight": _ones(WIDTH), "output.weight": output}
    for layer in range(LAYERS):
        tensors |= {f"blk.{layer}.{norm}.weight": _ones(WIDTH) for norm in ("attn_norm", "ffn_norm")}
        tensors |= {f"blk.{layer}.attn_{part}.weight": some(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        tensors |= {f"blk.{layer}.ffn_{part}.weight": some(INNER, WIDTH) for part in ("gate", "up")}
        tensors[f"blk.{layer}.ffn_down.weight"] = some(WIDTH, INNER)
    _write(path, keys, tensors)


def write_projector(path: Path) -> None:
    """What sees, and tells the language model."""
    keys = {
        "general.architecture": "clip",
        "general.file_type": 0,
        "clip.has_vision_encoder": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": False,
        "clip.vision.image_size": SIDE,
        "clip.vision.patch_size": PATCH,
        "clip.vision.embedding_length": EYE_WIDTH,
        "clip.vision.feed_forward_length": EYE_INNER,
        "clip.vision.projection_dim": WIDTH,
        "clip.vision.block_count": 2,
        "clip.vision.attention.head_count": EYE_HEADS,
        "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.image_mean": [0.5, 0.5, 0.5],
        "clip.vision.image_std": [0.5, 0.5, 0.5],
    }
    some = _Chance()
    tensors = {
        "v.class_embd": some(EYE_WIDTH),
        "v.patch_embd.weight": some(EYE_WIDTH, 3, PATCH, PATCH),
        "v.position_embd.weight": some(PATCHES + 1, EYE_WIDTH),
        "mm.0.weight": some(WIDTH, EYE_WIDTH),
        "mm.0.bias": some(WIDTH),
        "mm.2.weight": some(WIDTH, WIDTH),
        "mm.2.bias": some(WIDTH),
    }
    for norm in ("v.pre_ln", "v.post_ln", *(f"v.blk.{layer}.ln{side}" for layer in range(2) for side in (1, 2))):
        tensors |= {f"{norm}.weight": _ones(EYE_WIDTH), f"{norm}.bias": some(EYE_WIDTH)}
    for layer in range(2):
        shapes = {f"attn_{part}": (EYE_WIDTH, EYE_WIDTH) for part in ("q", "k", "v", "out")}
        shapes |= {"ffn_up": (EYE_INNER, EYE_WIDTH), "ffn_down": (EYE_WIDTH, EYE_INNER)}
        for part, (rows, columns) in shapes.items():
            tensors |= {f"v.blk.{layer}.{part}.weight": some(rows, columns), f"v.blk.{layer}.{part}.bias": some(rows)}
    _write(path, keys, tensors)


class _Chance:
    """Weights by chance, the same every time."""

    def __init__(self) -> None:
        self._dice = np.random.default_rng(7)

    def __call__(self, *shape: int) -> NDArray[np.float32]:
        return (self._dice.standard_normal(shape) * 0.2).astype(np.float32)


def _ones(width: int) -> NDArray[np.float32]:
    return np.ones(width, np.float32)


# ---- the format


def _write(path: Path, keys: Mapping[str, Any], tensors: Tensors) -> None:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(_text(name) + _typed(value) for name, value in keys.items())
    body = b""
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        body += _padded(tensor.tobytes())
    path.write_bytes(_padded(head) + body)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: Any) -> bytes:
    kind, data = _value(value)
    return struct.pack("<I", kind) + data


def _value(value: Any) -> tuple[int, bytes]:
    match value:
        case bool():
            return 7, struct.pack("<?", value)
        case int():
            return 4, struct.pack("<I", value)
        case float():
            return 6, struct.pack("<f", value)
        case str():
            return 8, _text(value)
        case Sequence():
            items = [_value(item) for item in value]
            kind = 5 if items[0][0] == 4 else items[0][0]  # the whole numbers in a list are signed
            return 9, struct.pack("<IQ", kind, len(items)) + b"".join(data for _, data in items)
    raise TypeError(type(value).__name__)


def serve(model: str, projector: str = "") -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.mmproj.path = model, projector
    parameters.n_ctx, parameters.n_parallel, parameters.cpuparams.n_threads, parameters.n_gpu_layers = CONTEXT, 1, 1, 0
    parameters.verbosity, parameters.ui, parameters.warmup, parameters.mmproj_use_gpu = -1, False, False, False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    serve(*sys.argv[1:])
