"""Google's JavaScript SDK, as published, converses with `genmedia-live engine`."""

from pathlib import Path

import pytest

from tests.clients.conversations import Conversations
from tests.clients.environments import node
from tests.clients.talker import Client

PROGRAM = Path(__file__).parent / "programs" / "javascript_sdk.mjs"

pytestmark = pytest.mark.timeout(700)  # the first test may have to install it


@pytest.fixture(params=["developer", "vertex"])
def client(request: pytest.FixtureRequest) -> Client:
    command = [*node(), str(PROGRAM)]
    if request.param == "vertex":
        return Client(command, "gemini-live-2.5-flash-native-audio", vertex=True)
    return Client(command, "gemini-3.8-live", plain=True)


class TestJavascriptSdk(Conversations):
    pass
