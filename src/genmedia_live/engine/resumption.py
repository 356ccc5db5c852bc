"""Sessions that another connection may take up: snapshots under unguessable handles, in memory, bounded in number and in life."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from genmedia_live.core.limits import Limits
from genmedia_live.ports import Message


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of a session that a resumed one begins with."""

    history: tuple[Message, ...]
    system: str | None
    voice: str | None


class Handles:
    """Keeps snapshots, so many and so long as the limits say."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._bound = limits.live_handles
        self._life = limits.live_handle_life_ms / 1000
        self._kept: OrderedDict[str, tuple[float, Snapshot]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, snapshot: Snapshot, now: float) -> str:
        """A handle for the snapshot."""
        handle = secrets.token_urlsafe(24)
        self._kept[handle] = (now + self._life, snapshot)
        while len(self._kept) > self._bound or next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)
        return handle

    def recall(self, handle: str, now: float) -> Snapshot | None:
        """The snapshot, or None when the handle is unknown or too old. A handle may be used more than once."""
        expires, snapshot = self._kept.get(handle, (0.0, None))
        return snapshot if snapshot is not None and expires > now else None
