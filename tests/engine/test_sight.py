"""What the user shows reaches the question it belongs to: looked at in time, once, and no longer than it is in view."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.conversation import State
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    Compression,
    Content,
    Coverage,
    Detection,
    FunctionResponse,
    Interrupted,
    RealtimeInput,
    Setup,
    ToolResponse,
    TurnComplete,
)
from genmedia_live.ports import FunctionDeclaration, Picture
from tests.engine.talking import Talk, picture

PLAIN = Setup(output_transcription=True, tools=(FunctionDeclaration("snap"),))
CAMERA, SCREEN = picture(640, 480), picture(1_024, 576)
WAIT_S = Limits().live_look_ms / 1_000


def another(pixels: bytes) -> Picture:
    return picture(640, 480, pixels)


def asked(talk: Talk, answer: int = -1) -> tuple[Picture, ...]:
    """What the question of an answer comes with. No other line comes with any."""
    *_, question = [line for line in talk.answers[answer].history if line.role == "user"]
    assert sum(bool(line.pictures) for line in talk.answers[answer].history) == bool(question.pictures)
    return question.pictures


def reply(talk: Talk) -> None:
    talk.clause("Well.", 0.5)
    talk.generated()
    talk.wait(1)


# ---- what a question comes with


def test_a_model_that_sees_gets_the_picture_at_once() -> None:
    talk = Talk(PLAIN)
    talk.show(CAMERA)
    talk.type("What is this?")
    assert asked(talk) == (CAMERA,)
    assert talk.lookings == []
    assert talk.answers[-1].look_ms is None


def test_the_newest_of_each_shape_is_told_the_oldest_first() -> None:
    talk = Talk(PLAIN)
    talk.show(another(b"1"))
    talk.show(SCREEN)
    talk.wait(1)
    talk.show(another(b"2"))
    talk.type("Look.")
    assert asked(talk) == (SCREEN, another(b"2"))


def test_a_third_shape_takes_the_place_of_the_first() -> None:
    talk = Talk(PLAIN)
    for shown in (CAMERA, SCREEN, picture(300, 300)):
        talk.show(shown)
    talk.type("Look.")
    assert asked(talk) == (SCREEN, picture(300, 300))


def test_pictures_of_one_message_stand_side_by_side() -> None:
    talk = Talk(PLAIN)
    both = another(b"1"), another(b"2")
    talk.say(ClientContent((Content("user", "Which is larger?", pictures=both),), True))
    assert asked(talk) == both


def test_a_stream_that_has_ended_is_not_told() -> None:
    talk = Talk(PLAIN)
    talk.show(CAMERA)
    talk.wait(10)
    talk.show(SCREEN)
    talk.type("And now?")
    assert asked(talk) == (CAMERA, SCREEN)
    reply(talk)
    talk.wait(10)
    talk.show(SCREEN)
    talk.type("And now?")
    assert asked(talk) == (SCREEN,)


def test_what_was_shown_long_ago_is_told_while_nothing_else_is() -> None:
    talk = Talk(PLAIN)
    talk.show(CAMERA)
    talk.wait(3_600)
    talk.type("What was it?")
    assert asked(talk) == (CAMERA,)


def test_each_question_has_what_is_shown_now_and_the_one_before_loses_it() -> None:
    talk = Talk(PLAIN)
    talk.show(another(b"1"))
    talk.type("One?")
    reply(talk)
    talk.type("The same?")
    assert asked(talk) == (another(b"1"),)
    reply(talk)
    talk.show(another(b"2"))
    talk.type("Two?")
    assert asked(talk) == (another(b"2"),)


def test_after_a_barge_in_it_still_counts() -> None:
    talk = Talk(PLAIN)
    talk.show(CAMERA)
    talk.ask("What is this?")
    talk.clause("It is a long story.", 9)
    talk.ask("No, that thing there.")
    assert talk.sent_of(Interrupted)
    assert asked(talk) == (CAMERA,)


@pytest.mark.parametrize("mime", ["video/mp4", "image/gif", "audio/mpeg"])
def test_other_media_are_only_counted(mime: str) -> None:
    talk = Talk(replace(PLAIN, coverage="ALL_INPUT"))
    talk.say(RealtimeInput(video=(Blob(mime, CAMERA.data),)))
    talk.type("And?")
    talk.generated()
    assert asked(talk) == ()
    assert talk.sent_of(TurnComplete)[-1].usage.prompt_video == 258


def test_a_picture_that_is_too_large_is_only_counted() -> None:
    talk = Talk(PLAIN, Rules(limits=Limits(live_picture_bytes=30)), looks=True)
    talk.show(another(b"x" * 7))
    talk.type("And?")
    assert asked(talk) == ()
    assert any("too large" in note for note in talk.notes)
    assert talk.lookings == []


def test_a_picture_without_a_word_is_a_question_too() -> None:
    talk = Talk(PLAIN)
    talk.say(ClientContent((Content("user", "", pictures=(CAMERA,)),), True))
    assert asked(talk) == (CAMERA,)
    assert talk.lines == [("user", "")]


def test_pictures_of_the_model_are_not_the_users() -> None:
    talk = Talk(PLAIN)
    talk.say(ClientContent((Content("model", "See?", pictures=(CAMERA,)), Content("user", "Where?")), True))
    assert asked(talk) == ()


def test_what_a_function_shows_is_seen_before_the_answer_goes_on() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.type("Take a picture.")
    call = talk.call("snap", blocking=True)
    talk.generated()
    talk.say(ToolResponse((FunctionResponse(call, response={"output": "done"}, pictures=(SCREEN,)),)))
    assert len(talk.answers) == 1
    talk.looked("A tree.")
    assert [shown.description for shown in asked(talk)] == ["A tree."]
    talk.generated()
    assert talk.sent_of(TurnComplete)[-1].usage.prompt_video == 258


# ---- tokens


@pytest.mark.parametrize("coverage", ["ONLY_ACTIVITY", "AUDIO_ACTIVITY_AND_ALL_VIDEO", "ALL_INPUT"])
def test_what_is_told_is_counted_once(coverage: Coverage) -> None:
    talk = Talk(replace(PLAIN, coverage=coverage))
    talk.show(CAMERA)
    for _ in range(2):
        talk.type("What is it?")
        reply(talk)
    assert [turn.usage.prompt_video for turn in talk.sent_of(TurnComplete)] == [258, 258]


def test_what_nobody_asks_about_is_not_counted_where_only_activity_is() -> None:
    talk = Talk(PLAIN)
    for number in range(5):
        talk.show(another(bytes([number])))
    talk.type("What is it?")
    talk.generated()
    assert talk.sent_of(TurnComplete)[-1].usage.prompt_video == 258


def test_a_line_that_goes_takes_its_pictures_with_it() -> None:
    talk = Talk(replace(PLAIN, compression=Compression(300, 10), tools=()), Rules(context_window=400))
    talk.show(CAMERA)
    talk.type("What is it?")
    reply(talk)
    assert any(line.pictures for line in talk.conversation.history)
    talk.type("word " * 60)
    reply(talk)
    assert not any(line.text == "What is it?" for line in talk.conversation.history)
    assert sum(bool(line.pictures) for line in talk.conversation.history) == 1


# ---- looking


def test_the_first_of_a_stream_is_looked_at_as_it_comes_the_next_when_the_user_speaks() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(another(b"1"))
    assert talk.lookings == [another(b"1")]
    talk.looked("A cup.")
    for number in range(2, 6):
        talk.show(another(bytes([number])))
    assert len(talk.lookings) == 1
    talk.speech(96)
    assert talk.lookings[1:] == [another(b"\5")]


def test_an_answer_waits_for_the_look() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.type("What is it?")
    assert talk.answers == []
    assert talk.conversation.state is State.GENERATING
    talk.wait(0.4)
    talk.looked("A cup.")
    assert asked(talk) == (replace(CAMERA, description="A cup."),)
    assert talk.answers[-1].look_ms == pytest.approx(400)
    assert talk.answers[-1].endpoint_ms is None


def test_the_wait_is_part_of_the_time_to_the_answer() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.ask("What is it?")
    talk.wait(0.4)
    talk.looked("A cup.")
    assert talk.answers[-1].endpoint_ms == pytest.approx(224 + 400)


def test_an_answer_waits_only_so_long() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.type("What is it?")
    talk.wait(WAIT_S - 0.01)
    assert talk.answers == []
    talk.wait(0.02)
    assert asked(talk) == (CAMERA,)
    talk.looked("A cup.")
    assert len(talk.answers) == 1
    reply(talk)
    talk.type("And now?")
    assert [shown.description for shown in asked(talk)] == ["A cup."]


def test_both_pictures_are_looked_at_the_newest_first() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.show(SCREEN)
    talk.type("What are these?")
    assert talk.lookings == [CAMERA], "one at a time; what is under way is finished"
    talk.looked("A cup.")
    assert talk.lookings == [CAMERA, SCREEN]
    talk.looked("A page.")
    assert [shown.description for shown in asked(talk)] == ["A cup.", "A page."]


def test_the_question_is_about_what_was_shown_when_it_was_asked() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(another(b"1"))
    talk.type("What is it?")
    talk.show(another(b"2"))
    assert talk.lookings == [another(b"1")]
    talk.looked("A cup.")
    assert asked(talk) == (replace(another(b"1"), description="A cup."),)


def test_a_newer_picture_takes_the_place_of_one_that_is_being_looked_at() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(another(b"1"))
    talk.speech(320)
    talk.show(another(b"2"))
    talk.silence(224)
    assert talk.lookings == [another(b"1"), another(b"2")]
    talk.transcribed("What is it?")
    talk.judged(0.9)
    talk.looked("A plate.")
    assert asked(talk) == (replace(another(b"2"), description="A plate."),)


def test_the_same_bytes_are_looked_at_once() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.looked("A cup.")
    talk.show(another(b"2"))
    talk.show(CAMERA)
    talk.type("What is it?")
    assert len(talk.lookings) == 1
    assert [shown.description for shown in asked(talk)] == ["A cup."]


def test_nothing_recognised_is_known_too() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.looked("")
    talk.type("What is it?")
    assert [shown.description for shown in asked(talk)] == [""]


def test_a_description_has_a_bound() -> None:
    talk = Talk(PLAIN, Rules(limits=Limits(live_description_chars=10)), looks=True)
    talk.show(CAMERA)
    talk.looked("word " * 100)
    talk.type("What is it?")
    assert [shown.description for shown in asked(talk)] == ["word word "]


def test_breaking_into_the_wait_ends_the_turn() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.type("What is it?")
    talk.type("And what does it cost?")
    assert len(talk.sent_of(Interrupted)) == len(talk.sent_of(TurnComplete)) == 1
    talk.looked("A cup, 5 euros.")
    assert len(talk.answers) == 1
    assert [text for _, text in talk.lines] == ["What is it?", "And what does it cost?"]
    assert [shown.description for shown in asked(talk)] == ["A cup, 5 euros."]


def test_what_is_said_into_a_wait_that_may_not_be_broken_does_not_change_what_is_looked_at() -> None:
    talk = Talk(replace(PLAIN, interrupts=False, detection=Detection(disabled=True)), looks=True)
    talk.show(another(b"1"))
    talk.type("What is it?")
    talk.show(another(b"2"))
    talk.say(RealtimeInput(activity_start=True))
    assert talk.lookings == [another(b"1")]
    talk.looked("A cup.")
    assert asked(talk) == (replace(another(b"1"), description="A cup."),)


def test_a_look_that_ends_late_says_nothing() -> None:
    talk = Talk(PLAIN, looks=True)
    talk.show(CAMERA)
    talk.conversation.ended()
    talk.looked("A cup.")
    assert talk.answers == []


def test_what_is_known_is_read_beforehand_while_the_user_speaks() -> None:
    talk = Talk(replace(PLAIN, input_transcription=True), looks=True)
    talk.show(CAMERA)
    talk.speech(96)
    talk.looked("A cup.")
    assert [line.pictures for line in talk.warmed[-1].history] == [(replace(CAMERA, description="A cup."),)]
    talk.speech(1_200)
    talk.transcribed("what is")
    assert talk.warmed[-1].history[-1].text == "what is"
    assert talk.warmed[-1].history[-1].pictures


# ---- resuming


def resumed(talk: Talk) -> Talk:
    handle = talk.handle
    talk.conversation.ended()
    return Talk(replace(PLAIN, resumption=True, handle=handle), handles=talk.handles, name="again", looks=True, now=talk.now)


def test_a_resumed_session_knows_what_is_in_view_and_what_it_shows() -> None:
    talk = Talk(replace(PLAIN, resumption=True), looks=True)
    talk.show(CAMERA)
    talk.looked("A cup.")
    talk.type("What is it?")
    reply(talk)
    again = resumed(talk)
    assert [line.pictures for line in again.conversation.history if line.role == "user"] == [asked(talk)]
    again.type("What is it for?")
    assert [shown.description for shown in asked(again)] == ["A cup."]
    again.show(CAMERA)
    assert again.lookings == []
    reply(again)
    assert again.sent_of(TurnComplete)[-1].usage.prompt_video == 258


def test_what_nobody_has_asked_about_is_in_the_snapshot_too() -> None:
    talk = Talk(replace(PLAIN, resumption=True), looks=True)
    talk.type("Hello.")
    talk.show(CAMERA)
    reply(talk)
    again = resumed(talk)
    again.type("What is it?")
    assert again.lookings == [CAMERA]


def test_the_bytes_of_a_picture_count_once_for_a_handle() -> None:
    talk = Talk(replace(PLAIN, resumption=True))
    talk.show(another(bytes(10_000)))
    talk.type("What is it?")
    reply(talk)
    (kept,) = talk.handles._kept.values()
    assert 10_000 < kept.chars < 12_000
    assert talk.handles._chars == kept.chars
