"""Whatever comes in whatever order, the conversation keeps its promises."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genmedia_live.core.limits import Limits
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
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Picture
from tests.engine.talking import Talk, picture

WAIT_S = Limits().live_look_ms / 1000

TOOLS = (FunctionDeclaration("look"), FunctionDeclaration("watch", blocking=False))

PICTURES = [picture(width, 480, bytes([number])) for width in (640, 800, 1_024) for number in range(3)]


class Conversations(RuleBasedStateMachine):
    """A client that does anything, and models that answer late, in part or never."""

    marks = False

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(Setup(input_transcription=True, output_transcription=True, resumption=True, tools=TOOLS), looks=True)

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

    @rule(complete=st.booleans(), shown=st.lists(st.sampled_from(PICTURES), max_size=3))
    def content(self, complete: bool, shown: list[Picture]) -> None:
        self.talk.say(ClientContent((Content("user", "and this", pictures=tuple(shown)),), complete))

    @rule(shown=st.sampled_from(PICTURES))
    def show(self, shown: Picture) -> None:
        self.talk.show(shown)

    @precondition(lambda self: self.talk.lookings)
    @rule(data=st.data(), description=st.sampled_from(["", "A cup."]))
    def look(self, data: Any, description: str) -> None:
        self.talk.looked(description, data.draw(st.sampled_from(self.talk.lookings)))

    @rule(looks=st.booleans())
    def learn_whether_the_model_sees(self, looks: bool) -> None:
        self.talk.looks = looks

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
        begun, ended = self.talk.conversation._answering.turn, len(self.talk.sent_of(TurnComplete))
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
    def an_answer_waits_for_a_look_only_so_long(self) -> None:
        held = self.talk.conversation._answering.held
        assert held is None or self.talk.now < held <= self.talk.now + WAIT_S
        begun = {answer.turn for answer in self.talk.answers}
        broken = self.talk.sent_of(Interrupted)
        assert self.talk.conversation._answering.turn - len(begun) <= len(broken) + (held is not None)

    @invariant()
    def only_the_newest_question_comes_with_pictures(self) -> None:
        for answer in self.talk.answers[-1:]:
            *before, last = [line.pictures for line in answer.history if line.role == "user"] or [()]
            assert not any(before)
            assert len(last) <= 2

    @invariant()
    def nothing_closes_the_session(self) -> None:
        assert self.talk.closed is None


class MarkedConversations(Conversations):
    """The same, where the client marks speech itself and nothing may break in."""

    marks = True

    def __init__(self) -> None:
        super().__init__()
        detection = Detection(disabled=True)
        self.talk = Talk(Setup(detection=detection, interrupts=False, resumption=True, tools=TOOLS), looks=True)


TestConversations = Conversations.TestCase
TestMarkedConversations = MarkedConversations.TestCase
TestConversations.settings = TestMarkedConversations.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
