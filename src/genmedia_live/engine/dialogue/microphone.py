"""The audio that a client sends: its kind and its rate, which the first chunk settles. Pure."""

from __future__ import annotations

from genmedia_live.core.audio import MIC_RATE, duration_ms
from genmedia_live.engine.dialogue.effects import Listen
from genmedia_live.engine.protocol.messages import Blob, ClientMessage, Close, RealtimeInput


class Microphone:
    """One connection's stream of audio."""

    def __init__(self) -> None:
        self._rate: int | None = None

    def take(self, blob: Blob) -> Listen | Close | None:
        """What a chunk asks for; None when it is empty."""
        if not blob.data:
            return None
        rate = blob.rate
        if rate is None:
            return Close(1007, f"Audio of type '{blob.mime}' is not supported; send audio/pcm;rate=16000.")
        if self._rate not in (None, rate):
            return Close(1007, f"Sample rate changed from previously {self._rate} to {rate}, which is not supported")
        self._rate = rate
        return Listen(blob.data, rate)


def audio_ms(message: ClientMessage) -> float:
    """How long the audio in a message sounds."""
    blobs = message.audio if isinstance(message, RealtimeInput) else ()
    return sum(duration_ms(len(blob.data), blob.rate or MIC_RATE) for blob in blobs)
