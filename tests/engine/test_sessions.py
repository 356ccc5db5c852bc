"""Sessions that are taken up again, grow too large, end by the clock, or answer as another model does."""

from dataclasses import dataclass, replace

import pytest

from genmedia_live.engine.dialogue.cues import Completed, Heard, Opened, SpeechBegan
from genmedia_live.engine.dialogue.gate import Terms
from genmedia_live.engine.dialogue.lifespan import EXPIRED
from genmedia_live.engine.dialogue.resumption import Handles
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    Close,
    Compression,
    Content,
    ContextUpdate,
    Coverage,
    Detection,
    GoAway,
    InputTranscription,
    RealtimeInput,
    ResumptionUpdate,
    Setup,
    SetupComplete,
    ToolCall,
    TurnComplete,
)
from genmedia_live.engine.protocol.profiles import LOCAL, Profile
from genmedia_live.ports import FunctionDeclaration
from tests.engine.talking import Talk

CAPTIONED = Setup(model="models/m", input_transcription=True, output_transcription=True, resumption=True)


@dataclass
class As:
    """A gate that lets in as somebody, with a model."""

    profile: Profile = LOCAL
    owner: str = ""
    named: bool = True

    def admit(self, setup: Setup, now: float) -> Terms | Close:
        return Terms(setup, self.profile, self.owner, self.named)


def microphone(ms: float) -> RealtimeInput:
    return RealtimeInput(audio=(Blob("audio/pcm;rate=16000", bytes(int(ms) * 32)),))


def answered(setup: Setup, text: str = "my name is Ada", gate: As | None = None) -> Talk:
    talk = Talk(setup, gate=gate, name="first")
    talk.type(text)
    talk.clause("Hello Ada.", 0.5)
    talk.generated()
    talk.wait(1)
    return talk


# ---- resumption


def test_a_session_is_taken_up_where_it_was() -> None:
    talk = Talk(replace(CAPTIONED, system="Be kind.", voice="Puck"))
    talk.type("my name is Ada")
    talk.clause("Hello Ada.", 0.5)
    talk.generated()
    talk.wait(1)
    handle = talk.handle
    talk.conversation.ended()
    resumed = Talk(replace(CAPTIONED, handle=handle), handles=talk.handles)
    assert resumed.lines == [("user", "my name is Ada"), ("assistant", "Hello Ada.")]
    resumed.type("who am I?")
    assert (resumed.answers[-1].system, resumed.answers[-1].voice) == ("Be kind.", "sol")


def test_a_resumed_session_may_change_its_settings() -> None:
    talk = Talk(replace(CAPTIONED, system="old"))
    talk.type("a")
    talk.generated()
    handle = talk.handle
    talk.conversation.ended()
    resumed = Talk(replace(CAPTIONED, handle=handle, system="new", voice="Kore"), handles=talk.handles)
    resumed.type("b")
    assert (resumed.answers[-1].system, resumed.answers[-1].voice) == ("new", "vera")


def test_an_unknown_handle_is_refused() -> None:
    talk = Talk(replace(CAPTIONED, handle="nobody"))
    assert talk.closed == Close(1008, "BidiGenerateContent session not found")


def test_no_handles_unless_asked_for() -> None:
    talk = Talk(replace(CAPTIONED, resumption=False))
    talk.type("a")
    talk.generated()
    assert talk.sent_of(ResumptionUpdate) == []


def test_transparent_sessions_hear_what_was_consumed() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True))
    talk.say(microphone(100))
    talk.type("a")
    talk.generated()
    assert talk.sent_of(ResumptionUpdate)[-1].last_consumed == 2


def test_what_is_being_said_is_not_consumed() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True, interrupts=False))
    for _ in range(19):
        talk.say(microphone(96))
        talk.silence(96)
    talk.type("a")
    talk.clause("An answer.", 3.0)
    talk.generated()
    for _ in range(10):
        talk.say(microphone(96))
        talk.speech(96)
    talk.wait(3)
    consumed = talk.sent_of(ResumptionUpdate)[-1].last_consumed
    assert consumed in range(14, 17), "20 messages, then the user speaks: what may be the beginning of it is kept"


