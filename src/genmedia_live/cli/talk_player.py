"""A player without a loudspeaker: knows at any time what a listener would have heard."""

from __future__ import annotations

from dataclasses import dataclass, field

from genmedia_live.core.audio import VOICE_RATE, duration_ms, size_of


@dataclass(slots=True)
class _Voice:
    pcm: bytearray = field(default_factory=bytearray)
    heard_ms: float = 0.0
    reported_ms: float = 0.0

    @property
    def received_ms(self) -> float:
        return duration_ms(len(self.pcm), VOICE_RATE)


class Player:
    """Plays voice in real time, turn after turn. `now` is seconds on any clock that does not jump."""

    def __init__(self, now: float) -> None:
        self._voices: dict[int, _Voice] = {}
        self._flushed = -1
        self._at = now

    def arrive(self, turn: int, pcm: bytes, now: float) -> None:
        """Voice has come. That of a flushed turn is dropped."""
        self._advance(now)
        if turn > self._flushed:
            self._voices.setdefault(turn, _Voice()).pcm += pcm

    def flush(self, turn: int, now: float) -> float:
        """Fall silent, up to this turn; how many ms of it were heard."""
        self._advance(now)
        self._flushed = max(self._flushed, turn)
        for number, voice in self._voices.items():
            if number <= turn:
                del voice.pcm[size_of(voice.heard_ms, VOICE_RATE) :]
                voice.heard_ms = voice.reported_ms = voice.received_ms
        return self._voices[turn].heard_ms if turn in self._voices else 0.0

    def reports(self, now: float) -> list[tuple[int, float]]:
        """(turn, ms heard) of each turn that has sounded since the last report."""
        self._advance(now)
        news = [(turn, voice) for turn, voice in self._voices.items() if voice.heard_ms > voice.reported_ms]
        for _, voice in news:
            voice.reported_ms = voice.heard_ms
        return [(turn, voice.heard_ms) for turn, voice in news]

    def unheard_ms(self, now: float) -> float:
        """Voice that is here and has not sounded yet."""
        self._advance(now)
        return sum(voice.received_ms - voice.heard_ms for voice in self._voices.values())

    @property
    def voice(self) -> bytes:
        """All that was heard and is still to be heard, in order, without the pauses between."""
        return b"".join(bytes(voice.pcm) for voice in self._voices.values())

    def _advance(self, now: float) -> None:
        ms, self._at = (now - self._at) * 1000, now
        for voice in self._voices.values():
            step = min(ms, voice.received_ms - voice.heard_ms)
            voice.heard_ms += step
            ms -= step
