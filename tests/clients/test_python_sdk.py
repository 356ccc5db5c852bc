"""Google's Python SDK, as published, converses with `genmedia-live engine`."""

import sys
from pathlib import Path

import pytest

from tests.clients.conversations import Conversations
from tests.clients.talker import Client

PROGRAM = Path(__file__).parent / "programs" / "python_sdk.py"


@pytest.fixture(params=["developer", "vertex"])
def client(request: pytest.FixtureRequest) -> Client:
    if request.param == "vertex":
        return Client((sys.executable, PROGRAM), "gemini-live-2.5-flash-native-audio", vertex=True)
    return Client((sys.executable, PROGRAM), "gemini-3.8-live")


class TestPythonSdk(Conversations):
    pass
