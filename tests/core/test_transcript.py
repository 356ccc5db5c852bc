"""How deltas become turns, and where an interrupted answer is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.record import Turn
from genmedia_live.core.transcript import Transcript, words_within

TEXT = st.text("ab ", max_size=30)


def said(*deltas: tuple[str, float]) -> Transcript:
    transcript = Transcript()
    for text, at_ms in deltas:
        transcript.add(1, "agent", text, at_ms)
    return transcript


@pytest.mark.parametrize(
    ("text", "share", "kept"),
    [
        ("one two three", 0.0, ""),
        ("one two three", 0.2, ""),
        ("one two three", 3 / 13, "one"),
        ("one two three", 0.5, "one"),
        ("one two three", 7 / 13, "one two"),
        ("one two three", 0.99, "one two"),
        ("one two three", 1.0, "one two three"),
        ("one two three", 1.7, "one two three"),
        ("one two three", -1.0, ""),
        ("word", 0.9, ""),
        ("", 0.0, ""),
    ],
)
def test_only_whole_words_fit_into_a_share(text: str, share: float, kept: str) -> None:
    assert words_within(text, share) == kept


@given(TEXT, st.floats(0, 1.5))
def test_a_share_is_a_beginning_that_ends_at_a_word(text: str, share: float) -> None:
    kept = words_within(text, share)
    assert text.startswith(kept)
    assert len(kept) <= max(share * len(text), 0) + 1e-6
    assert kept == text or kept == "" or text[len(kept)] == " "


def test_deltas_are_appended_and_a_guess_is_replaced() -> None:
    transcript = Transcript()
    shown = [
        transcript.guess(1, "user", "How ar"),
        transcript.guess(1, "user", "How are"),
        transcript.add(1, "user", "How are"),
        transcript.guess(1, "user", "yo"),
        transcript.add(1, "user", " you?"),
    ]
    assert [turn and turn.text for turn in shown] == ["How ar", "How are", None, "How are yo", "How are you?"]


def test_a_guess_is_joined_by_one_space() -> None:
    transcript = Transcript()
    transcript.add(1, "user", "How ")
    turn = transcript.guess(1, "user", " are ")
    assert turn is not None
    assert turn.text == "How are"


def test_what_was_only_guessed_is_not_final() -> None:
    transcript = Transcript()
    transcript.add(1, "user", "Hello")
    transcript.guess(1, "user", "wor")
    assert transcript.finish(1, "user") == Turn(1, "user", "Hello", final=True)


def test_a_side_with_no_words_has_no_end_to_show() -> None:
    transcript = Transcript()
    assert transcript.finish(1, "user") is None
    transcript.guess(1, "user", "Hm")
    assert transcript.finish(1, "user") is None
    assert transcript.turns() == ()


FINAL = Turn(1, "agent", "All said.", final=True, heard_ms=900.0)


def test_a_final_turn_never_changes_again() -> None:
    transcript = Transcript((FINAL,))
    assert transcript.add(1, "agent", " More.") is None
    assert transcript.guess(1, "agent", "more") is None
    assert transcript.finish(1, "agent", 5.0) is None
    assert transcript.cut(1, 10.0, 900.0, aligned=True) is None
    assert transcript.turns() == (FINAL,)


def test_a_turn_becomes_final_once_with_what_was_heard() -> None:
    transcript = said((" Hi there. ", 0.0))
    assert transcript.finish(1, "agent", 400.0) == Turn(1, "agent", "Hi there.", final=True, heard_ms=400.0)
    assert transcript.finish(1, "agent", 800.0) is None


def test_a_turn_that_was_open_in_the_record_goes_on() -> None:
    transcript = Transcript((Turn(1, "user", "Hello"),))
    turn = transcript.add(1, "user", " there")
    assert turn is not None
    assert turn.text == "Hello there"


def test_turns_come_by_number_and_the_person_first() -> None:
    transcript = Transcript()
    for turn, speaker in [(2, "agent"), (2, "user"), (1, "agent"), (1, "user"), (10, "user")]:
        transcript.add(turn, speaker, "x")  # type: ignore[arg-type]
    assert [(t.id, t.speaker) for t in transcript.turns()] == [
        (1, "user"),
        (1, "agent"),
        (2, "user"),
        (2, "agent"),
        (10, "user"),
    ]


CLAUSES = (("One two three four.", 0.0), (" Five six seven eight.", 1_000.0))


@pytest.mark.parametrize(
    ("heard_ms", "kept", "cut"),
    [
        (0.0, "", True),
        (350.0, "One", True),
        (400.0, "One two", True),
        (999.0, "One two three", True),
        (1_000.0, "One two three four.", True),
        (1_999.0, "One two three four. Five six seven", True),
        (2_320.0, "One two three four. Five six seven eight.", False),
        (9_999.0, "One two three four. Five six seven eight.", False),
    ],
)
def test_with_aligned_captions_the_cut_falls_inside_the_clause_that_sounds(heard_ms: float, kept: str, cut: bool) -> None:
    assert said(*CLAUSES).cut(1, heard_ms, 2_320.0, aligned=True) == Turn(1, "agent", kept, True, heard_ms, cut)


def test_a_clause_whose_voice_has_not_all_come_is_taken_to_be_as_long_as_its_words() -> None:
    turn = said(("aaaa bbbb cccc dddd", 0.0)).cut(1, 600.0, 600.0, aligned=True)
    assert turn is not None
    assert turn.text == "aaaa bbbb"
    assert turn.cut


def test_captions_that_came_together_share_the_voice_after_them() -> None:
    turn = said(("One two", 0.0), (" three four", 0.0)).cut(1, 0.8 * 1_080.0, 1_080.0, aligned=True)
    assert turn is not None
    assert turn.text == "One two three"


@pytest.mark.parametrize(
    ("heard_ms", "kept", "cut"), [(0, "", True), (500, "a b", True), (556, "a b c", True), (1_000, "a b c d e", False)]
)
def test_without_alignment_the_cut_is_the_share_that_was_heard(heard_ms: float, kept: str, cut: bool) -> None:
    assert said(("a b c d e", 0.0)).cut(1, heard_ms, 1_000.0, aligned=False) == Turn(1, "agent", kept, True, heard_ms, cut)


def test_an_empty_caption_after_the_last_voice_takes_nothing_away() -> None:
    turn = said(("a", 0.0), ("", 100.0)).cut(1, 100.0, 100.0, aligned=True)
    assert turn == Turn(1, "agent", "a", True, 100.0, cut=False)


def test_captions_that_came_together_were_not_heard_before_their_voice() -> None:
    turn = said(("One two", 0.0), (" three four", 0.0)).cut(1, 0.0, 1_080.0, aligned=True)
    assert turn is not None
    assert turn.text == ""


@pytest.mark.parametrize("aligned", [True, False])
def test_words_without_voice_were_not_heard(aligned: bool) -> None:
    turn = said(("Never heard", 0.0)).cut(1, 0.0, 0.0, aligned=aligned)
    assert turn == Turn(1, "agent", "", True, 0.0, True)


@pytest.mark.parametrize("aligned", [True, False])
def test_a_side_that_was_never_there_is_not_cut(aligned: bool) -> None:
    transcript = Transcript()
    transcript.add(1, "user", "Hello")
    assert transcript.cut(1, 10.0, 10.0, aligned=aligned) is None


@given(
    st.lists(st.tuples(st.text("ab ", min_size=1, max_size=12), st.floats(0, 500)), min_size=1, max_size=6),
    st.data(),
    st.booleans(),
)
def test_a_cut_keeps_a_beginning_and_more_hearing_keeps_no_less(
    steps: list[tuple[str, float]], data: st.DataObject, aligned: bool
) -> None:
    deltas, at_ms = [], 0.0
    for text, ms in steps:
        deltas.append((text, at_ms))
        at_ms += ms
    whole = "".join(text for text, _ in deltas).strip()
    less, more = sorted(data.draw(st.tuples(st.floats(0, at_ms), st.floats(0, at_ms))))
    kept = [said(*deltas).cut(1, heard, at_ms, aligned=aligned) for heard in (less, more)]
    texts = [turn.text for turn in kept if turn]
    assert all(whole.startswith(text) for text in texts)
    assert len(texts[0]) <= len(texts[1])
    assert all(turn.cut == (turn.text != whole) for turn in kept if turn)


def talk() -> Transcript:
    return Transcript((Turn(1, "user", "aaaa", True), Turn(1, "agent", "bbbb", True), Turn(2, "user", "cccc", True)))


@pytest.mark.parametrize(
    ("max_chars", "told"), [(0, []), (3, []), (4, ["cccc"]), (7, ["cccc"]), (8, ["bbbb", "cccc"]), (99, ["aaaa", "bbbb", "cccc"])]
)
def test_a_history_is_the_newest_turns_that_fit_in_order(max_chars: int, told: list[str]) -> None:
    assert [text for _, text in talk().history(max_chars)] == told


def test_a_history_has_no_gap() -> None:
    turns = (Turn(1, "user", "a", True), Turn(1, "agent", "b" * 50, True), Turn(2, "user", "c", True))
    assert Transcript(turns).history(10) == (("user", "c"),)


def test_what_is_not_final_is_not_history() -> None:
    transcript = talk()
    transcript.add(3, "user", "on its way")
    assert [text for _, text in transcript.history(99)] == ["aaaa", "bbbb", "cccc"]
