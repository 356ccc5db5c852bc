"""Anything in any order: the invariants that no sequence of events may break.

The shell around the session is played here: it opens what is asked for while the model can be reached, and the page plays
what it is sent. So most runs are conversations that get somewhere, with everything odd thrown in between.
"""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings, Turn
from tests.core.script import ENGINE, Play, mic, voice

LIMITS = Limits(playout_backlog_ms=5_000, mic_ring_ms=400)
WORDS = st.sampled_from(["yes", " and then", "Once upon a time there was", " "])
ODD_FROM_MODEL = st.one_of(
    st.builds(ev.OutputCaption, WORDS),
    st.builds(ev.InputCaption, WORDS, st.booleans(), st.booleans()),
    st.builds(voice, st.sampled_from([40, 100, 700, 3_000])),
    st.builds(ev.UserActivity, st.booleans()),
    st.just(ev.Interrupted()),
    st.just(ev.GenerationComplete()),
    st.builds(ev.TurnComplete, st.sampled_from([None, "NEED_MORE_INPUT"])),
    st.builds(ev.Resumption, st.sampled_from(["h1", "h2", None]), st.booleans()),
    st.builds(ev.GoAway, st.floats(0, 60)),
    st.builds(ev.ToolCall, st.sampled_from(["a", "b"]), st.just("tool")),
    st.builds(ev.ToolCancelled, st.just(("a",))),
)
ODD_FROM_BROWSER = st.one_of(
    st.builds(mic, st.integers(0, 50)),
    st.builds(ev.Activity, st.booleans()),
    st.builds(ev.Interrupt, st.integers(-1, 12)),
    st.builds(ev.Played, st.integers(-1, 12), st.floats(-100, 10_000), st.booleans()),
    st.builds(ev.Configure, st.builds(SessionSettings, st.sampled_from("mn"), st.sampled_from("vw"))),
    st.just(ev.MicEnd("muted")),
)


