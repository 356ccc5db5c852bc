"""In a room where the microphone hears the loudspeaker, the agent does not interrupt itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.conftest import Launch, OpenTab
from tests.e2e.harness.llm import canned
from tests.e2e.harness.room import room
from tests.e2e.harness.serve import Server, serve

ANSWER = (
    "The moon goes around the Earth once a month, and always shows it the same side. "
    "It has mountains, plains and craters, and no air to speak of. Twelve people have walked on it."
)

KEEP_STREAM = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => (window.__stream = await ask(constraints));
"""

NO_CANCELLATION = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = () => ask({ audio: { echoCancellation: false } });
"""


@pytest.fixture(scope="module")
def inside() -> Iterator[dict[str, str]]:
    with room() as environment:
        yield environment


@pytest.mark.weights
def test_its_own_voice_does_not_interrupt_it(open_tab: OpenTab, launch: Launch, inside: dict[str, str], tmp_path: Path) -> None:
    """The real ears hear the real voice. Its words come from elsewhere: a language model on the same cores starves the room."""
    with canned({"moon": ANSWER}) as llm, serve("local", tmp_path, GENMEDIA_LLM_URL=llm) as server:
        tab = open_tab(server.url, browser=launch(real_devices=True, env=inside), script=KEEP_STREAM)
        tab.start()
        assert tab.page.evaluate("__stream.getAudioTracks()[0].getSettings().echoCancellation")
        tab.say("Tell me about the moon.")
        tab.wire_has("turn", turn=1, state="complete", timeout=60)
        assert [(line.role, line.cut) for line in tab.transcript()] == [("user", False), ("agent", False)]
        assert tab.wire("flush") == []
        assert loudness(tab.rendered("in")) < -65


def test_without_cancellation_it_would(open_tab: OpenTab, launch: Launch, inside: dict[str, str], scripted: Server) -> None:
    """The test above is worth something only if there is an echo in the room."""
    tab = open_tab(scripted.url, browser=launch(real_devices=True, env=inside), script=NO_CANCELLATION)
    tab.start()
    tab.say("Count to 50")
    tab.wire_has("flush", turn=1)
    assert loudness(tab.rendered("in")) > -45


def loudness(pcm: NDArray[np.int16]) -> float:
    """The median tenth of a second in which there was sound at all, in dBFS."""
    blocks = pcm[: len(pcm) // 1_600 * 1_600].astype(float).reshape(-1, 1_600) / 32_768
    levels = np.sqrt((blocks**2).mean(axis=1))
    return float(20 * np.log10(np.median(levels[levels > 0])))
