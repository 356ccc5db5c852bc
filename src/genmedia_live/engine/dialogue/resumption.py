"""Sessions that another connection may take up: snapshots under unguessable handles, bounded in number, size and life.

A session and all that resume it are one lineage. It belongs to one owner, and its newest few handles are good, each as often as
it is asked for, but not while an earlier socket of the lineage is open: Google's server refuses that too (1011, as its users
report). Where there is no room, it is made by the owner who has most: nobody's sessions are lost to somebody else's.
"""

from __future__ import annotations

import secrets
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NamedTuple

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.context import Frozen
from genmedia_live.engine.dialogue.sight import Shown
from genmedia_live.engine.protocol.messages import Setup


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of a session that a resumed one begins with."""

    context: Frozen
    voice: str | None = None
    model: str = ""
    """A session is resumed with the model that it began with, or not at all."""
    shown: tuple[Shown, ...] = ()
    """The pictures in view."""
    setup: Setup | None = None
    """What it was set up with, but for the document (which may be as large as a message) and what the context holds."""

    def __post_init__(self) -> None:
        if self.setup is not None:
            object.__setattr__(self, "setup", replace(self.setup, document={}, system=None, tools=None, handle=None))

    @property
    def chars(self) -> int:
        """About how much memory it holds. A picture that is both in view and in a line is there once."""
        pictures = [one.picture for one in self.shown]
        pictures += [picture for line in self.context.lines for picture in line.message.pictures]
        return self.context.chars + sum(map(len, {picture.data for picture in pictures}))


class Recalled(NamedTuple):
    """A snapshot, and the lineage that goes on from it."""

    snapshot: Snapshot
    lineage: str


class Refused(Enum):
    """Why a handle is no good. To anybody but its owner it is foreign, and no more is told."""

    UNKNOWN = auto()
    """Never given out, or forgotten to make room."""
    FOREIGN = auto()
    EXPIRED = auto()
    SPENT = auto()
    """Its lineage has given out too many since."""
    OPEN = auto()
    """An earlier socket of its lineage is open."""


@dataclass(frozen=True, slots=True)
class _Kept:
    snapshot: Snapshot
    lineage: str
    owner: str
    expires: float
    chars: int


@dataclass(slots=True)
class _Share:
    """What one owner has."""

    handles: dict[str, None] = field(default_factory=dict)
    """The oldest first."""
    chars: int = 0

    @property
    def count(self) -> int:
        return len(self.handles)


class Handles:
    """Keeps snapshots, so many and so long as the limits say. `life_s` is another life for the handles; `now` is in seconds."""

    def __init__(self, limits: Limits | None = None, life_s: float | None = None) -> None:
        self._limits = limits or Limits()
        self.life = self._limits.live_handle_life_ms / 1000 if life_s is None else life_s
        """Seconds for which a handle is good."""
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._chars = 0
        self._lineages: dict[str, deque[str]] = {}
        self._shares: dict[str, _Share] = {}
        self._past: OrderedDict[str, tuple[str, Refused]] = OrderedDict()
        """Owner and fate of handles whose snapshots are gone; as many as of the others."""
        self._sockets: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, snapshot: Snapshot, *, lineage: str, owner: str, now: float) -> str:
        """A handle for the snapshot."""
        handle = secrets.token_urlsafe(24)
        self._kept[handle] = kept = _Kept(snapshot, lineage, owner, now + self.life, snapshot.chars)
        self._chars += kept.chars
        share = self._shares.setdefault(owner, _Share())
        share.handles[handle] = None
        share.chars += kept.chars
        siblings = self._lineages.setdefault(lineage, deque())
        siblings.append(handle)
        if len(siblings) > self._limits.live_lineage_handles:
            self._forget(siblings[0], Refused.SPENT)
        self._make_room(now)
        return handle

    def recall(self, handle: str, *, owner: str, now: float) -> Recalled | Refused:
        """The snapshot, or why there is none for this owner."""
        if handle in self._past:
            owned_by, fate = self._past[handle]
            return fate if owned_by == owner else Refused.FOREIGN
        kept = self._kept.get(handle)
        if kept is None:
            return Refused.UNKNOWN
        if kept.owner != owner:
            return Refused.FOREIGN
        if kept.expires <= now:
            return Refused.EXPIRED
        return Refused.OPEN if self._sockets[kept.lineage] else Recalled(kept.snapshot, kept.lineage)

    def open(self, lineage: str) -> None:
        """A socket of the lineage is in use: none of its handles is good until it is shut."""
        self._sockets[lineage] += 1

    def shut(self, lineage: str) -> None:
        """The socket is closed."""
        self._sockets[lineage] -= 1
        if self._sockets[lineage] <= 0:
            del self._sockets[lineage]

    def _make_room(self, now: float) -> None:
        while self._kept and next(iter(self._kept.values())).expires <= now:
            self._forget(next(iter(self._kept)), Refused.EXPIRED)
        while len(self) > self._limits.live_handles:
            self._forget(self._least_missed(lambda share: share.count), Refused.UNKNOWN)
        while self._chars > self._limits.live_handle_chars and len(self) > 1:
            self._forget(self._least_missed(lambda share: share.chars), Refused.UNKNOWN)

    def _least_missed(self, size: Callable[[_Share], int]) -> str:
        """The oldest handle of the owner who has most; not the one that a session now open needs, as long as there are others."""
        for share in sorted(self._shares.values(), key=size, reverse=True):
            for handle in share.handles:
                lineage = self._kept[handle].lineage
                if not self._sockets[lineage] or self._lineages[lineage][-1] != handle:
                    return handle
        return next(iter(self._kept))

    def _forget(self, handle: str, fate: Refused) -> None:
        """Let the snapshot go: the oldest of its lineage, as only the newest of one is ever passed over."""
        kept = self._kept.pop(handle)
        self._chars -= kept.chars
        share = self._shares[kept.owner]
        share.chars -= kept.chars
        del share.handles[handle]
        if not share.handles:
            del self._shares[kept.owner]
        siblings = self._lineages[kept.lineage]
        siblings.popleft()
        if not siblings:
            del self._lineages[kept.lineage]
        if fate is not Refused.UNKNOWN:
            self._past[handle] = kept.owner, fate
            while len(self._past) > self._limits.live_handles:
                self._past.popitem(last=False)
