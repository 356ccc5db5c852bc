"""Who holds the floor, and that the page of the docs draws the same table."""

from pathlib import Path

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.record import SessionRecord, SessionSettings
from genmedia_live.core.turns import TABLE, Cue, Floor, Turns
from tests.core.script import Play, voice

PAGE = Path(__file__).parents[2] / "docs" / "turns.md"
BRINGS = {
    Floor.LISTENING: [],
    Floor.USER_SPEAKING: [Cue.USER_BEGINS],
    Floor.THINKING: [Cue.USER_ENDS],
    Floor.MODEL_SPEAKING: [Cue.MODEL_BEGINS],
}


def brought_to(floor: Floor) -> Turns:
    turns = Turns()
    for cue in BRINGS[floor]:
        turns.take(cue)
    assert turns.floor is floor
    return turns


def test_every_cue_is_legal_in_every_state() -> None:
    assert set(TABLE) == {(floor, cue) for floor in Floor for cue in Cue}


@pytest.mark.parametrize(("floor", "cue"), TABLE)
def test_the_floor_follows_the_table_and_says_whether_it_changed_hands(floor: Floor, cue: Cue) -> None:
    turns = brought_to(floor)
    assert turns.take(cue) is (TABLE[floor, cue] is not floor)
    assert turns.floor is TABLE[floor, cue]


@pytest.mark.parametrize("silenced", [Cue.MODEL_ENDS, Cue.INTERRUPTED])
def test_who_began_under_the_voice_has_the_floor_when_it_falls_silent(silenced: Cue) -> None:
    turns = brought_to(Floor.MODEL_SPEAKING)
    assert not turns.take(Cue.USER_BEGINS)
    assert turns.take(silenced)
    assert turns.floor is Floor.USER_SPEAKING


@pytest.mark.parametrize("silenced", [Cue.MODEL_ENDS, Cue.INTERRUPTED])
def test_who_began_and_ended_under_the_voice_has_not(silenced: Cue) -> None:
    turns = brought_to(Floor.MODEL_SPEAKING)
    turns.take(Cue.USER_BEGINS)
    turns.take(Cue.USER_ENDS)
    turns.take(silenced)
    assert turns.floor is Floor.LISTENING


def drawn(page: str) -> set[tuple[str, str, str]]:
    """(state, cue, state) of each arrow in the page's state diagram."""
    diagram = page.split("```mermaid\n", 1)[1].split("```", 1)[0].splitlines()
    assert diagram[0].strip() == "stateDiagram-v2"
    arrows = [line.strip() for line in diagram if "-->" in line and "[*]" not in line]
    return {
        (before.strip(), cue.strip(), after.strip())
        for before, rest in (arrow.split("-->") for arrow in arrows)
        for after, cues in [rest.split(":")]
        for cue in cues.split(",")
    }


def listed(page: str) -> set[tuple[str, str, str]]:
    """(state, cue, state) of each cell in the page's table."""
    table = page.split("| floor |", 1)[1].split("\n\n", 1)[0]
    rows = [[cell.strip(" `") for cell in line.strip("| ").split("|")] for line in f"floor |{table}".splitlines()]
    cues = rows[0][1:]
    return {(row[0], cue, after) for row in rows[2:] for cue, after in zip(cues, row[1:], strict=True)}


def test_the_docs_list_every_row_of_the_table_and_no_other() -> None:
    assert listed(PAGE.read_text()) == {(floor.value, cue.value, after.value) for (floor, cue), after in TABLE.items()}


def test_the_docs_draw_every_row_of_the_table_and_no_other() -> None:
    assert drawn(PAGE.read_text()) == {(floor.value, cue.value, after.value) for (floor, cue), after in TABLE.items()}


# ---- the floor in a conversation


def spoken_over() -> Play:
    """The model has ended turn 1, five seconds of it still wait, and the words of the next exchange arrive."""
    play = Play(capabilities=Capabilities()).started()
    play.browser(ev.Text("Tell me a story"))
    play.model(ev.OutputCaption("Once upon a time"), voice(5_000), ev.TurnComplete(), ev.InputCaption("Stop"))
    return play


def test_an_interruption_in_the_next_exchange_silences_the_voice_of_the_one_before() -> None:
    play = spoken_over()
    play.model(ev.Interrupted())
    assert play.said(act.Flush) == [act.Flush(1)]
    play.browser(ev.Played(1, 600, flushed=True))
    assert play.said(act.TurnEnd) == [act.TurnEnd(1, "interrupted", "barge_in")]


def test_the_voice_that_sounds_can_be_silenced_by_hand_after_the_next_exchange_began() -> None:
    play = spoken_over()
    play.browser(ev.Interrupt(1))
    assert play.said(act.Flush) == [act.Flush(1)]


def test_the_next_exchange_is_still_answered_when_the_voice_before_it_was_silenced() -> None:
    play = spoken_over()
    play.browser(ev.Interrupt(1), ev.Played(1, 600, flushed=True))
    play.model(ev.OutputCaption("Yes?"), voice(100), ev.GenerationComplete(), ev.TurnComplete())
    assert play.sound_ms(2) == 100
    assert play.said(act.TurnEnd)[1:] == [act.TurnEnd(2, "complete")]


def test_typing_into_the_next_exchange_silences_the_voice_of_the_one_before() -> None:
    play = spoken_over()
    play.browser(ev.Text("Please"))
    assert play.said(act.Flush) == [act.Flush(1)]


def test_the_end_of_the_conversation_closes_the_turn_whose_voice_still_waits() -> None:
    play = spoken_over()
    play.browser(ev.Stop())
    assert play.said(act.TurnEnd) == [act.TurnEnd(1, "interrupted", "ended")]
    assert all(turn.final for turn in play.session.turns())


def test_speaking_again_takes_back_the_wait_for_an_answer() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.UserActivity(True))
    play.wait(60)
    assert play.said(act.TurnEnd) == []


def test_late_voice_is_believed_again_a_second_after_an_interruption_that_the_model_did_not_see() -> None:
    play = Play().started()
    play.browser(ev.Text("One"))
    play.model(ev.OutputCaption("Once"), voice(300))
    play.model(ev.Interrupted())
    play.browser(ev.Played(1, 100, flushed=True))
    play.model(voice(200))
    assert play.sound_ms(2) == 0
    play.wait(1.1)
    play.model(voice(200))
    assert play.sound_ms(2) == 200


def test_push_to_talk_marks_the_bounds_of_speech() -> None:
    play = Play(record=SessionRecord("c", "o", SessionSettings("m", "v", manual_activity=True))).started()
    play.browser(ev.Activity(True))
    play.browser(ev.Activity(False))
    assert play.to_model() == [act.SendActivity(True), act.SendActivity(False)]
    assert play.state() == "thinking"


@pytest.mark.parametrize(("reason", "why"), [(None, "no_answer"), ("SAFETY", "SAFETY")])
def test_a_model_that_ends_its_turn_without_an_answer_is_not_thinking_any_more(reason: str | None, why: str) -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.TurnComplete(reason))
    assert play.said(act.TurnEnd) == [act.TurnEnd(1, "complete", why)]
    assert play.state() == "listening"


def test_an_answer_that_was_all_made_when_it_was_silenced_does_not_silence_the_next() -> None:
    play = Play().started()
    play.browser(ev.Text("One"))
    play.model(ev.OutputCaption("Once"), voice(900), ev.GenerationComplete())
    play.browser(ev.Interrupt(1), ev.Text("Two"))
    play.model(ev.OutputCaption("Twice"), voice(200))
    assert play.sound_ms(2) == 200
