"""The person chooses who the agent is, how it sounds and when it may speak; in mid-conversation too, which goes on."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.harness import axe
from tests.e2e.harness.serve import Server
from tests.e2e.harness.tab import Tab

PHONE = {"viewport": {"width": 390, "height": 844}}

PASTE = """(box, words) => {
    box.focus();
    box.value = words;
    for (const type of ['input', 'change']) box.dispatchEvent(new Event(type));
}"""

REFUSES = {"affective": "This model has no affective dialogue.", "silence_ms": "This model decides on the pause itself."}


def section(page: Page, name: str) -> Locator:
    """A section of the settings, opened."""
    found = page.locator(f"#section-{name}")
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def control(page: Page, setting: str) -> Locator:
    return page.locator(f"[data-setting={setting}]")


def described(page: Page, setting: str) -> str:
    """What is read out with a control: the texts that are shown and that it refers to."""
    ids = (control(page, setting).get_attribute("aria-describedby") or "").split()
    return " ".join(text for name in ids if (text := page.locator(f"#{name}").inner_text()))


def become(tab: Tab, persona: str) -> None:
    section(tab.page, "persona")
    tab.page.check(f"[data-persona={persona}] input")


def write(tab: Tab, words: str) -> None:
    """Write instructions, and leave the box."""
    section(tab.page, "instructions")
    tab.page.fill("#instructions", words)
    tab.page.locator("#instructions").blur()


def in_force(tab: Tab, count: int = 1) -> dict[str, Any]:
    """The settings that the server answered to the `count`-th change."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answers = [m.map["settings"] for m in tab.wire("ack") if "settings" in m.map and "conversation" not in m.map]
        if len(answers) >= count:
            settings: dict[str, Any] = answers[count - 1]
            return settings
        tab.page.wait_for_timeout(20)
    raise TimeoutError(f"The server has not answered {count} changes.")


def pitch(tab: Tab, turn: int) -> float:
    """Hz at which the agent's voice is strongest in a turn."""
    voice = tab.voice(turn).astype(float)
    return float(np.abs(np.fft.rfft(voice)).argmax() * 24_000 / len(voice))


# ---- who it is


