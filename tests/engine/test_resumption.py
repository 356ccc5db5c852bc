"""Which handle is good for whom and when, and why not; and that nothing is kept without bound."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.context import Frozen
from genmedia_live.engine.dialogue.resumption import Handles, Recalled, Refused, Snapshot
from genmedia_live.engine.protocol.messages import Setup

SNAPSHOT = Snapshot(Frozen(), "Aoede", "m")


def keep(handles: Handles, now: float = 0, *, lineage: str = "l", owner: str = "me", chars: int = 0) -> str:
    return handles.keep(replace(SNAPSHOT, context=Frozen(chars=chars)), lineage=lineage, owner=owner, now=now)


def test_a_handle_lives_its_life_and_may_be_used_again() -> None:
    handles = Handles(Limits(live_handle_life_ms=100_000))
    handle = handles.keep(SNAPSHOT, lineage="l", owner="me", now=0)
    for _ in range(2):
        snapshot, lineage = handles.recall(handle, owner="me", now=99)
        assert snapshot is SNAPSHOT
        assert lineage == "l"
    assert handles.recall(handle, owner="me", now=100) is Refused.EXPIRED
    assert handles.recall("other", owner="me", now=0) is Refused.UNKNOWN


@pytest.mark.parametrize(("life_s", "good"), [(0.0, False), (4.0, False), (5.0, True)])
def test_another_life_may_be_set(life_s: float, good: bool) -> None:
    handles = Handles(life_s=life_s)
    recalled = handles.recall(keep(handles), owner="me", now=4)
    assert isinstance(recalled, Recalled) if good else recalled is Refused.EXPIRED


def test_handles_cannot_be_guessed() -> None:
    handles = Handles(Limits(live_handles=1_000, live_lineage_handles=1_000))
    made = {keep(handles) for _ in range(500)}
    assert len(made) == 500
    assert min(map(len, made)) >= 32


def test_only_the_last_few_of_a_lineage_are_good() -> None:
    handles = Handles()
    made = [keep(handles) for _ in range(10)]
    other = keep(handles, lineage="other")
    fates = [handles.recall(handle, owner="me", now=1) for handle in made]
    assert fates[:2] == [Refused.SPENT] * 2
    assert all(isinstance(fate, Recalled) for fate in fates[2:])
    assert isinstance(handles.recall(other, owner="me", now=1), Recalled)
    assert len(handles) == 9


def test_no_resume_while_an_earlier_socket_is_open() -> None:
    handles = Handles()
    handle = keep(handles)
    handles.open("l")
    handles.open("l")
    handles.shut("l")
    assert handles.recall(handle, owner="me", now=1) is Refused.OPEN
    handles.shut("l")
    assert isinstance(handles.recall(handle, owner="me", now=1), Recalled)
    handles.shut("l")
    handles.open("l")
    assert handles.recall(handle, owner="me", now=1) is Refused.OPEN, "shut once too often is shut, not less"


def test_strangers_learn_nothing() -> None:
    handles = Handles(life_s=10)
    spent, *_, good = [keep(handles) for _ in range(9)]
    handles.open("l")
    assert {handles.recall(handle, owner="you", now=now) for handle in (spent, good) for now in (1, 20)} == {Refused.FOREIGN}


def test_expired_is_told_from_unknown_when_it_has_made_room() -> None:
    handles = Handles(Limits(live_handles=3), life_s=10)
    old = keep(handles, 0)
    keep(handles, 20, lineage="other")
    assert len(handles) == 1
    assert handles.recall(old, owner="me", now=20) is Refused.EXPIRED
    assert handles.recall(old, owner="you", now=20) is Refused.FOREIGN
    for at in range(2, 6):
        keep(handles, at * 20)
    assert handles.recall(old, owner="me", now=120) is Refused.UNKNOWN, "memory of it is bounded too"


def test_the_oldest_makes_room() -> None:
    handles = Handles(Limits(live_handles=2))
    first, second, third = (keep(handles, lineage=name) for name in "abc")
    assert handles.recall(first, owner="me", now=1) is Refused.UNKNOWN
    assert isinstance(handles.recall(second, owner="me", now=1), Recalled)
    assert isinstance(handles.recall(third, owner="me", now=1), Recalled)


def good(handles: Handles, handle: str, owner: str = "me") -> bool:
    return isinstance(handles.recall(handle, owner=owner, now=1), Recalled)


@pytest.mark.parametrize(("limits", "chars"), [(Limits(live_handles=20), 0), (Limits(live_handle_chars=2_000), 100)])
def test_room_is_made_by_whoever_has_most(limits: Limits, chars: int) -> None:
    handles = Handles(limits)
    mine = [keep(handles, chars=chars) for _ in range(8)]
    theirs = [keep(handles, lineage=f"busy{at}", owner="you", chars=chars) for at in range(100)]
    assert all(good(handles, handle) for handle in mine)
    assert [good(handles, handle, "you") for handle in theirs] == [False] * 88 + [True] * 12
    more = [keep(handles, lineage=f"more{at}", chars=chars) for at in range(12)]
    assert [good(handles, handle) for handle in mine + more] == [False] * 10 + [True] * 10, "the oldest goes first"
    assert sum(good(handles, handle, "you") for handle in theirs) == 10


def test_an_open_session_keeps_its_newest_handle() -> None:
    handles = Handles(Limits(live_handles=6))
    mine = [keep(handles, lineage="quiet") for _ in range(3)]
    handles.open("quiet")
    busy = [keep(handles, lineage=f"busy{at}") for at in range(100)]
    handles.shut("quiet")
    assert [good(handles, handle) for handle in mine + busy] == [False, False, True] + [False] * 95 + [True] * 5
    keep(handles, lineage="other")
    assert not good(handles, mine[-1]), "now it is the oldest"


def test_where_every_session_is_open_the_oldest_handle_goes() -> None:
    handles = Handles(Limits(live_handles=2))
    for lineage in "abc":
        handles.open(lineage)
    made = [keep(handles, lineage=lineage) for lineage in "abc"]
    for lineage in "abc":
        handles.shut(lineage)
    assert [good(handles, handle) for handle in made] == [False, True, True]


def test_what_nobody_has_any_more_is_forgotten() -> None:
    handles = Handles(Limits(live_handles=10), life_s=10)
    for at in range(1_000):
        keep(handles, at, owner=str(at), lineage=str(at), chars=1)
    assert len(handles._shares) == len(handles._lineages) == len(handles) <= 10
    keep(handles, 2_000)
    assert len(handles._shares) == len(handles) == 1
    assert handles._chars == sum(share.chars for share in handles._shares.values()) == 0


def test_large_dialogues_make_room_sooner() -> None:
    handles = Handles(Limits(live_handle_chars=100))
    small, large = keep(handles, chars=30), keep(handles, chars=70)
    assert len(handles) == 2
    last = keep(handles, chars=500)
    assert [handles.recall(handle, owner="me", now=1) for handle in (small, large)] == [Refused.UNKNOWN] * 2
    assert isinstance(handles.recall(last, owner="me", now=1), Recalled)
    keep(handles, chars=10)
    assert len(handles) == 1
    keep(handles, chars=90)
    assert len(handles) == 2


def test_a_set_up_is_kept_without_what_weighs() -> None:
    setup = Setup(model="m", system="be kind", tools=(), handle="h", resumption=True, document={"setup": "x" * 1_000})
    assert Snapshot(Frozen(), setup=setup).setup == Setup(model="m", resumption=True)


class Lineages(RuleBasedStateMachine):
    """Any sessions of any owners, against a list of all handles that were ever given."""

    LIMITS = Limits(live_handles=1_000, live_lineage_handles=3)
    LIFE = 50

    def __init__(self) -> None:
        super().__init__()
        self.handles = Handles(self.LIMITS, life_s=self.LIFE)
        self.now = 0
        self.given: list[tuple[str, str, str, int, Snapshot]] = []
        self.sockets: dict[str, int] = {}

    @rule(lineage=st.sampled_from("abc"), chars=st.integers(0, 9))
    def keep(self, lineage: str, chars: int) -> None:
        snapshot = Snapshot(Frozen(chars=chars))
        owner = "me" if lineage == "a" else "you"
        handle = self.handles.keep(snapshot, lineage=lineage, owner=owner, now=self.now)
        self.given.append((handle, lineage, owner, self.now, snapshot))

    @rule(seconds=st.sampled_from([1, 20, 60]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(lineage=st.sampled_from("abc"))
    def open(self, lineage: str) -> None:
        self.handles.open(lineage)
        self.sockets[lineage] = self.sockets.get(lineage, 0) + 1

    @precondition(lambda self: any(self.sockets.values()))
    @rule(data=st.data())
    def shut(self, data: st.DataObject) -> None:
        lineage = data.draw(st.sampled_from([name for name, count in self.sockets.items() if count]))
        self.handles.shut(lineage)
        self.sockets[lineage] -= 1

    @invariant()
    def every_handle_is_what_it_should_be(self) -> None:
        for at, (handle, lineage, owner, made, snapshot) in enumerate(self.given):
            later = sum(other == lineage for _, other, *_ in self.given[at + 1 :])
            for asker in ("me", "you"):
                answer = self.handles.recall(handle, owner=asker, now=self.now)
                if asker != owner:
                    assert answer is Refused.FOREIGN
                elif self.now >= made + self.LIFE or later >= self.LIMITS.live_lineage_handles:
                    expired, spent = self.now >= made + self.LIFE, later >= self.LIMITS.live_lineage_handles
                    assert (expired and answer is Refused.EXPIRED) or (spent and answer is Refused.SPENT)
                elif self.sockets.get(lineage):
                    assert answer is Refused.OPEN
                else:
                    assert answer == Recalled(snapshot, lineage)

    @invariant()
    def the_spent_are_not_kept(self) -> None:
        lineages = {lineage for _, lineage, *_ in self.given}
        assert len(self.handles) <= len(lineages) * self.LIMITS.live_lineage_handles


TestLineages = Lineages.TestCase
TestLineages.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
