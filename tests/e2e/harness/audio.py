"""Comparing what was played with what was sent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def compare(sent: NDArray[np.int16], rendered: NDArray[np.int16]) -> int:
    """Samples that differ between what was sent and what was rendered from the first sound on; what is missing differs."""
    begin, first = _first_sound(rendered), _first_sound(sent)
    played = rendered[max(0, begin - first) :][: len(sent)]
    return int(np.count_nonzero(played != sent[: len(played)])) + len(sent) - len(played)


def _first_sound(pcm: NDArray[np.int16]) -> int:
    return int(np.argmax(pcm != 0))
