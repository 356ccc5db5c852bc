"""The connection to the model: opening, rotation at go-away, back-off within a budget, and what a lost handle leads to."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from genmedia_live.core.errors import Problem
from genmedia_live.core.limits import Limits


class Phase(StrEnum):
    """How the connection stands."""

    CLOSED = "closed"
    OPENING = "opening"
    LIVE = "live"
    ROTATING = "rotating"
    """Live, but to be replaced at the next quiet moment."""
    BACKING_OFF = "backing_off"
    GIVEN_UP = "given_up"


class Reconnect:
    """Numbers the connections and says when to open the next. Only one is alive at a time.

    Google refuses to resume a session whose earlier socket is still open, so the old link closes before the new one opens.
    """

    def __init__(self, limits: Limits, jitter: Callable[[], float], handle: str | None = None) -> None:
        self._limits = limits
        self._jitter = jitter
        self.phase = Phase.CLOSED
        self.link = 0
        self.handle = handle
        self.problem: Problem | None = None
        """Why the last link was lost, until the next one is live."""
        self.due: float | None = None
        """When to open again (backing off), or to rotate whether it is quiet or not."""
        self.ever_live = False
        self._tries = 0
        self._live_since = 0.0

    @property
    def live(self) -> bool:
        """True while words reach the model."""
        return self.phase in (Phase.LIVE, Phase.ROTATING)

    def open(self) -> int:
        """Begin a new link; its number."""
        self.link += 1
        self.phase = Phase.OPENING
        self.due = None
        return self.link

    def opened(self, link: int, now: float) -> bool:
        """The link is ready; False when it is not the one that is waited for."""
        if link != self.link or self.phase is not Phase.OPENING:
            return False
        self.phase = Phase.LIVE
        self.ever_live = True
        self.problem = None
        self._live_since = now
        return True

    def lost(self, link: int, problem: Problem, now: float) -> bool:
        """The link is gone, or could not be opened; False when it is an old one. Sets `due`, or gives up."""
        if link != self.link or self.phase in (Phase.CLOSED, Phase.BACKING_OFF, Phase.GIVEN_UP):
            return False
        if self.live and now - self._live_since >= self._limits.reconnect_stable_ms / 1000:
            self._tries = 0
        if problem.code == "handle_refused":
            self.handle = None
        self.problem = problem
        if not problem.retryable or self._tries >= self._limits.reconnect_tries:
            self.give_up()
            return True
        self.due = now + max(self._wait_ms(), problem.retry_after_ms or 0) / 1000
        if problem.code != "loading_models":  # a try against an engine that is on its way costs nothing
            self._tries += 1
        self.phase = Phase.BACKING_OFF
        return True

    def _wait_ms(self) -> float:
        # A link that was well is opened again at once: most losses are the server's time limit.
        if self._tries == 0 and self.live:
            return 0.0
        longest = min(self._limits.reconnect_first_ms * 2.0**self._tries, self._limits.reconnect_longest_ms)
        return longest * (0.5 + 0.5 * self._jitter())

    def give_up(self) -> None:
        """Try no more until somebody asks."""
        self.phase = Phase.GIVEN_UP
        self.due = None

    def retry(self) -> None:
        """Somebody asked: the budget starts anew."""
        self._tries = 0

    def rotate_by(self, deadline: float) -> None:
        """Replace the link at the next quiet moment, at `deadline` at the latest. An earlier deadline stands."""
        if not self.live:
            return
        self.phase = Phase.ROTATING
        self.due = deadline if self.due is None else min(self.due, deadline)

    def close(self) -> None:
        """Want no link any more."""
        self.phase = Phase.CLOSED
        self.due = None
