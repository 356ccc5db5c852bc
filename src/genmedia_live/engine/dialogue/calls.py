"""The functions that a session's model has asked for, until their results are in. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from genmedia_live.core.limits import Limits
from genmedia_live.engine.protocol.messages import FunctionResponse
from genmedia_live.ports import FunctionCall


class Fate(Enum):
    """What a response finds."""

    WANTED = auto()
    LATE = auto()
    """Its call is over, or was cancelled while the response was on its way."""
    UNASKED = auto()


@dataclass(frozen=True, slots=True)
class Pending:
    """A call whose result is awaited."""

    call: FunctionCall
    turn: int
    blocking: bool


class Calls:
    """Numbers calls and follows each to its last response.

    An id begins with the lineage of its session: the result of a call that an earlier connection asked for, and that this one no
    longer knows, comes late, not unasked.
    """

    def __init__(self, lineage: str, connection: str, limits: Limits | None = None) -> None:
        self._family = f"function-call-{lineage[:12]}-"
        self._prefix = f"{self._family}{connection[:6]}-"
        self._bound = (limits or Limits()).live_calls
        self._count = 0
        self._pending: dict[str, Pending] = {}
        self._over: OrderedDict[str, str] = OrderedDict()
        """Ids and names of calls that are over."""

    @property
    def pending(self) -> bool:
        """Whether any result is awaited."""
        return bool(self._pending)

    def waited_for(self, turn: int) -> bool:
        """Whether that turn can't go on yet."""
        return any(pending.blocking and pending.turn == turn for pending in self._pending.values())

    def ask(self, call: FunctionCall, turn: int, *, blocking: bool) -> FunctionCall:
        """The call with an id of its own. Past the bound the oldest is given up."""
        self._count += 1
        call = replace(call, id=f"{self._prefix}{self._count}")
        if len(self._pending) >= self._bound:
            self._end(next(iter(self._pending)))
        self._pending[call.id] = Pending(call, turn, blocking)
        return call

    def find(self, response: FunctionResponse) -> tuple[Fate, Pending | None]:
        """The call that a response answers: by its id, or without one the oldest of its name."""
        if response.id:
            if pending := self._pending.get(response.id):
                return Fate.WANTED, pending
            return (Fate.LATE if self._was_asked(response.id) else Fate.UNASKED), None
        named = next((pending for pending in self._pending.values() if pending.call.name == response.name), None)
        if named is not None:
            return Fate.WANTED, named
        return (Fate.LATE if response.name in self._over.values() else Fate.UNASKED), None

    def _was_asked(self, id: str) -> bool:
        earlier = id.startswith(self._family) and not id.startswith(self._prefix)
        return earlier or id in self._over

    def answer(self, pending: Pending, response: FunctionResponse) -> None:
        """The response has been taken; unless more follow, the call is over."""
        if not response.will_continue:
            self._end(pending.call.id)

    def cancel(self, turn: int | None = None) -> tuple[str, ...]:
        """Give up the calls of a turn, or all; the ids that were awaited."""
        ids = tuple(id for id, pending in self._pending.items() if turn is None or pending.turn == turn)
        self._forget(ids)
        return ids

    def _forget(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._end(id)

    def _end(self, id: str) -> None:
        self._over[id] = self._pending.pop(id).call.name
        while len(self._over) > 4 * self._bound:
            self._over.popitem(last=False)
