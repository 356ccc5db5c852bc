"""`genmedia-live engine` as a process, and conversations with it through clients that we did not write."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from genmedia_live.core.audio import MIC_RATE

pytest.register_assert_rewrite("tests.clients.conversations", "tests.clients.talker")

from tests.clients.engine import Engine, engine_process  # noqa: E402
from tests.clients.talker import Client, Event, Talker, talking  # noqa: E402

Talk = Callable[..., Talker]
"""`talk(engine, functions=())`: a conversation that has begun."""

Tone = Callable[[float], Path]
"""`tone(seconds)`: a file of so much that the scripted ears take for speech, with silence before and after it."""


@pytest.fixture(scope="package")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_process(tmp_path_factory.mktemp("scripted"), "--scripted") as running:
        yield running


@pytest.fixture(scope="package")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A scripted engine that lets no connection last."""
    limits = ("--connection-limit", "8", "--go-away-notice", "1")
    with engine_process(tmp_path_factory.mktemp("short"), "--scripted", *limits) as running:
        yield running


@pytest.fixture
def tone(tmp_path: Path) -> Tone:
    def make(seconds: float) -> Path:
        at = np.arange(int(seconds * MIC_RATE)) / MIC_RATE
        pcm = np.concatenate([np.zeros(MIC_RATE // 2), 0.3 * np.sin(at * 2 * np.pi * 200), np.zeros(MIC_RATE)])
        path = tmp_path / f"{seconds}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(MIC_RATE)
            file.writeframes((pcm * 32_767).astype("<i2").tobytes())
        return path

    return make


@pytest.fixture
def talk(client: Client, tmp_path: Path) -> Iterator[Talk]:
    """Begin a conversation through the `client` of the test's module."""
    with ExitStack() as stack:

        def begin(engine: Engine, functions: Sequence[Event] = ()) -> Talker:
            talker = stack.enter_context(talking(client, engine, functions, tmp_path))
            (connected,) = talker.until("connected")
            assert not connected["resumed"]
            return talker

        yield begin
