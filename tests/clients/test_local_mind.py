"""Every client holds a spoken conversation with the real local mind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import needed
from genmedia_live.engine.weights.pull import pull
from genmedia_live.settings import Settings
from tests.clients.conftest import Talk
from tests.clients.engine import Engine, engine_process
from tests.clients.environments import node, pipecat
from tests.clients.talker import Client
from tests.e2e.harness import speech

PROGRAMS = Path(__file__).parent / "programs"

pytestmark = [pytest.mark.weights, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    pull(WeightsFolder(Settings().models_path), needed())
    with engine_process(tmp_path_factory.mktemp("local")) as running:
        yield running


@pytest.fixture(params=["python", "javascript", "pipecat"])
def client(request: pytest.FixtureRequest) -> Client:
    if request.param == "python":
        return Client((sys.executable, PROGRAMS / "python_sdk.py"), "local")
    if request.param == "javascript":
        return Client([*node(), str(PROGRAMS / "javascript_sdk.mjs")], "local", plain=True)
    return Client((pipecat(), PROGRAMS / "pipecat_service.py"), "models/gemini-3.8-live")


def test_a_spoken_conversation_with_an_interruption(client: Client, talk: Talk, local: Engine, tmp_path: Path) -> None:
    talker = talk(local)
    if client.command[0] == pipecat():
        assert talker.turn().agent, "the bot speaks first"

    talker.speak(speech.wav(tmp_path / "question.wav", "What is the capital of France?", tail=2))
    heard = talker.turn()
    assert "capital of france" in heard.user.lower()
    assert "Paris" in heard.agent

    talker.say("Tell me a long story about a lighthouse keeper and his dog.")
    talker.until("audio")
    talker.speak(speech.wav(tmp_path / "interruption.wav", "Tell me what two plus three is.", tail=2))
    talker.until("interrupted")
    heard = talker.turn()
    assert "two plus three" in heard.user.lower() or "2 + 3" in heard.user
    assert "five" in heard.agent.lower() or "5" in heard.agent
