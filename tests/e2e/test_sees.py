"""The local engine looks: a sign in front of the camera, a price on a shared tab; asked and answered by voice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soxr

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from genmedia_live.engine.mind.stt import MoonshineStt
from genmedia_live.engine.weights.manifest import MOONSHINE
from genmedia_live.settings import Settings
from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness import pictures, speech
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

pytestmark = pytest.mark.weights

BEFORE_S = 6.0
"""Silence before the question: the picture is there by then."""

TITLE = "Your flight"

FLIGHT = f"""<title>{TITLE}</title>
<body style="font: 28px sans-serif; margin: 40px">
<h1>Your flight</h1>
<p>Zurich (ZRH) to Lisbon (LIS), Friday 27 November</p>
<table cellpadding="12"><tr><td>Flight</td><td>LX 2084</td></tr><tr><td>Departure</td><td>12:35</td></tr>
<tr><td>Price</td><td><b>189 euros</b></td></tr></table></body>"""


def heard(tab: Tab) -> str:
    """What the speaker said, by the engine's own ears."""
    voice = tab.rendered().astype("float32") / 32768
    stt = MoonshineStt((Settings().models_path / MOONSHINE[0].name).parent)
    return stt.transcribe(soxr.resample(voice, VOICE_RATE, MIC_RATE)).lower()


def test_it_reads_a_sign_that_the_camera_shows(launch: Launch, open_tab: OpenTab, local: Server, tmp_path: Path) -> None:
    film = pictures.film(tmp_path, pictures.sign("FRESH BREAD", "OPEN DAILY"))
    wav = speech.wav(tmp_path / "question.wav", BEFORE_S, "Read me this sign.")
    tab = open_tab(local.url, browser=launch(wav, f"--use-file-for-fake-video-capture={film}"))
    tab.start()
    tab.page.click("#camera")
    tab.page.wait_for_selector("body[data-camera=on]")
    answer = tab.answered(timeout=60).text.lower()
    tab.is_silent()
    assert "bread" in answer, answer
    assert "open" in answer, answer
    assert "bread" in heard(tab)


def test_it_finds_a_price_on_a_shared_tab(launch: Launch, open_tab: OpenTab, local: Server, tmp_path: Path) -> None:
    wav = speech.wav(tmp_path / "question.wav", BEFORE_S, "What does the flight cost?")
    browser = launch(wav, f"--auto-select-tab-capture-source-by-title={TITLE}")
    tab = open_tab(local.url, browser=browser)
    shown = tab.page.context.new_page()
    shown.set_content(FLIGHT)
    tab.page.bring_to_front()
    tab.start()
    tab.page.click("#screen")
    tab.page.wait_for_selector("body[data-screen=on]")
    answer = tab.answered(timeout=60).text.lower()
    tab.is_silent()
    assert re.search(r"\b189\b|one hundred (and )?eighty[- ]nine", answer), answer
    assert re.search(r"189|eighty[- ]?nine", heard(tab))
