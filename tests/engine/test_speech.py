"""Clauses are cut early and lose nothing; what was heard is told by the clock."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.dialogue.speech import Playback, clauses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello. How are you?", ["Hello.", " How are you?"]),
        ("Of course I can, and gladly so. Next!", ["Of course I can,", " and gladly so.", " Next!"]),
        ("Yes, no", ["Yes, no"]),
        (
            "this one has not any mark but goes on and on until its end",
            ["this one has not any mark", " but goes on and on until its end"],
        ),
        ("It costs 3.50 dollars. Fine.", ["It costs 3.50 dollars.", " Fine."]),
        ("Dr. Brown is in. Go.", ["Dr. Brown is in.", " Go."]),
        ("  spaced   out.  Twice. ", ["spaced out.", " Twice."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_where_clauses_end(text: str, parts: list[str]) -> None:
    assert list(clauses([text])) == parts
    assert list(clauses(text)) == parts, "a letter at a time"


def test_a_long_sentence_is_not_waited_for() -> None:
    text = "First. " + "word " * 100
    assert max(len(part) for part in clauses([text])) < 220


def test_the_first_clause_comes_before_the_rest_is_written() -> None:
    read = []

    def pieces():  # type: ignore[no-untyped-def]
        for word in ["Well, ", "let me ", "see, ", "here ", "it ", "is."]:
            read.append(word)
            yield word

    assert next(clauses(pieces())) == "Well, let me see,"
    assert len(read) == 3


TEXTS = st.text(alphabet="ab ,.!?\n5", max_size=200)


@given(TEXTS, st.integers(1, 7))
def test_clauses_lose_nothing_and_do_not_depend_on_the_pieces(text: str, size: int) -> None:
    whole = list(clauses([text]))
    assert list(clauses(text[at : at + size] for at in range(0, len(text), size))) == whole
    assert "".join(whole).split() == text.split()
    assert all(re.match(r" \S", part) for part in whole[1:])


def played() -> Playback:
    playback = Playback()
    playback.clause("one two three four.", 10.0)
    playback.voice(1.0, 10.0)
    playback.voice(1.0, 10.1)
    playback.clause(" five six.", 10.2)
    playback.voice(1.0, 10.2)
    return playback


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (9.0, ""),
        (10.0, ""),
        (10.4, "one"),
        (11.0, "one two"),
        (12.0, "one two three four."),
        (12.6, "one two three four. five"),
        (13.0, "one two three four. five six."),
        (99.0, "one two three four. five six."),
    ],
)
def test_what_has_been_heard(now: float, words: str) -> None:
    assert played().heard(now) == words


def test_a_clause_whose_voice_is_still_being_made_is_not_taken_for_heard() -> None:
    playback = Playback()
    playback.clause("a clause of a good many words that take long", 10.0)
    playback.voice(0.5, 10.0)
    assert 0 < len(playback.heard(10.5)) < 20


def test_voice_that_comes_late_is_played_late() -> None:
    playback = Playback()
    playback.clause("one.", 10.0)
    playback.voice(1.0, 10.0)
    playback.clause(" two.", 15.0)
    playback.voice(1.0, 15.0)
    assert playback.ends == 16.0
    assert playback.heard(15.0) == "one."


@given(
    st.lists(st.tuples(st.sampled_from(["a b.", " c, d e", " long word here"]), st.floats(0.01, 3)), max_size=6), st.floats(0, 30)
)
def test_what_was_heard_begins_what_was_said(said: list[tuple[str, float]], now: float) -> None:
    playback = Playback()
    for text, seconds in said:
        playback.clause(text, 0.0)
        playback.voice(seconds, 0.0)
    playback.finish()
    assert playback.text.startswith(playback.heard(now))
    assert playback.heard(playback.ends) == playback.text or not said
