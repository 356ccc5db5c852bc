"""Which settings come of a wish: personas bring theirs, models refuse theirs, old conversations keep what there still is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.gateway.catalogue import Catalogue
from genmedia_live.gateway.engines import EngineName
from genmedia_live.personas import Known, Personas
from genmedia_live.tools.loading import load_tools

GUIDE = """\
---
title: Guide
voice: Kore
greeting: true
tools: [current_time]
options:
  city: {label: Where, default: Rome}
  mood: {label: Mood, default: calm, choices: [calm, wild]}
---
Lead through {city}, {mood}.
"""

VERTEX, NEWER = "gemini-live-2.5-flash-native-audio", "gemini-3.8-live"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "guide.md").write_text(GUIDE)
    return tmp_path


def catalogue(folder: Path, engine: EngineName = "vertex") -> Catalogue:
    known = Known(frozenset(load_tools().tools), frozenset({"Kore"}))
    return Catalogue(engine, Personas(folder, known, Limits()))


@pytest.fixture
def vertex(folder: Path) -> Catalogue:
    return catalogue(folder)


def refusal(offered: Catalogue, base: SessionSettings | None, **changes: Any) -> GenmediaError:
    with pytest.raises(GenmediaError) as raised:
        offered.settle(base, changes)
    return raised.value


def test_a_persona_brings_what_its_file_says(vertex: Catalogue) -> None:
    settings = vertex.settle(None, {"persona": "guide"})
    assert settings == SessionSettings(
        model=VERTEX,
        voice="Kore",
        instructions="Lead through {city}, {mood}.",
        persona="guide",
        options={"city": "Rome", "mood": "calm"},
        tools=("current_time",),
        greeting=True,
    )


def test_what_is_named_beside_a_persona_goes_first(vertex: Catalogue) -> None:
    wish = {"voice": "Puck", "instructions": "Mine: {city}.", "greeting": False, "options": {"mood": "wild", "city": ""}}
    settings = vertex.settle(None, {"persona": "guide", **wish})
    assert (settings.voice, settings.instructions, settings.greeting) == ("Puck", "Mine: {city}.", False)
    assert settings.options == {"city": "Rome", "mood": "wild"}
    assert settings.tools == ("current_time",)


def test_an_option_changes_alone(vertex: Catalogue) -> None:
    settings = vertex.settle(None, {"persona": "guide", "options": {"city": "Oslo"}})
    settings = vertex.settle(settings, {"options": {"mood": "wild"}})
    assert settings.options == {"city": "Oslo", "mood": "wild"}


def test_another_persona_leaves_nothing_of_the_one_before_but_the_voice(vertex: Catalogue) -> None:
    guide = vertex.settle(None, {"persona": "guide", "language": "de-DE"})
    tutor = vertex.settle(guide, {"persona": "tutor"})
    assert (tutor.persona, tutor.options, tutor.tools, tutor.voice) == ("tutor", {}, (), "Kore")
    assert tutor.language == "de-DE"
    nobody = vertex.settle(guide, {"persona": ""})
    assert nobody == SessionSettings(model=VERTEX, voice="Kore", language="de-DE")
    assert vertex.settle(guide, {"persona": "", "instructions": "Be brief."}).instructions == "Be brief."


def test_no_persona_after_none_changes_nothing(vertex: Catalogue) -> None:
    own = vertex.settle(None, {"instructions": "Be brief.", "greeting": True})
    assert vertex.settle(own, {"persona": ""}) == own


def test_a_voice_that_the_model_lacks_is_left_out(folder: Path) -> None:
    (folder / "guide.md").write_text(GUIDE.replace("Kore", "heart"))
    known = Known(frozenset(load_tools().tools), frozenset({"heart"}))
    offered = Catalogue("vertex", Personas(folder, known, Limits()))
    assert offered.settle(None, {"persona": "guide"}).voice == "Aoede"
    assert offered.settle(replace(offered.default, voice="Puck"), {"persona": "guide"}).voice == "Puck"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"persona": "nobody"}, "There is no persona named nobody. There are: assistant, translator, tutor, support, guide."),
        ({"persona": "guide", "options": {"town": "x"}}, "has no option `town`"),
        ({"persona": "guide", "options": {"mood": "sad"}}, "`options.mood` is one of calm, wild."),
        ({"options": {"city": "x"}}, "Without a persona"),
    ],
)
def test_what_no_persona_asks_for_is_refused(vertex: Catalogue, changes: dict[str, Any], words: str) -> None:
    refused = refusal(vertex, None, **changes)
    assert refused.code == "bad_settings"
    assert words in str(refused)


def refusable(offered: Catalogue, model: str) -> str:
    """A setting that the model refuses when it is true."""
    return next(name for name in ("affective", "proactive") if name in offered.profile(model).refused(offered.api))


def test_what_the_model_refuses_is_refused_with_the_reason(folder: Path) -> None:
    local = catalogue(folder, "local")
    name = refusable(local, "genmedia-local")
    refused = refusal(local, None, **{name: True})
    assert refused.code == "bad_settings"
    assert local.profile("genmedia-local").refused(local.api)[name] in str(refused)
    assert local.settle(None, {name: False}) == local.default


def test_another_model_puts_back_what_it_does_not_take_but_refuses_what_is_named(vertex: Catalogue) -> None:
    named = SessionSettings(model=VERTEX, voice="Kore", thinking="low", silence_ms=700)
    assert "thinking" in vertex.profile(NEWER).refused(vertex.api)
    settings = vertex.settle(named, {"model": NEWER})
    assert settings == replace(named, model=NEWER, thinking="auto")
    assert refusal(vertex, named, model=NEWER, thinking="low").code == "bad_settings"
    assert refusal(vertex, settings, thinking="low").code == "bad_settings"


def test_a_persona_whose_needs_the_model_lacks_stays_and_has_a_problem(folder: Path) -> None:
    local = catalogue(folder, "local")
    translator, tutor = local.personas.get("translator"), local.personas.get("tutor")
    assert translator is not None
    assert tutor is not None
    assert "English" in (local.problem(translator, "genmedia-local") or "")
    assert local.problem(tutor, "genmedia-local") is None
    assert catalogue(folder).problem(translator, VERTEX) is None
    assert local.settle(None, {"persona": "translator"}).persona == "translator"


def test_an_old_conversation_keeps_what_there_still_is(vertex: Catalogue) -> None:
    guide = vertex.settle(None, {"persona": "guide", "options": {"city": "Oslo"}})
    assert vertex.revive(guide) == guide
    assert vertex.revive(replace(guide, tools=("gone",))).tools == ("current_time",)
    gone = vertex.revive(replace(guide, persona="gone"))
    assert (gone.persona, gone.options, gone.tools) == ("", {}, ())
    assert gone.instructions == "Lead through Oslo, calm."
    assert vertex.revive(replace(guide, voice="heart")).voice == "Aoede"


def test_an_old_conversation_of_another_engine_is_taken_as_it_can(folder: Path) -> None:
    local = catalogue(folder, "local")
    old = SessionSettings(model=VERTEX, voice="Kore", instructions="Be brief.", affective=True, thinking="low", language="de-DE")
    revived = local.revive(old)
    assert (revived.model, revived.voice, revived.instructions) == ("genmedia-local", local.default.voice, "Be brief.")
    assert (revived.affective, revived.thinking, revived.language) == (False, "auto", None)
    assert local.settle(revived, {}) == revived
