"""The time for a frame grows as the frame does: sixteen times the size takes about sixteen times as long."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from genmedia_live.engine.protocol.wire import parse

FEW, MANY = 500, 8_000
SLACK = 6  # long strings also leave the processor's cache
"""Of linear growth; quadratic growth would take `MANY / FEW` times as long as that."""

PART = {"text": "hello"}

SHAPES: dict[str, Callable[[int], Any]] = {
    "turns": lambda n: {"clientContent": {"turns": [{"role": "user", "parts": [PART]}] * n}},
    "parts": lambda n: {"clientContent": {"turns": [{"parts": [PART] * n}]}},
    "a list with a fault at its end": lambda n: {"clientContent": {"turns": [{"parts": [PART] * n + [7]}]}},
    "chunks": lambda n: {"realtimeInput": {"mediaChunks": [{"data": "AAAA", "mimeType": "audio/pcm"}] * n}},
    "base64": lambda n: {"realtimeInput": {"audio": {"data": "_-8A" * 100 * n, "mimeType": "audio/pcm"}}},
    "bad base64": lambda n: {"realtimeInput": {"audio": {"data": "_-8A" * 100 * n + "*", "mimeType": "audio/pcm"}}},
    "padding": lambda n: {"realtimeInput": {"audio": {"data": "=" * 100 * n, "mimeType": "audio/pcm"}}},
    "a media type": lambda n: {"realtimeInput": {"audio": {"data": "", "mimeType": "audio/pcm" + ";a=b" * n}}},
    "digits": lambda n: {"setup": {"generationConfig": {"maxOutputTokens": "9" * 100 * n}}},
    "a decimal": lambda n: {"setup": {"generationConfig": {"temperature": "0." + "9" * 100 * n + "x"}}},
    "a model": lambda n: {"setup": {"model": "models/" * 100 * n}},
    "an unknown name": lambda n: {"setup": {"a_b" * n: 1}},
    "user data": lambda n: {"setup": {"labels": {f"key{at}": "v" for at in range(n)}}},
    "a result": lambda n: {
        "toolResponse": {"functionResponses": [{"id": "a", "response": {f"{at}": [at, {}] for at in range(n)}}]}
    },
    "functions": lambda n: {"setup": {"tools": [{"functionDeclarations": [{"name": "f"}] * n}]}},
}


def seconds(frame: str) -> float:
    """Processor time of the fastest of some readings."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        parse(frame)
        times.append(time.thread_time() - begun)
    return min(times)


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_size(shape: str) -> None:
    few, many = (json.dumps(SHAPES[shape](count)) for count in (FEW, MANY))
    grown = len(many) / len(few)
    assert seconds(many) <= SLACK * grown * max(seconds(few), 1e-4)
