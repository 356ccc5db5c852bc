"""Writes the tables of the documentation from the code: `python scripts/docs.py`, or `--check` to only say what is out of date.

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`; `.env.example` and `docs/script.schema.json` are made whole.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from genmedia_live.cli import COMMANDS, main
from genmedia_live.core import limits
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.engine.protocol.profiles import PROFILES, RETIRED
from genmedia_live.engine.protocol.refusals import RULES
from genmedia_live.engine.script.lines import CallLine, CloseLine, CueLine, RefuseLine, SayLine, SendLine
from genmedia_live.engine.script.load import schema
from genmedia_live.engine.script.rules import Rule, Script, When
from genmedia_live.settings import Settings
from genmedia_live.telemetry import METRICS

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100


def errors() -> str:
    """Every code, in the order of the table."""
    rows = [(f"`{p.code}`", p.fault, "yes" if p.retryable else "no", p.message) for p in PROBLEMS.values()]
    return _table(("code", "whose fault", "can a retry help", "what the user reads"), rows)


def limit_rows() -> str:
    """Every bound and what happens past it."""
    rows = [(f"`{name}`", f"{value:,}".replace(",", " "), unit, rule) for name, value, unit, rule in limits.table()]
    return _table(("limit", "value", "unit", "past it"), rows)


def settings() -> str:
    """Every variable of the environment."""
    rows = [
        (" or ".join(f"`{name}`" for name in names(field)), _default(field) or "-", str(field.description))
        for field in Settings.model_fields.values()
    ]
    return _table(("variable", "default", "meaning"), rows)


def metrics() -> str:
    """Every metric of `/metrics`."""
    rows = [
        (f"`genmedia_{name}`", kind.__name__.lower(), ", ".join(f"`{label}`" for label in labels) or "-", text)
        for name, (kind, text, labels) in METRICS.items()
    ]
    return _table(("metric", "kind", "labels", "meaning"), rows)


def models() -> str:
    """Every model that the engine answers as."""
    apis = {"vertex": "Vertex AI", "gemini": "Developer API"}
    rows = [
        (
            f"`{p.name}`",
            ", ".join(apis[backend] for backend in p.backends),
            ", ".join(f"`{name}`" for name in p.modalities),
            {"no": "-", "budget": "`thinkingBudget`"}.get(p.thinking, "`thinkingLevel`")
            + (", needed" * p.thinking.endswith("required")),
            p.affective,
            p.proactive,
            ", ".join(f"`{name}`" for name in sorted(p.behaviors, reverse=not p.blocking)) or "-",
            p.transcripts,
            f"{p.window:,} / {p.answer:,}".replace(",", " "),
        )
        for p in PROFILES
    ]
    head = ("model", "API", "answers", "thinking", "affective", "proactive", "`behavior`", "transcript", "tokens in / out")
    return _table(head, rows) + f"\n\nRetired: {', '.join(f'`{name}`' for name in RETIRED)}."


def refusals() -> str:
    """Every reason of a model to refuse a set-up."""
    shown = {"found": "…", "field": "…", "place": "…", "model": "M"}
    rows = [(rule.what, f"`{rule.reason.format_map(shown)}`", rule.source) for rule in RULES]
    return _table(("refused", "reason", "source"), rows)


def commands() -> str:
    """The help of every command and of the commands below it."""
    return "\n\n".join(
        _help(getattr(import_module(f"genmedia_live.cli.{name}"), name), f"genmedia-live {name}") for name in COMMANDS
    )


def script_fields(model: type[BaseModel]) -> str:
    """The fields of a mapping in a script, each with its default, or with how it is written."""
    written = any(field.examples for field in model.model_fields.values())
    rows = []
    for name, field in model.model_fields.items():
        shown = _examples(field.alias or name, field) if written else _default(field) or "-"
        rows.append((f"`{field.alias or name}`", shown, str(field.description)))
    return _table(("field", "written" if written else "default", "meaning"), rows)


def _examples(name: str, field: FieldInfo) -> str:
    """How a field is written, in YAML; one that is only there or not, in a list of cues, by its name."""
    examples = [{name: example} for example in field.examples or []]
    lines = [yaml.safe_dump(one, default_flow_style=True, sort_keys=False, width=1_000).strip()[1:-1] for one in examples]
    return "<br>".join(f"`{line}`" for line in lines)


def environment() -> str:
    """`.env.example`: every setting, commented out, with its default."""
    lines = ["# Copy to .env and uncomment what you want to change. docs/settings.md says the same as a table.", ""]
    for field in Settings.model_fields.values():
        lines += [f"# {field.description}", f"# {names(field)[0]}={_default(field).strip('`')}", ""]
    return "\n".join(lines)


def names(field: FieldInfo) -> list[str]:
    """The variables that a setting is read from, the strongest first."""
    return [str(name) for name in getattr(field.validation_alias, "choices", [field.validation_alias])]


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/errors.md": {"errors": errors},
    "docs/limits.md": {"limits": limit_rows},
    "docs/settings.md": {"settings": settings},
    "docs/metrics.md": {"metrics": metrics},
    "docs/cli.md": {"commands": commands},
    "docs/scripts.md": {
        name: partial(script_fields, model)
        for name, model in (
            ("script", Script),
            ("rule", Rule),
            ("triggers", When),
            ("cues", CueLine),
            ("say", SayLine),
            ("call", CallLine),
            ("close", CloseLine),
            ("send", SendLine),
            ("refuse", RefuseLine),
        )
    },
    "docs/engine.md": {"models": models, "refusals": refusals},
}


def current() -> dict[Path, str]:
    """What each generated file should hold."""
    made = {
        ROOT / ".env.example": environment(),
        ROOT / "docs/script.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
    }
    for name, tables in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for mark, make in tables.items():
            made_table = f"<!-- {mark} -->\n{make()}\n<!-- /{mark} -->"
            text, found = re.subn(f"<!-- {mark} -->.*<!-- /{mark} -->", lambda _, made=made_table: made, text, flags=re.DOTALL)  # type: ignore[misc]
            if found != 1:
                raise SystemExit(f"{name} needs one pair of marks for {mark!r}.")
        made[ROOT / name] = text
    return made


def stale() -> list[Path]:
    """The files that do not hold what they should."""
    return [path for path, text in current().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value in (None, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _help(command: click.Command, path: str) -> str:
    settings = {**main.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=path, **settings)
    text = f"## {path}\n\n```text\n{command.get_help(context)}\n```"
    below: dict[str, Any] = getattr(command, "commands", {})
    return "\n\n".join([text, *(_help(inner, f"{path} {name}") for name, inner in below.items())])


def run(arguments: list[str]) -> int:
    """Write, or check."""
    old = stale()
    if "--check" in arguments:
        for path in old:
            print(f"{path.relative_to(ROOT)} is out of date: run python scripts/docs.py", file=sys.stderr)
        return 1 if old else 0
    for path, text in current().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
