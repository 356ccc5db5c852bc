import numpy as np
import pytest

from bench.clips import clip, samples
from genmedia_live.engine.mind import Mind
from genmedia_live.ports import Samples

pytestmark = pytest.mark.weights

SENTENCES = ["austen0870", "austen0920", "austen0930"]


def spoken(mind: Mind, name: str) -> Samples:
    """The clip up to 0.2 s after its last word."""
    audio, vad = samples(clip(name)), mind.new_vad()
    last = max(at for at in range(0, len(audio) - 511, 512) if vad.probability(audio[at : at + 512]) > 0.5)
    return audio[: last + 512 + 3_200]


@pytest.mark.parametrize("name", [*SENTENCES, "goforward", "cards003", "cards005"])
def test_a_whole_utterance_is_complete(mind: Mind, name: str) -> None:
    assert mind.end_of_turn.probability(spoken(mind, name)) > 0.5


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_that_breaks_off_is_not(mind: Mind, name: str) -> None:
    audio = spoken(mind, name)
    assert mind.end_of_turn.probability(audio[: len(audio) * 3 // 10]) < 0.3


def test_only_the_last_eight_seconds_count(mind: Mind) -> None:
    audio = spoken(mind, "austen0870")
    before = np.random.default_rng(4).standard_normal(64_000).astype(np.float32)
    long = np.concatenate([before, np.pad(audio, (128_000 - len(audio), 0))])
    assert mind.end_of_turn.probability(long) == mind.end_of_turn.probability(long[-128_000:])
