import numpy as np
import pytest

from bench.clips import clip, samples
from genmedia_live.engine.mind import Mind
from genmedia_live.ports import Samples, Vad

pytestmark = pytest.mark.weights


def heard(vad: Vad, audio: Samples) -> list[float]:
    return [vad.probability(audio[at : at + 512]) for at in range(0, len(audio) - 511, 512)]


@pytest.mark.parametrize("name", ["goforward", "austen0930"])
def test_speech_is_heard(mind: Mind, name: str) -> None:
    probabilities = heard(mind.new_vad(), samples(clip(name)))
    assert np.mean(np.array(probabilities) > 0.5) > 0.3
    assert max(probabilities) > 0.9


@pytest.mark.parametrize("loudness", [0.0, 0.005, 0.05])
def test_noise_is_not(mind: Mind, loudness: float) -> None:
    noise = np.random.default_rng(3).standard_normal(32_000).astype(np.float32) * np.float32(loudness)
    assert max(heard(mind.new_vad(), noise)) < 0.5


def test_streams_do_not_share_their_memory_and_reset_forgets(mind: Mind) -> None:
    audio = samples(clip("goforward"))
    one, other = mind.new_vad(), mind.new_vad()
    first = heard(one, audio)
    assert heard(other, audio) == first
    assert heard(one, audio) != first, "it remembers the stream"
    one.reset()
    assert heard(one, audio) == first


def test_a_frame_has_512_samples(mind: Mind) -> None:
    with pytest.raises(ValueError, match="512"):
        mind.new_vad().probability(np.zeros(480, np.float32))
