"""The page and the examples show all that a script can say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.script.lines import CUES, CallLine, CloseLine, CueLine, RefuseLine, SayLine, SendLine
from genmedia_live.engine.script.load import load_script, read_script
from genmedia_live.engine.script.rules import TRIGGERS, Rule, Script, When

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples" / "scripts").glob("*.yaml"))


def rows(mark: str) -> list[str]:
    """The names that begin the rows of a table."""
    table = PAGE.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


@pytest.mark.parametrize(("mark", "names"), [("triggers", TRIGGERS), ("cues", CUES)])
def test_every_trigger_and_cue_is_on_the_page(mark: str, names: tuple[str, ...]):
    assert rows(mark) == list(names)


@pytest.mark.parametrize("model", [Script, Rule, When, CueLine, SayLine, CallLine, CloseLine, SendLine, RefuseLine])
def test_every_field_is_described(model: type[Script]):
    for name, field in model.model_fields.items():
        assert field.description, name
        assert f"| `{field.alias or name}` |" in PAGE
        assert f" | {field.description} |" in PAGE


@pytest.mark.parametrize(("model", "template"), [(When, "rules: [{{when: {}, do: [drop]}}]"), (CueLine, "otherwise: [{}]")])
def test_what_the_page_shows_is_right(model: type[When] | type[CueLine], template: str):
    for name, field in model.model_fields.items():
        assert field.examples, name
        for example in field.examples:
            read_script(f"version: 1\n{template.format(yaml.safe_dump({name: example}, default_flow_style=True))}")


def test_the_script_on_the_page_is_one():
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(read_script(shown).rules) == 2


def test_the_mistake_on_the_page_is_said_like_that():
    (said,) = re.findall(r"^storm\.yaml, .*$", PAGE, re.MULTILINE)
    with pytest.raises(GenmediaError) as fault:
        read_script("version: 1\nrules:\n  - when: {connected: true}\n    do:\n      - close: 1006\n", "storm.yaml")
    assert str(fault.value) == said


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_a_script_and_on_the_page(path: Path):
    load_script(path)
    assert f"(../examples/scripts/{path.name})" in PAGE
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../../docs/script.schema.json\n")


def test_every_trigger_and_cue_is_in_an_example():
    rules = [rule for path in EXAMPLES for rule in load_script(path).rules]
    assert {name for rule in rules for name in TRIGGERS if getattr(rule.when, name) is not None} == set(TRIGGERS)
    assert {name for rule in rules for cue in rule.do for name in CUES if getattr(cue, name) is not None} == set(CUES)
