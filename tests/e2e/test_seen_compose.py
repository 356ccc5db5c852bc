"""What may leave the browser: frames drawn in Chromium by the page's own code, looked at pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness.serve import Server

COMPOSE = (Path(__file__).parent / "harness" / "compose.js").read_text()


@pytest.mark.parametrize("seed", [1, 20_260_727])
def test_what_is_hidden_does_not_show_and_nothing_tells_of_it(open_tab: OpenTab, scripted: Server, seed: int) -> None:
    found = open_tab(scripted.url).page.evaluate(COMPOSE, [60, seed])
    assert found.pop("hidden") > 100_000
    assert found == {"lit": 0, "told": 0, "uncovered": 0, "enlarged": 0}
