"""The agent speaks unasked: it greets once, and nudges a silent person, but never one who has spoken, muted or gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.initiative import GREETING, NUDGE
from genmedia_live.core.record import SessionRecord, Turn
from tests.core.script import ENGINE, SETTINGS, Play, mic, voice


def play(**wishes: object) -> Play:
    return Play(record=SessionRecord("c", "o", replace(SETTINGS, **wishes)))  # type: ignore[arg-type]


def prompts(play: Play) -> list[str]:
    return [message.text for message in play.to_model() if isinstance(message, act.SendText)]


def answer(play: Play) -> None:
    """The agent says a second of words; the page plays them to their end."""
    play.model(voice(1_000), ev.OutputCaption("Well."), ev.GenerationComplete(), ev.TurnComplete())
    turn = max(a.turn for a in play.said(act.Audio) if isinstance(a, act.Audio))
    play.browser(ev.Played(turn, 1_000))


def test_the_agent_greets_when_it_is_told_to():
    assert prompts(play(greeting=True).started()) == [GREETING]
    assert prompts(play().started()) == []


def test_a_greeting_is_the_first_turn_and_the_person_said_nothing():
    p = play(greeting=True).started()
    assert p.state() == "thinking"
    answer(p)
    assert [(turn.id, turn.speaker, turn.text) for turn in p.session.turns()] == [(1, "agent", "Well.")]
    p.browser(ev.Text("Hello"))
    assert [turn.speaker for turn in p.session.turns() if turn.id == 2] == ["user"]


def test_a_conversation_that_goes_on_is_not_greeted():
    record = SessionRecord("c", "o", replace(SETTINGS, greeting=True), turns=(Turn(1, "user", "Hi", final=True),), next_turn=2)
    assert GREETING not in prompts(Play(record=record).started())


def test_whoever_speaks_first_is_answered_and_not_greeted():
    p = play(greeting=True)
    p.session.start(p.now)
    p.browser(ev.Text("What time is it?"))
    p.session.model_opened(p.link(), ENGINE, p.now)
    assert prompts(p) == ["What time is it?"]


def test_a_greeting_that_was_not_begun_is_asked_for_again_on_the_next_connection():
    p = play(greeting=True).started()
    p.lose()
    p.wait(1)
    p.session.model_opened(p.link(), ENGINE, p.now)
    assert prompts(p) == [GREETING, GREETING]


def test_a_greeting_is_not_repeated_after_it_was_heard():
    p = play(greeting=True).started()
    answer(p)
    p.lose()
    p.wait(1)
    p.session.model_opened(p.link(), ENGINE, p.now)
    assert prompts(p) == [GREETING]


def test_silence_is_broken_after_as_long_as_was_wished_for():
    p = play(nudge_s=30).started()
    p.wait(29.9)
    assert prompts(p) == []
    p.wait(0.2)
    assert prompts(p) == [NUDGE]


def test_nobody_is_nudged_unless_they_wish():
    p = play().started()
    p.wait(3_600)
    assert prompts(p) == []


def test_a_silent_person_is_nudged_twice_and_then_left_alone_until_they_are_back():
    p = play(nudge_s=30).started()
    for _ in range(5):
        p.wait(31)
        if p.state() == "thinking":
            answer(p)
    assert prompts(p) == [NUDGE] * 2
    p.browser(ev.Text("I am back"))
    answer(p)
    p.wait(31)
    assert prompts(p) == [NUDGE, NUDGE, "I am back", NUDGE]


def test_silence_is_counted_from_the_end_of_the_agents_voice():
    p = play(nudge_s=30).started()
    p.wait(20)
    p.model(voice(15_000), ev.GenerationComplete(), ev.TurnComplete())
    p.wait(5)
    for ms in range(200, 15_001, 200):
        p.browser(ev.Played(1, ms))
    p.wait(29)
    assert prompts(p) == []
    p.wait(2)
    assert prompts(p) == [NUDGE]


@pytest.mark.parametrize("sign", [ev.UserActivity(True), ev.InputCaption("well")], ids=["activity", "caption"])
def test_whoever_speaks_is_not_nudged(sign: ev.ModelEvent):
    p = play(nudge_s=30).started()
    p.wait(20)
    p.model(sign)
    p.wait(20)
    assert prompts(p) == []


def test_whoever_is_muted_or_away_is_not_nudged():
    muted = play(nudge_s=30).started()
    muted.browser(ev.MicEnd("muted"))
    muted.wait(100)
    assert prompts(muted) == []
    muted.browser(mic(0))
    muted.wait(31)
    assert prompts(muted) == [NUDGE]
    away = play(nudge_s=30).started()
    away.session.browser_gone(away.now)
    away.wait(50)
    assert prompts(away) == []


def test_nobody_is_nudged_while_a_tool_runs():
    p = play(nudge_s=30).started()
    p.model(ev.ToolCall("t1", "clock"))
    p.wait(100)
    assert prompts(p) == []
    p.session.tool_finished("t1", {"output": "noon"}, p.now)
    p.wait(31)
    assert prompts(p) == [NUDGE]


def test_a_microphone_that_is_on_already_is_nobody_who_has_spoken():
    p = play(greeting=True)
    p.session.start(p.now)
    p.browser(mic(0), mic(1), ev.MicEnd("ended"))
    p.session.model_opened(p.link(), ENGINE, p.now)
    assert prompts(p) == [GREETING]


def test_whoever_has_pressed_the_button_to_talk_is_not_greeted():
    p = play(greeting=True, manual_activity=True)
    p.session.start(p.now)
    p.browser(ev.Activity(True), mic(0))
    p.session.model_opened(p.link(), ENGINE, p.now)
    assert prompts(p) == []
