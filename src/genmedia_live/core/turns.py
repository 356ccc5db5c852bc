"""Whose turn it is. Everything that decides it is in this table; `docs/turns.md` draws it.

The state `user_speaking` needs a model that reports activity, or the person's hand on push-to-talk. With another
model the machine goes from `listening` straight to `model_speaking`: nothing is made up.
"""

from __future__ import annotations

from enum import StrEnum


class Floor(StrEnum):
    """Who holds the floor."""

    LISTENING = "listening"
    USER_SPEAKING = "user_speaking"
    THINKING = "thinking"
    MODEL_SPEAKING = "model_speaking"


class Cue(StrEnum):
    """What can pass the floor on."""

    USER_BEGINS = "user_begins"
    USER_ENDS = "user_ends"
    MODEL_BEGINS = "model_begins"
    MODEL_ENDS = "model_ends"
    INTERRUPTED = "interrupted"


_L, _U, _T, _M = Floor.LISTENING, Floor.USER_SPEAKING, Floor.THINKING, Floor.MODEL_SPEAKING

TABLE: dict[tuple[Floor, Cue], Floor] = {
    (_L, Cue.USER_BEGINS): _U,
    (_L, Cue.USER_ENDS): _T,
    (_L, Cue.MODEL_BEGINS): _M,
    (_L, Cue.MODEL_ENDS): _L,
    (_L, Cue.INTERRUPTED): _L,
    (_U, Cue.USER_BEGINS): _U,
    (_U, Cue.USER_ENDS): _T,
    (_U, Cue.MODEL_BEGINS): _M,
    (_U, Cue.MODEL_ENDS): _U,
    (_U, Cue.INTERRUPTED): _U,
    (_T, Cue.USER_BEGINS): _U,
    (_T, Cue.USER_ENDS): _T,
    (_T, Cue.MODEL_BEGINS): _M,
    (_T, Cue.MODEL_ENDS): _L,
    # An answer that had not begun: whoever interrupted it is still to be answered.
    (_T, Cue.INTERRUPTED): _T,
    # The person may speak over the voice; only the model, or the person's own hand, makes an interruption of it.
    (_M, Cue.USER_BEGINS): _M,
    (_M, Cue.USER_ENDS): _M,
    (_M, Cue.MODEL_BEGINS): _M,
    (_M, Cue.MODEL_ENDS): _L,
    (_M, Cue.INTERRUPTED): _L,
}
"""(who holds the floor, what happens) -> who holds it then. Complete: every cue is legal in every state."""


class Turns:
    """Holds the floor, and remembers whether the person is speaking under the agent's voice."""

    def __init__(self) -> None:
        self.floor = Floor.LISTENING
        self._user_active = False

    def take(self, cue: Cue) -> bool:
        """Follow the table; True when the floor changed hands."""
        before = self.floor
        if cue is Cue.USER_BEGINS:
            self._user_active = True
        elif cue is Cue.USER_ENDS:
            self._user_active = False
        self.floor = TABLE[before, cue]
        if self.floor is Floor.LISTENING and self._user_active:
            # They began under the voice that has just fallen silent.
            self.floor = Floor.USER_SPEAKING
        return self.floor is not before
