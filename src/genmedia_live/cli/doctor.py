"""`doctor`: what a conversation would run on, and what is missing."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from typing import Any

import click
from pydantic import ValidationError

from genmedia_live.cli import settings_fault
from genmedia_live.cli.doctor_findings import Findings, Missing, examine
from genmedia_live.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Say what a conversation would run on, and what is missing and how to mend it.

    Exit status: 0 when a conversation can start, else 1.
    """
    logging.getLogger("genmedia_live").addHandler(logging.NullHandler())  # what it would say is among the findings
    try:
        found = examine(Settings())
    except ValidationError as failure:
        message = settings_fault(failure)
        if as_json:
            missing = Missing("bad_settings", message, "Correct the environment or .env.")
            click.echo(json.dumps({"ok": False, "missing": [asdict(missing)]}))
        else:
            click.echo(message, err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": found.ok, **asdict(found)}, ensure_ascii=False))
    else:
        _show(found)
    sys.exit(0 if found.ok else 1)


def _show(found: Findings) -> None:
    rows = [
        ("engine", f"{found.engine}: {found.why}"),
        ("credentials", found.credentials),
        ("model", f"{found.model}, voice {found.voice}"),
        ("region", found.region or "-"),
        ("weights", "{present} of {needed} files in {folder}".format(**found.weights) if found.weights else "none needed"),
        ("personas", "{}, in {}".format(_counted(found.personas), found.personas["folder"])),
        ("tools", _counted(found.tools)),
        ("memory", _free(found.memory_free_bytes)),
        ("disk", _free(found.disk_free_bytes)),
        ("version", f"{found.version}, Python {found.python}"),
    ]
    for name, value in rows:
        click.echo(f"{name:<12}{value}")
    click.echo()
    for problem in found.personas["problems"]:
        click.echo(f"{problem['file']}: {problem['message']}")
    for problem in found.tools["problems"]:
        click.echo(f"{problem['source']}: {problem['message']}")
    for lack in (*found.optional, *found.missing):
        click.echo(f"{lack.code}: {lack.message}\n    {lack.mend}")
    click.echo("A conversation can start." if found.ok else "A conversation cannot start yet.")


def _counted(part: dict[str, Any]) -> str:
    names, problems = part["names"], len(part["problems"])
    return f"{len(names)} ({', '.join(names)})" + (f", mistakes: {problems}" if problems else "")


def _free(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e9:.1f} GB free"
