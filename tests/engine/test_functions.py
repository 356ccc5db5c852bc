"""Functions in a conversation: waited for or not, told when, cancelled, and answers that nobody asked for."""

from dataclasses import replace

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.conversation import State
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.protocol.messages import (
    ClientContent,
    Content,
    FunctionResponse,
    ResumptionUpdate,
    Scheduling,
    Setup,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    TurnComplete,
)
from genmedia_live.ports import FunctionDeclaration
from tests.engine.talking import Talk

WAITED_FOR = FunctionDeclaration("look", "Looks.")
BESIDE = FunctionDeclaration("watch", "Watches.", blocking=False)
SETUP = Setup(tools=(WAITED_FOR, BESIDE), output_transcription=True)


@pytest.fixture
def talk() -> Talk:
    """A question has been asked, and the model is at work."""
    talk = Talk(SETUP)
    talk.type("Look!")
    talk.sent.clear()
    return talk


def test_the_model_is_told_of_the_functions(talk: Talk) -> None:
    assert talk.answers[-1].tools == (WAITED_FOR, BESIDE)


def test_the_turn_waits_for_the_result_and_goes_on_with_it(talk: Talk) -> None:
    id = talk.call("look")
    talk.generated()
    assert talk.kinds == ["ToolCall"]
    assert talk.conversation.state is State.TOOL_WAIT
    talk.wait(30)
    assert talk.kinds == ["ToolCall"]
    talk.returns(id, "a cat")
    assert [answer.turn for answer in talk.answers] == [1, 1]
    assert [(line.role, line.text) for line in talk.answers[-1].history][-2:] == [
        ("assistant", ""),
        ("tool", '{"output":"a cat"}'),
    ]
    talk.clause("A cat.", 1.0)
    talk.generated()
    talk.wait(1.1)
    assert talk.kinds == ["ToolCall", "OutputTranscription", "Audio", "GenerationComplete", "TurnComplete"]
    assert talk.lines[-1] == ("assistant", "A cat.")


def test_a_result_that_comes_before_the_run_has_ended_is_not_lost(talk: Talk) -> None:
    talk.returns(talk.call("look"))
    assert len(talk.answers) == 1
    talk.generated()
    assert len(talk.answers) == 2


def test_all_that_is_waited_for_must_be_in(talk: Talk) -> None:
    first, second = talk.call("look"), talk.call("look")
    assert first != second
    talk.generated()
    talk.returns(second)
    assert len(talk.answers) == 1
    talk.returns(first)
    assert len(talk.answers) == 2


def test_a_result_in_parts_is_waited_for_to_its_last(talk: Talk) -> None:
    id = talk.call("look")
    talk.generated()
    talk.returns(id, "more", will_continue=True)
    assert len(talk.answers) == 1
    talk.returns(id, "all")
    assert len(talk.answers) == 2


def test_what_was_said_before_the_call_comes_before_it_in_the_history(talk: Talk) -> None:
    talk.clause("One moment.", 1.0)
    id = talk.call("look")
    talk.generated()
    talk.returns(id)
    talk.clause("A cat.", 1.0)
    talk.generated()
    talk.wait(3)
    assert talk.lines == [
        ("user", "Look!"),
        ("assistant", "One moment."),
        ("tool", '{"output":1}'),
        ("assistant", "A cat."),
    ]


def test_a_barge_in_cancels_what_is_waited_for(talk: Talk) -> None:
    id = talk.call("look")
    talk.generated()
    talk.speech(400)
    assert talk.kinds == ["ToolCall", "Interrupted", "ToolCallCancellation", "TurnComplete"]
    assert talk.sent_of(ToolCallCancellation) == [ToolCallCancellation((id,))]
    talk.returns(id)
    assert talk.closed is None
    assert len(talk.answers) == 1
    assert talk.notes


def test_what_is_not_waited_for_survives_a_barge_in_into_a_later_turn(talk: Talk) -> None:
    id = talk.call("watch")
    talk.generated()
    assert talk.kinds == ["ToolCall", "GenerationComplete", "TurnComplete"]
    talk.type("And now?")
    talk.clause("Now I talk.", 5.0)
    talk.type("Stop.")
    assert not talk.sent_of(ToolCallCancellation)
    talk.clause("Yes.", 0.0)
    talk.generated()
    talk.returns(id)
    assert len(talk.answers) == 4


@pytest.mark.parametrize(
    ("scheduling", "while_playing", "afterwards"),
    [(None, 2, 3), ("WHEN_IDLE", 2, 3), ("INTERRUPT", 3, 3), ("SILENT", 2, 2)],
)
def test_when_a_result_is_told(talk: Talk, scheduling: Scheduling | None, while_playing: int, afterwards: int) -> None:
    id = talk.call("watch")
    talk.generated()
    talk.type("Tell me a story.")
    talk.clause("Once upon a time.", 5.0)
    talk.generated()
    talk.returns(id, scheduling=scheduling)
    assert len(talk.answers) == while_playing
    talk.wait(6)
    assert len(talk.answers) == afterwards
    assert ("tool", '{"output":1}') in talk.lines


