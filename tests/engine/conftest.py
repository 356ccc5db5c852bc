"""What needs weights shares them: fetched once, by the product's own pull, and loaded once a run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soxr

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.local import load_mind
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import wanted
from genmedia_live.engine.weights.pull import pull
from genmedia_live.ports import Samples
from genmedia_live.settings import Settings


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    path = Settings().models_path
    pull(WeightsFolder(path), wanted())
    return path


@pytest.fixture(scope="session")
def mind(weights_dir: Path) -> Mind:
    return load_mind(weights_dir)


@pytest.fixture(scope="session")
def say(mind: Mind) -> Callable[[str, str], Samples]:
    """Words in a voice -> samples as a microphone gives them, 16 kHz."""

    def spoken(text: str, voice: str) -> Samples:
        pcm = np.frombuffer(b"".join(mind.tts.synthesize(text, voice)), "<i2")
        return np.asarray(soxr.resample(pcm / 32_768, VOICE_RATE, MIC_RATE), np.float32)

    return spoken
