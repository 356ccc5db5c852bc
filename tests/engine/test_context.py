"""The context window: what counts how much, what goes when it slides, and that a snapshot stays what it was."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.context import Context, Tokens
from genmedia_live.engine.protocol.messages import Compression
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message

CLOCK = FunctionDeclaration("clock", "the time")


def words(text: str) -> int:
    return len(text.split())


def context(compression: Compression | None = None, window: int = 1_000, **limits: int) -> Context:
    return Context(words, window=window, compression=compression, limits=Limits(**limits))


def user(text: str) -> Message:
    return Message("user", text)


def agent(text: str, *calls: str) -> Message:
    return Message("assistant", text, calls=tuple(FunctionCall("clock", id=call) for call in calls))


def result(call: str, text: str = "{}") -> Message:
    return Message("tool", text, call=call)


def texts(context: Context) -> list[str]:
    return [line.text for line in context.messages]


# ---- counting


@pytest.mark.parametrize(
    ("message", "spoken_ms", "tokens"),
    [
        (user("two words"), 0, Tokens(text=2)),
        (user("two words"), 2_000, Tokens(audio=50)),
        (agent("three words here"), 1_500, Tokens(audio=38)),
        (agent("", "1", "2"), 0, Tokens(text=2)),
        (agent("spoken", "1"), 1_000, Tokens(text=1, audio=25)),
        (result("1", '{"at": "ten to four"}'), 0, Tokens(tool=4)),
    ],
)
def test_a_line_counts(message: Message, spoken_ms: float, tokens: Tokens) -> None:
    talk = context()
    talk.add(message, spoken_ms=spoken_ms)
    assert talk.tokens == tokens
    assert talk.messages == (message,)


def test_instructions_and_functions_are_text_and_each_is_replaced_alone() -> None:
    talk = context()
    talk.instruct("be very kind")
    assert talk.tokens == Tokens(text=3)
    talk.instruct(tools=(CLOCK,))
    with_tools = talk.tokens.text
    assert with_tools > 3 + words(CLOCK.description)
    assert (talk.system, talk.tools) == ("be very kind", (CLOCK,))
    talk.instruct("be brief")
    assert talk.tokens.text == with_tools - 1
    talk.instruct(tools=())
    assert (talk.system, talk.tools, talk.tokens) == ("be brief", (), Tokens(text=2))


def test_instructions_have_a_bound() -> None:
    talk = context(live_instructions_chars=5)
    talk.instruct("a b c d e f")
    assert (talk.system, talk.tokens.text) == ("a b c", 3)


def test_what_has_no_words_belongs_to_the_users_next_line() -> None:
    talk = context()
    for _ in range(10):
        talk.hear(32)
    talk.see(2)
    assert talk.tokens == Tokens(audio=8, video=516)
    talk.add(agent("well"))
    assert talk.freeze().lines[-1].tokens == Tokens(text=1)
    talk.add(user("look"), spoken_ms=680)
    assert talk.freeze().lines[-1].tokens == Tokens(audio=25, video=516)
    assert talk.tokens == Tokens(text=1, audio=25, video=516)


def test_full_is_more_than_the_window() -> None:
    talk = context(window=4)
    talk.add(user("a b c d"))
    assert not talk.full
    talk.hear(40)
    assert talk.full


# ---- sliding


@pytest.mark.parametrize(
    ("compression", "window", "slides_above", "down_to"),
    [
        (Compression(), 1_000, 800, 400),
        (Compression(), 131_072, 104_858, 52_429),
        (Compression(trigger=100), 1_000, 100, 50),
        (Compression(trigger=100, target=20), 1_000, 100, 20),
        (Compression(trigger=100, target=300), 1_000, 100, 100),
        (Compression(target=300), 1_000, 800, 300),
        (Compression(trigger=5_000), 1_000, 1_000, 500),
        (Compression(trigger=100, target=0), 1_000, 100, 1),
        (Compression(trigger=-5, target=-5), 1_000, 0, 1),
    ],
)
def test_when_it_slides_and_how_far(compression: Compression, window: int, slides_above: int, down_to: int) -> None:
    talk = context(compression, window, live_history_lines=1_000_000, live_history_chars=1_000_000)
    for _ in range(slides_above):
        talk.add(user("word"))
    assert talk.slide() == 0
    talk.add(user("word"))
    assert talk.slide() == slides_above + 1 - down_to
    assert talk.tokens.total == down_to


def test_nothing_slides_without_compression() -> None:
    talk = context(window=10)
    for _ in range(20):
        talk.add(user("word"))
    assert talk.slide() == 0
    assert talk.full


def test_whole_turns_go_and_the_rest_begins_with_the_user() -> None:
    talk = context(Compression(trigger=9, target=6))
    talk.instruct("kind")
    for line in (agent("seeded"), user("a b"), agent("c", "1"), result("1"), agent("d"), user("e"), agent("f g")):
        talk.add(line)
    assert talk.tokens.total == 11
    assert talk.slide() == 5
    assert texts(talk) == ["e", "f g"]
    assert talk.system == "kind"
    assert talk.tokens.total == 4


def test_the_newest_turn_stays_whatever_its_size() -> None:
    talk = context(Compression(trigger=3, target=1))
    talk.add(user("old"))
    talk.add(user("a b c d e f"))
    talk.add(agent("", "1"))
    talk.add(result("1"))
    assert talk.slide() == 1
    assert texts(talk) == ["a b c d e f", "", "{}"]


def test_a_call_that_goes_takes_its_late_result_with_it() -> None:
    talk = context(Compression(trigger=6, target=4))
    for line in (user("a b"), agent("c", "1", "2"), user("d"), result("1", "late"), agent("e"), result("2", "later")):
        talk.add(line)
    assert talk.slide() == 4
    assert texts(talk) == ["d", "e"]
    assert talk.tokens == Tokens(text=2)


def test_an_id_used_again_belongs_to_the_newer_call() -> None:
    talk = context(Compression(trigger=7, target=5))
    for line in (user("a"), agent("b", "1"), result("1", "old"), user("c"), agent("d", "1"), result("1", "new")):
        talk.add(line)
    assert talk.slide() == 3
    assert texts(talk) == ["c", "d", "new"]
    for line in (user("e"), result("1", "newer"), agent("f g h")):
        talk.add(line)
    assert talk.slide() == 4
    assert texts(talk) == ["e", "f g h"]


def test_endless_silence_and_pictures_do_not_pile_up() -> None:
    talk = context(Compression(trigger=600, target=300), window=1_000)
    talk.add(user("hello"))
    for _ in range(500):
        talk.hear(1_000)
        talk.see(1)
        assert talk.slide() == 0
        assert talk.tokens.total <= 601
    assert texts(talk) == ["hello"]


# ---- the bounds of memory


def test_lines_and_characters_are_bounded_also_without_compression() -> None:
    talk = context(window=1_000_000, live_history_lines=10, live_history_chars=100)
    for at in range(40):
        talk.add(user(f"q{at}"))
        talk.add(agent(f"a{at}"))
    assert texts(talk) == [f"{role}{at}" for at in range(35, 40) for role in "qa"]
    talk.add(user("x" * 95))
    assert texts(talk) == ["x" * 95]
    talk.add(agent("y" * 300))
    assert texts(talk) == ["y" * 100], "a turn of its own is cut at its beginning"
    assert talk.tokens == Tokens(text=1)


def test_one_turn_without_end_is_bounded_too() -> None:
    talk = context(window=1_000_000, live_history_lines=10)
    talk.add(user("go"))
    for at in range(30):
        talk.add(agent("", str(at)))
        talk.add(result(str(at)))
    assert len(talk.messages) <= 10
    assert talk.messages[0].role == "assistant"
    answered = {line.call for line in talk.messages if line.role == "tool"}
    assert answered == {call.id for line in talk.messages for call in line.calls}


def test_a_result_of_a_call_that_is_gone_stays_but_is_never_the_beginning() -> None:
    talk = context(live_history_lines=3)
    for line in (user("go"), result("gone", "news"), agent("well"), agent("then")):
        talk.add(line)
    assert texts(talk) == ["well", "then"]


def test_a_call_too_large_to_keep_is_not_kept() -> None:
    talk = context(live_history_chars=100)
    talk.add(Message("assistant", "", calls=(FunctionCall("write", {"text": "x" * 200}, "1"),)))
    assert (talk.messages, talk.tokens) == ((), Tokens())
    talk.add(user("go on"))
    assert texts(talk) == ["go on"]


# ---- snapshots


def test_a_snapshot_stays_what_it_was() -> None:
    talk = context(Compression(trigger=9, target=4))
    talk.instruct("kind", (CLOCK,))
    talk.add(user("one"), spoken_ms=400)
    talk.hear(1_000)
    talk.see(1)
    frozen, tokens = talk.freeze(), talk.tokens
    talk.instruct("rude", ())
    talk.add(user("a b c d e f"))
    talk.slide()
    again = Context.thaw(frozen, lambda text: 10 * words(text), window=1_000, compression=None)
    assert [line.text for line in again.messages] == ["one"]
    assert (again.system, again.tools) == ("kind", (CLOCK,))
    assert (again.tokens.audio, again.tokens.video) == (tokens.audio, tokens.video)
    again.add(user("look"))
    assert again.freeze().lines[-1].tokens == Tokens(text=10, audio=25, video=258)
    assert again.freeze().lines[0].tokens == Tokens(audio=10), "counted as it was"
    assert [line.message.text for line in frozen.lines] == ["one"]


# ---- whatever comes


class Contexts(RuleBasedStateMachine):
    """Any lines in any order, against a list that is counted anew each time."""

    LIMITS = Limits(live_history_lines=25, live_history_chars=400)

    @initialize(
        compressed=st.booleans(), trigger=st.integers(0, 80) | st.integers(0, 600), down_to=st.none() | st.integers(0, 400)
    )
    def begin(self, compressed: bool, trigger: int, down_to: int | None) -> None:
        compression = Compression(trigger, down_to) if compressed else None
        self.setting: dict[str, Any] = {"window": 750, "compression": compression, "limits": self.LIMITS}
        self.context = Context(words, **self.setting)
        self.added: list[Message] = []
        self.counts: dict[str, Tokens] = {}
        self.heard_ms, self.pictures = 0.0, 0
        self.asked: list[str] = []
        self.answered_in_time: set[str] = set()

    def add(self, message: Message, tokens: Tokens, spoken_ms: float = 0.0) -> None:
        self.added.append(message)
        self.counts[message.text] = tokens
        self.context.add(message, spoken_ms=spoken_ms)

    def name(self, extra: int = 0) -> str:
        """Unlike any before, with so many words more."""
        return f"n{len(self.added)}" + " w" * extra

    @rule(more=st.integers(0, 8), spoken_ms=st.sampled_from([0.0, 333.0, 1_000.0]))
    def say(self, more: int, spoken_ms: float) -> None:
        audio = round((spoken_ms + self.heard_ms) / 40)
        tokens = Tokens(0 if spoken_ms else 1 + more, audio, 258 * self.pictures)
        self.heard_ms, self.pictures = 0.0, 0
        self.add(user(self.name(more)), tokens, spoken_ms)

    @rule(more=st.integers(0, 8), spoken_ms=st.sampled_from([0.0, 700.0]), calls=st.integers(0, 2))
    def answer(self, more: int, spoken_ms: float, calls: int) -> None:
        ids = [f"c{len(self.added)}.{at}" for at in range(calls)]
        self.asked += ids
        text = self.name(more)
        self.add(agent(text, *ids), Tokens((0 if spoken_ms else 1 + more) + calls, round(spoken_ms / 40)), spoken_ms)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), more=st.integers(0, 8))
    def return_(self, data: Any, more: int) -> None:
        call = data.draw(st.sampled_from(self.asked))
        text = self.name(more)
        if any(asked.id == call for line in self.context.messages for asked in line.calls):
            self.answered_in_time.add(text)
        self.add(result(call, text), Tokens(tool=1 + more))

    @rule(ms=st.sampled_from([32.0, 500.0]))
    def hear(self, ms: float) -> None:
        self.heard_ms += ms
        self.context.hear(ms)

    @rule()
    def see(self) -> None:
        self.pictures += 1
        self.context.see(1)

    @rule()
    def instruct(self) -> None:
        self.context.instruct(self.name())

    @rule()
    def slide(self) -> None:
        before, pending = self.context.messages, self.context.tokens
        compression: Compression | None = self.setting["compression"]
        gone = self.context.slide()
        after = self.context.messages
        assert gone == len(before) - len(after)
        if compression is None:
            assert not gone
        if gone:
            assert after[0].role == "user"
        if compression is not None and pending.total > (trigger := compression.trigger or 600):
            target = trigger // 2 if compression.target is None else min(compression.target, trigger)
            later_turns = sum(line.role == "user" for line in after[1:])
            assert self.context.tokens.total <= target or not later_turns
            frozen = self.context.freeze()
            assert frozen.heard_ms <= self.heard_ms
            assert frozen.pictures <= self.pictures
            self.heard_ms, self.pictures = frozen.heard_ms, frozen.pictures

    @rule()
    def begin_again_from_a_snapshot(self) -> None:
        frozen = self.context.freeze()
        tokens, messages = self.context.tokens, self.context.messages
        self.context = Context.thaw(frozen, words, **self.setting)
        assert (self.context.tokens, self.context.messages) == (tokens, messages)
        assert self.context.freeze() == frozen

    # ---- promises

    @invariant()
    def the_sums_are_a_recount(self) -> None:
        coming = Tokens(audio=round(self.heard_ms / 40), video=258 * self.pictures)
        system = Tokens(text=words(self.context.system or ""))
        assert self.context.tokens == sum((self.counts[line.text] for line in self.context.messages), system + coming)

    @invariant()
    def order_is_kept(self) -> None:
        places = [self.added.index(line) for line in self.context.messages]
        assert places == sorted(set(places))

    @invariant()
    def no_call_is_split_from_its_result(self) -> None:
        asked: set[str] = set()
        for line in self.context.messages:
            asked.update(call.id for call in line.calls)
            assert line.text not in self.answered_in_time or line.call in asked

    @invariant()
    def memory_is_bounded(self) -> None:
        frozen = self.context.freeze()
        assert len(frozen.lines) <= self.LIMITS.live_history_lines
        assert sum(line.chars for line in frozen.lines) <= self.LIMITS.live_history_chars
        assert frozen.chars == sum(line.chars for line in frozen.lines) + len(frozen.system or "")


TestContexts = Contexts.TestCase
TestContexts.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