def test_silence_is_consumed_as_it_comes() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True))
    for _ in range(50):
        talk.say(microphone(96))
        talk.silence(96)
    updates = talk.sent_of(ResumptionUpdate)
    assert [update.last_consumed for update in updates][-1] in range(40, 51)
    assert len(updates) == 2
    assert len({update.handle for update in updates}) == 1, "nothing was said: the handle is as good as it was"


def test_an_open_session_cannot_be_taken_from_its_client() -> None:
    talk = answered(CAPTIONED)
    again = Talk(replace(CAPTIONED, handle=talk.handle), handles=talk.handles, name="second")
    assert again.closed is not None
    assert again.closed.code == 1011
    assert again.notes == ["resumption refused: the handle is open"]
    talk.conversation.ended()
    assert Talk(replace(CAPTIONED, handle=talk.handle), handles=talk.handles).closed is None


@pytest.mark.parametrize(
    ("owner", "wait", "close"),
    [
        ("somebody else", 0.0, Close(1008, "BidiGenerateContent session not found")),
        ("", 61.0, Close(1008, "BidiGenerateContent session expired")),
    ],
)
def test_a_handle_is_its_owners_and_lives_so_long(owner: str, wait: float, close: Close) -> None:
    handles = Handles(life_s=60.0)
    talk = Talk(CAPTIONED, handles=handles)
    talk.type("a")
    talk.generated()
    talk.conversation.ended()
    again = Talk(handles=handles, gate=As(owner=owner))
    again.now += wait
    again.say(replace(CAPTIONED, handle=talk.handle))
    assert again.closed == close


def test_a_session_goes_on_with_its_own_model() -> None:
    talk = answered(CAPTIONED)
    talk.conversation.ended()
    again = Talk(replace(CAPTIONED, handle=talk.handle, model="models/other"), handles=talk.handles)
    assert again.closed is not None
    assert again.closed.code == 1007


def test_the_session_keeps_its_name() -> None:
    talk = answered(CAPTIONED)
    talk.conversation.ended()
    again = Talk(replace(CAPTIONED, handle=talk.handle), handles=talk.handles, name="second")
    assert again.sent[0] == SetupComplete("first")
    assert Talk(CAPTIONED, gate=As(named=False)).sent[0] == SetupComplete(None)


def test_history_that_was_given_is_in_the_handle() -> None:
    talk = Talk(replace(CAPTIONED, initial_history=True))
    talk.say(ClientContent((Content("user", "I am Ada."), Content("model", "Hello Ada.")), True))
    talk.conversation.ended()
    again = Talk(replace(CAPTIONED, handle=talk.handle), handles=talk.handles)
    assert again.lines == [("user", "I am Ada."), ("assistant", "Hello Ada.")]


def test_words_that_break_in_are_not_covered_by_the_handle_of_what_they_broke() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True))
    talk.type("one")
    talk.clause("An answer.", 3.0)
    talk.type("two")
    (update,) = [update for update in talk.sent_of(ResumptionUpdate) if update.handle]
    assert update.last_consumed == 1


def test_a_quiet_session_is_given_a_new_handle_before_the_old_one_dies() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True), handles=Handles(life_s=10.0))
    talk.type("a")
    talk.generated()
    for _ in range(100):
        talk.say(microphone(96))
        talk.silence(96)
    assert len({update.handle for update in talk.sent_of(ResumptionUpdate) if update.handle}) == 2


def test_a_marked_utterance_is_not_consumed_before_its_end() -> None:
    talk = Talk(replace(CAPTIONED, transparent=True, detection=Detection(disabled=True)))
    talk.say(RealtimeInput(activity_start=True))
    talk.say(RealtimeInput(activity_start=True))
    talk.say(ClientContent((Content("user", "By the way."),)))
    assert talk.sent_of(ResumptionUpdate)[-1].last_consumed == 0


def test_no_handle_while_an_answer_is_owed() -> None:
    talk = Talk(replace(CAPTIONED, interrupts=False))
    talk.type("first question")
    talk.clause("An answer.", 1.0)
    talk.generated()
    talk.type("second question")
    talk.wait(2)
    assert talk.conversation.state.name == "GENERATING"
    assert all(update.handle is None for update in talk.sent_of(ResumptionUpdate))


def test_a_resumed_session_has_its_history_already() -> None:
    talk = answered(replace(CAPTIONED, initial_history=True))
    talk.conversation.ended()
    again = Talk(replace(CAPTIONED, initial_history=True, handle=talk.handle), handles=talk.handles)
    again.say(ClientContent((Content("user", "And now?"),), True))
    assert len(again.answers) == 1


