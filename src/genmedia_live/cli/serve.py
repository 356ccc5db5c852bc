"""`genmedia-live serve`: the web page, and the conversations behind it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import click
from pydantic import ValidationError

from genmedia_live.cli import settings_fault
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.gateway.app import create_app, engine_for
from genmedia_live.gateway.engine_process import EngineProcess
from genmedia_live.gateway.engines import Engine, Readiness
from genmedia_live.gateway.guard import is_loopback
from genmedia_live.gateway.serve import check_certificate, listen, run
from genmedia_live.settings import Settings
from genmedia_live.telemetry import set_up_logging

_NAMES = {
    "vertex": "Vertex AI",
    "gemini": "the Gemini Developer API",
    "local": "the local engine",
    "scripted": "the scripted engine (fixed answers, no models)",
}


@click.command()
@click.option("--host", help="Address to listen on. [default: HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any free one. [default: PORT, else 8080]")
@click.option(
    "--engine",
    type=click.Choice(["auto", "vertex", "gemini", "local", "scripted"]),
    help="What the conversations run on. [default: GENMEDIA_ENGINE, else auto]",
)
@click.option(
    "--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Serve https with this certificate."
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The certificate's key.")
def serve(host: str | None, port: int | None, engine: str | None, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Serve the web page. Without an account it runs on the local engine."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    given = {name: value for name, value in (("host", host), ("port", port), ("engine", engine)) if value is not None}
    try:
        settings = Settings(**cast(dict[str, Any], given))
        set_up_logging(settings.log_level, settings.log_format)
        limits = Limits(max_sessions=settings.max_sessions)
        chosen, why = engine_for(settings, limits)
        if isinstance(chosen, EngineProcess):
            chosen.on_change = Progress(chosen).show
        gateway = create_app(settings, limits=limits, engine=chosen)
        if tls_cert is not None and tls_key is not None:
            check_certificate(tls_cert, tls_key)
        listener = listen(settings.host, settings.port, limits)
    except ValidationError as failure:
        raise click.UsageError(settings_fault(failure)) from None
    except (GenmediaError, ValueError) as failure:
        click.echo(str(failure), err=True)
        sys.exit(1)
    _introduce(chosen, why, settings, listener.getsockname()[1], secure=tls_cert is not None)
    run(gateway, listener, tls_cert, tls_key)


def _introduce(engine: Engine, why: str, settings: Settings, port: int, *, secure: bool) -> None:
    """Say what runs, why, and where."""
    click.echo(f"Conversations run on {_NAMES[engine.name]}: {why}")
    scheme = "https" if secure else "http"
    host = "localhost" if is_loopback(settings.host) or settings.host in ("0.0.0.0", "::") else settings.host
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Open {settings.public_url or f'{scheme}://{shown}:{port}/'}")
    if not is_loopback(settings.host) and not secure and settings.public_url is None:
        click.echo("From other machines browsers give the microphone to https pages only: use --tls-cert, or a proxy with TLS.")
    if engine.readiness.state == "loading" and engine.name == "local":
        click.echo("The local engine is loading; the page can be opened meanwhile.")


class Progress:
    """Shows in the terminal how far the engine has come: one line that changes on a terminal, few lines elsewhere."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shown = ""
        self._tenth = -1

    def show(self, readiness: Readiness) -> None:
        """Something changed."""
        if readiness.state == "ready":
            self._line("The engine is ready.")
        elif readiness.state == "unavailable" and readiness.problem is not None:
            self._line(f"The engine is not running: {readiness.problem.message}")
        elif readiness.loading is not None and readiness.loading.get("total"):
            self._download(str(readiness.loading["file"]), readiness.loading["done"], readiness.loading["total"])

    def _download(self, file: str, done: float, total: float) -> None:
        text = f"Fetching models: {done / 1e6:.0f} of {total / 1e6:.0f} MB ({file})"
        if sys.stdout.isatty():
            click.echo(f"\r{text:<78}", nl=done >= total)
        elif (tenth := int(10 * done / total)) != self._tenth:
            self._tenth = tenth
            click.echo(text)

    def _line(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            click.echo(text)
