"""When the connection to the model opens again, and when no more."""

from dataclasses import replace

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.limits import Limits
from genmedia_live.core.reconnect import Phase, Reconnect
from genmedia_live.core.record import SessionRecord, SessionSettings, Turn
from tests.core.script import ENGINE, SETTINGS, Play, voice

LOST = PROBLEMS["upstream_lost"]
LIMITS = Limits()


def link(phase: Phase = Phase.CLOSED, jitter: float = 0.0) -> Reconnect:
    """A link in that phase, at time 0; its number is 1, or 0 while it was never opened."""
    made = Reconnect(LIMITS, lambda: jitter, "h")
    if phase is Phase.CLOSED:
        return made
    made.open()
    if phase in (Phase.LIVE, Phase.ROTATING):
        made.opened(1, 0.0)
    if phase is Phase.ROTATING:
        made.rotate_by(50.0)
    if phase is Phase.BACKING_OFF:
        made.lost(1, LOST, 0.0)
    if phase is Phase.GIVEN_UP:
        made.give_up()
    assert made.phase is phase
    return made


def state(made: Reconnect) -> tuple[object, ...]:
    return (made.phase, made.link, made.handle, made.problem, made.due, made.ever_live)


@pytest.mark.parametrize(("phase", "number"), [(p, n) for p in Phase for n in (-1, 0, 1, 2) if (p, n) != (Phase.OPENING, 1)])
def test_only_the_link_that_is_waited_for_can_be_ready(phase: Phase, number: int) -> None:
    made = link(phase)
    before = state(made)
    assert not made.opened(number, 1.0)
    assert state(made) == before


UP = (Phase.OPENING, Phase.LIVE, Phase.ROTATING)


@pytest.mark.parametrize(("phase", "number"), [(p, n) for p in Phase for n in (-1, 0, 1, 2) if p not in UP or n != 1])
def test_only_the_link_that_is_there_can_be_lost(phase: Phase, number: int) -> None:
    made = link(phase)
    before = state(made)
    assert not made.lost(number, LOST, 1.0)
    assert state(made) == before


@pytest.mark.parametrize("phase", set(Phase) - {Phase.LIVE, Phase.ROTATING})
def test_only_a_live_link_is_rotated(phase: Phase) -> None:
    made = link(phase)
    before = state(made)
    made.rotate_by(9.0)
    assert state(made) == before


@pytest.mark.parametrize("phase", Phase)
def test_words_reach_the_model_when_it_is_live_or_rotating(phase: Phase) -> None:
    assert link(phase).live is (phase in (Phase.LIVE, Phase.ROTATING))


def test_an_engine_that_is_loading_is_waited_for_as_long_as_it_loads() -> None:
    made, now = link(Phase.LIVE), 1.0
    made.lost(1, LOST, now)
    for _ in range(10 * LIMITS.reconnect_tries):
        assert made.due is not None
        now = made.due
        made.lost(made.open(), PROBLEMS["loading_models"], now)
        assert made.phase is Phase.BACKING_OFF
    made.opened(made.open(), now)
    assert made.live


def test_links_are_numbered() -> None:
    made = link()
    assert [made.open(), made.open()] == [1, 2]
    assert made.phase is Phase.OPENING


def test_an_earlier_deadline_to_rotate_stands() -> None:
    made = link(Phase.LIVE)
    for deadline, due in [(50.0, 50.0), (60.0, 50.0), (40.0, 40.0)]:
        made.rotate_by(deadline)
        assert made.due == due
    made.open()
    assert made.due is None


@pytest.mark.parametrize("phase", [Phase.LIVE, Phase.ROTATING])
def test_a_link_that_was_well_is_opened_again_at_once(phase: Phase) -> None:
    made = link(phase)
    assert made.lost(1, LOST, 9.0)
    assert (made.phase, made.due, made.problem) == (Phase.BACKING_OFF, 9.0, LOST)


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_the_wait_doubles_up_to_the_longest_with_jitter(jitter: float, share: float) -> None:
    made = link(Phase.OPENING, jitter)
    waits = []
    while made.lost(made.link, LOST, 0.0) and made.due is not None:
        waits.append(1_000 * made.due)
        made.open()
    assert waits == [share * ms for ms in (250, 500, 1_000, 2_000, 4_000, 8_000)]
    assert made.phase is Phase.GIVEN_UP


