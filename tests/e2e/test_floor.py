"""A sound of the person lowers the agent's voice: words stop it, a cough does not. With push-to-talk only the button does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from bench import floor_sounds
from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from tests.e2e.conftest import OpenTab
from tests.e2e.harness import speech
from tests.e2e.harness.duck import gains, open_microphone, voice_sent
from tests.e2e.harness.proxy import FaultProxy
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

WORDS = "Stop, wait a moment."
QUESTION = "Count to 20"

QUIET = 0.003
"""The loudest sample of what is no voice: the browser's own processing leaves next to nothing of digital silence."""


def cough(seed: int = 5) -> NDArray[np.int16]:
    """Synthetic, as loud as the words, for a microphone's file."""
    sound = floor_sounds.cough(np.random.default_rng(seed))
    return np.asarray(soxr.resample(sound, floor_sounds.RATE, VOICE_RATE) * 16_000).astype(np.int16)


def choosing(**choices: object) -> str:
    """A script that makes these choices before the page begins."""
    return f"localStorage.setItem('genmedia.choices', {json.dumps(json.dumps(choices))});"


def loudest(pcm: NDArray[np.int16]) -> float:
    return float(np.abs(pcm.astype(float)).max()) / 32_768


def heard_for(tab: Tab, answer: int) -> float:
    """How many seconds of speech the scripted engine says it has heard."""
    seconds = re.fullmatch(r"You said: (\d+\.\d) seconds of speech\.", tab.answered(answer).text)
    assert seconds is not None
    return float(seconds[1])


def lost(heard: NDArray[np.int16], sent: NDArray[np.int16]) -> int:
    """Samples of the microphone that did not leave, or left twice or out of order, from the first word on."""
    begin, first = (int(np.argmax(np.abs(pcm) > 500)) for pcm in (heard, sent))
    length = min(len(heard) - begin, len(sent) - first)
    assert length > MIC_RATE
    one, other = heard[begin : begin + length].astype(float), sent[first : first + length].astype(float)
    return int(np.count_nonzero(np.abs(one - other) > 64 + 0.05 * np.abs(one)))  # mu-law's steps are as wide


# ---- duck, then decide


