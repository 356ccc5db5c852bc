"""How voice is paced by what the page has played, and what a flush drops."""

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.audio import VOICE_RATE, size_of
from genmedia_live.core.playout import PIECE_MS, Playout
from tests.core.script import Play, voice

WINDOW_MS, BACKLOG_MS = 1_200, 5_000


def pcm(ms: float) -> bytes:
    return bytes(size_of(ms, VOICE_RATE))


def playout() -> Playout:
    return Playout(WINDOW_MS, BACKLOG_MS)


def sounding(ms: float = 1_000, turn: int = 1) -> Playout:
    """A turn of which all has left."""
    made = playout()
    made.offer(turn, pcm(ms))
    made.release()
    return made


def left(out: list[act.Audio]) -> list[tuple[int, int, float]]:
    return [(audio.turn, audio.chunk.seq, audio.chunk.ms) for audio in out]


def total(out: list[act.Audio]) -> float:
    return sum(audio.chunk.ms for audio in out)


def figures(lane: Playout) -> tuple[float, ...]:
    return (lane.heard_ms(1), lane.received_ms(1), lane.unheard_ms, lane.in_flight_ms, lane.dropped_ms)


def test_voice_leaves_in_numbered_pieces() -> None:
    made = playout()
    made.offer(1, pcm(250))
    assert left(made.release()) == [(1, 0, PIECE_MS), (1, 1, PIECE_MS), (1, 2, 50)]
    assert made.release() == []


def test_numbers_go_on_over_messages_and_begin_anew_in_each_turn() -> None:
    made = sounding(100)
    made.offer(1, pcm(40))
    assert left(made.release()) == [(1, 1, 40)]
    made.end(1)
    made.offer(2, pcm(40))
    assert left(made.release()) == [(2, 0, 40)]


def test_no_more_than_the_window_is_under_way() -> None:
    made = playout()
    made.offer(1, pcm(3_000))
    assert total(made.release()) == WINDOW_MS
    assert made.release() == []
    made.played(1, 300)
    assert total(made.release()) == 300
    assert (made.in_flight_ms, made.unheard_ms) == (WINDOW_MS, 2_700)


def test_a_window_with_room_for_half_a_piece_stays_closed() -> None:
    made = playout()
    made.offer(1, pcm(3_000))
    made.release()
    made.played(1, PIECE_MS / 2)
    assert made.release() == []
    made.played(1, PIECE_MS)
    assert total(made.release()) == PIECE_MS


def test_a_window_smaller_than_a_piece_still_lets_voice_through() -> None:
    made = Playout(40, BACKLOG_MS)
    made.offer(1, pcm(100))
    assert total(made.release()) == 40
    made.played(1, 40)
    assert total(made.release()) == 40


def test_the_next_turn_waits_until_the_one_before_has_left() -> None:
    made = playout()
    made.offer(1, pcm(100))
    made.offer(2, pcm(100))
    assert left(made.release()) == [(1, 0, 100)]
    made.end(1)
    assert left(made.release()) == [(2, 0, 100)]


def test_the_next_turn_waits_behind_voice_that_found_no_room() -> None:
    made = playout()
    made.offer(1, pcm(1_300))
    made.end(1)
    made.offer(2, pcm(100))
    assert {audio.turn for audio in made.release()} == {1}


@pytest.mark.parametrize(("ms", "believed"), [(0, 0), (400, 400), (1_000, 1_000), (1_001, 1_000), (math.inf, 1_000)])
def test_the_page_is_believed_up_to_what_it_was_sent(ms: float, believed: float) -> None:
    made = sounding()
    made.played(1, ms)
    assert made.heard_ms(1) == believed


@pytest.mark.parametrize(("turn", "ms"), [(1, 399), (1, -5), (1, -math.inf), (1, math.nan), (0, 900), (-1, 900)])
def test_an_odd_report_changes_nothing(turn: int, ms: float) -> None:
    made = sounding()
    made.played(1, 400)
    before = figures(made)
    made.played(turn, ms)
    assert figures(made) == before


def test_a_report_of_a_turn_means_that_those_before_it_are_over() -> None:
    made = sounding()
    made.end(1)
    made.offer(2, pcm(100))
    made.release()
    made.played(2, 0)
    assert made.in_flight_ms == 100


