"""The command line. Each command is a file of its own, imported only when it is called: `engine` never loads the gateway."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from genmedia_live import __version__

COMMANDS = {
    "serve": "Serve the web page.",
    "engine": "Run the offline Live server alone.",
    "talk": "Talk from the terminal, on the browser's own wire.",
    "doctor": "Say what a conversation would run on, and what is missing.",
    "models": "List, fetch and verify the local engine's model weights.",
}
"""Name of a command, and of its module and function in it -> its line in `--help`."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ValueError as failure:
            from pydantic import ValidationError

            if isinstance(failure, ValidationError) and failure.title == "Settings":
                raise click.UsageError(settings_fault(failure)) from failure
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def settings_fault(failure: Any) -> str:
    """Which settings of the environment cannot be read, and why, without their values."""
    faults = failure.errors(include_input=False, include_url=False)
    return "The settings cannot be read: " + "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults) + "."


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="genmedia-live")
def main() -> None:
    """GenMedia Live: talk with an AI agent in real time, through Gemini or offline."""