def test_a_persona_is_who_it_says_it_is(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    become(tab, "translator")
    tab.page.select_option("#option-second", "German")
    tab.start()
    tab.say("Who are you?")
    answer = tab.answered().text
    assert "interpreter between English and German" in answer
    assert "{" not in answer
    assert tab.page.inner_text(".who-talks b") == "Translator"


def test_a_persona_that_this_engine_can_not_be_says_so(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    card = tab.page.locator("[data-persona=translator]")
    expect(card.locator(".reason")).to_contain_text("English")
    described_by = card.locator("input").get_attribute("aria-describedby") or ""
    assert card.locator(".reason").get_attribute("id") in described_by.split()


def test_another_persona_in_mid_conversation_keeps_the_conversation(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.say("My name is Ada")
    tab.answered()
    become(tab, "tutor")
    assert in_force(tab)["persona"] == "tutor"
    tab.say("Who are you?")
    assert "patient tutor" in tab.answered(2).text
    tab.say("What is my name?")
    assert tab.answered(3).text == "Your name is Ada."
    assert len(tab.wire("start", "out")) == 1


# ---- what it is told


def test_instructions_changed_in_mid_conversation_keep_it(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.say("My name is Ada")
    tab.answered()
    write(tab, "You are a pirate.")
    assert in_force(tab)["instructions"] == "You are a pirate."
    tab.say("Who are you?")
    assert tab.answered(2).text == "I am You are a pirate."
    tab.say("What is my name?")
    assert tab.answered(3).text == "Your name is Ada."
    assert [line.text for line in tab.transcript()][:2] == ["My name is Ada", "You said: My name is Ada."]
    assert len(tab.wire("start", "out")) == 1


def test_edited_instructions_are_kept_for_each_persona_and_can_be_reset(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    box = tab.page.locator("#instructions")
    become(tab, "tutor")
    own = box.input_value()
    assert "tutor" in own
    write(tab, "You are strict.")
    become(tab, "translator")
    assert "interpreter" in box.input_value()
    become(tab, "tutor")
    assert box.input_value() == "You are strict."
    tab.page.click("#instructions-reset")
    assert box.input_value() == own
    expect(tab.page.locator("#instructions-reset")).to_be_hidden()
    become(tab, "translator")
    become(tab, "tutor")
    assert box.input_value() == own


def test_names_in_braces_are_explained(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    become(tab, "translator")
    write(tab, "Between {first} and {third}.")
    places = tab.page.locator("#instructions-places")
    expect(places).to_contain_text("{first} is “Your language”: English.")
    expect(places).to_contain_text("{third} is no option")


@pytest.mark.parametrize(
    ("words", "fault"), [("x" * 16_001, "1 character too many"), ("Be kind.\nRing the \x07.", "control character in line 2")]
)
def test_instructions_that_can_not_be_sent_are_not(open_tab: OpenTab, scripted: Server, words: str, fault: str) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    section(tab.page, "instructions")
    tab.page.eval_on_selector("#instructions", PASTE, words)  # typing loses control characters; a paste does not
    expect(tab.page.locator("#instructions-fault")).to_contain_text(fault)
    assert tab.page.get_attribute("#instructions", "aria-invalid") == "true"
    assert axe.violations(tab.page) == []
    write(tab, "x" * 16_000)
    expect(tab.page.locator("#instructions-fault")).to_be_hidden()
    expect(tab.page.locator("#instructions-count")).to_have_text("16,000 of 16,000 characters")
    assert in_force(tab)["instructions"] == "x" * 16_000
    assert [m.map["settings"]["instructions"] for m in tab.wire("configure", "out")] == ["x" * 16_000]


# ---- how it sounds


def test_another_voice_in_mid_conversation_is_heard(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    tab.say("My name is Ada")
    tab.answered()
    section(tab.page, "voice")
    tab.page.select_option("#voice", "bruno")
    assert in_force(tab)["voice"] == "bruno"
    tab.say("What is my name?")
    assert tab.answered(2).text == "Your name is Ada."
    tab.reaches("listening")
    first, second = sorted({m.map["turn"] for m in tab.wire("audio")})
    assert abs(pitch(tab, second) - pitch(tab, first)) > 40  # heart sings at 200 Hz, bruno at 113


def test_the_voices_are_in_groups_with_the_presets_named(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    groups = tab.page.eval_on_selector_all(
        "#voice optgroup", "groups => groups.map(g => [g.label, [...g.children].map(o => o.value), g.children[0].label])"
    )
    assert [names[0] for _, names, _ in groups] == ["heart", "Breeze", "Zephyr"]
    assert [len(names) for _, names, _ in groups] == [8, 2, 30]
    assert groups[0][2] == "Heart: warm"
    assert "preset" in groups[1][0].lower()


def test_a_voice_can_be_heard_before(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    tab.page.click("#sample")
    begins = tab.hears("sound")
    tab.page.select_option("#voice", "sol")  # another voice ends it
    tab.hears("silence", since=begins.at, timeout=2)
    expect(tab.page.locator("#sample-label")).to_have_text("Play")
    tab.page.click("#sample")
    again = tab.hears("sound", since=begins.at + 1)
    tab.start()  # so does a conversation
    tab.is_silent()
    assert again.at > begins.at
    expect(tab.page.locator("#sample")).to_be_disabled()


def test_without_samples_the_button_says_why(open_tab: OpenTab, scripted: Server) -> None:
    tab = with_config(open_tab, scripted, samples=False)
    expect(tab.page.locator("#sample")).to_be_disabled()
    expect(tab.page.locator("#sample-reason")).to_be_visible()


# ---- what the model takes


def with_config(open_tab: OpenTab, server: Server, **changes: Any) -> Tab:
    """The page, which is told another configuration than the server's."""
    tab = open_tab("about:blank")

    def other(route: Route) -> None:
        config = route.fetch().json()
        route.fulfill(body=json.dumps(config | changes), content_type="application/json")

    tab.page.route("**/api/config", other)
    tab.page.goto(server.url)
    tab.ready()
    return tab


def test_what_the_engine_refuses_is_disabled_with_the_reason(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    section(tab.page, "model")
    section(tab.page, "language")
    for setting in ("affective", "proactive", "thinking", "language"):
        expect(control(tab.page, setting)).to_be_disabled()
        reason = tab.page.locator(f"[data-reason={setting}]")
        expect(reason).to_be_visible()
        assert reason.inner_text() in described(tab.page, setting)
    assert axe.violations(tab.page) == []


def test_another_model_refuses_at_once_and_its_refusals_fall_back(open_tab: OpenTab, scripted: Server) -> None:
    small = {"name": "genmedia-local", "title": "Small", "refused": {}, "notes": {"language": "Only a hint."}}
    large = {"name": "large", "title": "Large", "refused": REFUSES, "notes": {}}
    page = with_config(open_tab, scripted, models=[small, large]).page
    for name in ("model", "turns", "language"):
        section(page, name)
    assert "Only a hint." in described(page, "language")
    page.check("[data-setting=affective]")
    page.check("[data-setting=patience]")
    expect(control(page, "silence_ms")).to_have_value("2000")
    page.select_option("#model", "large")
    for setting, reason in REFUSES.items():
        expect(control(page, setting)).to_be_disabled()
        assert reason in described(page, setting)
    expect(control(page, "affective")).not_to_be_checked()
    expect(control(page, "silence_ms")).to_have_value("0")
    expect(page.locator("#settings-news")).to_contain_text("Affective dialogue went back to its default")
    page.select_option("#model", "genmedia-local")
    expect(control(page, "affective")).to_be_enabled()
    assert described(page, "affective") == "The agent’s tone follows yours."


def test_a_change_that_the_server_refuses_is_put_back(open_tab: OpenTab, scripted: Server) -> None:
    model = {"name": "genmedia-local", "title": "Local engine", "refused": {}, "notes": {}}
    tab = with_config(open_tab, scripted, models=[model])
    tab.start()
    section(tab.page, "model")
    tab.page.click("[data-setting=affective]")
    notice = tab.notice("bad_settings")
    assert len(notice.inner_text()) > 20
    expect(control(tab.page, "affective")).not_to_be_checked()
    section(tab.page, "turns")
    tab.page.check("[data-setting=interruptible]")
    assert in_force(tab)["interruptible"] is False
    expect(notice).to_be_hidden()
    tab.say("Good morning")
    assert tab.answered().text == "You said: Good morning."


# ---- turns


def test_with_push_to_talk_there_is_nothing_to_detect(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    section(tab.page, "turns")
    tab.page.check("[data-setting=manual_activity]")
    for setting in ("patience", "start_sensitivity", "end_sensitivity", "silence_ms", "duck"):
        expect(control(tab.page, setting)).to_be_disabled()
        assert "Push-to-talk is on" in described(tab.page, setting)
    tab.start()
    expect(tab.page.locator("#hint")).to_contain_text("while you speak")
    tab.page.uncheck("[data-setting=manual_activity]")
    assert in_force(tab)["manual_activity"] is False
    expect(control(tab.page, "silence_ms")).to_be_enabled()
    expect(tab.page.locator("#hint")).to_have_text("Go ahead.")


def test_every_way_to_take_turns_reaches_the_server(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    page = tab.page
    section(page, "turns")
    page.check("[data-setting=patience]")
    now = in_force(tab)
    assert (now["end_sensitivity"], now["silence_ms"]) == ("low", 2_000)
    expect(page.locator("#pause-value")).to_have_text("2.0 s")
    expect(control(page, "end_sensitivity")).to_have_value("low")
    page.select_option("#set-nudge", "30")
    page.select_option("#set-start", "high")
    page.check("[data-setting=interruptible]")
    page.focus("#set-pause")
    page.keyboard.press("Home")
    expect(page.locator("#pause-value")).to_have_text("automatic")
    expect(control(page, "patience")).not_to_be_checked()
    page.check("[data-setting=greeting]")
    page.wait_for_function("() => document.querySelector('#set-greeting').checked")
    deadline = time.monotonic() + 10
    wanted = {"nudge_s": 30, "start_sensitivity": "high", "interruptible": False, "silence_ms": 0, "greeting": True}
    while not any(wanted.items() <= m.map.get("settings", {}).items() for m in tab.wire("ack")):
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


# ---- remembered


def test_a_reload_keeps_the_choice_and_a_new_conversation_begins_with_it(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    page = tab.page
    become(tab, "translator")
    page.select_option("#option-second", "French")
    page.select_option("#voice", "sol")
    write(tab, "Between {first} and {second}.")
    section(page, "turns")
    page.check("[data-setting=patience]")
    page.uncheck("[data-setting=duck]")
    page.select_option("#set-nudge", "120")
    page.reload()
    tab.ready()
    assert page.is_checked("[data-persona=translator] input")
    assert page.input_value("#option-second") == "French"
    assert page.input_value("#instructions") == "Between {first} and {second}."
    assert not page.is_checked("[data-setting=duck]")
    tab.start()
    sent = tab.wire("start", "out")[0].map["settings"]
    wanted = {"persona": "translator", "voice": "sol", "silence_ms": 2_000, "end_sensitivity": "low", "nudge_s": 120}
    assert wanted.items() <= sent.items()
    tab.say("Who are you?")
    assert tab.answered().text == "I am Between English and French."


def test_what_nobody_knows_in_the_memory_is_ignored(open_tab: OpenTab, scripted: Server) -> None:
    odd = {"voice": "Nobody", "model": 7, "persona": "pirate", "nudge_s": "often", "thinking": "deep", "later": True, "duck": 3}
    script = (
        f"localStorage.setItem('genmedia.choices', {json.dumps(json.dumps(odd))});"
        "localStorage.setItem('genmedia.personas', '[1');"
    )
    tab = open_tab(scripted.url, script=script)
    tab.start()
    assert tab.wire("start", "out")[0].map["settings"]["voice"] == "heart"
    tab.say("Good morning")
    assert tab.answered().text == "You said: Good morning."


# ---- tools


def test_a_tool_shows_in_the_conversation(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.ready()
    become(tab, "support")
    section(tab.page, "turns")
    tab.page.uncheck("[data-setting=greeting]")
    tab.start()
    tab.say('call look_up_order with {"number": "1042"}')
    assert "look_up_order returned" in tab.answered().text
    assert [line.role for line in tab.transcript()] == ["user", "tool", "agent"]
    line = tab.page.locator("#lines > [data-role=tool]")
    expect(line).to_have_attribute("data-tool", "done")
    expect(line.locator(".said")).to_have_text("Look up order")
    expect(line.locator("dl")).to_be_hidden()
    line.locator("summary").click()
    expect(line.locator("dl")).to_contain_text("1042")
    assert axe.violations(tab.page) == []
    tab.say("Thank you")
    tab.answered(2)
    assert [line.role for line in tab.transcript()] == ["user", "tool", "agent", "user", "agent"]


# ---- where it is


def test_narrow_the_settings_are_a_sheet(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url, reduced_motion="reduce", **PHONE)
    page = tab.page
    tab.start()
    expect(page.locator("#settings")).to_be_hidden()
    page.click("#settings-toggle")
    expect(page.locator("#settings")).to_be_visible()
    assert page.evaluate("document.querySelector('#settings').matches(':modal')")
    assert axe.violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#settings")).to_be_hidden()
    expect(page.locator("#settings-toggle")).to_be_focused()
    assert page.get_attribute("#settings-toggle", "aria-expanded") == "false"


def test_wide_they_stay_beside_the_conversation_unless_closed(open_tab: OpenTab, scripted: Server) -> None:
    tab = open_tab(scripted.url)
    tab.start()
    page = tab.page
    expect(page.locator("#settings")).to_be_visible()
    boxes = [page.locator(selector).bounding_box() for selector in (".stage", ".talk", "#settings")]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert len(edges) == 3
    assert edges[0][1] <= edges[1][0] < edges[1][1] <= edges[2][0]
    page.click("#settings-close")
    expect(page.locator("#settings")).to_be_hidden()
    expect(page.locator("#settings-toggle")).to_be_focused()
    page.reload()
    tab.reaches("listening")
    expect(page.locator("#settings")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#settings-toggle")
    assert page.evaluate("document.querySelector('#settings').matches(':modal')")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_section(open_tab: OpenTab, scripted: Server, width: int, scheme: str) -> None:
    tab = open_tab(scripted.url, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    tab.ready()
    if width < 1280:
        tab.page.click("#settings-toggle")
    for name in ("persona", "voice", "instructions", "language", "turns", "model"):
        section(tab.page, name)
    become(tab, "translator")
    assert axe.violations(tab.page) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
