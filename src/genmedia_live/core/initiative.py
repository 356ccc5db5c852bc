"""When the agent speaks unasked: a greeting at the beginning, a nudge after a long silence. Pure.

The model is told in words what is wanted of it, as if typed, but the words are in no transcript.
"""

from __future__ import annotations

from genmedia_live.core.record import SessionSettings

GREETING = "(The conversation begins. Greet the person in one short sentence, as who you are, and say how you can help.)"
NUDGE = "(Nobody has said anything for a while. Say one short sentence that helps the person to go on. Do not repeat yourself.)"


class Initiative:
    """Watches how long nobody has spoken."""

    def __init__(self, nudges: int) -> None:
        """Allow so many nudges in a row."""
        self._most = nudges
        self._nudges = 0
        self._quiet_at: float | None = None
        self._muted = False
        self._wait_s = 0.0

    def greeting(self, settings: SessionSettings, *, spoken: bool) -> str | None:
        """What to tell the model when it is reached; None when the agent waits, or somebody has `spoken` already."""
        return GREETING if settings.greeting and not spoken else None

    def heard(self) -> None:
        """The person did something: the silence is over, and they are there."""
        self._nudges = 0
        self._quiet_at = None

    def mute(self, muted: bool) -> None:
        """Whoever mutes their microphone does not want to be asked why they are silent."""
        self._muted = muted

    def watch(self, settings: SessionSettings, *, quiet: bool, now: float) -> None:
        """After every event: whether nobody speaks and nothing is owed."""
        self._wait_s = settings.nudge_s
        if not quiet or self._muted:
            self._quiet_at = None
        elif self._quiet_at is None:
            self._quiet_at = now

    @property
    def due(self) -> float | None:
        """When `nudge` has something to say; None: not as things are."""
        if self._quiet_at is None or not self._wait_s or self._nudges >= self._most:
            return None
        return self._quiet_at + self._wait_s

    def nudge(self, now: float) -> str | None:
        """What to tell the model when the silence has lasted too long; None when it has not."""
        if self.due is None or now < self.due:
            return None
        self._nudges += 1
        self._quiet_at = None
        return NUDGE
