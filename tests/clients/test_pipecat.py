"""Pipecat's services for Gemini Live, as published, converse with `genmedia-live engine`."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.clients.conftest import Talk
from tests.clients.conversations import Conversations
from tests.clients.engine import Engine
from tests.clients.environments import pipecat
from tests.clients.talker import Client, Event, Talker

PROGRAM = Path(__file__).parent / "programs" / "pipecat_service.py"

pytestmark = pytest.mark.timeout(700)  # the first test may have to install it


BOTS = {
    "developer": "models/gemini-3.8-live",
    "vertex": "google/gemini-live-2.5-flash-native-audio",
    "developer-2.5": "models/gemini-2.5-flash-native-audio-preview-12-2025",
    "vertex-3.8": "google/gemini-3.8-live",
}


@pytest.fixture(params=["developer", "vertex"])
def client(request: pytest.FixtureRequest, scripted: Engine, tmp_path: Path) -> Client:
    command = (pipecat(), PROGRAM)
    model = BOTS[request.param]
    if request.param.startswith("vertex"):
        credentials = service_account(f"{scripted.plain_url}/token", tmp_path / "service-account.json")
        return Client(command, model, vertex=True, more={"credentials": str(credentials)})
    return Client(command, model)


def service_account(token_uri: str, path: Path) -> Path:
    """A key file as Google Cloud gives it out, for an account that only the engine knows."""
    key = rsa.generate_private_key(65_537, 2_048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = {
        "type": "service_account",
        "client_email": "bot@local.iam.gserviceaccount.com",
        "private_key": key.decode(),
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account))
    return path


@pytest.mark.parametrize("client", BOTS, indirect=True)
def test_a_bot_speaks_first_and_once(talk: Talk, scripted: Engine) -> None:
    """Each generation of models is nudged to begin in another way."""
    talker = talk(scripted)
    greeting = talker.turn()
    assert greeting.agent == "You said: hello."
    assert "interrupted" not in greeting.names
    talker.say("Who is there?")
    assert talker.turn().agent == "You said: Who is there?"


class TestPipecat(Conversations):
    @pytest.fixture
    def talk(self, talk: Talk) -> Talk:
        """A Pipecat bot speaks first: its context is what makes the service take input."""

        def begin(engine: Engine, *functions: Sequence[Event]) -> Talker:
            talker = talk(engine, *functions)
            assert talker.turn().agent == "You said: hello."
            return talker

        return begin
