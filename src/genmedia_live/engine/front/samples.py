"""How each voice sounds: one sentence as a WAV file, spoken when somebody first asks for it, and kept."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Awaitable, Callable

from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.mind.casting import cast

SENTENCE = "Hello, this is how I sound. What shall we talk about?"

Speak = Callable[[str, str], Awaitable[bytes]]
"""(words, one of the engine's voices) -> PCM16 mono at 24 kHz."""


class Samples:
    """At most one for each of the engine's voices: a name of Gemini's has that of the voice that speaks for it."""

    def __init__(self, speak: Speak) -> None:
        self._speak = speak
        self._kept: dict[str, bytes] = {}
        self._making = asyncio.Lock()

    async def wav(self, name: str) -> bytes | None:
        """PCM16 mono at 24 kHz in a WAV file; None when nobody has that name. One is made at a time."""
        if (voice := cast(name)) is None:
            return None
        async with self._making:
            if voice not in self._kept:
                self._kept[voice] = wav_file(await self._speak(SENTENCE, voice))
        return self._kept[voice]


def wav_file(pcm: bytes) -> bytes:
    """PCM16 mono at 24 kHz with the head of a WAV file (RIFF)."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(VOICE_RATE)
        wav.writeframes(pcm)
    return file.getvalue()
