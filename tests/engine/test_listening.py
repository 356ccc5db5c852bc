"""From frames to utterances: what each setting of the client's means, and how much audio belongs to what was said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.dialogue.effects import Transcribe
from genmedia_live.engine.dialogue.endpointing import FRAME, FRAME_MS, LONGEST_UTTERANCE_MS
from genmedia_live.engine.dialogue.listening import Began, Guessed, Listening, Outcome, Said
from genmedia_live.engine.protocol.messages import Detection

MANUAL = Detection(disabled=True)


class Ear:
    """A `Listening` with a clock that follows its audio; transcripts are answered only when the test does."""

    def __init__(self, detection: Detection | None = None, *, interim: bool = False) -> None:
        self.listening = Listening(detection or Detection(), interim=interim)
        self.outcomes: list[tuple[float, Outcome]] = []

    @property
    def now(self) -> float:
        return self.listening.heard_ms / 1000

    def take(self, outcomes: object) -> None:
        self.outcomes += [(self.listening.heard_ms, outcome) for outcome in outcomes]  # type: ignore[attr-defined]

    def hear(self, frames: int, *, speech: bool, guarded: bool = False) -> None:
        samples = np.full(FRAME, float(speech), np.float32)
        for _ in range(frames):
            self.take(self.listening.frame(samples, 0.9 if speech else 0.1, self.now, guarded=guarded))

    def mark(self, *, begin: bool) -> None:
        self.take(self.listening.begin(self.now) if begin else self.listening.end(self.now))

    def words(self, words: str | None = "words") -> None:
        self.take(self.listening.transcribed(self.asked[-1][1].ticket, words, self.now))

    def judged(self) -> None:
        self.take(self.listening.judged(self.asked[-1][1].ticket, 0.99, self.now))

    @property
    def asked(self) -> list[tuple[float, Transcribe]]:
        return [(at, outcome) for at, outcome in self.outcomes if isinstance(outcome, Transcribe)]

    @property
    def said(self) -> list[Said]:
        return [outcome for _, outcome in self.outcomes if isinstance(outcome, Said)]

    def ends_after(self, frames: int) -> float:
        """Milliseconds of silence after which the words, once known, are an utterance."""
        for at in range(1, frames + 1):
            self.hear(1, speech=False)
            if self.asked:
                self.words()
            if self.said:
                return at * FRAME_MS
        raise AssertionError("it never ended")


@pytest.mark.parametrize(
    ("silence_ms", "ends_ms"),
    [(0, 64), (20, 64), (64, 64), (100, 128), (128, 128), (200, 224), (500, 512), (800, 800), (3_000, 3_008)],
)
@pytest.mark.parametrize("low", [False, True])
def test_the_silence_that_a_client_names_ends_speech_and_nothing_else(silence_ms: float, ends_ms: float, low: bool) -> None:
    ear = Ear(Detection(silence_ms=silence_ms, end_low=low))
    ear.hear(10, speech=True)
    assert ear.ends_after(200) == ends_ms
    assert not any(request.judge for _, request in ear.asked)


def test_words_are_asked_for_ahead_of_a_long_pause() -> None:
    ear = Ear(Detection(silence_ms=2_000))
    ear.hear(10, speech=True)
    ear.hear(62, speech=False)
    assert [at for at, _ in ear.asked] == [16 * FRAME_MS]
    ear.words()
    assert not ear.said
    ear.hear(1, speech=False)
    assert ear.said


def test_speech_within_a_named_pause_is_asked_for_again() -> None:
    ear = Ear(Detection(silence_ms=1_000))
    ear.hear(10, speech=True)
    ear.hear(20, speech=False)
    ear.words("half")
    ear.hear(3, speech=True)
    ear.hear(31, speech=False)
    assert not ear.said
    ear.words("all of it")
    ear.hear(1, speech=False)
    assert [said.words for said in ear.said] == ["all of it"]


@pytest.mark.parametrize(("low", "asks_ms", "ends_ms"), [(False, 192, 896), (True, 288, 1_344)])
def test_a_pause_that_nobody_named_is_judged(low: bool, asks_ms: float, ends_ms: float) -> None:
    ear = Ear(Detection(end_low=low))
    ear.hear(10, speech=True)
    assert ear.ends_after(100) == ends_ms
    (at, request), *more = ear.asked
    assert request.judge
    assert not more
    assert at == 10 * FRAME_MS + asks_ms

    eager = Ear(Detection(end_low=low))
    eager.hear(10, speech=True)
    eager.hear(round(asks_ms / FRAME_MS), speech=False)
    eager.words()
    eager.judged()
    assert eager.said


# ---- beginnings


@pytest.mark.parametrize(
    ("detection", "begins", "breaks_in"),
    [
        (Detection(), 2, 5),
        (Detection(start_low=True), 3, 6),
        (Detection(prefix_padding_ms=0), 1, 1),
        (Detection(prefix_padding_ms=20), 1, 1),
        (Detection(prefix_padding_ms=33), 2, 2),
        (Detection(prefix_padding_ms=300), 10, 10),
        (Detection(prefix_padding_ms=300, start_low=True), 10, 10),
        (Detection(prefix_padding_ms=60_000), 63, 63),
    ],
)
def test_how_much_speech_it_takes_to_begin(detection: Detection, begins: int, breaks_in: int) -> None:
    for guarded, frames in ((False, begins), (True, breaks_in)):
        ear = Ear(detection)
        ear.hear(frames - 1, speech=True, guarded=guarded)
        assert not ear.listening.speaking
        ear.hear(1, speech=False, guarded=guarded)
        ear.hear(frames, speech=True, guarded=guarded)
        assert ear.listening.speaking


@pytest.mark.parametrize("prefix_padding_ms", [None, 0, 20, 300, 2_000])
def test_the_audio_before_the_speech_is_kept_however_much_of_it_is_required(prefix_padding_ms: float | None) -> None:
    ear = Ear(Detection(prefix_padding_ms=prefix_padding_ms, silence_ms=64))
    ear.hear(100, speech=False)
    ear.hear(100, speech=True)
    ear.hear(2, speech=False)
    audio = ear.asked[0][1].audio
    assert audio.sum() == 100 * FRAME, "no speech is lost"
    assert 160 <= np.argmax(audio > 0) / 16 <= 480


# ---- speech behind an utterance that is over


def test_no_guess_takes_the_place_of_the_words() -> None:
    ear = Ear(interim=True)
    ear.hear(30, speech=True)
    assert ear.asked[-1][1].interim
    ear.words("so far")
    ear.mark(begin=False)
    final = ear.asked[-1][1]
    assert not final.interim
    ear.hear(30, speech=True)
    assert ear.asked[-1][1] is final
    ear.words("all of it")
    assert [said.words for said in ear.said] == ["all of it"]
    assert [outcome.words for _, outcome in ear.outcomes if isinstance(outcome, Guessed)] == ["so far"]


def test_a_transcript_that_was_given_up_is_asked_for_again() -> None:
    ear = Ear()
    ear.hear(10, speech=True)
    ear.hear(6, speech=False)
    ear.words(None)
    ear.judged()
    (_, first), (_, again) = ear.asked
    assert (again.ticket, again.judge, len(again.audio)) == (first.ticket, False, len(first.audio))
    assert not ear.said
    ear.words("here they are")
    assert [said.words for said in ear.said] == ["here they are"]


def heard(requests: list[tuple[float, Transcribe]]) -> int:
    """Frames of speech in the last audio whose words were asked for."""
    return round(float(requests[-1][1].audio.sum())) // FRAME


def test_speech_behind_the_end_of_the_stream_is_the_next_utterance() -> None:
    ear = Ear()
    ear.hear(20, speech=True)
    ear.mark(begin=False)
    ear.hear(15, speech=True)
    ear.hear(6, speech=False)
    assert ear.listening.heard_ms == 20 * FRAME_MS, "it waits, and counts as not heard"
    assert heard(ear.asked) == 20
    ear.words("one")
    assert ear.listening.heard_ms == 41 * FRAME_MS
    assert heard(ear.asked) == 15
    ear.words("two")
    ear.judged()
    assert [said.words for said in ear.said] == ["one", "two"]
    kinds = [type(outcome) for _, outcome in ear.outcomes if not isinstance(outcome, Transcribe)]
    assert kinds == [Began, Said, Began, Said]


def test_all_that_waits_may_be_an_utterance_whose_end_is_to_come() -> None:
    ear = Ear(interim=True)
    ear.hear(10, speech=True)
    ear.mark(begin=False)
    ear.hear(100, speech=True)
    ear.words("one")
    guesses = [request for _, request in ear.asked if request.interim]
    assert len(guesses) <= 1, "it is guessed at once, not once for each of its moments"
    assert ear.listening.starving
    ear.mark(begin=False)
    assert heard(ear.asked) == 100


def test_who_speaks_for_ever_is_heard_in_parts_and_none_is_lost() -> None:
    longest = round(LONGEST_UTTERANCE_MS / FRAME_MS)
    ear = Ear()
    ear.hear(longest + 500, speech=True)
    assert len(ear.asked) == 1
    asked = [heard(ear.asked)]
    ear.words("one")
    ear.hear(50, speech=True)
    ear.mark(begin=False)
    asked.append(heard(ear.asked))
    ear.words("two")
    assert asked == [pytest.approx(longest, abs=1), 550 + longest - asked[0]]
    assert [said.words for said in ear.said] == ["one", "two"]


def test_what_waits_for_words_is_bounded() -> None:
    longest = round(LONGEST_UTTERANCE_MS / FRAME_MS)
    ear = Ear()
    ear.hear(10, speech=True)
    ear.hear(28, speech=False)
    ear.hear(3 * longest, speech=False)
    ear.hear(longest, speech=True)
    assert len(ear.listening._waiting) == longest
    assert ear.listening._endpointer.spoken_ms <= LONGEST_UTTERANCE_MS + FRAME_MS
    ear.words("one")
    assert ear.listening.heard_ms == (38 + 4 * longest) * FRAME_MS, "what was dropped is past"
    ear.mark(begin=False)
    assert heard(ear.asked) == pytest.approx(longest, abs=1)


# ---- how much of the audio is whose


def test_an_utterance_begins_with_what_was_kept_and_is_as_long_as_its_audio() -> None:
    ear = Ear()
    ear.hear(100, speech=False)
    silent = ear.listening.utterance_began_ms, ear.listening.activity_ms
    assert silent == (None, 0)
    ear.hear(1, speech=True)
    beginning = ear.listening.utterance_began_ms, ear.listening.speaking
    assert beginning == (86 * FRAME_MS, False)
    ear.hear(1, speech=True)
    began_ms = ear.listening.utterance_began_ms
    assert began_ms == 87 * FRAME_MS
    assert ear.listening.activity_ms == 15 * FRAME_MS
    ear.hear(20, speech=True)
    ear.hear(28, speech=False)
    assert ear.listening.utterance_began_ms == began_ms
    ear.hear(9, speech=False)  # while its words are being made out
    ear.words()
    assert ear.said[0].spoken_ms == len(ear.asked[0][1].audio) / 16 + 22 * FRAME_MS == 63 * FRAME_MS
    assert (ear.listening.utterance_began_ms, ear.listening.activity_ms) == (None, 63 * FRAME_MS)


def test_speech_that_goes_on_before_its_words_are_known_counts_whole() -> None:
    ear = Ear(Detection(silence_ms=64))
    ear.hear(10, speech=True)
    ear.hear(7, speech=False)
    assert ear.listening.activity_ms == 12 * FRAME_MS
    ear.hear(3, speech=True)
    assert ear.listening.activity_ms == 20 * FRAME_MS
    ear.hear(2, speech=False)
    ear.words()
    assert [said.spoken_ms for said in ear.said] == [22 * FRAME_MS]


def test_marked_speech_is_what_lies_between_the_marks() -> None:
    ear = Ear(MANUAL)
    ear.hear(20, speech=True)
    assert not ear.listening.speaking
    ear.mark(begin=True)
    assert ear.listening.utterance_began_ms == 20 * FRAME_MS
    ear.hear(10, speech=True)
    ear.mark(begin=False)
    ear.hear(5, speech=True)
    assert len(ear.asked[0][1].audio) == 10 * FRAME
    ear.mark(begin=True)  # before the words were known: one utterance
    ear.hear(4, speech=True)
    ear.mark(begin=False)
    assert len(ear.asked[1][1].audio) == 14 * FRAME
    ear.words()
    assert [said.spoken_ms for said in ear.said] == [14 * FRAME_MS]
    assert (ear.listening.activity_ms, ear.listening.heard_ms) == (14 * FRAME_MS, 39 * FRAME_MS)
    assert ear.listening.utterance_began_ms is None


DETECTIONS = st.builds(
    Detection,
    disabled=st.booleans(),
    start_low=st.booleans(),
    end_low=st.booleans(),
    prefix_padding_ms=st.none() | st.floats(0, 1_000),
    silence_ms=st.none() | st.floats(0, 2_000),
)

STEPS = st.one_of(
    st.tuples(st.just("speech"), st.integers(1, 40)),
    st.tuples(st.just("silence"), st.integers(1, 40)),
    st.tuples(st.sampled_from(["words", "judged", "begin", "end"]), st.just(0)),
)


@given(DETECTIONS, st.lists(STEPS, max_size=30))
def test_audio_is_counted_once(detection: Detection, steps: list[tuple[str, int]]) -> None:
    ear, before, said_ms = Ear(detection), 0.0, 0.0
    for at, (step, frames) in enumerate(steps, 1):
        if step in ("speech", "silence"):
            ear.hear(frames, speech=step == "speech")
        elif step in ("begin", "end") and (detection.disabled or step == "end"):
            ear.mark(begin=step == "begin")
        elif step == "words" and ear.asked:
            ear.words()
        elif step == "judged" and ear.asked and ear.asked[-1][1].judge:
            ear.judged()
        listening, said_ms = ear.listening, sum(said.spoken_ms for said in ear.said)
        assert before <= listening.activity_ms <= listening.heard_ms
        before = listening.activity_ms
        if not listening.speaking:
            may_begin = [step for step, _ in steps[:at] if step in ("speech", "silence")][-1:] == ["speech"]
            assert listening.utterance_began_ms is None or may_begin
            assert listening.activity_ms == said_ms
        else:
            assert listening.utterance_began_ms is not None
            assert 0 <= listening.activity_ms - said_ms <= listening.heard_ms - listening.utterance_began_ms
    begun = sum(isinstance(outcome, Began) for _, outcome in ear.outcomes)
    assert begun - len(ear.said) == ear.listening.speaking
