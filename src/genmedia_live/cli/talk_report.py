"""What `talk` prints: JSON lines for programs, or lines for a person."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import click


class Report:
    """Prints events. Nothing is printed before `started` but an error; of each caption exactly one final line."""

    def __init__(self, as_json: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._as_json = as_json
        self._clock = clock
        self._since = clock()
        self._early: list[dict[str, Any]] | None = []
        """What happened before `started`."""

        self._final: set[tuple[int, str]] = set()
        self._state = ""

    def waiting(self, problem: Mapping[str, Any]) -> None:
        """The server is not ready yet."""
        text = str(problem.get("detail") or problem.get("title") or "The server is getting ready.")
        if text != self._state and not self._as_json:
            click.echo(text, err=True)
        self._state = text

    def started(self, answer: Mapping[str, Any]) -> None:
        """The conversation has begun, or goes on after a reconnection: that is told once."""
        early, self._early = self._early, None
        if early is None:
            return
        fields = {name: answer.get(name) for name in ("conversation", "engine", "resumed", "settings")}
        self._print({"event": "started", **fields})
        if not self._as_json:
            click.echo(f"({fields['engine']}, conversation {fields['conversation']})", err=True)
        for line in early:
            self._line(line)

    def input(self, edge: Literal["input_start", "input_end"], number: int) -> None:
        """An input begins to be sent; its last sample or word has been sent."""
        self._line({"event": edge, "input": number})

    def caption(self, fields: Mapping[str, Any]) -> None:
        """The whole text of one side of a turn so far."""
        key = (fields["turn"], fields["role"])
        if key in self._final:
            return
        if fields["final"]:
            self._final.add(key)
        self._line({"event": "caption", **{name: fields[name] for name in ("role", "turn", "text", "final")}})
        if not self._as_json and fields["final"]:
            click.echo(f"{fields['role']:>5}  {fields['text']}{' -' if fields.get('cut') else ''}")

    def audio(self, turn: int, size: int) -> None:
        """Voice has come."""
        self._line({"event": "audio", "turn": turn, "bytes": size})

    def turn_ended(self, turn: int, complete: bool) -> None:
        """The agent's side of the turn is over."""
        self._line({"event": "turn_complete" if complete else "interrupted", "turn": turn})

    def status(self, fields: Mapping[str, Any]) -> None:
        """What the conversation is doing."""
        self._line({"event": "status", **fields})
        if not self._as_json and fields["state"] in ("reconnecting", "resuming", "held", "draining"):
            click.echo(f"({fields['state']})", err=True)

    def error(self, code: str, message: str) -> None:
        """Something went wrong."""
        self._print({"event": "error", "code": code, "message": message})
        if not self._as_json:
            click.echo(f"{code}: {message}", err=True)

    def _line(self, line: dict[str, Any]) -> None:
        if self._early is None:
            self._print(line)
        else:
            self._early.append(line)

    def _print(self, line: dict[str, Any]) -> None:
        if self._as_json:
            stamped = {"event": line["event"], "t": round(self._clock() - self._since, 4), **line}
            click.echo(json.dumps(stamped, ensure_ascii=False))
