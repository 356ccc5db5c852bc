"""The engine's conversation, scene by scene in virtual time."""

from dataclasses import replace

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.conversation import State
from genmedia_live.engine.dialogue.effects import Deafen, Listen
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    Close,
    Content,
    ContextUpdate,
    Detection,
    GoAway,
    InputTranscription,
    InterimInputTranscription,
    OutputTranscription,
    RealtimeInput,
    ResumptionUpdate,
    Setup,
    ToolResponse,
    TurnComplete,
    VoiceActivity,
)
from genmedia_live.ports import Message
from tests.engine.talking import Talk

PLAIN = Setup(model="models/m")
CAPTIONED = Setup(model="models/m", input_transcription=True, output_transcription=True, resumption=True)


def microphone(pcm: bytes, mime: str = "audio/pcm;rate=16000") -> RealtimeInput:
    return RealtimeInput(audio=(Blob(mime, pcm),))


# ---- setup and closing


def test_setup_is_answered_with_the_session() -> None:
    talk = Talk(PLAIN)
    assert talk.kinds == ["SetupComplete"]
    assert talk.conversation.state is State.IDLE


@pytest.mark.parametrize("message", [microphone(b"\0\0"), ClientContent((), True), ToolResponse()])
def test_nothing_may_come_before_setup(message: RealtimeInput | ClientContent | ToolResponse) -> None:
    talk = Talk()
    talk.say(message)
    assert talk.closed is not None
    assert talk.closed.code == 1007


def test_a_second_setup_ends_the_session() -> None:
    talk = Talk(PLAIN)
    talk.say(PLAIN)
    assert talk.closed is not None
    assert talk.closed.code == 1007


def test_without_setup_the_connection_ends() -> None:
    talk = Talk()
    talk.wait(9.9)
    assert talk.closed is None
    talk.wait(0.2)
    assert talk.closed is not None
    assert talk.closed.code == 1008


@pytest.mark.parametrize(("voice", "cast"), [(None, "heart"), ("bruno", "bruno"), ("Puck", "sol"), ("Sulafat", "heart")])
def test_voices_are_cast(voice: str | None, cast: str) -> None:
    talk = Talk(replace(PLAIN, voice=voice))
    talk.type("hi")
    assert talk.answers[-1].voice == cast


def test_what_the_codec_refused_closes_the_session() -> None:
    talk = Talk(PLAIN)
    talk.say(Close(1007, "Invalid JSON payload received."))
    assert talk.closed == Close(1007, "Invalid JSON payload received.")
    talk.type("too late")
    assert talk.answers == []


def test_a_limited_connection_is_announced_and_ended() -> None:
    talk = Talk(PLAIN, Rules(connection_limit=30, go_away_notice=10))
    talk.wait(20.5)
    assert talk.sent_of(GoAway) == [GoAway(10)]
    talk.wait(10)
    assert talk.closed == Close(1011, "Deadline expired before operation could complete.")


# ---- typed words


def test_a_typed_turn() -> None:
    talk = Talk(CAPTIONED)
    talk.type("hello")
    assert talk.conversation.state is State.GENERATING
    talk.clause("Hi there,", 0.5)
    talk.clause(" my friend.", 0.7)
    talk.generated()
    assert talk.conversation.state is State.PLAYING
    assert talk.kinds == [
        "SetupComplete",
        "ResumptionUpdate",
        "OutputTranscription",
        "Audio",
        "OutputTranscription",
        "Audio",
        "GenerationComplete",
    ]
    talk.wait(1.19)
    assert talk.conversation.state is State.PLAYING
    talk.wait(0.02)
    assert talk.conversation.state is State.IDLE
    assert talk.kinds[-2:] == ["TurnComplete", "ResumptionUpdate"]
    assert talk.sent_of(ResumptionUpdate)[0] == ResumptionUpdate()
    assert talk.sent_of(ResumptionUpdate)[1].handle
    assert talk.lines == [("user", "hello"), ("assistant", "Hi there, my friend.")]
    usage = talk.sent_of(TurnComplete)[0].usage
    assert usage.answer_audio == 30


def test_playing_time_begins_when_the_voice_comes() -> None:
    talk = Talk(PLAIN)
    talk.type("hello")
    talk.wait(2)
    talk.clause("One.", 0.5)
    talk.wait(2)
    talk.clause(" Two.", 1.0)
    talk.generated()
    talk.wait(0.9)
    assert talk.kinds[-1] == "GenerationComplete"
    talk.wait(0.2)
    assert talk.kinds[-1] == "TurnComplete"


