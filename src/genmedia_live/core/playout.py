"""The agent's voice on its way to the ear: how much may be under way, how much was heard, what an interruption drops.

The socket to the browser is first in, first out. So that a flush is never stuck behind voice that nobody will hear, at most
`window_ms` of it is let out unplayed; the rest waits here, where dropping it costs nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from genmedia_live.core.actions import Audio
from genmedia_live.core.audio import VOICE_RATE, AudioChunk, duration_ms, size_of

PIECE_MS = 100
"""The longest piece that leaves at once. Models send up to seconds in one message; a page wants an even flow."""


@dataclass(slots=True)
class _Lane:
    """One turn's voice. All figures are milliseconds from the start of the turn."""

    turn: int
    waiting: deque[bytes] = field(default_factory=deque)
    received_ms: float = 0.0
    sent_ms: float = 0.0
    heard_ms: float = 0.0
    attached_at_ms: float = 0.0
    """What had been sent when this page came: its own reports count from there."""

    next_seq: int = 0
    ended: bool = False

    @property
    def unheard_ms(self) -> float:
        return self.sent_ms - self.heard_ms

    @property
    def over(self) -> bool:
        return self.ended and not self.waiting and self.unheard_ms <= 0


class Playout:
    """Paces voice by what the page reports as played. Turns play in the order in which they began."""

    def __init__(self, window_ms: float, backlog_ms: float) -> None:
        self._window_ms = window_ms
        self._backlog_ms = backlog_ms
        self._lanes: dict[int, _Lane] = {}
        self._flushed = 0
        self.dropped_ms = 0.0

    def offer(self, turn: int, pcm: bytes) -> None:
        """Take in voice of a turn. Voice of a flushed turn, and voice beyond the backlog, is dropped and counted."""
        ms = duration_ms(len(pcm), VOICE_RATE)
        lane = self._lanes.get(turn)
        if turn <= self._flushed or (lane is not None and lane.received_ms - lane.sent_ms + ms > self._backlog_ms):
            self.dropped_ms += ms
            return
        if lane is None:
            lane = self._lanes[turn] = _Lane(turn)
        lane.received_ms += ms
        step = size_of(min(PIECE_MS, self._window_ms), VOICE_RATE)
        lane.waiting.extend(pcm[start : start + step] for start in range(0, len(pcm), step))

    def end(self, turn: int) -> None:
        """No more voice of this turn will come."""
        if lane := self._lanes.get(turn):
            lane.ended = True
            self._sweep()

    def release(self) -> list[Audio]:
        """The voice that may leave now."""
        out: list[Audio] = []
        room = self._window_ms - self.in_flight_ms
        for lane in self._lanes.values():
            while lane.waiting and duration_ms(len(lane.waiting[0]), VOICE_RATE) <= room:
                pcm = lane.waiting.popleft()
                chunk = AudioChunk(pcm, VOICE_RATE, lane.next_seq)
                out.append(Audio(lane.turn, chunk))
                lane.next_seq += 1
                lane.sent_ms += chunk.ms
                room -= chunk.ms
            if lane.waiting or not lane.ended:
                break
        return out

    def played(self, turn: int, ms: float) -> None:
        """The page has played a turn up to `ms`. What it can't have heard is not believed; earlier turns are over."""
        for lane in self._lanes.values():
            if lane.turn < turn:
                lane.heard_ms = lane.sent_ms
            elif lane.turn == turn:
                lane.heard_ms = max(lane.heard_ms, min(lane.attached_at_ms + ms, lane.sent_ms))
        self._sweep()

    def presume_heard(self) -> None:
        """Count all that was sent as heard: the page no longer reports, or another page has taken its place."""
        for lane in self._lanes.values():
            lane.heard_ms = lane.attached_at_ms = lane.sent_ms
        self._sweep()

    def flush(self, turn: int) -> None:
        """Drop what waits of this turn and those before it; none of it leaves any more."""
        for lane in [lane for number, lane in self._lanes.items() if self._flushed < number <= turn]:
            self.dropped_ms += lane.received_ms - lane.sent_ms
            lane.waiting.clear()
            lane.ended = True
        self._flushed = max(self._flushed, turn)

    def forget(self, turn: int) -> None:
        """The flush up to this turn is answered: its figures are no longer needed. Voice that was not flushed stays."""
        self._lanes = {number: lane for number, lane in self._lanes.items() if number > min(turn, self._flushed)}

    def heard_ms(self, turn: int) -> float:
        """How much of the turn was heard; 0 for one that is not held here."""
        return lane.heard_ms if (lane := self._lanes.get(turn)) else 0.0

    def received_ms(self, turn: int) -> float:
        """How much of the turn's voice has come from the model."""
        return lane.received_ms if (lane := self._lanes.get(turn)) else 0.0

    def all_sent(self, turn: int) -> bool:
        """True when nothing of the turn waits here."""
        return not ((lane := self._lanes.get(turn)) and lane.waiting)

    @property
    def unheard_ms(self) -> float:
        """Voice that has left and was not heard yet, plus what waits. Flushed voice does not count."""
        return sum(lane.received_ms - lane.heard_ms for lane in self._lanes.values() if lane.turn > self._flushed)

    @property
    def in_flight_ms(self) -> float:
        """Voice that has left and was not heard yet. Flushed voice does not count."""
        return sum(lane.unheard_ms for lane in self._lanes.values() if lane.turn > self._flushed)

    def _sweep(self) -> None:
        # Figures say where to cut: those of a flushed turn stay until its flush is answered, those of the newest until the next.
        newest = max(self._lanes, default=0)
        self._lanes = {n: lane for n, lane in self._lanes.items() if n <= self._flushed or n == newest or not lane.over}