def test_changed_instructions_are_in_the_handle() -> None:
    talk = Talk(CAPTIONED)
    talk.say(ContextUpdate(system="Be brief."))
    talk.conversation.ended()
    again = Talk(replace(CAPTIONED, handle=talk.handle), handles=talk.handles)
    again.type("a")
    assert again.answers[-1].system == "Be brief."


# ---- the clock


def test_the_connection_says_that_it_ends_and_ends() -> None:
    talk = Talk(CAPTIONED, Rules(connection_limit=20, go_away_notice=5))
    talk.wait(14.9)
    assert not talk.sent_of(GoAway)
    talk.wait(0.2)
    assert talk.sent_of(GoAway) == [GoAway(5.0)]
    talk.wait(5)
    assert talk.closed == Close(1011, "Deadline expired before operation could complete.")


def test_told_to_go_the_connection_ends_then() -> None:
    talk = Talk(CAPTIONED)
    talk.conversation.go_away(3, EXPIRED, talk.now)
    talk.wait(2.9)
    assert talk.sent_of(GoAway) == [GoAway(3)]
    assert talk.closed is None
    talk.wait(0.2)
    assert talk.closed is not None


# ---- the context window


def test_a_full_window_ends_the_session() -> None:
    talk = Talk(CAPTIONED, Rules(context_window=50))
    talk.type("word " * 51)
    assert talk.closed == Close(1007, "The input token count exceeds the maximum number of tokens allowed.")


def test_a_window_that_slides_forgets_the_oldest() -> None:
    talk = Talk(replace(CAPTIONED, compression=Compression(40, 20)), Rules(context_window=50))
    for number in range(8):
        talk.type(f"{number} " + "word " * 8)
        talk.clause("Yes.", 0.0)
        talk.generated()
    assert talk.closed is None
    assert talk.lines[0][0] == "user"
    assert not talk.lines[0][1].startswith("0")
    assert talk.lines[-2][1].startswith("7")
    assert any("slid" in note for note in talk.notes)
    assert max(turn.usage.prompt_text for turn in talk.sent_of(TurnComplete)) <= 50


@pytest.mark.parametrize(
    ("coverage", "audio", "video"),
    [("ONLY_ACTIVITY", 38, 258), ("AUDIO_ACTIVITY_AND_ALL_VIDEO", 38, 516), ("ALL_INPUT", 78, 516)],
)
def test_what_the_turn_covers_is_counted(coverage: Coverage, audio: int, video: int) -> None:
    picture = RealtimeInput(video=(Blob("image/jpeg", b"x"),))
    talk = Talk(replace(CAPTIONED, coverage=coverage))
    talk.silence(2_000)
    talk.say(picture)
    talk.speech(640)
    talk.say(picture)
    talk.silence(480)
    talk.transcribed("What is this?")
    talk.judged(0.9)
    talk.generated()
    usage = talk.sent_of(TurnComplete)[-1].usage
    assert usage.prompt_video == video
    assert usage.prompt_audio == pytest.approx(audio, abs=5)


# ---- as other models do

DELTAS, FINAL = replace(LOCAL, transcripts="deltas"), replace(LOCAL, transcripts="final")


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (LOCAL, [InputTranscription("what time is it in Rome", True)]),
        (DELTAS, [InputTranscription(" what time is", None), InputTranscription(" it in Rome", None)]),
        (FINAL, [InputTranscription("what time is it in Rome", None)]),
    ],
)
def test_each_generation_writes_what_was_said_its_way(profile: Profile, expected: list[InputTranscription]) -> None:
    talk = Talk(CAPTIONED, gate=As(profile))
    talk.speech(1_300)
    talk.transcribed("what time")
    talk.silence(224)
    talk.transcribed("what time is it in Rome")
    talk.judged(0.9)
    assert talk.sent_of(InputTranscription) == expected
    assert ("InterimInputTranscription" in talk.kinds) == (profile is LOCAL)


@pytest.mark.parametrize(("seeds", "answers"), [(True, 0), (False, 1)])
def test_history_is_given_first_where_the_model_knows_of_it(seeds: bool, answers: int) -> None:
    talk = Talk(replace(CAPTIONED, initial_history=True), gate=As(replace(LOCAL, seeds=seeds)))
    talk.say(ClientContent((Content("user", "Say hello."),), True))
    assert len(talk.answers) == answers