def test_an_answer_without_words_ends_at_once() -> None:
    talk = Talk(PLAIN)
    talk.type("hello")
    talk.generated()
    assert talk.kinds[-2:] == ["GenerationComplete", "TurnComplete"]


def test_text_sessions_get_text_and_no_voice() -> None:
    talk = Talk(replace(CAPTIONED, modalities=("TEXT",)))
    talk.type("hello")
    assert talk.answers[-1].voice is None
    talk.clause("Hi.", 0)
    talk.generated()
    assert talk.kinds[2:] == ["ModelText", "GenerationComplete", "TurnComplete", "ResumptionUpdate"]


def test_content_seeds_the_history_and_asks() -> None:
    talk = Talk(replace(PLAIN, system="Be brief."))
    talk.say(ClientContent((Content("user", "a"), Content("model", "b"), Content("user", "", 1))))
    assert talk.answers == []
    talk.say(ClientContent((Content("user", "c"),), True))
    assert talk.lines == [("user", "a"), ("assistant", "b"), ("user", "c")]
    assert talk.answers[-1].history == talk.conversation.history
    assert talk.answers[-1].system == "Be brief."


def test_initial_history_is_not_answered() -> None:
    talk = Talk(replace(PLAIN, initial_history=True))
    talk.say(ClientContent((Content("user", "a"), Content("model", "b")), True))
    assert talk.answers == []
    talk.say(ClientContent((Content("user", "c"),), True))
    assert len(talk.answers) == 1


def test_the_instructions_may_change() -> None:
    talk = Talk(replace(PLAIN, system="old"))
    talk.say(ContextUpdate("new"))
    talk.type("a")
    assert talk.answers[-1].system == "new"
    talk.say(ClientContent((Content("system", "newest"),)))
    talk.type("b")
    assert talk.answers[-1].system == "newest"


def test_content_interrupts() -> None:
    talk = Talk(PLAIN)
    talk.type("a")
    talk.clause("Long answer here.", 2)
    talk.say(ClientContent((Content("user", "b"),), True))
    assert talk.kinds[-2:] == ["Interrupted", "TurnComplete"]
    assert [answer.turn for answer in talk.answers] == [1, 2]
    assert talk.stopped == [1]


def test_pictures_are_counted() -> None:
    talk = Talk(PLAIN)
    talk.say(RealtimeInput(video=(Blob("image/jpeg", b"x"),)))
    assert talk.conversation.pictures == 1
    assert talk.closed is None


def test_history_is_bounded() -> None:
    talk = Talk(PLAIN, Rules(limits=Limits(live_history_chars=100)))
    talk.say(ClientContent(tuple(Content("user", f"{n:02d}" * 10) for n in range(50))))
    assert sum(len(text) for _, text in talk.lines) <= 100
    assert talk.lines[-1] == ("user", "49" * 10)
    talk.type("long" * 1_000)
    assert talk.lines == [("user", "long" * 25)]


def test_instructions_are_bounded() -> None:
    talk = Talk(replace(PLAIN, system="s" * 100_000))
    talk.type("a")
    assert len(talk.answers[-1].system or "") == Limits().live_instructions_chars


def test_a_flood_of_lines_is_taken_in_its_stride() -> None:
    talk = Talk(PLAIN)
    talk.say(ClientContent((Content("user", "x"), Content("model", "y")) * 50_000))
    assert len(talk.lines) == Limits().live_history_lines


# ---- the microphone


def test_audio_is_listened_to_at_its_rate() -> None:
    talk = Talk(PLAIN)
    talk.say(microphone(b"\1\0", "audio/pcm;rate=48000"))
    talk.say(microphone(b""))
    assert talk.unheard == [Listen(b"\1\0", 48_000)]


def test_the_rate_is_locked_by_the_first_chunk() -> None:
    talk = Talk(PLAIN)
    talk.say(microphone(b"\0\0"))
    talk.say(microphone(b"\0\0", "audio/pcm;rate=24000"))
    assert talk.closed == Close(1007, "Sample rate changed from previously 16000 to 24000, which is not supported")


def test_other_audio_is_refused() -> None:
    talk = Talk(PLAIN)
    talk.say(microphone(b"\0\0", "audio/opus"))
    assert talk.closed is not None
    assert talk.closed.code == 1007


