"""Voice and pictures on a lane of their own, past the SDK's message objects.

The SDK builds and checks pydantic objects around every 20 to 100 ms of sound, which is most of what a session costs. Its public
`create_connection` argument lets the connection be of our class, so that a message that is nothing but voice is read here, and
voice and JPEGs are written here. Every other message, and anything unusual, is left to the SDK untouched and in its place:
the lane reads one message, and either says what it is or hands that very message to the SDK's next `recv`.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection

from genmedia_live.core.actions import SendAudio, SendFrame
from genmedia_live.core.events import ModelAudio
from genmedia_live.upstream.translate import is_voice

made: ContextVar[list[FastLane] | None] = ContextVar("made", default=None)
"""Set to a list around the SDK's `connect()`: connections made meanwhile are put in, the last one is the session's."""


class FastLane(ClientConnection):
    """The WebSocket under an SDK session."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._for_sdk: bytes | None = None
        if (connections := made.get()) is not None:
            connections.append(self)

    async def next_voice(self) -> list[ModelAudio] | None:
        """The next message, when it is nothing but voice; None when the SDK must read it, by its next `recv`.

        Cancelling it loses nothing. Raises websockets' ConnectionClosed at the end.
        """
        if self._for_sdk is not None:
            return None
        raw = await super().recv(decode=False)
        voice = only_voice(raw)
        if voice is None:
            self._for_sdk = raw
        return voice

    async def recv(self, decode: bool | None = None) -> Any:
        """The message that `next_voice` left, else the next one."""
        raw, self._for_sdk = self._for_sdk, None
        return await super().recv(decode) if raw is None else raw

    async def send_media(self, message: SendAudio | SendFrame) -> None:
        """Send voice or a picture as one frame."""
        await self.send(media_frame(message), text=True)

    def abort(self) -> None:
        """Drop the connection at once, whatever the peer does."""
        self.transport.abort()


def only_voice(raw: bytes) -> list[ModelAudio] | None:
    """The voice in a server message that holds nothing else, or None for any other message, readable or not."""
    if b'"inlineData"' not in raw:
        return None
    try:
        match orjson.loads(raw):
            case {"serverContent": {"modelTurn": {"parts": list(parts), **turn}, **content}, **message} if not (
                message or content or turn.keys() - {"role"}
            ):
                return [_voice(part) for part in parts]
    except ValueError:  # what is not JSON, not plain base64 or not voice is for the SDK to judge
        pass
    return None


def _voice(part: object) -> ModelAudio:
    match part:
        case {"inlineData": {"mimeType": str(mime_type), "data": str(data), **blob}, **others} if not blob and not others:
            if data and is_voice(mime_type):
                return ModelAudio(binascii.a2b_base64(data, strict_mode=True))
    raise ValueError("not voice")


@lru_cache(maxsize=8)
def _head(kind: str, mime_type: str) -> bytes:
    return f'{{"realtimeInput":{{"{kind}":{{"mimeType":"{mime_type}","data":"'.encode()


def media_frame(message: SendAudio | SendFrame) -> bytes:
    """The Live API's JSON for a piece of voice or a picture (`realtimeInput`)."""
    match message:
        case SendAudio(chunk):
            return _head("audio", f"audio/pcm;rate={chunk.rate}") + b64encode(chunk.pcm) + b'"}}}'
        case SendFrame():
            return _head("video", "image/jpeg") + b64encode(message.jpeg) + b'"}}}'
