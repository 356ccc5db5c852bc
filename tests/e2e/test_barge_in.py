"""The person speaks while the agent does: it falls silent, the transcript shows how far it was heard, and it answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import speech
from tests.e2e.harness.barge_in import BargeIn, barge_in
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

SILENT_MS = 100
"""After the word has reached the page, on a machine that is busy. `bench/browser.py` measures it."""

MS_PER_CHARACTER = 55
"""The scripted voice's pace."""


def nothing_sounds_until_the_next_answer(tab: Tab, event: BargeIn) -> None:
    """Between the silence and the next turn's voice, no sample of the interrupted one."""
    assert event.silent < event.flush + SILENT_MS
    next_voice = next(message for message in tab.wire("audio") if message.map["turn"] > 1)
    next_sound = tab.hears("sound", since=event.silent)
    assert next_sound.at >= next_voice.at - 2  # two clocks of the same millisecond
    assert not any(event.flush + SILENT_MS < sound.at < next_voice.at - 2 for sound in tab.sounds())


def test_scripted(open_tab: OpenTab, scripted: Server, tmp_path: Path) -> None:
    words = "Please be quiet for a moment."
    tab = open_tab(scripted.url, speech.wav(tmp_path / "words.wav", words))
    event = barge_in(tab, "Count to 50")
    assert event.cut.cut
    heard = len(event.cut.text.split())
    due = (event.silent - event.began) / MS_PER_CHARACTER
    whole = "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen"
    assert abs(heard - len(whole[: int(due)].split())) <= 2
    answer = tab.answered(2)
    seconds = re.fullmatch(r"You said: (\d+\.\d) seconds of speech\.", answer.text)
    assert seconds is not None
    assert abs(float(seconds[1]) - speech.seconds(words)) < 0.3
    assert not answer.cut
    nothing_sounds_until_the_next_answer(tab, event)


@pytest.mark.weights
def test_local(open_tab: OpenTab, local: Server, tmp_path: Path) -> None:
    tab = open_tab(local.url, speech.wav(tmp_path / "words.wav", "Excuse me, what is the capital of Italy?"))
    event = barge_in(tab, "Tell me a long story about a fox and a crow, in many sentences.")
    assert event.cut.cut
    assert "Rome" in tab.answered(2, timeout=60).text
    nothing_sounds_until_the_next_answer(tab, event)
