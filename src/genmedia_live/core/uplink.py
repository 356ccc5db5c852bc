"""The person's words on their way to the model: what waits while no link is live, and how far they have come."""

from __future__ import annotations

from collections import deque

from genmedia_live.core.actions import ModelInput, Received, SendAudio, SendAudioEnd, SendFrame, SendText
from genmedia_live.core.audio import AudioChunk

RECEIVED_EVERY_S = 0.2
WAITING_WORDS = 64


class Uplink:
    """Holds words for a model that can't be reached yet. Voice past its ring is dropped oldest first, and declared."""

    def __init__(self, ring_ms: float) -> None:
        self._ring_ms = ring_ms
        self._waiting: deque[ModelInput] = deque()
        self._waiting_ms = 0.0
        self._unanswered: deque[SendText] = deque(maxlen=WAITING_WORDS)
        self._taken = -1
        self._sent = -1
        self._told_at = float("-inf")
        self._told = (-1, -1)
        self.lost_ms = 0.0
        """Voice dropped since the last link was live."""

    def is_new(self, chunk: AudioChunk) -> bool:
        """Note a chunk's number; False for one that has been here already."""
        if chunk.seq <= self._taken:
            return False
        self._taken = chunk.seq
        return True

    def restart(self) -> None:
        """Another page speaks now: its numbers begin anew."""
        self._taken = self._sent = -1
        self._told = (-1, -1)

    def sent(self, message: ModelInput) -> None:
        """A message has gone to the model."""
        if isinstance(message, SendAudio):
            self._sent = max(self._sent, message.chunk.seq)
        elif isinstance(message, SendText):
            self._unanswered.append(message)

    def answered(self) -> None:
        """The model has begun to answer what was typed."""
        self._unanswered.clear()

    def recall(self) -> None:
        """The link is lost: typed words that it had not begun to answer go to the next one, before all that waits."""
        self._waiting.extendleft(reversed(self._unanswered))
        self._unanswered.clear()
        self._bound()

    def hold(self, message: ModelInput) -> None:
        """Keep a message until a link is live. Pictures are not kept: an old one misleads."""
        if isinstance(message, SendFrame):
            return
        if isinstance(message, SendAudio):
            self._waiting_ms += message.chunk.ms
        self._waiting.append(message)
        while self._waiting_ms > self._ring_ms:
            self._drop_oldest_voice()
        self._bound()

    def _bound(self) -> None:
        # Ends of voice have a bound of their own: muting must not cost a typed word.
        ends = [held for held in self._waiting if isinstance(held, SendAudioEnd)]
        words = [held for held in self._waiting if not isinstance(held, SendAudio | SendAudioEnd)]
        for oldest in (*ends[:-WAITING_WORDS], *words[:-WAITING_WORDS]):
            self._waiting.remove(oldest)

    def _drop_oldest_voice(self) -> None:
        for index, held in enumerate(self._waiting):
            if isinstance(held, SendAudio):
                del self._waiting[index]
                self._waiting_ms -= held.chunk.ms
                self.lost_ms += held.chunk.ms
                return
        self._waiting_ms = 0.0

    def drain(self) -> list[ModelInput]:
        """All that waits, in order, for the link that has just become live."""
        held = list(self._waiting)
        self._waiting.clear()
        self._waiting_ms = 0.0
        return held

    def declare_lost(self) -> int | None:
        """Milliseconds of voice that were dropped and not told yet."""
        lost, self.lost_ms = round(self.lost_ms), 0.0
        return lost or None

    @property
    def due(self) -> float | None:
        """When there will be something to report."""
        return None if self._told == (self._taken, self._sent) else self._told_at + RECEIVED_EVERY_S

    def report(self, now: float) -> Received | None:
        """How far the voice has come, when there is news and it is time to tell."""
        if self.due is None or now < self.due:
            return None
        self._told, self._told_at = (self._taken, self._sent), now
        # What waited from another page has larger numbers than this page has used.
        return Received(seq=self._taken, model=min(self._sent, self._taken))
