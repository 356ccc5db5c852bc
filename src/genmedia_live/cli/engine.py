"""`genmedia-live engine`: the Live server alone. Any Live client can be pointed at it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from genmedia_live.aio import Tasks
from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.script.director import ScriptDirectors
from genmedia_live.engine.script.load import load_script
from genmedia_live.engine.server import Engine, Options
from genmedia_live.settings import Settings
from genmedia_live.telemetry import set_up_logging

log = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""A thread with a model's work gives the interpreter back after this. By default it is ten times as long, and every message waits
for it."""


class Reports:
    """What the engine tells whoever started it: JSON lines for a supervisor, sentences for a person."""

    def __init__(self, supervised: bool) -> None:
        self._supervised = supervised
        self._lock = threading.Lock()

    def tell(self, event: dict[str, Any], sentence: str | None) -> None:
        """One line, from whichever thread. `sentence` is what a person reads; None for nothing."""
        line = json.dumps(event) if self._supervised else sentence
        if line is not None:
            with self._lock:
                click.echo(line, err=not self._supervised and event["event"] != "ready")
                sys.stdout.flush()

    def downloading(self, file: str, done: int, total: int) -> None:
        """So many bytes of the missing weights are here."""
        event = {"event": "loading", "what": "download", "file": file, "done": done, "total": total}
        self.tell(event, None)

    def loading(self, part: str, done: float) -> None:
        """A part of the mind is being loaded."""
        event = {"event": "loading", "what": "models", "part": part, "done": done}
        self.tell(event, f"Loading {part} ..." if done == 0 else None)

    def failed(self, problem: GenmediaError) -> None:
        """The engine can't start, and why."""
        self.tell({"event": "error", "code": problem.code, "message": str(problem)}, str(problem))


def load(settings: Settings, reports: Reports, cancelled: Callable[[], bool]) -> Mind:
    """The local mind, its missing weights fetched first if the settings allow. Blocks. Raises GenmediaError."""
    from genmedia_live.engine.mind.local import free_memory, load_mind, spare_memory
    from genmedia_live.engine.weights.folder import WeightsFolder
    from genmedia_live.engine.weights.manifest import EYES, LlmSize, wanted
    from genmedia_live.engine.weights.pull import pull

    folder = WeightsFolder(settings.models_path)
    size: LlmSize | None = None if settings.llm_url else "default"
    weights = wanted(size)
    spare_memory(size, free_memory())  # said before a gigabyte is fetched that could not be loaded
    if settings.models == "auto" and (lacking := folder.missing(weights)):
        if damaged := [weight.name for weight in lacking if folder.file(weight).exists()]:
            log.warning("damaged model files are fetched again", extra={"files": ", ".join(damaged)})
        reports.tell({"event": "loading", "what": "download"}, f"Fetching the models into {settings.models_path} ...")
        pull(
            folder,
            weights,
            optional=EYES,
            progress=lambda now: reports.downloading(now.file, now.done_bytes, now.total_bytes),
            cancelled=cancelled,
        )
    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    return load_mind(
        settings.models_path,
        llm_url=settings.llm_url,
        llm_model=settings.llm_model,
        llm_key=key,
        llm_vision=settings.llm_vision,
        progress=reports.loading,
    )


