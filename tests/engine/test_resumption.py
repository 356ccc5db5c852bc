"""Handles are kept for their life and no longer, and not without bound."""

from genmedia_live.core.limits import Limits
from genmedia_live.engine.resumption import Handles, Snapshot

SNAPSHOT = Snapshot((), None, None)


def test_a_handle_lives_its_life_and_may_be_used_again() -> None:
    handles = Handles(Limits(live_handle_life_ms=100_000))
    handle = handles.keep(SNAPSHOT, 0)
    assert handles.recall(handle, 99) is SNAPSHOT
    assert handles.recall(handle, 99) is SNAPSHOT
    assert handles.recall(handle, 100) is None
    assert handles.recall("other", 0) is None


def test_the_oldest_is_forgotten_first() -> None:
    handles = Handles(Limits(live_handles=2))
    first, second, third = (handles.keep(SNAPSHOT, 0) for _ in range(3))
    assert handles.recall(first, 1) is None
    assert handles.recall(second, 1)
    assert handles.recall(third, 1)


def test_what_is_too_old_makes_room() -> None:
    handles = Handles(Limits(live_handle_life_ms=10_000))
    handles.keep(SNAPSHOT, 0)
    handles.keep(SNAPSHOT, 20)
    assert len(handles) == 1
