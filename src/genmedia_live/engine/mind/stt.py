"""Speech to text by Moonshine tiny-en (Jeffries et al. 2024): an encoder over raw samples and a decoder of word pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genmedia_live.core.errors import error
from genmedia_live.engine.mind import onnx
from genmedia_live.ports import Cancelled, Samples

RATE = 16_000
SHORTEST = RATE // 10
"""Samples; less than a tenth of a second holds no word, and the model would make one up."""

LONGEST = 40 * RATE
"""Samples; longer speech is cut here into pieces of its own, at the quietest place near."""

TOKENS_PER_SECOND = 6.5
"""More than anybody says; without the bound the decoder can repeat itself for ever (Moonshine paper, section 4)."""

_START, _END = 1, 2
_HEADS, _HEAD_SIZE = 8, 36
_SPECIAL = (b"<s>", b"</s>", b"<unk>")


class MoonshineStt:
    """English words out of speech, shared by all sessions: nothing is kept between calls, and the nets run in any thread."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Load the nets and the word pieces from `folder`. Raises GenmediaError as `onnx.session` does."""
        self._encoder = onnx.session(folder / "encoder_model.ort", threads)
        self._decoder = onnx.session(folder / "decoder_model_merged.ort", threads)
        self._pieces = read_pieces((folder / "tokenizer.bin").read_bytes())
        self._inputs = {node.name for node in self._decoder.get_inputs()}
        self._outputs = [node.name for node in self._decoder.get_outputs()]

    def transcribe(self, audio: Samples, cancelled: Cancelled = lambda: False) -> str:
        """The words in `audio` (16 kHz, best with 0.16 s before the first of them), or an empty string.

        When `cancelled()` becomes true, the words so far.
        """
        words = []
        for piece in split(audio):
            if cancelled():
                break
            words.append(self._words(piece, cancelled))
        return " ".join(filter(None, words))

    def _words(self, audio: Samples, cancelled: Cancelled) -> str:
        if len(audio) < SHORTEST:
            return ""
        batch = np.ascontiguousarray(audio, np.float32)[None]
        mask = np.ones(batch.shape, np.int64)
        (heard,) = self._encoder.run(None, {"input_values": batch, "attention_mask": mask})
        return spell(self._decode(heard, mask, len(audio), cancelled), self._pieces)

    def _decode(self, heard: NDArray[np.float32], mask: NDArray[np.int64], samples: int, cancelled: Cancelled) -> list[int]:
        """The likeliest piece at each step, until the end or the bound."""
        empty = np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32)
        cache: dict[str, Any] = {name: empty for name in self._inputs if name.startswith("past_")}
        tokens: list[int] = []
        token = _START
        for step in range(max(4, int(samples / RATE * TOKENS_PER_SECOND))):
            if cancelled():
                break
            given = {
                "input_ids": np.array([[token]], np.int64),
                "encoder_hidden_states": heard,
                "encoder_attention_mask": mask,
                "use_cache_branch": np.array([step > 0]),
                **cache,
            }
            scores, *present = self._decoder.run(None, {name: value for name, value in given.items() if name in self._inputs})
            token = int(scores[0, -1].argmax())
            if token == _END:
                break
            tokens.append(token)
            for name, value in zip(self._outputs[1:], present, strict=True):
                # What it attends to in the encoder is made in the first step only; later steps return nothing for it.
                if step == 0 or ".encoder." not in name:
                    cache[name.replace("present", "past_key_values")] = value
        return tokens


def read_pieces(table: bytes) -> list[bytes]:
    """The word pieces of `tokenizer.bin`: each a length (one byte, or two when the first is above 127) and its bytes.

    Raises:
        GenmediaError: `model_damaged` when the table ends in the middle of a piece.
    """
    pieces, at = [], 0
    while at < len(table):
        length = table[at]
        at += 1
        if length > 127:
            length += (table[at] - 1) * 128 if at < len(table) else 0
            at += 1
        pieces.append(table[at : at + length])
        at += length
    if at != len(table):
        raise error("model_damaged", "The model file tokenizer.bin can't be read.")
    return pieces


def spell(tokens: Sequence[int], pieces: Sequence[bytes]) -> str:
    """The text of `tokens`. A piece `<0xE9>` is that byte; U+2581 stands for a space, as SentencePiece writes it."""
    text = b""
    for token in tokens:
        piece = pieces[token]
        if len(piece) == 6 and piece.startswith(b"<0x"):
            piece = bytes([int(piece[3:5], 16)])
        elif piece in _SPECIAL:
            continue
        text += piece
    return text.decode("utf-8", "ignore").replace("\u2581", " ").strip()


def split(audio: Samples) -> list[Samples]:
    """Pieces of at most LONGEST samples, cut where the last quarter of each is quietest."""
    pieces = []
    while len(audio) > LONGEST:
        tail = audio[LONGEST * 3 // 4 : LONGEST]
        hop = RATE // 10
        loudness = (tail[: len(tail) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1)
        cut = LONGEST * 3 // 4 + int(loudness.argmin()) * hop + hop // 2
        pieces.append(audio[:cut])
        audio = audio[cut:]
    return [*pieces, audio]
