"""The browser wire as it passed a tab's transport: Engine.IO frames, WebSocket or polling, read into events."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

EVENT, ACK = 2, 3


@dataclass(frozen=True)
class Message:
    """One event or acknowledgement. `at` is when it reached or left the page, in ms since the epoch."""

    at: float
    way: Literal["in", "out"]
    event: str
    map: dict[str, Any]


def read(frames: Iterable[tuple[float, Literal["in", "out"], str | None, str | None]]) -> list[Message]:
    """The messages in transport frames as `probe.js` gives them; pings and handshakes are left out."""
    messages = []
    for at, way, text, data in frames:
        if text is not None:
            if not text.startswith("b"):
                continue
            data = text[1:]
        assert data is not None
        packet = msgpack.unpackb(base64.b64decode(data), ext_hook=lambda _code, _data: None)
        if packet["type"] == EVENT:
            event, *rest = packet["data"]
            messages.append(Message(at, way, event, rest[0] if rest else {}))
        elif packet["type"] == ACK:
            messages.append(Message(at, way, "ack", packet["data"][0] if packet["data"] else {}))
    return messages