def test_no_wait_is_longer_than_the_longest() -> None:
    made = Reconnect(replace(LIMITS, reconnect_tries=9), lambda: 1.0)
    for _ in range(9):
        made.lost(made.open(), LOST, 0.0)
    assert made.due == LIMITS.reconnect_longest_ms / 1_000


@pytest.mark.parametrize(("asked_ms", "due"), [(None, 0.125), (0, 0.125), (100, 0.125), (3_000, 3.0)])
def test_a_wait_that_the_server_asks_for_is_kept(asked_ms: int | None, due: float) -> None:
    made = link(Phase.OPENING)
    made.lost(1, replace(PROBLEMS["quota"], retry_after_ms=asked_ms), 0.0)
    assert made.due == due


@pytest.mark.parametrize(("lived_s", "at_once"), [(9.9, False), (10.0, True)])
def test_the_count_of_tries_starts_anew_after_a_link_was_stable(lived_s: float, at_once: bool) -> None:
    made = link(Phase.LIVE)
    made.lost(1, LOST, 0.0)
    made.opened(made.open(), 100.0)
    made.lost(2, LOST, 100.0 + lived_s)
    assert (made.due == 100.0 + lived_s) is at_once


def test_links_that_never_open_are_not_stable_however_long_they_take() -> None:
    made = link(Phase.OPENING)
    for now in range(100, 800, 100):
        made.lost(made.link, LOST, float(now))
        if made.phase is Phase.BACKING_OFF:
            made.open()
    assert made.phase is Phase.GIVEN_UP


def test_what_no_retry_mends_gives_up_at_once() -> None:
    made = link(Phase.OPENING)
    assert made.lost(1, PROBLEMS["token_expired"], 0.0)
    assert (made.phase, made.due, made.problem) == (Phase.GIVEN_UP, None, PROBLEMS["token_expired"])


def test_a_refused_handle_is_forgotten_and_no_other_loss_forgets_it() -> None:
    made = link(Phase.OPENING)
    made.lost(1, LOST, 0.0)
    assert made.handle == "h"
    made.lost(made.open(), PROBLEMS["handle_refused"], 0.0)
    assert made.handle is None


def test_a_problem_is_forgotten_when_the_next_link_is_live() -> None:
    made = link(Phase.BACKING_OFF)
    made.open()
    assert made.problem is LOST
    made.opened(2, 1.0)
    assert made.problem is None


def test_whoever_asks_gets_all_the_tries_again() -> None:
    made = link(Phase.OPENING)
    while made.phase is not Phase.GIVEN_UP:
        made.lost(made.link, LOST, 0.0)
        if made.phase is Phase.BACKING_OFF:
            made.open()
    made.retry()
    made.lost(made.open(), LOST, 0.0)
    assert (made.phase, made.due) == (Phase.BACKING_OFF, 0.125)


def test_a_closed_link_wants_nothing() -> None:
    made = link(Phase.ROTATING)
    made.close()
    assert (made.phase, made.due, made.live) == (Phase.CLOSED, None, False)


# ---- the connection in a conversation


def opened(play: Play) -> list[act.OpenModel]:
    play.take()
    return [a for a in play.asked if isinstance(a, act.OpenModel)]


def test_settings_changed_while_connecting_take_effect_before_a_word_is_sent() -> None:
    play = Play()
    play.session.start(play.now)
    changed = SessionSettings(model="m", voice="other")
    play.browser(ev.Configure(changed), ev.Text("Hello"))
    play.session.model_opened(1, ENGINE, play.now)
    assert play.take()[:2] == [act.CloseModel(1), act.OpenModel(2, changed, None)]
    assert play.to_model() == []
    play.session.model_opened(2, ENGINE, play.now)
    assert [a for a in play.take() if isinstance(a, act.SendModel)] == [act.SendModel(2, act.SendText("Hello"))]


