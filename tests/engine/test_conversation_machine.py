"""Whatever comes in whatever order, the conversation keeps its promises."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genmedia_live.engine.messages import (
    Audio,
    ClientContent,
    Content,
    Detection,
    GenerationComplete,
    Interrupted,
    RealtimeInput,
    ResumptionUpdate,
    Setup,
    TurnComplete,
)
from tests.engine.talking import Talk


class Conversations(RuleBasedStateMachine):
    """A client that does anything, and models that answer late, in part or never."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(Setup(input_transcription=True, output_transcription=True, resumption=True))

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

    # ---- promises

    @invariant()
    def every_answer_ends_exactly_once(self) -> None:
        begun, ended = len(self.talk.answers), len(self.talk.sent_of(TurnComplete))
        assert ended in (begun, begun - 1)
        assert (begun - ended == 1) == (self.talk.conversation.state.name in ("GENERATING", "PLAYING"))

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
                assert isinstance(sent[at + 1], TurnComplete)

    @invariant()
    def a_handle_is_given_only_between_answers(self) -> None:
        updates = self.talk.sent_of(ResumptionUpdate)
        assert [update.handle is None for update in updates] == [at % 2 == 0 for at in range(len(updates))]

    @invariant()
    def nothing_closes_the_session(self) -> None:
        assert self.talk.closed is None


class MarkedConversations(Conversations):
    """The same, where the client marks speech itself and nothing may break in."""

    def __init__(self) -> None:
        super().__init__()
        detection = Detection(disabled=True)
        self.talk = Talk(Setup(detection=detection, interrupts=False, resumption=True))


TestConversations = Conversations.TestCase
TestMarkedConversations = MarkedConversations.TestCase
TestConversations.settings = TestMarkedConversations.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
