"""Counts tokens where it can't hold anybody up: exactly in a thread, beforehand; on the loop from memory, or roughly."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from genmedia_live.core.errors import GenmediaError

log = logging.getLogger(__name__)

CHARS_A_TOKEN = 4
"""Of English, about."""

BOUND = 8_000
"""Counts that are remembered. The texts are not: a digest of 16 bytes stands for each."""


class Tokenizer:
    """The model's own count of a text."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._exactly = count
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def exactly(self, text: str) -> int:
        """Ask the model, which may take long; remember. A model that can't count is guessed at."""
        key = _digest(text)
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
        try:
            tokens = self._exactly(text)
        except GenmediaError:
            log.warning("tokens could not be counted", exc_info=True)
            return roughly(text)
        with self._lock:
            self._known[key] = tokens
            while len(self._known) > BOUND:
                self._known.popitem(last=False)
        return tokens

    def count(self, text: str) -> int:
        """What is remembered of the text, or a guess. Takes no time."""
        with self._lock:
            known = self._known.get(_digest(text))
        return roughly(text) if known is None else known


def roughly(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // CHARS_A_TOKEN)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
