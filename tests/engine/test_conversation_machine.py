"""Whatever comes in whatever order, the conversation keeps its promises."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genmedia_live.engine.protocol.messages import (
    Audio,
    ClientContent,
    Content,
    Detection,
    GenerationComplete,
    Interrupted,
    RealtimeInput,
    ResumptionUpdate,
    Scheduling,
    Setup,
    ToolCall,
    ToolCallCancellation,
    TurnComplete,
)
from genmedia_live.ports import FunctionCall, FunctionDeclaration
from tests.engine.talking import Talk

TOOLS = (FunctionDeclaration("look"), FunctionDeclaration("watch", blocking=False))


class Conversations(RuleBasedStateMachine):
    """A client that does anything, and models that answer late, in part or never."""

    marks = False

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(Setup(input_transcription=True, output_transcription=True, resumption=True, tools=TOOLS))

    @rule(ms=st.sampled_from([32, 64, 96, 320, 1_600]))
    def speak(self, ms: int) -> None:
        self.talk.speech(ms)

    @rule(ms=st.sampled_from([32, 224, 960, 5_000]))
    def be_silent(self, ms: int) -> None:
        self.talk.silence(ms)

    @rule(seconds=st.sampled_from([0.01, 0.5, 3.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.talk.wait(seconds)

    @rule(text=st.text(min_size=1, max_size=5))
    def type(self, text: str) -> None:
        self.talk.type(text)

    @rule(complete=st.booleans())
    def content(self, complete: bool) -> None:
        self.talk.say(ClientContent((Content("user", "and this"),), complete))

    @precondition(lambda self: self.marks)
    @rule()
    def mark(self) -> None:
        self.talk.say(RealtimeInput(activity_start=True))
        self.talk.say(RealtimeInput(activity_end=True))

    @rule()
    def end_stream(self) -> None:
        self.talk.say(RealtimeInput(audio_stream_end=True))
        self.talk.stream_ended()

    @precondition(lambda self: self.talk.transcripts)
    @rule(data=st.data(), words=st.sampled_from(["", "some words", None]))
    def transcribe(self, data: Any, words: str | None) -> None:
        self.talk.transcribed(words, data.draw(st.sampled_from(self.talk.transcripts)))

    @precondition(lambda self: self.talk.transcripts)
    @rule(probability=st.sampled_from([0.1, 0.9]))
    def judge(self, probability: float) -> None:
        self.talk.judged(probability)

    @precondition(lambda self: self.talk.answers)
    @rule(data=st.data(), seconds=st.sampled_from([0.1, 2.0]))
    def voice(self, data: Any, seconds: float) -> None:
        turn = data.draw(st.sampled_from(self.talk.answers)).turn
        self.talk.clause("A clause of some words.", seconds, turn=turn)

    @precondition(lambda self: self.talk.answers)
    @rule(data=st.data())
    def finish(self, data: Any) -> None:
        self.talk.generated(data.draw(st.sampled_from(self.talk.answers)).turn)

    @precondition(lambda self: self.talk.answers)
    @rule(data=st.data(), name=st.sampled_from(["look", "watch"]))
    def call(self, data: Any, name: str) -> None:
        turn = data.draw(st.sampled_from(self.talk.answers)).turn
        self.talk.conversation.called(turn, [FunctionCall(name)], None, self.talk.now)
        self.talk.wait(0)

    @precondition(lambda self: self.talk.sent_of(ToolCall))
    @rule(data=st.data(), scheduling=st.sampled_from([None, "SILENT", "INTERRUPT"]), more=st.booleans())
    def return_(self, data: Any, scheduling: Scheduling | None, more: bool) -> None:
        call = data.draw(st.sampled_from(self.talk.sent_of(ToolCall))).calls[0]
        self.talk.returns(call.id, scheduling=scheduling, will_continue=more)

    # ---- promises

    @invariant()
    def every_answer_ends_exactly_once(self) -> None:
        begun, ended = len({answer.turn for answer in self.talk.answers}), len(self.talk.sent_of(TurnComplete))
        assert ended in (begun, begun - 1)
        assert (begun - ended == 1) == (self.talk.conversation.state.name in ("GENERATING", "TOOL_WAIT", "PLAYING"))

    @invariant()
    def turns_follow_each_other(self) -> None:
        turn, generated = 1, False
        for message in self.talk.sent:
            if isinstance(message, Audio):
                assert message.turn == turn, "the voice of an answer that is over"
                assert not generated, "voice behind generationComplete"
            elif isinstance(message, GenerationComplete):
                generated = True
            elif isinstance(message, TurnComplete):
                turn, generated = turn + 1, False

    @invariant()
    def interrupted_is_followed_by_the_end_of_the_turn(self) -> None:
        sent = self.talk.sent
        for at, message in enumerate(sent):
            if isinstance(message, Interrupted):
                after = [later for later in sent[at + 1 : at + 3] if not isinstance(later, ToolCallCancellation)]
                assert isinstance(after[0], TurnComplete)

    @invariant()
    def a_handle_is_given_only_between_answers(self) -> None:
        answering = False
        for message in self.talk.sent:
            if isinstance(message, Audio | ToolCall | GenerationComplete | TurnComplete):
                answering = not isinstance(message, TurnComplete)
            elif isinstance(message, ResumptionUpdate) and message.handle:
                assert not answering

    @invariant()
    def a_result_is_in_the_history_behind_its_call(self) -> None:
        asked: set[str] = set()
        for line in self.talk.conversation.history:
            asked |= {call.id for call in line.calls}
            assert line.role != "tool" or line.call in asked

    @invariant()
    def nothing_closes_the_session(self) -> None:
        assert self.talk.closed is None


class MarkedConversations(Conversations):
    """The same, where the client marks speech itself and nothing may break in."""

    marks = True

    def __init__(self) -> None:
        super().__init__()
        detection = Detection(disabled=True)
        self.talk = Talk(Setup(detection=detection, interrupts=False, resumption=True, tools=TOOLS))


TestConversations = Conversations.TestCase
TestMarkedConversations = MarkedConversations.TestCase
TestConversations.settings = TestMarkedConversations.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
