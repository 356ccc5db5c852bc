"""`talk`: a conversation from the terminal, on the same wire as a browser's."""

from __future__ import annotations

import asyncio
import logging
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

import click

from genmedia_live.cli import talk_inputs
from genmedia_live.cli.talk_conversation import Conversation, Plan
from genmedia_live.cli.talk_link import Link, Transport, browser, fetch_cookie, until_ready
from genmedia_live.cli.talk_outcome import Exit, TalkFailed
from genmedia_live.cli.talk_owners import Owners
from genmedia_live.cli.talk_report import Report
from genmedia_live.core.audio import BYTES_PER_SAMPLE, VOICE_RATE
from genmedia_live.settings import Settings

T = TypeVar("T")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CREDENTIALS = ("access_token", "google_project", "google_token", "api_key")


class InOrder(click.Command):
    """Remembers the order of `--text` and `--wav`, which click hands over apart."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        ctx.meta["inputs"] = [parameter.name for parameter in given if parameter.name in ("text", "wav")]
        return super().parse_args(ctx, args)


@click.command(cls=InOrder)
@click.option("--url", help="The server.  [default: this machine, $PORT]")
@click.option("--transport", type=click.Choice(get_args(Transport)), help="Use no other.  [default: the first that works]")
@click.option("--text", multiple=True, help="Say this. Inputs are said in order, each after the turn before it has ended.")
@click.option("--wav", multiple=True, type=FILE, help="Say what is in this PCM WAV file, in real time.")
@click.option("--image", type=FILE, help="Show this JPEG, of up to 4 megapixels, before the first input.")
@click.option("--system", help="Instructions for the agent.")
@click.option("--voice", help="The agent's voice.")
@click.option("--model", help="The model.")
@click.option("--conversation", help="Continue this conversation.")
@click.option("--access-token", help="Your token, where the server asks for one.")
@click.option("--google-project", help="Your Google Cloud project.")
@click.option("--google-token", help="Your Google access token.")
@click.option("--api-key", help="Your Gemini API key.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True, help="Seconds in all.")
@click.option(
    "--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the agent's voice to this WAV."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines only.")
@click.pass_context
def talk(ctx: click.Context, /, url: str | None, timeout: float, out: Path | None, as_json: bool, **options: Any) -> None:
    """Talk with the agent from the terminal.

    Exit status: 0 the last turn was complete, 1 the conversation failed, 2 usage, 3 server unreachable, 4 timeout.
    """
    if any(options[name] is not None for name in CREDENTIALS):
        raise click.UsageError("This version cannot present credentials to a server; leave them out.")
    plan = _plan(ctx.meta["inputs"], options)
    settings = Settings()
    origin = _origin(url or f"http://127.0.0.1:{settings.port}")
    report = Report(as_json)
    # What these libraries would print is told by an error line.
    logging.getLogger("engineio.client").setLevel(logging.CRITICAL)
    logging.getLogger("socketio.client").setLevel(logging.CRITICAL)
    ctx.exit(asyncio.run(_talk(origin, plan, report, Owners(settings.data_dir / "talk"), timeout, out)))


async def _talk(origin: str, plan: Plan, report: Report, owners: Owners, timeout: float, out: Path | None) -> Exit:
    try:
        async with asyncio.timeout(timeout) as deadline:
            complete = await _converse(origin, plan, report, owners, out)
    except TalkFailed as failure:
        report.error(failure.code, str(failure))
        return failure.exit_code
    except TimeoutError:
        if not deadline.expired():
            raise
        report.error("timeout", f"The conversation did not end within {timeout:g} s.")
        return Exit.TIMEOUT
    return Exit.COMPLETE if complete else Exit.FAILED


async def _converse(origin: str, plan: Plan, report: Report, owners: Owners, out: Path | None) -> bool:
    known = owners.recall(plan.conversation, origin) if plan.conversation else {}
    async with browser(origin, known) as http:
        await until_ready(http, origin, report.waiting)
        cookies = await fetch_cookie(http, origin)
        conversation = Conversation(
            plan,
            report,
            lambda on_event, on_lost: Link(http, origin, on_event, on_lost),
            lambda id: owners.remember(id, origin, cookies),
        )
        try:
            return await conversation.run()
        finally:
            await conversation.close()
            if out is not None:
                _write_wav(out, conversation.voice)


def _plan(order: list[str], options: dict[str, Any]) -> Plan:
    if not all(text.strip() for text in options["text"]):
        raise click.BadParameter("there are no words in it.", param_hint="--text")
    texts = iter([talk_inputs.Typed(text) for text in options["text"]])
    voices = iter([_read("--wav", path, talk_inputs.read_wav) for path in options["wav"]])
    inputs = [next(texts) if name == "text" else next(voices) for name in order]
    if not inputs:
        raise click.UsageError("Say something: give at least one --text or --wav.")
    named = {"instructions": options["system"], "voice": options["voice"], "model": options["model"]}
    return Plan(
        inputs=inputs,
        settings={name: value for name, value in named.items() if value is not None},
        conversation=_conversation_id(options["conversation"]),
        picture=_read("--image", options["image"], talk_inputs.read_jpeg) if options["image"] else None,
        transports=[options["transport"]] if options["transport"] else ["websocket", "polling"],
    )


def _read(option: str, path: Path, reader: Callable[[Path], T]) -> T:
    try:
        return reader(path)
    except (ValueError, OSError) as failure:
        raise click.BadParameter(f"{path} cannot be used: {failure}.", param_hint=option) from failure


def _conversation_id(value: str | None) -> str | None:
    if value is not None and not (value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        raise click.BadParameter("that is not a conversation's id.", param_hint="--conversation")
    return value


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0  # reading the port checks it
    except ValueError:
        known = False
    if not known:
        raise click.BadParameter("an address such as http://127.0.0.1:8080 is wanted.", param_hint="--url")
    return f"{parts.scheme}://{parts.netloc}"


def _write_wav(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(VOICE_RATE)
        file.writeframes(pcm)
