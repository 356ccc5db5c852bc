"""What the page is told of a tool: who was asked what, in which turn, and how it ended."""

from __future__ import annotations

import pytest

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.calls import Calls
from tests.core.script import Play


def test_a_call_is_told_with_its_question_and_its_answer():
    calls = Calls(200)
    assert calls.begin(ev.ToolCall("t1", "clock", {"zone": "Köln"}), 3) == act.ToolState(
        "t1", "clock", "running", 3, '{"zone": "Köln"}'
    )
    assert calls.ids == ("t1",)
    assert calls.finish("t1", {"output": {"time": "noon"}}) == act.ToolState("t1", "clock", "done", 3, '{"time": "noon"}')
    assert calls.ids == ()


@pytest.mark.parametrize(
    ("response", "state", "detail"),
    [
        ({"output": "noon"}, "done", "noon"),
        ({"output": [1, 2]}, "done", "[1, 2]"),
        ({}, "done", ""),
        ({"error": "No such zone."}, "failed", "No such zone."),
    ],
)
def test_how_a_call_ended(response: dict[str, object], state: str, detail: str):
    calls = Calls(200)
    calls.begin(ev.ToolCall("t1", "clock"), 1)
    assert calls.finish("t1", response) == act.ToolState("t1", "clock", state, 1, detail)  # type: ignore[arg-type]


def test_an_answer_that_nobody_waits_for_is_not_told():
    calls = Calls(200)
    assert calls.finish("t1", {"output": 1}) is None
    calls.begin(ev.ToolCall("t1", "clock"), 1)
    assert calls.cancel("t1") == act.ToolState("t1", "clock", "cancelled", 1, "")
    assert calls.cancel("t1") is None
    assert calls.finish("t1", {"output": 1}) is None


def test_a_long_answer_is_cut_for_the_page():
    calls = Calls(10)
    calls.begin(ev.ToolCall("t1", "clock"), 1)
    state = calls.finish("t1", {"output": "x" * 10_000})
    assert state is not None
    assert state.detail == "x" * 9 + "…"


def test_a_tool_belongs_to_the_exchange_in_which_it_was_asked_for():
    p = Play().started()
    p.browser(ev.Text("What time is it?"))
    p.model(ev.ToolCall("t1", "clock"))
    p.session.tool_finished("t1", {"output": "noon"}, p.now)
    p.model(ev.OutputCaption("Noon."), ev.GenerationComplete(), ev.TurnComplete())
    p.model(ev.ToolCall("t2", "clock"), ev.OutputCaption("Still noon."))
    states = [(s.id, s.turn) for s in p.said(act.ToolState) if isinstance(s, act.ToolState)]
    assert states == [("t1", 1), ("t1", 1), ("t2", 2)]
    assert max(turn.id for turn in p.session.turns()) == 2


def test_whether_a_picture_reaches_the_model():
    p = Play()
    assert not p.session.reaches_model
    p.started()
    assert p.session.reaches_model
    p.lose()
    assert not p.session.reaches_model


def test_what_a_model_makes_up_is_told_in_bounds_and_can_travel():
    calls = Calls(20)
    begun = calls.begin(ev.ToolCall("t1", "x\ud800" * 20, {"a": "\ud800"}), 1)
    ended = calls.finish("t1", {"error": "\udfff" * 30})
    for told in (begun, ended):
        assert told is not None
        assert max(len(told.name), len(told.detail)) <= 20
        assert (told.name + told.detail).encode()
    assert begun.detail == '{"a": "?"}'
