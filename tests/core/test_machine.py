"""Anything in any order: the invariants that no sequence of events may break."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.core.script import ENGINE, Play, mic, voice

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings

LIMITS = Limits(playout_backlog_ms=5_000, mic_ring_ms=400)
WORDS = st.sampled_from(["yes", " and then", "Once upon a time there was", " "])
MODEL_EVENTS = st.one_of(
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
BROWSER_EVENTS = st.one_of(
    st.builds(mic, st.integers(0, 50)),
    st.builds(ev.Text, WORDS),
    st.builds(ev.Activity, st.booleans()),
    st.builds(ev.Interrupt, st.integers(-1, 12)),
    st.builds(ev.Played, st.integers(-1, 12), st.floats(-100, 10_000), st.booleans()),
    st.builds(ev.Configure, st.builds(SessionSettings, st.sampled_from("mn"), st.sampled_from("vw"))),
    st.just(ev.MicEnd("muted")),
)


class Conversation(RuleBasedStateMachine):
    """Drives one session with everything that both sides can do, and looks at all that it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(limits=LIMITS)
        self.play.session.start(self.play.now)
        self.looked = 0
        self.flushed = 0
        self.alive: set[int] = set()
        self.ends: dict[int, str] = {}
        self.sent_ms: dict[int, float] = {}
        self.finals: set[tuple[int, str]] = set()
        self.last_turns: tuple[Any, ...] = ()

    @rule(event=MODEL_EVENTS)
    def model(self, event: ev.ModelEvent) -> None:
        self.play.model(event)

    @rule(event=BROWSER_EVENTS)
    def browser(self, event: ev.BrowserEvent) -> None:
        self.play.browser(event)

    @rule(capabilities=st.sampled_from([ENGINE, Capabilities()]))
    def opens(self, capabilities: Capabilities) -> None:
        self.play.session.model_opened(self.play.link(), capabilities, self.play.now)

    @rule(code=st.sampled_from(["upstream_lost", "handle_refused", "quota", "token_expired"]), link=st.integers(0, 3))
    def closes(self, code: str, link: int) -> None:
        lost = max(0, self.play.link() - link)
        self.alive.discard(lost)
        self.play.session.model_closed(lost, PROBLEMS[code], self.play.now)

    @rule(seconds=st.sampled_from([0.05, 0.6, 3, 25]))
    def waits(self, seconds: float) -> None:
        self.play.wait(seconds)

    @rule()
    def browser_leaves(self) -> None:
        self.play.session.browser_gone(self.play.now)

    @precondition(lambda self: not self.play.session.ended)
    @rule()
    def browser_returns(self) -> None:
        self.play.session.browser_attached(self.play.now)

    @invariant()
    def holds(self) -> None:
        self.play.take()
        for action in self.play.asked[self.looked :]:
            self._look(action)
        self.looked = len(self.play.asked)
        turns = self.play.session.turns()
        now_final = [t for t in turns if t.final]
        was_final = [t for t in self.last_turns if t.final]
        assert all(t in now_final for t in was_final if t.text), "what is final stays as it was"
        assert len(turns) >= len([t for t in self.last_turns if t.final])
        self.last_turns = turns
        due = self.play.session.get_timer()
        assert due is None or due >= self.play.now - 1e-9 or not self.play.session.ended

    def _look(self, action: act.Action) -> None:
        match action:
            case act.OpenModel(link):
                assert not self.alive, "the old link closes before the next opens"
                self.alive = {link}
            case act.CloseModel(link):
                self.alive.discard(link)
            case act.SendModel(link):
                assert link in self.alive, "nothing is sent on a link that is gone"
            case act.ToBrowser(act.Flush(turn)):
                self.flushed = max(self.flushed, turn)
            case act.ToBrowser(act.Audio(turn, chunk)):
                assert turn > self.flushed, "no voice of an old turn after a flush"
                assert turn not in self.ends, "no voice after the end of its turn"
                assert len(chunk.pcm) % 2 == 0
                self.sent_ms[turn] = self.sent_ms.get(turn, 0) + chunk.ms
            case act.ToBrowser(act.TurnEnd(turn, state)):
                assert turn not in self.ends, "a turn ends once"
                self.ends[turn] = state
            case act.ToBrowser(act.Caption(turn, role, _, True)):
                assert (turn, role) not in self.finals, "a side becomes final once"
                self.finals.add((turn, role))
            case act.ToBrowser(act.Caption(turn, role, _, False)):
                assert (turn, role) not in self.finals, "a final caption never changes"
            case _:
                pass

    def teardown(self) -> None:
        self.play.browser(ev.Stop())
        self.holds()
        if self.play.session.ended:
            assert not self.alive, "the end closes the link"
            assert self.play.wait(1_000) == [], "nothing follows the end"


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
