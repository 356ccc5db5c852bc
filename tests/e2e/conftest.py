"""Chromium in front of the real `serve`. Whatever a tab complains of fails the test that opened it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e.harness import browser as chromium
from tests.e2e.harness import speech
from tests.e2e.harness.proxy import FaultProxy, fault_proxy
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab

HERE = Path(__file__).parent

Launch = Callable[..., Browser]
OpenTab = Callable[..., Tab]

FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A microphone that hears nothing. Chromium's own fake one beeps, and the agent would take that for speech."""
    return speech.wav(tmp_path_factory.mktemp("speech") / "quiet.wav", tail=1)


@pytest.fixture
def launch(playwright: Playwright, quiet: Path) -> Iterator[Launch]:
    """`launch(wav)`: a Chromium with that file for a microphone, or with a quiet one."""
    running: list[Browser] = []

    def start(microphone: Path | None = None, *flags: str, **options: Any) -> Browser:
        running.append(chromium.launch(playwright, microphone or quiet, *flags, **options))
        return running[-1]

    yield start
    for browser in running:
        browser.close()


@pytest.fixture
def tabs(launch: Launch, request: pytest.FixtureRequest) -> Iterator[list[Tab]]:
    """The tabs that a test has opened. A complaint in one of them fails the test; of a failed test they tell their stories."""
    opened: list[Tab] = []
    yield opened
    if request.node.stash.get(FAILED, False):
        print(*[tab.story() for tab in opened], sep="\n")
    assert [problem for tab in opened for problem in tab.problems] == []


@pytest.fixture
def open_tab(launch: Launch, tabs: list[Tab]) -> OpenTab:
    """`open_tab(url, wav=None, browser=None, script="", **context)`: the page in a profile of its own, `script` run before it."""

    def visit(url: str, wav: Path | None = None, *, browser: Browser | None = None, script: str = "", **options: Any) -> Tab:
        context = chromium.new_context(browser or launch(wav), **options)
        context.add_init_script(script)
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


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with the local engine: real ears, mind and voice."""
    with serve("local", tmp_path_factory.mktemp("local")) as server:
        yield server


@pytest.fixture
def proxied(scripted: Server) -> Iterator[FaultProxy]:
    """The scripted product behind a path with faults."""
    with fault_proxy(scripted.port) as proxy:
        yield proxy
