"""Chromium in front of the real `serve`. Whatever a tab complains of fails the test that opened it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from tests.e2e.harness import browser as chromium
from tests.e2e.harness.proxy import FaultProxy, fault_proxy
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab

HERE = Path(__file__).parent

OpenTab = Callable[..., Tab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def launch(playwright: Playwright) -> Iterator[Callable[..., Browser]]:
    """`launch(wav)`: a Chromium with that file for a microphone."""
    running: list[Browser] = []

    def start(microphone: Path | None = None, **options: Any) -> Browser:
        running.append(chromium.launch(playwright, microphone, **options))
        return running[-1]

    yield start
    for browser in running:
        browser.close()


@pytest.fixture
def tabs(launch: Callable[..., Browser]) -> Iterator[list[Tab]]:
    """The tabs that a test has opened; a complaint in one of them fails the test."""
    opened: list[Tab] = []
    yield opened
    assert [problem for tab in opened for problem in tab.problems] == []


@pytest.fixture
def open_tab(launch: Callable[..., Browser], tabs: list[Tab]) -> OpenTab:
    """`open_tab(url, wav=None, browser=None, **context)`: the page, in a browser profile of its own."""

    def visit(url: str, wav: Path | None = None, *, browser: Browser | None = None, **options: Any) -> Tab:
        context = chromium.new_context(browser or launch(wav), **options)
        tabs.append(Tab(context, url))
        return tabs[-1]

    return visit


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with the scripted engine: it echoes, counts, and says how long one spoke."""
    with serve("scripted", tmp_path_factory.mktemp("scripted")) as server:
        yield server


@pytest.fixture(scope="session")
def scripted_polling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, told to offer nothing but long-polling."""
    with serve("scripted", tmp_path_factory.mktemp("polling"), GENMEDIA_TRANSPORTS="polling") as server:
        yield server


@pytest.fixture
def proxied(scripted: Server) -> Iterator[FaultProxy]:
    """The scripted product behind a path with faults."""
    with fault_proxy(scripted.port) as proxy:
        yield proxy
