"""Which of the client's messages a snapshot covers, for transparent resumption. Pure.

The client counts its messages per connection: 0 is the set-up, the first one after it 1. It keeps what it has sent, drops what
`lastConsumedClientMessageIndex` covers, and after a reconnect sends the rest again before anything else, counted from 1 once
more (Live API, "Session management"). So the index may lag, never lead: a message is covered when all of it, and all before it,
is in the snapshot. Audio is, once it has been heard and belongs to no utterance that has not ended, or that may be beginning.
"""

from __future__ import annotations

from collections import deque

from genmedia_live.core.limits import Limits

LAG_MS = 150.0
"""How far the detector may lag behind audio that it has taken in: a frame to be filled (32 ms) and the resampler's delay
(measured: 37 ms from 24 and 48 kHz, 115 ms from 8 kHz)."""


class Consumed:
    """The messages of one connection. Positions are in milliseconds of audio heard, as `Listening.heard_ms` counts them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._bound = (limits or Limits()).live_unconsumed
        self._last = 0
        self._end_ms = 0.0
        self._unsure: deque[tuple[int, int, float]] = deque()
        """Runs of messages with audio: the first, the last, and where the audio of the last ends."""

    def received(self, index: int, heard_ms: float, audio_ms: float = 0.0) -> None:
        """A message has come, with so much audio in it, when so much had been heard."""
        self._last = index
        # What has been heard may be ahead: the end of a stream fills up its last frame.
        self._end_ms = max(self._end_ms, heard_ms) + audio_ms
        if audio_ms > 0:
            first = self._unsure.pop()[0] if len(self._unsure) >= self._bound else index
            self._unsure.append((first, index, self._end_ms))

    def index(self, before_ms: float | None, heard_ms: float) -> int:
        """The last message that a snapshot of this moment covers.

        Args:
            before_ms: Where the audio begins that an utterance holds or may yet take in; None when nobody is speaking.
            heard_ms: How much audio has been heard.
        """
        while self._unsure:
            first, last, end_ms = self._unsure[0]
            # The next message is read only when this one's audio has been taken in, so only the newest must be heard to its end.
            heard = end_ms <= heard_ms + (LAG_MS if last < self._last else 0.0)
            if not heard or (before_ms is not None and end_ms > before_ms):
                return first - 1
            self._unsure.popleft()
        return self._last