class Conversation(RuleBasedStateMachine):
    """Drives one session as both sides do, and looks at all that it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.reachable = True
        self.attached = True
        self.missed = False
        self.looked = 0
        self.opening: int | None = None
        self.live: int | None = None
        self.flushed = 0
        self.awaiting_flush: int | None = None
        self.seqs: dict[int, int] = {}
        self.sent_ms: dict[int, float] = {}
        self.ends: dict[int, str] = {}
        self.finals: set[tuple[int, str]] = set()
        self.last_status: act.Status | None = None
        self.last_turns: tuple[Turn, ...] = ()

    @initialize(capabilities=st.sampled_from([ENGINE, Capabilities()]))
    def starts(self, capabilities: Capabilities) -> None:
        self.play = Play(capabilities=capabilities, limits=LIMITS)
        self.play.session.start(self.play.now)
        self.shell()

    # ---- the person

    @rule(words=WORDS)
    def types(self, words: str) -> None:
        self.play.browser(ev.Text(words))

    @precondition(lambda self: self.live)
    @rule(words=WORDS)
    def speaks(self, words: str) -> None:
        self.play.model(ev.UserActivity(True), ev.InputCaption(words, interim=True), ev.InputCaption(words, final=True))
        self.play.model(ev.UserActivity(False))

    @precondition(lambda self: self.live and self.sounding)
    @rule(how=st.sampled_from(["voice", "hand", "typed", "model"]))
    def interrupts(self, how: str) -> None:
        if how == "voice":
            self.play.model(ev.UserActivity(True), ev.InputCaption("stop", interim=True), ev.Interrupted())
        elif how == "hand":
            self.play.browser(ev.Interrupt(self.sounding))
        elif how == "typed":
            self.play.browser(ev.Text("stop"))
        else:
            self.play.model(ev.Interrupted())

    # ---- the model

    @precondition(lambda self: self.live)
    @rule(words=WORDS, ms=st.sampled_from([100, 700, 3_000]))
    def answers(self, words: str, ms: float) -> None:
        self.play.model(ev.OutputCaption(words), voice(ms))

    @precondition(lambda self: self.live)
    @rule(words=WORDS, ms=st.sampled_from([100, 700, 3_000]), last=st.integers(2, 5))
    def an_exchange_goes_as_it_should(self, words: str, ms: float, last: int) -> None:
        """As far as its step `last`; from there on, anything."""
        steps: tuple[Callable[[], object], ...] = (
            lambda: self.play.browser(ev.Text(words)),
            lambda: self.play.model(ev.OutputCaption(words), voice(ms)),
            lambda: self.play.model(ev.GenerationComplete()),
            lambda: self.play.browser(*(ev.Played(self.sounding, heard) for heard in range(100, int(ms) + 1, 100))),
            lambda: self.play.model(ev.TurnComplete()),
        )
        for step in steps[:last]:
            step()
            self.shell()

    @precondition(lambda self: self.live)
    @rule(generated=st.booleans())
    def ends_its_turn(self, generated: bool) -> None:
        self.play.model(*([ev.GenerationComplete()] if generated else []), ev.TurnComplete())

    @precondition(lambda self: self.live)
    @rule(event=ODD_FROM_MODEL)
    def does_something_odd(self, event: ev.ModelEvent) -> None:
        self.play.model(event)

    @rule(event=ODD_FROM_MODEL, back=st.integers(1, 3))
    def speaks_on_an_old_link(self, event: ev.ModelEvent, back: int) -> None:
        link = self.play.link() - back
        before = self.play.session.record()
        self.play.session.model_event(link, event, self.play.now)
        assert self.play.take() == []
        assert self.play.session.record() == before

    @rule(call=st.sampled_from(["a", "b", "never"]), kind=st.sampled_from(["output", "error"]))
    def a_tool_answers(self, call: str, kind: str) -> None:
        self.play.session.tool_finished(call, {kind: "x"}, self.play.now)

    # ---- the page

    @precondition(lambda self: self.attached and self.sounding)
    @rule(share=st.sampled_from([0.3, 0.8, 1, 1, 1]))
    def the_page_plays(self, share: float) -> None:
        turn = self.sounding
        self.play.browser(ev.Played(turn, share * self.sent_ms[turn]))

    @precondition(lambda self: self.awaiting_flush is not None)
    @rule(share=st.sampled_from([0, 0.5, 1]))
    def the_page_answers_the_flush(self, share: float) -> None:
        turn, self.awaiting_flush = self.awaiting_flush or 0, None
        self.play.browser(ev.Played(turn, share * self.sent_ms.get(turn, 0), flushed=True))

    @rule(event=ODD_FROM_BROWSER)
    def the_page_does_something_odd(self, event: ev.BrowserEvent) -> None:
        self.play.browser(event)

    @precondition(lambda self: self.attached)
    @rule()
    def the_page_leaves(self) -> None:
        self.play.session.browser_gone(self.play.now)
        self.look()
        self.attached = False
        self.missed = True

    @precondition(lambda self: not self.attached)
    @rule()
    def a_page_returns(self) -> None:
        self.attached = True
        self.last_status = None
        self.play.session.browser_attached(self.play.now)

    # ---- the connection, and time

    @precondition(lambda self: self.live or self.opening)
    @rule(code=st.sampled_from(["upstream_lost", "upstream_lost", "handle_refused", "quota", "token_expired"]))
    def the_link_is_lost(self, code: str) -> None:
        self.live = self.opening = None
        self.play.lose(code)

    @rule(back=st.integers(1, 3))
    def an_old_link_is_lost_again(self, back: int) -> None:
        self.play.session.model_closed(self.play.link() - back, PROBLEMS["upstream_lost"], self.play.now)
        assert self.play.take() == []

    @precondition(lambda self: self.reachable)
    @rule()
    def the_model_becomes_unreachable(self) -> None:
        self.reachable = False

    @precondition(lambda self: not self.reachable)
    @rule()
    def the_model_can_be_reached_again(self) -> None:
        self.reachable = True
        self.shell()

    @rule(seconds=st.sampled_from([0.05, 0.3, 0.6, 3, 12]))
    def time_passes(self, seconds: float) -> None:
        self.let_time_pass(seconds)

    # ---- what must hold

    @property
    def sounding(self) -> int:
        """The newest turn whose voice the page has and may still play; 0 when there is none."""
        return max((turn for turn in self.sent_ms if turn > self.flushed), default=0)

    def let_time_pass(self, seconds: float) -> None:
        self.play.wait(seconds)
        due = self.play.session.get_timer()
        assert due is None or due > self.play.now, "what was due has happened"

    def shell(self) -> None:
        """Look at what is asked for, and open what is to be opened."""
        self.look()
        while self.reachable and self.opening is not None:
            link, self.opening, self.live = self.opening, None, self.opening
            self.play.session.model_opened(link, self.play.capabilities, self.play.now)
            self.look()

    @invariant()
    def holds(self) -> None:
        self.shell()
        if self.play.session.ended:
            assert self.play.session.get_timer() is None
            return
        turns = self.play.session.turns()
        assert all(t in turns for t in self.last_turns if t.final and t.text), "what is final stays as it was"
        assert [t.id for t in turns] == sorted(t.id for t in turns)
        for turn in turns:
            if turn.cut:
                assert turn.heard_ms <= self.sent_ms.get(turn.id, 0) + 1e-6, "no more was heard than was sent"
        self.last_turns = turns

    def look(self) -> None:
        self.play.take()
        new, self.looked = self.play.asked[self.looked :], len(self.play.asked)
        for action in new:
            self.look_at(action)

    def look_at(self, action: act.Action) -> None:
        match action:
            case act.OpenModel(link):
                assert self.live is None, "the old link closes before the next opens"
                assert self.opening is None
                self.opening = link
            case act.CloseModel(link):
                assert link in (self.live, self.opening)
                self.live = self.opening = None
            case act.SendModel(link):
                assert link == self.live, "words go to the link that is live"
            case act.ToBrowser(message):
                assert self.attached, "nothing is said to a page that is away"
                self.look_at_message(message)
            case _:
                pass

    def look_at_message(self, message: act.BrowserMessage) -> None:
        match message:
            case act.Flush(turn):
                assert turn >= self.flushed
                self.flushed = self.awaiting_flush = turn
            case act.Audio(turn, chunk):
                assert turn > self.flushed, "no voice of an old turn after a flush"
                assert turn not in self.ends, "no voice after the end of its turn"
                assert chunk.seq == self.seqs.get(turn, 0), "no gap and no repeat"
                self.seqs[turn] = chunk.seq + 1
                self.sent_ms[turn] = self.sent_ms.get(turn, 0) + chunk.ms
            case act.TurnEnd(turn, state):
                assert turn not in self.ends, "a turn ends once"
                self.ends[turn] = state
            case act.Caption(turn, role, _, final):
                assert (turn, role) not in self.finals, "a final caption never changes"
                if final:
                    self.finals.add((turn, role))
            case act.Status():
                last, self.last_status = self.last_status, message
                if last is not None and message.lost_ms is None:
                    assert (message.state, message.code) != (last.state, last.code), "a status is news"
            case _:
                pass

    def teardown(self) -> None:
        if not hasattr(self, "play"):
            return
        if not self.play.session.ended:
            self.comes_to_rest()
        self.play.browser(ev.Stop())
        self.look()
        assert self.live is None, "the end closes the link"
        assert self.opening is None
        assert self.play.session.ended
        assert self.play.wait(1_000) == [], "nothing follows the end"
        assert all(turn.final for turn in self.play.session.turns() if turn.speaker == "agent"), "every answer is closed"
        # A page that was away has missed what was said meanwhile; any other has the end of every turn it heard of.
        assert self.missed or set(self.sent_ms) <= set(self.ends)

    def comes_to_rest(self) -> None:
        """A model that ends its turns and a page that stays are enough: no voice is held back for ever, whoever falls silent."""
        self.look()
        self.reachable = True
        self.a_page_returns()
        self.shell()
        for _ in range(2):
            if self.live:
                self.play.model(ev.UserActivity(False), ev.TurnComplete())
            self.shell()
        for _ in range(40):
            self.let_time_pass(30)
            self.shell()
        assert self.play.state() in ("listening", "held", "needs_token"), self.play.state()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