def test_settings_changed_and_changed_back_while_connecting_cost_nothing() -> None:
    play = Play()
    play.session.start(play.now)
    play.browser(ev.Configure(SessionSettings(model="m", voice="other")), ev.Configure(SETTINGS))
    play.session.model_opened(1, ENGINE, play.now)
    assert len(opened(play)) == 1


def test_a_page_that_comes_after_the_end_opens_nothing() -> None:
    play = Play().started()
    play.browser(ev.Stop())
    play.session.browser_attached(play.now)
    play.session.start(play.now)
    assert play.take() == []
    assert play.session.get_timer() is None


@pytest.mark.parametrize("end", ["stop", "drain", "leave"])
def test_nothing_that_happens_after_the_end_is_answered(end: str) -> None:
    play = Play().started()
    play.model(ev.ToolCall("t", "clock"))
    if end == "stop":
        play.browser(ev.Stop())
    elif end == "drain":
        play.session.drain(play.now)
    else:
        play.session.browser_gone(play.now)
        play.wait(61)
    assert play.session.ended
    play.take()
    session, now = play.session, play.now
    before = session.record()
    session.browser_event(ev.Text("Hello?"), now)
    session.model_event(1, ev.OutputCaption("ghost"), now)
    session.model_opened(1, ENGINE, now)
    session.model_closed(1, LOST, now)
    session.tool_finished("t", {"output": 1}, now)
    session.browser_gone(now)
    session.drain(now)
    session.handle_timer(now + 1_000)
    assert session.actions() == []
    assert session.record() == before


def test_a_model_that_resumes_is_not_told_the_transcript() -> None:
    turns = (Turn(1, "user", "I am Ada", True),)
    play = Play(record=SessionRecord("c", "o", SETTINGS, turns, handle="h", next_turn=2)).started()
    assert play.to_model() == []


@pytest.mark.parametrize("event", [ev.Resumption("h", False), ev.Resumption(None, True), ev.Resumption("", True)])
def test_a_point_that_cannot_be_resumed_from_is_not_kept(event: ev.Resumption) -> None:
    play = Play().started()
    assert play.model(event) == []
    assert play.session.record().handle is None


def test_a_point_to_resume_from_is_saved() -> None:
    play = Play().started()
    saved = [a.record.handle for a in play.model(ev.Resumption("h", True)) if isinstance(a, act.Save)]
    assert saved == ["h"]


def test_the_same_settings_again_change_nothing() -> None:
    assert Play().started().browser(ev.Configure(SETTINGS)) == []


def test_changed_settings_do_not_wait_for_quiet_past_their_time() -> None:
    play = Play().started()
    play.browser(ev.Text("Go on"))
    play.model(voice(60_000))
    play.browser(ev.Configure(SessionSettings(model="m", voice="other")))
    play.wait(4.9)
    assert len(opened(play)) == 1
    play.wait(0.2)
    assert len(opened(play)) == 2


def test_a_lost_link_ends_the_answer_and_cancels_its_tools() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("Well"), voice(200), ev.ToolCall("t", "clock"))
    new = play.lose()
    assert act.CancelTool("t") in new
    assert play.said(act.TurnEnd) == [act.TurnEnd(1, "complete", "upstream_lost")]


def test_the_page_sees_a_link_come_back() -> None:
    play = Play().started()
    play.lose()
    play.wait(0)
    assert play.state() == "resuming"
    play.session.model_opened(2, ENGINE, play.now)
    play.take()
    states = [s.state for s in play.said(act.Status) if isinstance(s, act.Status)]
    assert states == ["connecting", "listening", "reconnecting", "resuming", "listening"]
