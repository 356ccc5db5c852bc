"""How long a connection may last: the wait for its set-up, the go-away, the end. Pure; `now` is in seconds."""

from __future__ import annotations

from genmedia_live.engine.protocol.messages import Close, GoAway

NO_SETUP = Close(1008, "The setup message did not come in time.")
EXPIRED = Close(1011, "Deadline expired before operation could complete.")


class Lifespan:
    """The clock of one connection."""

    def __init__(self, now: float, setup_s: float) -> None:
        self._end: float | None = now + setup_s
        self._warning: float | None = None
        self._close = NO_SETUP

    def begin(self, now: float, limit: float | None, notice: float) -> None:
        """The set-up is complete: the connection lasts `limit` seconds (None: for ever), and says so `notice` before."""
        self._close = EXPIRED
        self._end = None if limit is None else now + limit
        self._warning = None if limit is None else now + max(0.0, limit - notice)

    def leave(self, now: float, seconds: float, close: Close) -> GoAway:
        """The connection ends in so many seconds, unless it was to end sooner."""
        self._warning, self._close = None, close
        self._end = min(now + seconds, self._end or now + seconds)
        return GoAway(self._end - now)

    @property
    def due(self) -> float | None:
        """When something happens next."""
        return min((time for time in (self._end, self._warning) if time is not None), default=None)

    def pass_time(self, now: float) -> GoAway | Close | None:
        """What has become due."""
        if self._end is not None and now >= self._end:
            return self._close
        if self._warning is not None and now >= self._warning:
            self._warning = None
            return GoAway((self._end or now) - now)
        return None
