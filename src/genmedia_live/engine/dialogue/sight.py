"""What the user shows: the newest picture of each stream, and what the engine's eyes made of it. Pure.

A camera and a shared screen come by the same field of the API. They are told apart by their shape: a new picture takes the place
of those that are as wide and as high. One that is much older than the newest belongs to a stream that has ended.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from genmedia_live.core.limits import Limits
from genmedia_live.core.pictures import size
from genmedia_live.ports import Picture

KNOWN = 8
"""Pictures whose descriptions are remembered: the same one is not looked at twice."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, and when it came."""

    picture: Picture
    shape: tuple[object, object]
    """Width and height; of a header that can't be read the media type and the length stand for them."""
    digest: bytes
    at: float
    counted: bool
    """Its tokens are in the context already."""


class Sight:
    """Keeps what is shown, and says what is to be looked at: one picture at a time. `now` is in seconds.

    Args:
        limits: How much is kept.
        looks: Whether anybody makes descriptions: not where the language model sees, or nobody does.
        shown: What an earlier connection of the session was shown.
    """

    def __init__(self, limits: Limits, looks: Callable[[], bool] = lambda: False, shown: Sequence[Shown] = ()) -> None:
        self._limits = limits
        self._looks = looks
        self._shown = list(shown)
        self._known: OrderedDict[bytes, str] = OrderedDict(
            (one.digest, one.picture.description) for one in shown if one.picture.description is not None
        )
        self._looking = b""

    def show(self, pictures: Sequence[Picture], now: float, *, counted: bool) -> bool:
        """The user shows these at the same time. True when one has a new shape: a stream begins, or it is no stream."""
        news = [_shown(picture, now, counted) for picture in pictures if len(picture.data) <= self._limits.live_picture_bytes]
        shapes = {one.shape for one in news}
        new = not shapes <= {one.shape for one in self._shown}
        others = [one for one in self._shown if one.shape not in shapes]
        self._shown = [*others, *news][-self._limits.live_pictures :]
        return new

    def current(self) -> tuple[Shown, ...]:
        """What is shown now, oldest first."""
        newest = max((one.at for one in self._shown), default=0.0)
        return tuple(one for one in self._shown if one.at >= newest - self._limits.live_picture_stale_ms / 1000)

    def told(self, shown: Sequence[Shown]) -> tuple[Picture, ...]:
        """The pictures, with what is known of them."""
        return tuple(replace(one.picture, description=self._known.get(one.digest)) for one in shown)

    def uncounted(self, shown: Sequence[Shown]) -> int:
        """How many of them the context has not counted. From now on they are."""
        new = {one.digest for one in shown if not one.counted}
        self._shown = [replace(one, counted=True) if one.digest in new else one for one in self._shown]
        return len(new)

    # ---- looking

    def waits(self, shown: Sequence[Shown]) -> bool:
        """Whether there is more to be known of them."""
        return self._looks() and any(one.digest not in self._known for one in shown)

    def look(self, shown: Sequence[Shown]) -> Picture | None:
        """Which of them is to be looked at now, in place of any other; None when none is, or it is being looked at."""
        unknown = [one for one in shown if one.digest not in self._known]
        if not unknown or not self._looks() or any(one.digest == self._looking for one in unknown):
            return None
        self._looking = unknown[-1].digest
        return unknown[-1].picture

    def looked(self, picture: Picture, description: str) -> None:
        """What there is to be told of a picture; an empty text when nothing was recognised."""
        digest = _digest(picture)
        if digest == self._looking:
            self._looking = b""
        self._known[digest] = description[: self._limits.live_description_chars]
        self._known.move_to_end(digest)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    # ---- snapshots

    def freeze(self) -> tuple[Shown, ...]:
        """All that is shown, with what is known of it."""
        return tuple(replace(one, picture=picture) for one, picture in zip(self._shown, self.told(self._shown), strict=True))


def _shown(picture: Picture, now: float, counted: bool) -> Shown:
    return Shown(picture, size(picture.data) or (picture.mime, len(picture.data)), _digest(picture), now, counted)


def _digest(picture: Picture) -> bytes:
    return blake2b(picture.data, digest_size=16).digest()
