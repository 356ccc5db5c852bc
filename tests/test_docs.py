"""What the code can do, the documentation says; what is made from the code is current."""

import importlib.util
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from genmedia_live import __version__
from genmedia_live.cli import COMMANDS
from genmedia_live.core import limits
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.gateway import wire
from genmedia_live.gateway.wire_settings import SETTINGS
from genmedia_live.settings import Settings
from genmedia_live.telemetry import METRICS

ROOT = Path(__file__).resolve().parent.parent

spec = importlib.util.spec_from_file_location("docs_script", ROOT / "scripts" / "docs.py")
assert spec is not None
assert spec.loader is not None
docs_script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docs_script)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_column(text: str) -> list[str]:
    """The names in back-quotes that begin the rows of the tables."""
    return [name for row in re.findall(r"^\| (`[^|]*)\|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]


def test_what_is_made_from_the_code_is_current():
    assert docs_script.stale() == [], "run python scripts/docs.py"


def test_a_stale_table_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "docs").mkdir()
    for name in docs_script.PAGES:
        (tmp_path / name).write_text(page(name).replace("| ", "|  ", 1), encoding="utf-8")
    monkeypatch.setattr(docs_script, "ROOT", tmp_path)
    assert {path.name for path in docs_script.stale()} >= {"errors.md", ".env.example"}


def test_every_error_has_a_line():
    assert first_column(page("docs/errors.md")) == list(PROBLEMS)


def test_every_limit_has_a_line():
    assert first_column(page("docs/limits.md")) == [row[0] for row in limits.table()]


def test_every_metric_has_a_line():
    text = page("docs/metrics.md")
    assert [name for name in METRICS if f"`genmedia_{name}`" not in text] == []


def test_every_setting_is_described_and_has_a_line():
    text = page("docs/settings.md")
    for field in Settings.model_fields.values():
        assert field.description
        for name in docs_script.names(field):
            assert f"`{name}`" in text


def test_the_example_environment_names_every_setting_and_reads_as_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    example = page(".env.example")
    for field in Settings.model_fields.values():
        for name in docs_script.names(field):
            monkeypatch.delenv(name, raising=False)
        assert f"\n# {docs_script.names(field)[0]}=" in example
    (tmp_path / ".env").write_text(re.sub(r"^# (?=[A-Z_]+=)", "", example, flags=re.MULTILINE), encoding="utf-8")
    assert Settings(_env_file=tmp_path / ".env") == Settings(_env_file=None)


def test_every_command_is_in_the_documentation():
    text = page("docs/cli.md")
    for name in COMMANDS:
        assert f"## genmedia-live {name}\n" in text
        assert name in page("README.md") + text


def test_what_talk_adds_to_the_codes_is_in_the_documentation():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "genmedia_live" / "cli").glob("talk*.py"))
    codes = set(re.findall(r'(?:TalkFailed|report\.error)\(\s*"(\w+)"', source))
    assert {"unreachable", "timeout", "connection_lost"} == codes - PROBLEMS.keys()
    for code in codes:
        assert f"`{code}`" in page("docs/errors.md")


def test_every_wire_event_is_in_the_documentation():
    documented = set(first_column(page("docs/wire.md"))) - SETTINGS
    golden = {line["event"] for line in json.loads(page("tests/golden/server.json")) if line["ok"]}
    assert documented == wire.CLIENT_EVENTS | golden


def test_every_setting_of_a_conversation_is_in_the_documentation():
    table = page("docs/wire.md").split("### Settings")[1].split("## ")[0]
    assert (
        set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))))
        == SETTINGS
    )


def test_the_changelog_begins_with_this_version():
    headings = re.findall(r"^## \[(.+?)\]", page("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] in (__version__, "Unreleased")
    assert __version__ in headings


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", *docs_script.PAGES, "docs/wire.md", "docs/clients.md"]
    + ["docs/personas.md", "docs/tools.md"],
)
def test_links_lead_somewhere(name: str):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(name)):
        if not re.match(r"[a-z]+:", link):
            assert ((ROOT / name).parent / link).exists(), link


def test_the_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", page("README.md") + page("CONTRIBUTING.md")))
    assert named - targets == set()


def test_the_hook_brings_what_the_page_asks_for():
    hook = page("hatch_build.py")
    name = re.search(r'"(socket\.io[\w.]+\.js)"', hook)
    assert name is not None
    assert f"vendor/{name[1]}" in page("src/genmedia_live/web/index.html") + page("src/genmedia_live/web/app.js")


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads(page("pyproject.toml"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["engine"]
    locked = {line.split("==")[0].lower() for line in page("requirements.lock").splitlines() if "==" in line}
    names = {re.split(r"[<>=;!~ \[]", line, maxsplit=1)[0].lower() for line in asked}
    assert names - locked == set()


def test_the_ci_runs_check_and_test():
    last = page(".ci/run").strip().splitlines()[-1]
    assert shlex.split(last) == ["exec", "make", "check", "test"]
