from collections.abc import Callable

import numpy as np
import pytest

from bench.wer import errors
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.voices import ENGINE_VOICES
from genmedia_live.engine.mind import Mind
from genmedia_live.ports import Samples

pytestmark = pytest.mark.weights

SENTENCE = "Can you explain how photosynthesis works in one sentence?"


def loudness(pcm: bytes) -> float:
    return float(np.sqrt(np.mean((np.frombuffer(pcm, "<i2") / 32_768) ** 2)))


@pytest.mark.parametrize("voice", ENGINE_VOICES)
def test_every_voice_is_understood(mind: Mind, say: Callable[[str, str], Samples], voice: str) -> None:
    wrong, _ = errors(SENTENCE, mind.stt.transcribe(say(SENTENCE, voice)))
    assert wrong == 0


def test_voices_are_as_loud_as_each_other_and_not_the_same(mind: Mind) -> None:
    spoken = {voice: b"".join(mind.tts.synthesize(SENTENCE, voice)) for voice in mind.tts.voices}
    levels = [loudness(pcm) for pcm in spoken.values()]
    assert max(levels) / min(levels) < 1.5
    assert len(set(spoken.values())) == len(ENGINE_VOICES) == len(mind.tts.voices)


def test_the_same_words_sound_the_same(mind: Mind) -> None:
    assert list(mind.tts.synthesize("Hello.", "luna")) == list(mind.tts.synthesize("Hello.", "luna"))


def test_pieces_are_short_and_whole_samples(mind: Mind) -> None:
    sizes = [len(piece) for piece in mind.tts.synthesize("One sentence. And another one.", "heart")]
    assert len(sizes) > 5
    assert all(0 < size <= 9_600 and size % 2 == 0 for size in sizes)


def test_cancelled_stops_at_the_next_piece(mind: Mind) -> None:
    got: list[bytes] = []
    for piece in mind.tts.synthesize(SENTENCE, "heart", lambda: len(got) == 2):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert len(got) == 2


@pytest.mark.parametrize("text", ["", " ", "...", "\u2603", "!?"])
def test_nothing_to_say_is_no_error(mind: Mind, text: str) -> None:
    list(mind.tts.synthesize(text, "heart"))


def test_an_unknown_voice_is_named_before_anything_is_made(mind: Mind) -> None:
    with pytest.raises(GenmediaError, match="'Heart'") as caught:
        mind.tts.synthesize("Hello.", "Heart")
    assert caught.value.code == "unknown_voice"
