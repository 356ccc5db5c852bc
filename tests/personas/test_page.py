"""What `docs/personas.md` shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from genmedia_live.core.limits import Limits
from genmedia_live.core.voices import PRESET_VOICES
from genmedia_live.personas import Known, Persona, Personas
from genmedia_live.personas.files import _Fields
from genmedia_live.tools.loading import load_tools

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "personas.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^<!-- example: (.+?) -->\n```\w+\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def read(folder: Path, *names: str) -> Personas:
    for name in names:
        (folder / name).write_text(EXAMPLES[name], encoding="utf-8")
    return Personas(folder, Known(frozenset(load_tools().tools), frozenset(PRESET_VOICES)), Limits())


def only(found: Personas, name: str) -> Persona:
    persona = found.get(name)
    assert persona is not None
    return persona


def test_the_guide(tmp_path: Path) -> None:
    found = read(tmp_path, "guide.md")
    assert found.problems == ()
    guide = only(found, "guide")
    assert guide.defaults == {"city": "Rome", "tone": "cheerful"}
    assert guide.shows == ("camera",)
    assert guide.greeting


def test_instead_of_ours(tmp_path: Path) -> None:
    found = read(tmp_path, "support.md")
    assert found.problems == ()
    assert only(found, "support").title == "Front desk"


def test_mistakes(tmp_path: Path) -> None:
    problems = [f"{problem.file}: {problem.message}" for problem in read(tmp_path, "broken.md").problems]
    assert problems == EXAMPLES["mistakes"].splitlines()


def test_every_field_has_a_line() -> None:
    table = PAGE.split("## Fields")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(_Fields.model_fields)


def test_the_bounds_are_those_of_the_table() -> None:
    assert f"at most {Limits().instructions_chars:,} characters" in PAGE
    assert f"at most {Limits().persona_title_chars} characters" in PAGE
