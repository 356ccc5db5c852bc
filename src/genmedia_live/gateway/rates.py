"""How much a client may ask for: a token bucket, and a count of faults. Pure: `now` comes in."""

from __future__ import annotations

from collections import deque


class TokenBucket:
    """Lets `rate` events a second through, and `burst` at once."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float, cost: float = 1) -> bool:
        """True when one more event, or one that counts as several, may pass."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True


class Faults:
    """Counts faults in a sliding window."""

    def __init__(self, most: int, seconds: float = 10.0) -> None:
        self._most = most
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=most)

    def add(self, now: float) -> bool:
        """Note one; True when there have been too many."""
        self._times.append(now)
        return len(self._times) == self._most and now - self._times[0] < self._seconds


class Once:
    """Lets one thing through a second."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._last: float | None = None

    def due(self, now: float) -> bool:
        if self._last is not None and now - self._last < self._seconds:
            return False
        self._last = now
        return True
