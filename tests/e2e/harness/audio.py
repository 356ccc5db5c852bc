"""Comparing what was played with what was sent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def compare(sent: NDArray[np.int16], rendered: NDArray[np.int16]) -> int:
    """Samples that differ between what was sent and what was rendered from the first sound on; what is missing differs."""
    begin, first = _first_sound(rendered), _first_sound(sent)
    played = rendered[max(0, begin - first) :][: len(sent)]
    return int(np.count_nonzero(played != sent[: len(played)])) + len(sent) - len(played)


def gaps(sent: NDArray[np.int16], rendered: NDArray[np.int16]) -> int:
    """Silences of 5 ms (a render quantum) or more between first and last sound that are not in what was sent."""
    return max(0, _silences(rendered) - _silences(sent))


def _silences(pcm: NDArray[np.int16], least: int = 120) -> int:
    loud = np.flatnonzero(pcm)
    return int(np.count_nonzero(np.diff(loud) > least))


def _first_sound(pcm: NDArray[np.int16]) -> int:
    return int(np.argmax(pcm != 0))