@dataclass(frozen=True, slots=True)
class Start:
    """How the command was called."""

    options: Options
    scripted: bool
    script: ScriptDirectors | None
    ca_out: Path | None
    supervised: bool


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8443, show_default=True, type=click.IntRange(0, 65535), help="TLS port; 0 for any free one.")
@click.option("--plain-port", type=click.IntRange(0, 65535), help="Also listen here without TLS.")
@click.option("--scripted", is_flag=True, help="A deterministic mind without model weights.")
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The same, directed by a script: answers, faults and bad weather at a word or a time (docs/scripts.md).",
)
@click.option(
    "--ca-out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the certificate that clients trust."
)
@click.option("--max-sessions", default=100, show_default=True, type=click.IntRange(1), help="Sessions at one time.")
@click.option("--connection-limit", type=click.FloatRange(1), help="Seconds that a connection may last. [default: no limit]")
@click.option("--go-away-notice", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds of warning before.")
@click.option("--handle-life", type=click.FloatRange(0), help="Seconds that a resumption handle may be used. [default: 7200]")
@click.option("--context-window", type=click.IntRange(1), metavar="TOKENS", help="Size of the context. [default: the model's]")
@click.option("--require-credentials", is_flag=True, help="Refuse clients without credentials, as Google does.")
@click.option("--allow-origin", multiple=True, help="An origin whose pages may connect.")
@click.option("--debug-turns", is_flag=True, help="Serve the stage timings of recent turns at /debug/turns.")
@click.option("--supervised", is_flag=True, hidden=True)
def engine(
    host: str,
    port: int,
    plain_port: int | None,
    scripted: bool,
    script: Path | None,
    ca_out: Path | None,
    max_sessions: int,
    connection_limit: float | None,
    go_away_notice: float,
    handle_life: float | None,
    context_window: int | None,
    require_credentials: bool,
    allow_origin: tuple[str, ...],
    debug_turns: bool,
    supervised: bool,
) -> None:
    """Run the offline Live server alone. It speaks the Gemini Live protocol; point any Live client at it."""
    settings = Settings()
    set_up_logging(settings.log_level, settings.log_format)
    if script is not None and scripted:
        raise click.UsageError("A script directs the scripted mind: --script says it all, leave out --scripted.")
    rules = Rules(
        connection_limit=connection_limit, go_away_notice=go_away_notice, handle_life=handle_life, context_window=context_window
    )
    options = Options(host, port, plain_port, max_sessions, allow_origin, debug_turns, rules, require_credentials)
    start = Start(options, scripted, _directors(script, Reports(supervised)), ca_out, supervised)
    if supervised:
        _give_way()
    code = _run(run(start, settings))
    logging.shutdown()
    os._exit(code)  # nothing is left to save, and taking the models down in order takes seconds


def _directors(script: Path | None, reports: Reports) -> ScriptDirectors | None:
    """The script in force. A mistake in it is a mistake of whoever called the command."""
    try:
        return None if script is None else ScriptDirectors(load_script(script))
    except GenmediaError as problem:
        reports.failed(problem)
        sys.exit(2)


def _run(work: Coroutine[Any, Any, int]) -> int:
    """Run the loop so that many sessions fit on a core."""
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop  # half of TLS is Python without it

    code: int = uvloop.run(work)
    return code


async def run(start: Start, settings: Settings) -> int:
    """Load, serve until told to stop, say goodbye. The exit code."""
    reports = Reports(start.supervised)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if start.supervised:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True, name="stdin").start()
    try:
        _write_ca(start.ca_out, None)  # one of an earlier start would be taken for this one's
        mind = await _mind(start, settings, reports, stop)
        server = await _listen(Engine(mind, start.options, start.script))
        _write_ca(start.ca_out, server.ca)
    except GenmediaError as problem:
        reports.failed(problem)
        return 1
    _announce(reports, server, start)
    await stop.wait()
    await server.stop()
    return 0


async def _mind(start: Start, settings: Settings, reports: Reports, stop: asyncio.Event) -> Mind:
    """The mind. Loading can't be called off: told to stop meanwhile, the process ends here."""
    if start.scripted or start.script is not None:
        from genmedia_live.engine.mind.scripted import MS_PER_CHARACTER, scripted_mind

        return scripted_mind(start.script.script.pace if start.script else MS_PER_CHARACTER)
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Mind] = loop.run_in_executor(None, load, settings, reports, stop.is_set)
    watch = Tasks()
    stopped = watch.start(stop.wait(), name="engine-stop")
    either: list[asyncio.Future[Any]] = [loaded, stopped]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        os._exit(0)
    await watch.close()
    return await loaded


def _write_ca(path: Path | None, pem: str | None) -> None:
    """Put the certificate there, or nothing."""
    if path is None:
        return
    try:
        path.unlink(missing_ok=True) if pem is None else path.write_text(pem)
    except OSError as problem:
        raise error("engine_unavailable", f"The certificate can't be written to {path}: {problem.strerror}.") from problem


async def _listen(server: Engine) -> Engine:
    try:
        await server.start()
    except OSError as problem:
        raise error("engine_unavailable", f"The engine can't listen: {problem.strerror}.") from problem
    return server


def _announce(reports: Reports, server: Engine, start: Start) -> None:
    host = start.options.host
    event = {"event": "ready", "port": server.port, "plain_port": server.plain_port, "ca": server.ca, "host": host}
    plain = f" and ws://{host}:{server.plain_port}" if server.plain_port is not None else ""
    reports.tell(event, f"Live engine on wss://{host}:{server.port}{plain}")


def _give_way() -> None:
    """Let the relay and a browser on this machine go first: starved of its turn, a browser's echo canceller loses its thread."""
    if sys.platform != "win32":
        os.nice(10)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when whoever started this process is gone: its end of the pipe closes with it."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    engine()
