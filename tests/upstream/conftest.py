from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest

from tests.upstream.live_server import LiveServer, certificate


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def live(tls: tuple[ssl.SSLContext, str]) -> AsyncIterator[LiveServer]:
    async with LiveServer(*tls) as server:
        yield server