def test_a_blank_asks_for_an_answer_and_breaks_off_none() -> None:
    talk = Talk(CAPTIONED)
    talk.say(ClientContent((Content("user", "Say hello."),), True))
    talk.clause("Hello.", 1.0)
    talk.type(" ")
    assert "Interrupted" not in talk.kinds
    talk.generated()
    talk.wait(2)
    talk.type(" ")
    assert len(talk.answers) == 2


def test_a_model_that_thinks_on_says_so() -> None:
    watch = FunctionDeclaration("watch", blocking=False)
    talk = Talk(replace(CAPTIONED, tools=(watch,)), gate=As(replace(LOCAL, status=True)))
    talk.type("Watch!")
    id = talk.call("watch")
    talk.generated()
    talk.returns(id)
    talk.generated()
    assert [turn.status for turn in talk.sent_of(TurnComplete)] == ["IN_PROGRESS", "IDLE"]


def test_functions_are_waited_for_as_the_model_has_it() -> None:
    look = FunctionDeclaration("look", blocking=None)
    for blocking, then in ((True, "TOOL_WAIT"), (False, "IDLE")):
        talk = Talk(replace(CAPTIONED, tools=(look,)), gate=As(replace(LOCAL, blocking=blocking)))
        talk.type("Look!")
        talk.call("look")
        talk.generated()
        assert talk.conversation.state.name == then
        assert len(talk.sent_of(ToolCall)) == 1


def test_only_vertex_takes_instructions_as_content() -> None:
    content = ClientContent((Content("system", "Be brief."),))
    talk = Talk(CAPTIONED)
    talk.say(content)
    talk.type("a")
    assert talk.answers[-1].system == "Be brief."
    elsewhere = Talk(CAPTIONED, gate=As(named=False))
    elsewhere.say(content)
    assert elsewhere.closed is not None
    assert elsewhere.closed.code == 1007


def test_functions_change_in_mid_session() -> None:
    talk = Talk(replace(CAPTIONED, tools=(FunctionDeclaration("look"),)))
    talk.say(ContextUpdate(tools=()))
    talk.type("a")
    assert talk.answers[-1].tools == ()


@pytest.mark.parametrize("marks", [RealtimeInput(activity_start=True), RealtimeInput(activity_end=True)])
def test_marks_need_detection_to_be_off(marks: RealtimeInput) -> None:
    talk = Talk(CAPTIONED)
    talk.say(marks)
    assert talk.closed is not None
    assert talk.closed.code == 1007
    assert Talk(replace(CAPTIONED, detection=Detection(disabled=True))).closed is None


# ---- what a script sees and does


def test_a_script_sees_what_happens() -> None:
    talk = Talk(CAPTIONED)
    talk.ask("What is the time?")
    talk.clause("Noon.", 1.0)
    talk.generated()
    talk.speech(400)
    assert talk.observed == [
        Opened(resumed=False),
        SpeechBegan(),
        Heard("What is the time?", typed=False),
        SpeechBegan(),
        Completed(1, broken=True),
    ]


def test_nobody_speaks_unasked_into_the_users_words() -> None:
    talk = Talk(CAPTIONED)
    talk.speech(600)
    talk.conversation.prompt(talk.now)
    talk.wait(0)
    assert talk.answers == []
    talk.silence(224)
    talk.transcribed("Hello?")
    talk.judged(0.9)
    assert len(talk.answers) == 1


def test_what_is_owed_is_answered_when_the_answer_is_broken_off() -> None:
    talk = Talk(replace(CAPTIONED, interrupts=False))
    talk.type("first question")
    talk.type("second question")
    talk.conversation.break_off(talk.now)
    talk.wait(0)
    assert len(talk.answers) == 2


def test_the_engine_may_speak_unasked_and_break_off_without_a_reason() -> None:
    talk = Talk(CAPTIONED)
    talk.conversation.prompt(talk.now)
    talk.wait(0)
    talk.clause("Are you there?", 1.0)
    talk.conversation.break_off(talk.now)
    talk.conversation.break_off(talk.now)
    talk.wait(0)
    assert talk.kinds[-1] == "Interrupted"
    assert talk.kinds.count("Interrupted") == 2
    assert talk.kinds.count("TurnComplete") == 1