@pytest.mark.parametrize("transport", ["scripted", "scripted_polling"])
def test_a_cough_lowers_the_voice_and_no_more(
    open_tab: OpenTab, request: pytest.FixtureRequest, transport: str, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(transport)
    tab = open_tab(server.url, speech.wav(tmp_path / "cough.wav", cough()))
    open_microphone(tab, QUESTION)
    tab.wire_has("turn", turn=1, state="complete", timeout=60)
    tab.reaches("listening")
    volume = [gain for _, gain in gains(tab)]
    assert min(volume) == pytest.approx(0.25, abs=0.02)
    assert volume[-1] == pytest.approx(1, abs=0.01)
    assert sum(gain < 0.9 for gain in volume) < 0.3 * len(volume)
    assert loudest(tab.rendered("in")) > 0.05
    assert loudest(voice_sent(tab)) < QUIET
    assert tab.wire("interrupt") + tab.wire("flush") == []
    assert [(line.role, line.cut) for line in tab.transcript()] == [("user", False), ("agent", False)]


@pytest.mark.parametrize("transport", ["scripted", "scripted_polling"])
def test_words_stop_it_and_all_of_them_arrive(
    open_tab: OpenTab, request: pytest.FixtureRequest, transport: str, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(transport)
    tab = open_tab(server.url, speech.wav(tmp_path / "words.wav", WORDS))
    spoke = open_microphone(tab, QUESTION)
    asked = tab.wire_has("interrupt", turn=1)
    assert asked.at - spoke < 600  # decided within 400 ms
    assert abs(heard_for(tab, 2) - speech.seconds(WORDS)) < 0.3
    assert tab.is_silent()
    sent = voice_sent(tab)
    assert lost(tab.rendered("in"), sent) == 0
    ends = [message.map for message in tab.wire("turn")]
    assert [(end["turn"], end["state"]) for end in ends] == [(1, "interrupted"), (2, "complete")]
    assert [line.cut for line in tab.transcript() if line.role == "agent"] == [True, False]


def test_a_cough_and_then_words(open_tab: OpenTab, scripted: Server, tmp_path: Path) -> None:
    tab = open_tab(scripted.url, speech.wav(tmp_path / "both.wav", cough(), 0.5, WORDS))
    open_microphone(tab, QUESTION)
    tab.wire_has("interrupt", turn=1)
    assert abs(heard_for(tab, 2) - speech.seconds(WORDS)) < 0.3  # the cough is not in it


def test_without_it_a_cough_stops_the_agent(open_tab: OpenTab, scripted: Server, tmp_path: Path) -> None:
    """The upstream decides alone, and this one takes whatever is loud for speech."""
    tab = open_tab(scripted.url, speech.wav(tmp_path / "cough.wav", cough()), script=choosing(duck=False))
    open_microphone(tab, QUESTION)
    flush = tab.wire_has("flush", turn=1)
    tab.wire_has("turn", turn=1, state="interrupted")
    tab.is_silent()
    assert min(gain for at, gain in gains(tab) if at < flush.at - 50) > 0.95
    assert loudest(voice_sent(tab)) > 0.05
    assert not tab.wire("interrupt")


def test_an_agent_that_finishes_is_not_lowered(open_tab: OpenTab, scripted: Server, tmp_path: Path) -> None:
    tab = open_tab(scripted.url, speech.wav(tmp_path / "words.wav", WORDS), script=choosing(interruptible=False))
    open_microphone(tab, QUESTION)
    tab.wire_has("turn", turn=1, state="complete", timeout=60)
    tab.reaches("listening", timeout=60)
    assert min(gain for _, gain in gains(tab)) > 0.99
    assert not tab.wire("interrupt")


@pytest.mark.weights
def test_the_local_engine_is_interrupted_once_and_answers_the_words(open_tab: OpenTab, local: Server, tmp_path: Path) -> None:
    wav = speech.wav(tmp_path / "words.wav", cough(), 1.5, "Wait, what is the capital of Italy?")
    tab = open_tab(local.url, wav)
    open_microphone(tab, "Tell me a long story about a fox and a crow, in many sentences.")
    tab.wire_has("interrupt", turn=1)
    assert "Rome" in tab.answered(2, timeout=60).text
    ends = [message.map for message in tab.wire("turn") if message.map["state"] == "interrupted"]
    assert [end["turn"] for end in ends] == [1]


# ---- push-to-talk


def push_to_talk(open_tab: OpenTab, url: str, wav: Path) -> Tab:
    tab = open_tab(url, wav, script=choosing(manual_activity=True))
    return tab


def talking(tab: Tab, state: str) -> None:
    tab.page.wait_for_selector(f"body[data-talk={state}]")


def test_only_what_is_said_while_the_button_is_held_is_heard(open_tab: OpenTab, scripted: Server, tmp_path: Path) -> None:
    tab = push_to_talk(open_tab, scripted.url, speech.wav(tmp_path / "words.wav", "Nobody hears this.", 3.0, WORDS))
    tab.start()
    before = tab.hears("silence", stream="in")
    assert tab.wire("mic") == []
    tab.hears("sound", stream="in", since=before.at + 1_000)  # the person presses when they have begun
    tab.page.keyboard.down(" ")
    talking(tab, "held")
    assert tab.page.get_attribute("#hold", "aria-pressed") == "true"
    began = tab.wire_has("activity", state="start")
    tab.hears("silence", stream="in", since=began.at + 700)  # not the pause behind "stop"
    tab.page.keyboard.up(" ")
    ended = tab.wire_has("activity", state="end")
    talking(tab, "idle")
    assert abs(heard_for(tab, 1) - speech.seconds(WORDS)) <= 0.3
    sent = voice_sent(tab)
    first = int(np.argmax(np.abs(sent) > 500)) * 1000 / MIC_RATE
    assert first > 50  # the beginning of the first word is there, and the room in front of it
    assert all(began.at <= message.at <= ended.at for message in tab.wire("mic"))
    assert not tab.wire("flush")


def test_pressing_silences_the_agent_at_once(open_tab: OpenTab, scripted: Server, quiet: Path) -> None:
    tab = push_to_talk(open_tab, scripted.url, quiet)
    tab.start()
    tab.say(QUESTION)
    tab.hears("sound")
    tab.page.hover("#hold")
    tab.page.mouse.down()
    pressed = tab.wire_has("interrupt", turn=1)
    assert tab.wire_has("activity", state="start").at >= pressed.at
    assert tab.is_silent().at < pressed.at + 100
    tab.wire_has("turn", turn=1, state="interrupted")
    tab.page.mouse.up()


def test_a_tap_holds_it_and_leaving_the_window_lets_go(open_tab: OpenTab, scripted: Server, quiet: Path) -> None:
    tab = push_to_talk(open_tab, scripted.url, quiet)
    tab.start()
    hold = tab.page.locator("#hold")
    assert tab.page.evaluate("document.activeElement.id") == "hold"
    for lets_go in (
        lambda: hold.click(),
        lambda: tab.page.evaluate("dispatchEvent(new Event('blur'))"),
        lambda: hold.press("Enter"),
    ):
        hold.click()
        talking(tab, "held")
        began = tab.wire("activity")[-1]
        assert began.map["state"] == "start"
        lets_go()
        talking(tab, "idle")
        tab.wire_has("activity", state="end", since=began.at)


def test_what_is_typed_is_not_held(open_tab: OpenTab, scripted: Server, quiet: Path) -> None:
    tab = push_to_talk(open_tab, scripted.url, quiet)
    tab.start()
    tab.page.focus("#message")
    tab.page.keyboard.type("Good morning to you")
    tab.page.keyboard.press("Enter")
    assert tab.answered().text == "You said: Good morning to you."
    assert tab.wire("activity") + tab.wire("mic") == []


def test_a_connection_that_goes_lets_go_and_the_next_ends_the_activity(
    open_tab: OpenTab, proxied: FaultProxy, tmp_path: Path
) -> None:
    tab = push_to_talk(open_tab, proxied.url, speech.wav(tmp_path / "words.wav", WORDS))
    tab.start()
    tab.page.keyboard.down(" ")
    tab.hears("sound", stream="in")
    while sum(np.abs(np.frombuffer(m.map["pcm"], "<i2")).max() > speech.LOUD for m in tab.wire("mic")) < 10:
        tab.page.wait_for_timeout(20)  # until words have left
    proxied.cut()
    talking(tab, "idle")
    tab.page.keyboard.up(" ")
    tab.reaches("listening", "thinking", "speaking")
    tab.wire_has("activity", state="end")
    assert [message.map["state"] for message in tab.wire("activity")] == ["start", "end"]
    voice_sent(tab)
    assert heard_for(tab, 1) > 0
