"""Pictures of the page for the documentation: `make screenshots`. What they show is a real conversation with the local engine.

Only its words are set (`ANSWERS`), so that the pictures stay the same, and how far the models have loaded.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.harness import speech  # noqa: E402
from tests.e2e.harness.browser import launch, new_context  # noqa: E402
from tests.e2e.harness.llm import canned  # noqa: E402
from tests.e2e.harness.serve import serve  # noqa: E402
from tests.e2e.harness.tab import Tab  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SCHEMES = ("light", "dark")
SIZES = {390: 844, 1440: 900}

QUESTION = "Which star is the brightest one in the sky at night?"
WAIT = "Hold on, how far away is that one?"
ANSWERS = {
    "far away": "About eight and a half light years. The light that you see tonight left it when you were eight years younger.",
    "brightest": "That is Sirius, the dog star. Follow the belt of Orion down and to the left, and you can't miss it. It is "
    "really two stars: a bright white one, and a small dense companion that takes fifty years to go around it once.",
}
PAUSE = 7.0
"""Seconds that the agent is given before the person interrupts."""

LOADING = {"what": "download", "file": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "done": 693_000_000, "total": 1_117_320_736}


def keep(page: Page, state: str, scheme: str, width: int) -> None:
    """Save the picture."""
    page.screenshot(path=IMAGES / f"{state}-{scheme}-{width}.png")


def said(page: Page, role: str, words: str) -> None:
    """Wait until somebody's line has these words."""
    page.locator(f"#lines > [data-role={role}] .said", has_text=words).first.wait_for()


def loading(route: Route) -> None:
    """The server's own answer, while it is still loading."""
    config = route.fetch().json()
    route.fulfill(body=json.dumps(config | {"state": "loading", "loading": LOADING}), content_type="application/json")


def pictures(browser: Browser, url: str, scheme: str, width: int) -> None:
    """One conversation, from the models' loading to the interruption."""
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": SIZES[width]}}
    with new_context(browser, **options) as context:
        context.route("**/api/config", loading)
        page = Tab(context, url).page
        page.wait_for_selector("body[data-state=loading]")
        keep(page, "loading", scheme, width)
    with new_context(browser, **options) as context:
        tab = Tab(context, url)
        tab.ready()
        keep(tab.page, "idle", scheme, width)
        tab.start()
        tab.hears("sound", stream="in")
        said(tab.page, "user", "brightest")
        keep(tab.page, "listening", scheme, width)
        tab.reaches("speaking")
        tab.hears("sound")
        said(tab.page, "agent", "Sirius")
        keep(tab.page, "speaking", scheme, width)
        tab.wire_has("flush")
        tab.page.wait_for_selector("#lines > li[data-role=agent][data-cut=true]")
        said(tab.page, "user", "how far away")
        keep(tab.page, "interrupted", scheme, width)


def main() -> None:
    """Take them all, each state in light and dark, narrow and wide."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, canned(ANSWERS) as llm, sync_playwright() as playwright:
        microphone = speech.wav(Path(name) / "microphone.wav", QUESTION, PAUSE, WAIT, voice="sol")
        with (
            serve("local", Path(name), GENMEDIA_LLM_URL=llm) as server,
            launch(playwright, microphone) as browser,
        ):
            for scheme in SCHEMES:
                for width in SIZES:
                    pictures(browser, server.url, scheme, width)


if __name__ == "__main__":
    main()