def test_a_result_waits_until_the_user_has_spoken(talk: Talk) -> None:
    id = talk.call("watch")
    talk.generated()
    talk.speech(600)
    talk.returns(id, scheduling="INTERRUPT")
    assert len(talk.answers) == 1
    talk.silence(224)
    talk.transcribed("And then?")
    talk.judged(0.9)
    assert len(talk.answers) == 2


def test_a_result_that_nobody_asked_for_ends_the_session(talk: Talk) -> None:
    talk.returns("function-call-of-mine")
    assert talk.closed is not None
    assert talk.closed.code == 1007


def test_without_an_id_the_name_tells(talk: Talk) -> None:
    talk.call("look")
    talk.generated()
    talk.say(ToolResponse((FunctionResponse("", "look", {"output": 1}),)))
    assert len(talk.answers) == 2
    talk.say(ToolResponse((FunctionResponse("", "look", {"output": 1}),)))
    assert talk.closed is None, "it comes late"
    talk.say(ToolResponse((FunctionResponse("", "listen", {"output": 1}),)))
    assert talk.closed is not None


def test_of_several_of_one_name_the_oldest_is_meant(talk: Talk) -> None:
    first = talk.call("look")
    talk.call("look")
    talk.say(ToolResponse((FunctionResponse("", "look", {"output": 1}),)))
    assert talk.closed is None
    assert [line.call for line in talk.conversation.history if line.role == "tool"] == [first]


def test_a_turn_whose_calls_are_cancelled_goes_on_without_them(talk: Talk) -> None:
    talk.call("look")
    talk.generated()
    talk.conversation.cancel_calls(talk.now)
    talk.wait(0)
    assert len(talk.answers) == 2
    talk.clause("I could not look.", 0.0)
    talk.generated()
    assert talk.kinds[-1] == "TurnComplete"


def test_a_call_that_runs_on_spends_no_handles() -> None:
    talk = Talk(replace(SETUP, resumption=True))
    talk.type("hello")
    talk.generated()
    handle = talk.handle
    talk.type("Watch!")
    talk.call("watch")
    talk.generated()
    for number in range(10):
        talk.type(f"{number}")
        talk.generated()
    talk.conversation.ended()
    again = Talk(replace(SETUP, resumption=True, handle=handle), handles=talk.handles)
    assert again.closed is None


def test_what_waits_is_bounded() -> None:
    talk = Talk(replace(SETUP, interrupts=False), Rules(limits=Limits(live_waiting_lines=3, live_waiting_chars=10)))
    talk.type("Look!")
    talk.call("look")
    talk.generated()
    for number in range(10):
        talk.type(f"{number}" * 3)
    talk.conversation.break_off(talk.now)
    assert [text for role, text in talk.lines if role == "user"] == ["Look!", "777", "888", "999"]


def test_the_same_result_twice_is_heeded_once(talk: Talk) -> None:
    id = talk.call("look")
    talk.generated()
    talk.returns(id)
    talk.returns(id)
    assert talk.closed is None
    assert len(talk.answers) == 2
    assert [role for role, _ in talk.lines].count("tool") == 1


def test_there_is_no_handle_while_functions_run() -> None:
    talk = Talk(replace(SETUP, resumption=True))
    talk.type("Watch!")
    id = talk.call("watch")
    talk.generated()
    assert talk.sent_of(ResumptionUpdate)[-1] == ResumptionUpdate()
    talk.returns(id, scheduling="SILENT")
    assert talk.handle is not None


def test_the_result_of_an_earlier_connection_is_late_and_not_unasked() -> None:
    first = Talk(replace(SETUP, resumption=True), name="first-connection")
    first.type("Hello.")
    first.clause("Hi.", 0.0)
    first.generated()
    handle = first.handle
    first.type("Watch!")
    id = first.call("watch")
    first.conversation.ended()
    second = Talk(replace(SETUP, resumption=True, handle=handle), handles=first.handles, name="second-connection")
    second.returns(id)
    assert second.closed is None
    second.type("Watch!")
    assert second.call("watch") != id


def test_functions_called_in_the_history_are_remembered() -> None:
    talk = Talk(SETUP)
    talk.say(ClientContent((Content("user", "Look!"), Content("model", "", calls=(), responses=())), False))
    assert talk.lines == [("user", "Look!")]


def test_usage_tells_the_tokens_of_results(talk: Talk) -> None:
    id = talk.call("look")
    talk.generated()
    talk.returns(id, "a cat on a mat")
    talk.clause("A cat.", 0.0)
    talk.generated()
    assert talk.sent_of(TurnComplete)[-1].usage.tool_text > 0
    assert isinstance(talk.sent[0], ToolCall)
