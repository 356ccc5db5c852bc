"""The JSON lines between a test and a program that talks to the engine through somebody else's client (see `talker.py`)."""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

CHUNK = 0.04
"""Seconds of microphone in one message."""


def options() -> dict[str, Any]:
    """What the test asks of this program."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    return given


def tell(event: str, **details: Any) -> None:
    """Say what was seen."""
    print(json.dumps({"event": event, **details}), flush=True)


async def commands() -> AsyncIterator[dict[str, Any]]:
    """What the test wants done, one thing after the other, until it closes the pipe."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)


async def microphone(path: str, send: Callable[[bytes, int], Awaitable[None]]) -> None:
    """Give `send` the samples of a file (PCM16, mono) and their rate, as a microphone would: in chunks, in real time."""
    with wave.open(path) as file:
        rate = file.getframerate()
        while chunk := file.readframes(int(rate * CHUNK)):
            await send(chunk, rate)
            await asyncio.sleep(CHUNK)