def test_another_pages_reports_count_from_what_had_been_sent() -> None:
    made = sounding(600)
    made.presume_heard()
    assert (made.heard_ms(1), made.in_flight_ms) == (600, 0)
    made.offer(1, pcm(300))
    made.release()
    made.played(1, 100)
    assert made.heard_ms(1) == 700


def test_voice_past_the_backlog_is_dropped_whole_and_counted() -> None:
    made = playout()
    made.offer(1, pcm(BACKLOG_MS))
    assert made.dropped_ms == 0
    made.offer(1, pcm(40))
    assert (made.dropped_ms, made.received_ms(1)) == (40, BACKLOG_MS)


def test_voice_that_has_left_is_no_backlog() -> None:
    made = playout()
    made.offer(1, pcm(BACKLOG_MS))
    made.release()
    made.offer(1, pcm(WINDOW_MS))
    assert made.dropped_ms == 0
    made.offer(1, pcm(1))
    assert made.dropped_ms == 1


def test_a_flush_drops_what_waits_and_keeps_the_figures_for_the_cut() -> None:
    made = playout()
    made.offer(1, pcm(2_000))
    made.release()
    made.played(1, 500)
    made.flush(1)
    assert made.release() == []
    assert made.dropped_ms == 2_000 - WINDOW_MS
    assert (made.heard_ms(1), made.received_ms(1)) == (500, 2_000)
    assert (made.unheard_ms, made.in_flight_ms) == (0, 0)
    assert made.all_sent(1)


def test_the_answer_to_a_flush_still_counts() -> None:
    made = sounding()
    made.flush(1)
    made.played(1, 700)
    assert made.heard_ms(1) == 700


@pytest.mark.parametrize("turn", [1, 2])
def test_voice_of_a_flushed_turn_is_dropped_and_counted(turn: int) -> None:
    made = playout()
    made.flush(2)
    made.offer(turn, pcm(40))
    assert made.dropped_ms == 40
    assert made.release() == []


def test_a_second_flush_drops_nothing_more() -> None:
    made = playout()
    made.offer(1, pcm(100))
    made.flush(1)
    made.flush(1)
    made.flush(2)
    assert made.dropped_ms == 100


def test_a_flush_leaves_later_turns_alone() -> None:
    made = playout()
    made.offer(1, pcm(100))
    made.offer(2, pcm(100))
    made.flush(1)
    assert left(made.release()) == [(2, 0, 100)]


def test_an_old_flush_does_not_open_what_a_newer_one_closed() -> None:
    made = playout()
    made.flush(3)
    made.flush(1)
    made.offer(2, pcm(40))
    assert made.release() == []


def test_what_is_forgotten_has_no_figures() -> None:
    made = sounding()
    made.flush(1)
    made.forget(1)
    assert (made.heard_ms(1), made.received_ms(1)) == (0, 0)


def test_only_flushed_voice_can_be_forgotten() -> None:
    made = playout()
    made.offer(1, pcm(40))
    made.offer(2, pcm(100))
    made.flush(1)
    made.forget(2)
    assert left(made.release()) == [(2, 0, 100)]


def test_a_turn_that_ended_and_was_heard_is_let_go_when_another_has_begun() -> None:
    made = sounding()
    made.end(1)
    made.played(1, 1_000)
    assert (made.heard_ms(1), made.received_ms(1)) == (1_000, 1_000)
    made.offer(2, pcm(40))
    made.played(1, 1_000)
    assert made.received_ms(1) == 0


def test_voice_that_comes_after_the_end_goes_on_where_the_turn_was() -> None:
    made = sounding(100)
    made.end(1)
    made.played(1, 100)
    made.offer(1, pcm(40))
    assert left(made.release()) == [(1, 1, 40)]


@pytest.mark.parametrize("turn", [0, 7])
def test_a_turn_that_is_not_held_has_nothing(turn: int) -> None:
    made = sounding()
    before = figures(made)
    made.end(turn)
    assert figures(made) == before
    assert (made.heard_ms(turn), made.received_ms(turn), made.all_sent(turn)) == (0, 0, True)


