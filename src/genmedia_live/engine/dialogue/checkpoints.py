"""Where a session can be taken up again: its lineage, and a handle for each state of its context. Pure."""

from __future__ import annotations

from genmedia_live.engine.dialogue.consumed import Consumed
from genmedia_live.engine.dialogue.context import Context
from genmedia_live.engine.dialogue.gate import Terms
from genmedia_live.engine.dialogue.listening import Listening
from genmedia_live.engine.dialogue.resumption import Handles, Refused, Snapshot
from genmedia_live.engine.dialogue.sight import Sight
from genmedia_live.engine.protocol.messages import Close, ResumptionUpdate

REFUSED = {
    Refused.EXPIRED: Close(1008, "BidiGenerateContent session expired"),
    Refused.OPEN: Close(1011, "Internal error encountered."),
}
"""What a refused handle gets; the others are not found. Google closes 1011 while an earlier socket of the session is open."""

OTHER_MODEL = Close(1007, "Request contains an invalid argument: a session is resumed with its own model.")

NOT_FOUND = Close(1008, "BidiGenerateContent session not found")

UPDATE_MS = 2_000.0
"""Audio between two updates of a session whose client numbers its messages: what it must keep stays short."""


def named(model: str) -> str:
    """The model's name, without the path of its resource."""
    return model.rsplit("/", 1)[-1]


class Checkpoints:
    """Gives the handles of one connection."""

    def __init__(self, handles: Handles, session_id: str) -> None:
        self._handles = handles
        self._terms: Terms | None = None
        self._last: tuple[Snapshot, str, float] | None = None
        self._told_ms = 0.0
        self.lineage = session_id
        """The session, with all the connections that have resumed it: the id of the first."""
        self.consumed = Consumed()
        self.marked: int | None = None
        """The message that marked the beginning of an utterance, until that has ended."""

    def recall(self, terms: Terms, now: float) -> Snapshot | Close | Refused | None:
        """What the handle of these terms stands for; None when they name none."""
        if not terms.setup.handle:
            return None
        recalled = self._handles.recall(terms.setup.handle, owner=terms.owner, now=now)
        if isinstance(recalled, Refused):
            return recalled
        if recalled.snapshot.model != named(terms.setup.model):
            return OTHER_MODEL
        self.lineage = recalled.lineage
        return recalled.snapshot

    def begin(self, terms: Terms) -> None:
        """The connection is set up: nobody else can resume the session until it ends."""
        self._terms = terms
        self._handles.open(self.lineage)

    def end(self) -> None:
        """The connection is over."""
        if self._terms is not None:
            self._handles.shut(self.lineage)
            self._terms = None

    @property
    def wanted(self) -> bool:
        """Whether the client keeps handles."""
        return self._terms is not None and self._terms.setup.resumption

    def mark(
        self, context: Context, sight: Sight, voice: str | None, listening: Listening, now: float
    ) -> ResumptionUpdate | None:
        """The handle of the context as it is, with what is in view, for a client that keeps handles."""
        terms = self._terms
        if terms is None or not terms.setup.resumption:
            return None
        snapshot = Snapshot(context.freeze(), voice, named(terms.setup.model), sight.freeze())
        if self._last is None or self._last[0] != snapshot or now > self._last[2]:
            handle = self._handles.keep(snapshot, lineage=self.lineage, owner=terms.owner, now=now)
            self._last = snapshot, handle, now + self._handles.life / 2
        spoken = listening.utterance_began_ms
        if not terms.setup.transparent:
            return ResumptionUpdate(self._last[1])
        consumed = self.consumed.index(spoken, listening.heard_ms)
        return ResumptionUpdate(self._last[1], consumed if self.marked is None else min(consumed, self.marked - 1))

    def due(self, heard_ms: float) -> bool:
        """Whether a client that numbers its messages has waited long enough for word of them."""
        if self._terms is None or not self._terms.setup.transparent or heard_ms < self._told_ms + UPDATE_MS:
            return False
        self._told_ms = heard_ms
        return True
