"""Pictures of the page for the documentation: `make screenshots`. What they show are real conversations with the local engine.

Only its words are set (`ANSWERS`), so that the pictures stay the same, and how far the models have loaded.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.harness import pictures, speech  # noqa: E402
from tests.e2e.harness.browser import launch, new_context  # noqa: E402
from tests.e2e.harness.llm import Call, canned  # noqa: E402
from tests.e2e.harness.serve import serve  # noqa: E402
from tests.e2e.harness.tab import Tab  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SCHEMES = ("light", "dark")
SIZES = {390: 844, 1440: 900}

QUESTION = "Which star is the brightest one in the sky at night?"
WAIT = "Hold on, how far away is that one?"
CLIMB = "I want to climb the Rigi tomorrow. How is the weather up there?"
ANSWERS: dict[str, str | Call] = {
    "far away": "About eight and a half light years. The light that you see tonight left it when you were eight years younger.",
    "brightest": "That is Sirius, the dog star. Follow the belt of Orion down and to the left, and you can't miss it. It is "
    "really two stars: a bright white one, and a small dense companion that takes fifty years to go around it once.",
    "wind": "Clear skies and a light breeze until noon. Start early, and take something warm for the top.",
    "rigi": Call("weather_on_the_summit", {"mountain": "Rigi"}, "Let me ask the station up there."),
    "sign": "It says fresh bread, open daily. I can't see any prices.",
}
PAUSE = 7.0
"""Seconds that the agent is given before the person interrupts."""

LOADING = {"what": "download", "file": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "done": 693_000_000, "total": 1_117_320_736}

PERSONA = """---
title: Mountain guide
description: Plans a tour with you. It knows the weather on the summits.
tools: [weather_on_the_summit]
---
You are a mountain guide. Plan tours with the person, and ask the station before you speak of the weather.
"""

TOOL = '''
import asyncio

from genmedia_live.tools import tool


@tool
async def weather_on_the_summit(mountain: str) -> dict[str, str]:
    """Measured at the station on the summit."""
    await asyncio.sleep(6)
    return {"mountain": mountain, "sky": "clear", "wind": "12 km/h", "temperature": "4 °C"}
'''

MOTION_MS = 400
"""A sheet has come and a switch has moved after this."""

CLOSED = "localStorage.setItem('genmedia.panel', 'closed');"


@contextmanager
def opened(browser: Browser, url: str, scheme: str, width: int, *, panel: bool = False) -> Iterator[Tab]:
    """The page of a person who has the settings open beside the conversation, or closed."""
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": SIZES[width]}}
    with new_context(browser, **options) as context:
        if not panel:
            context.add_init_script(CLOSED)
        tab = Tab(context, url)
        tab.ready()
        yield tab


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


def models_loading(browser: Browser, url: str, scheme: str, width: int) -> None:
    """Before a conversation can start."""
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": SIZES[width]}}
    with new_context(browser, **options) as context:
        context.add_init_script(CLOSED)
        context.route("**/api/config", loading)
        page = Tab(context, url).page
        page.wait_for_selector("body[data-state=loading]")
        keep(page, "loading", scheme, width)


def talking(browser: Browser, url: str, scheme: str, width: int) -> None:
    """One conversation, to the interruption."""
    with opened(browser, url, scheme, width) as tab:
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


def choosing(browser: Browser, url: str, scheme: str, width: int) -> None:
    """The settings: who it is and how it sounds, and how it takes turns."""
    with opened(browser, url, scheme, width, panel=True) as tab:
        page = tab.page
        if not page.locator("#settings").is_visible():
            page.click("#settings-toggle")
        page.check("[data-persona=tutor] input")
        page.locator(".settings-body").evaluate("body => body.scrollTo(0, 0)")
        page.wait_for_timeout(MOTION_MS)
        keep(page, "settings", scheme, width)
        for name in ("persona", "voice", "turns"):
            page.click(f"#section-{name} summary")
        page.check("[data-setting=patience]")
        page.locator(".settings-body").evaluate("body => body.scrollTo(0, 0)")
        page.wait_for_timeout(MOTION_MS)
        keep(page, "turn-taking", scheme, width)


def working(browser: Browser, url: str, scheme: str, width: int) -> None:
    """A tool while it runs, and what it answered."""
    with opened(browser, url, scheme, width) as tab:
        page = tab.page
        page.evaluate("localStorage.setItem('genmedia.choices', JSON.stringify({persona: 'guide'}))")
        page.reload()
        tab.ready()
        tab.say(CLIMB)
        page.wait_for_selector("[data-tool=running]")
        said(page, "agent", "station")
        keep(page, "tool-running", scheme, width)
        page.wait_for_selector("[data-tool=done]")
        page.click("[data-tool] summary")
        said(page, "agent", "something warm")
        page.locator("#transcript").evaluate("log => log.scrollTo(0, log.scrollHeight)")
        keep(page, "tool-done", scheme, width)


def showing(browser: Browser, url: str, scheme: str, width: int) -> None:
    """The camera, and what the model sees of it."""
    with opened(browser, url, scheme, width) as tab:
        page = tab.page
        tab.start()
        page.click("#camera")
        page.wait_for_selector("#seen [data-source=camera] img")
        tab.say("What does the sign say?")
        tab.hears("sound")
        said(page, "agent", "fresh bread, open daily")
        keep(page, "camera", scheme, width)


def main() -> None:
    """Take them all, each state in light and dark, narrow and wide."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, canned(ANSWERS) as llm, sync_playwright() as playwright:
        folder = Path(name)
        own, tool = folder / "personas", folder / "summit.py"
        own.mkdir()
        (own / "guide.md").write_text(PERSONA)
        tool.write_text(TOOL)
        question = speech.wav(folder / "question.wav", QUESTION, PAUSE, WAIT, voice="sol")
        quiet = speech.wav(folder / "quiet.wav", tail=1)
        film = pictures.film(folder, pictures.sign("FRESH BREAD", "OPEN DAILY"))
        with (
            serve("local", folder, GENMEDIA_LLM_URL=llm, GENMEDIA_PERSONAS_DIR=str(own), GENMEDIA_TOOLS=str(tool)) as server,
            launch(playwright, question) as speaking,
            launch(playwright, quiet, f"--use-file-for-fake-video-capture={film}") as looking,
        ):
            for scheme in SCHEMES:
                for width in SIZES:
                    models_loading(speaking, server.url, scheme, width)
                    talking(speaking, server.url, scheme, width)
                    for scene in (choosing, working, showing):
                        scene(looking, server.url, scheme, width)


if __name__ == "__main__":
    main()