class Pacing(RuleBasedStateMachine):
    """Voice that comes as it likes, a page that plays as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.made = playout()
        self.turn = 1
        self.flushed = 0
        self.offered = 0.0
        self.sent: dict[int, float] = {}
        self.seqs: dict[int, int] = {}

    @rule(ms=st.sampled_from([20, 40, 130, 700, 3_000]))
    def offers(self, ms: float) -> None:
        self.made.offer(self.turn, pcm(ms))
        self.offered += ms

    @rule()
    def ends(self) -> None:
        self.made.end(self.turn)
        self.turn += 1

    @rule(back=st.integers(0, 3), ms=st.floats(-10, 6_000))
    def plays(self, back: int, ms: float) -> None:
        self.made.played(self.turn - back, ms)

    @precondition(lambda self: self.turn > 3)
    @rule()
    def flushes(self) -> None:
        self.made.flush(self.turn)
        self.flushed = self.turn
        self.turn += 1

    @rule()
    def forgets(self) -> None:
        self.made.forget(self.turn)

    @rule()
    def another_page(self) -> None:
        self.made.presume_heard()

    @rule()
    def releases(self) -> None:
        last = 0
        for audio in self.made.release():
            assert audio.turn > self.flushed
            assert audio.turn >= last
            assert audio.chunk.seq == self.seqs.get(audio.turn, 0)
            assert 0 < audio.chunk.ms <= PIECE_MS
            last = audio.turn
            self.seqs[audio.turn] = audio.chunk.seq + 1
            self.sent[audio.turn] = self.sent.get(audio.turn, 0) + audio.chunk.ms

    @invariant()
    def holds(self) -> None:
        assert self.made.in_flight_ms <= WINDOW_MS + 1e-6
        assert -1e-6 <= self.made.in_flight_ms <= self.made.unheard_ms + 1e-6
        for turn in range(1, self.turn + 1):
            assert 0 <= self.made.heard_ms(turn) <= self.sent.get(turn, 0) + 1e-6, "heard no more than was sent"
            assert self.made.received_ms(turn) - self.sent.get(turn, 0) <= BACKLOG_MS + 1e-6
        assert sum(self.sent.values()) + self.made.dropped_ms <= self.offered + 1e-6, "no voice is made up"


TestPacing = Pacing.TestCase
TestPacing.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


# ---- the voice in a conversation


def test_a_page_that_falls_silent_after_a_flush_does_not_hold_the_next_answer_for_ever() -> None:
    play = Play().started()
    play.browser(ev.Text("One"))
    play.model(ev.OutputCaption("Once"), voice(1_000), ev.Interrupted(), ev.TurnComplete())
    play.browser(ev.Text("Two"))
    play.model(voice(3_000), ev.TurnComplete())
    play.wait(60)
    assert play.sound_ms(2) == 3_000
    assert play.state() == "listening"


def test_a_page_that_reports_is_not_given_up_while_it_plays() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(voice(4_000))
    for heard in (200, 400):
        play.wait(9)
        play.browser(ev.Played(1, heard))
    assert play.sound_ms(1) == 1_600


@pytest.mark.parametrize("heard_first", [True, False])
def test_an_answer_that_was_heard_to_the_end_is_kept_whole(heard_first: bool) -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("Heard."), voice(400), ev.GenerationComplete())
    if heard_first:
        play.browser(ev.Played(1, 400))
    play.model(ev.UserActivity(True), ev.Interrupted())
    play.browser(ev.Played(1, 400, flushed=True))
    answer = play.session.turns()[-1]
    assert (answer.text, answer.cut, answer.heard_ms) == ("Heard.", False, 400)


def test_an_answer_that_was_heard_before_the_model_ended_its_turn_says_how_much_was_heard() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("Gone"), voice(400), ev.GenerationComplete())
    play.browser(ev.Played(1, 400))
    play.model(ev.TurnComplete())
    assert play.session.turns()[-1].heard_ms == 400


def test_a_flush_of_a_turn_that_was_complete_leaves_nothing_behind() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("Gone"), voice(300), ev.GenerationComplete(), ev.TurnComplete())
    play.browser(ev.Interrupt(1))
    assert play.said(act.Flush) == [act.Flush(1)]
    play.browser(ev.Played(1, 100, flushed=True))
    assert play.session._exchange._playout.received_ms(1) == 0
    assert play.said(act.TurnEnd) == [act.TurnEnd(1, "complete")]
