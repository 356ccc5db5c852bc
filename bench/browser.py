"""What a person in front of Chromium waits for: silence after they spoke, and voice without a gap.

Run as `python -m bench.browser`. The clocks are the audio threads' own; the page is the product's and does not help.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from playwright.sync_api import Browser, Playwright, sync_playwright

from bench.report import emit
from tests.e2e.harness import audio, speech
from tests.e2e.harness.barge_in import BargeIn, barge_in
from tests.e2e.harness.browser import launch, new_context
from tests.e2e.harness.serve import Server, serve
from tests.e2e.harness.tab import Tab

T = TypeVar("T")

WORDS = "Please be quiet for a moment."
STORY = "Tell me a long story about a fox and a crow, in many sentences."

FLUSHES = 20
FLUSH_MEDIAN_MS = 10
FLUSH_P95_MS = 30

ONSETS = 6
ONSET_MEDIAN_MS = 300


def in_a_tab(browser: Browser, server: Server, action: Callable[[Tab], T]) -> T:
    """Do it in a browser profile of its own; the microphone's file begins anew."""
    with new_context(browser) as context:
        return action(Tab(context, server.url))


def flushes(browser: Browser, server: Server) -> None:
    """`flush` arrives in the page -> nothing more is rendered."""
    waits: list[float] = []
    while len(waits) < FLUSHES:
        event = in_a_tab(browser, server, lambda tab: barge_in(tab, "Count to 50"))
        waits.append(max(0.0, event.silent - event.flush))
    emit("browser_flush_to_silence_median", statistics.median(waits), "ms", FLUSH_MEDIAN_MS, all=each(waits))
    emit("browser_flush_to_silence_p95", float(np.percentile(waits, 95)), "ms", FLUSH_P95_MS, n=len(waits))


def onsets(browser: Browser, server: Server) -> None:
    """The person begins to speak, with the real engine -> nothing more is rendered."""
    events: list[BargeIn] = [in_a_tab(browser, server, lambda tab: barge_in(tab, STORY)) for _ in range(ONSETS)]
    # Where the agent happened to pause, the word to stop counts.
    waits = [max(event.silent, event.flush) - event.spoke for event in events]
    emit("browser_speech_to_silence_median", statistics.median(waits), "ms", ONSET_MEDIAN_MS, all=each(waits))


def each(waits: list[float]) -> list[float]:
    return sorted(round(wait, 1) for wait in waits)


def minute(browser: Browser, server: Server) -> None:
    """A minute of voice as it comes: every sample, in order, without a gap."""

    def play(tab: Tab) -> tuple[int, int, float]:
        tab.start()
        tab.say("Count to 99")
        ended = tab.wire_has("turn", state="complete", timeout=120)
        tab.reaches("listening")
        sent, rendered = tab.voice(ended.map["turn"]), tab.rendered()
        return audio.compare(sent, rendered), audio.gaps(sent, rendered), len(sent) / 24_000

    differing, gaps, seconds = in_a_tab(browser, server, play)
    emit("browser_playback_differing_samples", differing, "samples", 0, seconds=round(seconds, 1))
    emit("browser_playback_underruns", gaps, "gaps", 0, seconds=round(seconds, 1))


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        scripted(playwright, folder)
        words = speech.wav(folder / "words.wav", WORDS)
        with serve("local", folder) as server, launch(playwright, words) as browser:
            onsets(browser, server)


def scripted(playwright: Playwright, folder: Path) -> None:
    """What does not depend on a model."""
    with serve("scripted", folder) as server:
        with launch(playwright, speech.wav(folder / "quiet.wav")) as browser:
            minute(browser, server)
        with launch(playwright, speech.wav(folder / "words.wav", WORDS)) as browser:
            flushes(browser, server)


if __name__ == "__main__":
    main()