def test_the_model_reads_along_while_the_user_speaks() -> None:
    talk = Talk(CAPTIONED)
    talk.speech(700)
    talk.transcribed("what is")
    assert talk.warmed[-1].history == (Message("user", "what is"),)
    talk.silence(224)
    talk.transcribed("What is the time?")
    assert talk.warmed[-1].history == (Message("user", "What is the time?"),)
    assert "InputTranscription" not in talk.kinds, "whether that is all is not known yet"
    before = len(talk.warmed)
    talk.silence(900)
    assert talk.answers[-1].history == (Message("user", "What is the time?"),)
    talk.clause("Noon.", 5.0)
    talk.speech(700)
    talk.transcribed("and")
    assert len(talk.warmed) > before, "an interrupted answer is history"


def test_a_spoken_turn() -> None:
    talk = Talk(replace(CAPTIONED, explicit_vad=True))
    talk.silence(500)
    talk.speech(1_500)
    assert talk.conversation.state is State.USER_SPEAKING
    assert [request.interim for request in talk.transcripts] == [True]
    talk.transcribed("what is")
    talk.speech(700)
    assert [request.interim for request in talk.transcripts] == [True, True]
    talk.transcribed(None)
    talk.silence(224)
    assert talk.transcripts[-1].judge
    talk.judged(0.9)
    assert talk.conversation.state is State.USER_SPEAKING
    talk.transcribed("What is the time?")
    assert talk.conversation.state is State.GENERATING
    assert talk.kinds[1:] == [
        "VoiceActivity",
        "InterimInputTranscription",
        "VoiceActivity",
        "InputTranscription",
        "ResumptionUpdate",
    ]
    assert talk.sent_of(InterimInputTranscription) == [InterimInputTranscription("what is")]
    assert talk.sent_of(InputTranscription) == [InputTranscription("What is the time?", True)]
    assert [activity.kind for activity in talk.sent_of(VoiceActivity)] == ["ACTIVITY_START", "ACTIVITY_END"]
    assert 190 < (talk.answers[-1].endpoint_ms or 0) < 260
    assert talk.lines == [("user", "What is the time?")]


def test_an_incomplete_pause_is_waited_out() -> None:
    talk = Talk(PLAIN)
    talk.speech(600)
    talk.silence(224)
    talk.transcribed("I want to")
    talk.judged(0.1)
    talk.silence(400)
    assert talk.answers == []
    talk.silence(400)
    assert len(talk.answers) == 1


def test_speech_after_a_pause_goes_on_with_the_utterance() -> None:
    talk = Talk(PLAIN)
    talk.speech(600)
    talk.silence(224)
    first = talk.transcripts[-1]
    talk.judged(0.9)
    talk.speech(320)
    assert talk.answers == []
    talk.silence(224)
    assert len(talk.transcripts[-1].audio) > len(first.audio) + 8_000
    talk.judged(0.9)
    talk.transcribed("half", first)
    assert talk.answers == []
    talk.transcribed("the whole")
    assert talk.lines == [("user", "the whole")]


def test_a_noise_without_words_is_no_turn() -> None:
    talk = Talk(CAPTIONED)
    talk.ask("")
    assert talk.answers == []
    assert talk.conversation.state is State.IDLE
    assert talk.sent_of(InputTranscription) == []


def test_the_utterance_holds_what_came_just_before_it() -> None:
    talk = Talk(PLAIN)
    talk.silence(1_000)
    talk.speech(320)
    talk.silence(224)
    audio = talk.transcripts[-1].audio
    quiet = int(abs(audio).argmax())
    assert 0.16 * 16_000 <= quiet <= 0.5 * 16_000


def test_the_end_of_the_stream_ends_the_utterance() -> None:
    talk = Talk(PLAIN)
    talk.speech(600)
    talk.say(RealtimeInput(audio_stream_end=True))
    assert talk.unheard == [Deafen()]
    talk.stream_ended()
    talk.transcribed("Stop there.")
    assert len(talk.answers) == 1


def test_an_utterance_without_more_audio_ends() -> None:
    talk = Talk(PLAIN)
    talk.speech(600)
    talk.wait(1.1)
    talk.transcribed("And then the line went dead.")
    assert len(talk.answers) == 1


@pytest.mark.parametrize(("silence_ms", "ends_by"), [(100, 480), (500, 930), (1_500, 1_550)])
def test_patience_is_the_clients(silence_ms: float, ends_by: float) -> None:
    talk = Talk(replace(PLAIN, detection=Detection(silence_ms=silence_ms)))
    talk.speech(600)
    waited = 0
    while not talk.answers:
        talk.silence(32)
        waited += 32
        if talk.transcripts:
            talk.transcribed("so")
        assert waited <= ends_by
    assert waited >= silence_ms


