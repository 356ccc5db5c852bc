"""What waits for the model, what is dropped of it, and what the page is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.audio import MIC_RATE, AudioChunk, size_of
from genmedia_live.core.uplink import RECEIVED_EVERY_S, WAITING_WORDS, Uplink
from tests.core.script import Play, mic


def chunk(seq: int, ms: float = 40) -> AudioChunk:
    return AudioChunk(bytes(size_of(ms, MIC_RATE)), MIC_RATE, seq)


def speech(seq: int, ms: float = 40) -> act.SendAudio:
    return act.SendAudio(chunk(seq, ms))


def seqs(held: list[act.ModelInput]) -> list[int]:
    return [m.chunk.seq for m in held if isinstance(m, act.SendAudio)]


def texts(held: list[act.ModelInput]) -> list[str]:
    return [m.text for m in held if isinstance(m, act.SendText)]


def test_a_chunk_is_new_once() -> None:
    uplink = Uplink(1_000)
    assert [uplink.is_new(chunk(seq)) for seq in (0, 1, 1, 0, 3, 2, 4)] == [True, True, False, False, True, False, True]


@pytest.mark.parametrize("seq", [-1, -7])
def test_a_number_below_zero_is_not_taken(seq: int) -> None:
    uplink = Uplink(1_000)
    assert not uplink.is_new(chunk(seq))
    assert uplink.report(1.0) is None


def test_all_that_waits_leaves_once_in_order() -> None:
    uplink = Uplink(1_000)
    words: list[act.ModelInput] = [speech(0), act.SendText("a"), act.SendAudioEnd(), speech(1), act.SendActivity(True)]
    for word in words:
        uplink.hold(word)
    assert uplink.drain() == words
    assert uplink.drain() == []


def test_a_full_ring_keeps_all_and_one_chunk_more_costs_the_oldest() -> None:
    uplink = Uplink(120)
    for seq in range(3):
        uplink.hold(speech(seq))
    assert uplink.declare_lost() is None
    uplink.hold(speech(3))
    assert uplink.declare_lost() == 40
    assert seqs(uplink.drain()) == [1, 2, 3]


def test_a_drained_ring_is_empty_again() -> None:
    uplink = Uplink(80)
    for start in (0, 2, 4):
        uplink.hold(speech(start))
        uplink.hold(speech(start + 1))
        assert seqs(uplink.drain()) == [start, start + 1]
    assert uplink.declare_lost() is None


def test_dropped_voice_leaves_typed_words_where_they_were() -> None:
    uplink = Uplink(40)
    for word in (speech(0), act.SendText("a"), speech(1)):
        uplink.hold(word)
    assert uplink.drain() == [act.SendText("a"), speech(1)]


def test_lost_voice_is_declared_once() -> None:
    uplink = Uplink(40)
    uplink.hold(speech(0))
    uplink.hold(speech(1))
    assert uplink.declare_lost() == 40
    assert uplink.declare_lost() is None


def test_pictures_do_not_wait() -> None:
    uplink = Uplink(1_000)
    uplink.hold(act.SendFrame("camera", 0, b"jpeg"))
    assert uplink.drain() == []


def test_too_many_typed_words_cost_the_oldest() -> None:
    uplink = Uplink(1_000)
    for number in range(WAITING_WORDS + 2):
        uplink.hold(act.SendText(str(number)))
    assert texts(uplink.drain()) == [str(number) for number in range(2, WAITING_WORDS + 2)]


def test_no_typed_word_is_lost_to_voice_or_to_its_ends() -> None:
    uplink = Uplink(40)
    uplink.hold(act.SendText("a"))
    for seq in range(3 * WAITING_WORDS):
        uplink.hold(speech(seq))
        uplink.hold(act.SendAudioEnd())
    assert texts(uplink.drain()) == ["a"]


def test_ends_of_voice_that_wait_are_bounded() -> None:
    uplink = Uplink(1_000)
    for _ in range(10 * WAITING_WORDS):
        uplink.hold(act.SendAudioEnd())
    assert len(uplink.drain()) <= WAITING_WORDS


def test_unanswered_words_go_before_all_that_waits() -> None:
    uplink = Uplink(1_000)
    uplink.hold(act.SendText("c"))
    for text in ("a", "b"):
        uplink.sent(act.SendText(text))
    uplink.recall()
    assert texts(uplink.drain()) == ["a", "b", "c"]


def test_answered_words_are_not_said_again() -> None:
    uplink = Uplink(1_000)
    uplink.sent(act.SendText("a"))
    uplink.answered()
    uplink.sent(act.SendText("b"))
    uplink.recall()
    uplink.recall()
    assert texts(uplink.drain()) == ["b"]


def test_unanswered_words_are_bounded_and_the_newest_are_kept() -> None:
    uplink = Uplink(1_000)
    for number in range(3 * WAITING_WORDS):
        uplink.sent(act.SendText(str(number)))
    uplink.hold(act.SendText("newest"))
    uplink.recall()
    kept = texts(uplink.drain())
    assert len(kept) == WAITING_WORDS
    assert kept[-2:] == [str(3 * WAITING_WORDS - 1), "newest"]


def test_the_page_is_told_when_there_is_news_and_not_too_often() -> None:
    uplink = Uplink(1_000)
    assert uplink.report(0.0) is None
    uplink.is_new(chunk(0))
    assert uplink.report(0.0) == act.Received(0, -1)
    uplink.sent(speech(0))
    assert uplink.report(RECEIVED_EVERY_S - 0.001) is None
    assert uplink.report(RECEIVED_EVERY_S) == act.Received(0, 0)
    assert uplink.report(9.0) is None


def test_what_was_sent_never_goes_back() -> None:
    uplink = Uplink(1_000)
    uplink.is_new(chunk(5))
    uplink.sent(speech(5))
    uplink.sent(speech(3))
    assert uplink.report(0.0) == act.Received(5, 5)


def test_another_pages_numbers_begin_anew() -> None:
    uplink = Uplink(1_000)
    uplink.is_new(chunk(9))
    uplink.sent(speech(9))
    uplink.report(0.0)
    uplink.restart()
    assert uplink.report(9.0) is None
    assert uplink.is_new(chunk(0))
    assert uplink.report(9.0) == act.Received(0, -1)


def test_the_voice_of_the_page_before_is_not_reported_to_this_one() -> None:
    uplink = Uplink(1_000)
    uplink.is_new(chunk(9))
    uplink.hold(speech(9))
    uplink.restart()
    uplink.is_new(chunk(0))
    uplink.hold(speech(0))
    for message in uplink.drain():
        uplink.sent(message)
    assert uplink.report(0.0) == act.Received(0, 0)


@given(st.lists(st.one_of(st.builds(speech, st.integers(0, 9), st.sampled_from([10, 40, 400])), st.just(act.SendAudioEnd()))))
def test_voice_is_either_kept_within_the_ring_or_counted_as_lost(words: list[act.SendAudio | act.SendAudioEnd]) -> None:
    uplink = Uplink(500)
    for word in words:
        uplink.hold(word)
    given_ms = sum(w.chunk.ms for w in words if isinstance(w, act.SendAudio))
    kept_ms = sum(m.chunk.ms for m in uplink.drain() if isinstance(m, act.SendAudio))
    assert kept_ms <= 500
    assert kept_ms + uplink.lost_ms == given_ms


# ---- the person's words in a conversation


def test_lost_voice_is_not_declared_before_the_model_can_hear_again() -> None:
    play = Play().started()
    play.lose()
    for seq in range(800):
        play.browser(mic(seq))
    assert [s for s in play.said(act.Status) if isinstance(s, act.Status) and s.lost_ms] == []


def test_an_end_of_the_microphone_reaches_the_model_in_its_place() -> None:
    play = Play().started()
    play.browser(mic(0), ev.MicEnd("muted"), mic(1))
    sent = play.to_model()
    assert isinstance(sent[1], act.SendAudioEnd)
    assert seqs(sent) == [0, 1]


def test_a_picture_reaches_a_model_that_is_there_and_no_other() -> None:
    play = Play()
    play.session.start(play.now)
    play.browser(ev.Frame("camera", 0, b"early"))
    play.session.model_opened(play.link(), play.capabilities, play.now)
    play.browser(ev.Frame("camera", 1, b"seen"))
    assert play.to_model() == [act.SendFrame("camera", 1, b"seen")]
