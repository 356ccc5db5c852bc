"""`genmedia-live models`: what the local engine's weights are, whether they are here, and getting them beforehand."""

from __future__ import annotations

import json
import sys

import click

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import ALL, EYES, LlmSize, WeightFile, needed, wanted
from genmedia_live.engine.weights.pull import Progress, pull
from genmedia_live.settings import Settings


@click.group()
def models() -> None:
    """The local engine's model weights."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(as_json: bool) -> None:
    """Name, size, licence and state of each; exit 1 when one that is needed is not right."""
    settings = Settings()
    folder, necessary = WeightsFolder(settings.models_path), needed(_llm(settings))
    rows = [
        {
            "name": weight.name,
            "purpose": weight.purpose,
            "bytes": weight.bytes,
            "sha256": weight.sha256,
            "licence": weight.licence,
            "needed": weight in necessary,
            "state": folder.state(weight),
        }
        for weight in ALL
    ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        click.echo(f"In {folder.path}:")
        for row in rows:
            optional = "" if row["needed"] else " (optional)"
            megabytes = f"{int(str(row['bytes'])) / 1e6:,.1f} MB"
            click.echo(f"{row['name']:<44}{megabytes:>11}  {row['licence']:<13}{row['state']}{optional}")
    if any(row["needed"] and row["state"] != "present" for row in rows):
        sys.exit(1)


@models.command("pull")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--from", "mirror", metavar="DIR_OR_URL", help="Look here first: a folder or an http(s) address.")
def pull_(names: tuple[str, ...], mirror: str | None) -> None:
    """Bring what is missing or damaged; what was interrupted goes on. NAME is a file, `default`, `small` or `eyes`."""
    settings = Settings()
    folder, bar = WeightsFolder(settings.models_path), _Bar()
    chosen = _chosen(names, settings)
    try:
        brought = pull(folder, chosen, mirror=mirror, progress=bar)
    except GenmediaError as problem:
        bar.end()
        raise click.ClickException(str(problem)) from problem
    bar.end()
    click.echo(f"Brought {len(brought)} of {len(chosen)} files, all right now in {folder.path}.", err=True)


@models.command()
def verify() -> None:
    """Hash every file that is here; exit 1 when one is damaged, or one that is needed is missing."""
    settings = Settings()
    necessary, bad = {weight.name for weight in needed(_llm(settings))}, False
    for name, state in WeightsFolder(settings.models_path).verify(ALL).items():
        optional = state == "missing" and name not in necessary
        bad = bad or (state != "present" and not optional)
        click.echo(f"{name:<44}{state}{' (optional)' if optional else ''}")
    if bad:
        sys.exit(1)


def _llm(settings: Settings) -> LlmSize | None:
    return None if settings.llm_url else "default"


def _chosen(names: tuple[str, ...], settings: Settings) -> tuple[WeightFile, ...]:
    """The files that the names stand for, each once, in the manifest's order; without names all that the settings want."""
    if not names:
        return wanted(_llm(settings))
    sets = {"default": wanted("default"), "small": wanted("small"), "eyes": EYES}
    by_name = {weight.name: (weight,) for weight in ALL} | sets
    if unknown := [name for name in names if name not in by_name]:
        raise click.UsageError(f"There is no model {unknown[0]!r}. There are: {', '.join(by_name)}.")
    chosen = {weight.name for name in names for weight in by_name[name]}
    return tuple(weight for weight in ALL if weight.name in chosen)


class _Bar:
    """Progress on stderr: one line that moves on a terminal, a line for each tenth elsewhere."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty()
        self._last = ""

    def __call__(self, now: Progress) -> None:
        percent = 100 * now.done_bytes // max(1, now.total_bytes)
        shown = percent if self._moves else percent // 10 * 10
        line = f"{shown:3d} % of {now.total_bytes / 1e6:,.0f} MB  {now.file}  {now.what}"
        if line == self._last:
            return
        self._last = line
        click.echo(f"\r\x1b[K{line}" if self._moves else line, err=True, nl=not self._moves)

    def end(self) -> None:
        if self._moves and self._last:
            click.echo(err=True)