def test_marked_activity_needs_no_detection() -> None:
    talk = Talk(replace(PLAIN, detection=Detection(disabled=True)))
    talk.speech(600)
    talk.silence(1_500)
    assert talk.transcripts == []
    talk.say(RealtimeInput(activity_start=True))
    assert talk.conversation.state is State.USER_SPEAKING
    talk.speech(320)
    talk.silence(2_000)
    talk.say(RealtimeInput(activity_end=True))
    talk.stream_ended()
    assert len(talk.transcripts[-1].audio) == pytest.approx(2.32 * 16_000, abs=1_024)
    talk.transcribed("Over.")
    assert len(talk.answers) == 1


# ---- barge-in


def answering(setup: Setup = CAPTIONED) -> Talk:
    """A conversation in which ten words of a second each are being played."""
    talk = Talk(setup)
    talk.type("count")
    for number in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]:
        talk.clause(f" {number}" if talk.sent_of(OutputTranscription) else number, 1.0)
    talk.generated()
    return talk


def test_speech_breaks_in() -> None:
    talk = answering()
    talk.wait(3.3)
    talk.speech(128)
    assert talk.conversation.state is State.PLAYING
    talk.speech(32)
    assert talk.conversation.state is State.USER_SPEAKING
    assert talk.kinds[-3:] == ["Interrupted", "TurnComplete", "ResumptionUpdate"]
    assert talk.stopped == [1]
    assert talk.lines[-1] == ("assistant", "one two three")


def test_a_click_does_not_break_in() -> None:
    talk = answering()
    talk.speech(64)
    talk.silence(500)
    talk.speech(64)
    assert talk.conversation.state is State.PLAYING


def test_nothing_of_a_stopped_answer_follows() -> None:
    talk = Talk(CAPTIONED)
    talk.type("count")
    talk.clause("one", 1.0)
    talk.speech(160)
    cut = len(talk.sent)
    talk.clause(" two", 1.0, turn=1)
    talk.generated(turn=1)
    talk.wait(30)
    assert [message for message in talk.sent[cut:] if not isinstance(message, VoiceActivity)] == []


def test_a_clause_is_cut_between_its_words() -> None:
    talk = Talk(PLAIN)
    talk.type("tell me")
    talk.clause("The quick brown fox jumps over the lazy dog.", 4.4)
    talk.generated()
    talk.wait(1.6)
    talk.type("stop")
    assert talk.lines == [("user", "tell me"), ("assistant", "The quick brown"), ("user", "stop")]


def test_a_quick_voice_is_heard_to_its_end() -> None:
    talk = Talk(PLAIN)
    talk.type("tell me")
    talk.clause("Quite a lot of words in a short time.", 0.5)
    talk.generated()
    talk.wait(0.49)
    talk.type("thanks")
    assert talk.lines[1] == ("assistant", "Quite a lot of words in a short time.")


def test_an_answer_that_nobody_heard_leaves_no_line() -> None:
    talk = Talk(PLAIN)
    talk.type("a")
    talk.type("b")
    assert talk.lines == [("user", "a"), ("user", "b")]
    assert talk.kinds[1:] == ["Interrupted", "TurnComplete"]


def test_where_nothing_may_break_in_speech_waits() -> None:
    talk = answering(replace(PLAIN, interrupts=False, output_transcription=True))
    talk.ask("And then?")
    assert "Interrupted" not in talk.kinds
    assert len(talk.answers) == 1
    talk.wait(10)
    assert talk.kinds[-1] == "TurnComplete"
    assert len(talk.answers) == 2
    assert [role for role, _ in talk.lines] == ["user", "assistant", "user"]


def test_typed_words_wait_there_too() -> None:
    talk = answering(replace(PLAIN, interrupts=False, output_transcription=True))
    talk.type("more")
    talk.type("and more")
    talk.wait(10)
    assert len(talk.answers) == 2
    assert talk.lines[-2:] == [("user", "more"), ("user", "and more")]
    talk.clause("Yes.", 0.5)
    talk.generated()
    talk.wait(1)
    assert talk.lines[-2:] == [("user", "and more"), ("assistant", "Yes.")]


def test_words_typed_while_speaking_are_answered_with_the_speech() -> None:
    talk = Talk(PLAIN)
    talk.speech(600)
    talk.type("this one")
    assert talk.answers == []
    talk.silence(224)
    talk.judged(0.9)
    talk.transcribed("")
    assert len(talk.answers) == 1
    assert talk.lines == [("user", "this one")]
