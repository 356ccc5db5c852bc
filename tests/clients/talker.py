"""A conversation held by a program of its own, through a client that we did not write.

The program gets its options as JSON in its first argument: the engine's `url`, whether to call it as `vertex`, the `model`, the
`functions` to declare with their results. Then each line that it reads is something to do:

    {"do": "say", "text": ...}     type these words
    {"do": "speak", "wav": ...}    play this file (16-bit, mono) to the engine in real time

and each line that it writes is something that its client has shown it: `connected` (`resumed`), `user` and `agent` (`text`),
`audio` (`bytes`, `type`), `call` (`name`, `args`), `interrupted`, `turn_complete`, `error` (`message`). A client that loses its
connection resumes the session in its own way. When there is nothing left to read the program ends.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.engine import Engine, environment

Event = dict[str, Any]

PATIENCE = 30
"""Seconds without a line after which a conversation is stuck."""

VOICE = "audio/pcm;rate=24000"
BYTES_PER_MS = 48


@dataclass(frozen=True)
class Client:
    """A program and how it is to reach the engine."""

    command: Sequence[str | Path]
    model: str
    vertex: bool = False
    plain: bool = False
    """Without TLS."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Options that only this program has."""


@dataclass(frozen=True)
class Heard:
    """What a client has shown of one turn."""

    events: Sequence[Event]

    def texts(self, event: str) -> str:
        """Everything that the `user` or the `agent` said. Some models begin a transcript with a space."""
        return "".join(seen["text"] for seen in self.events if seen["event"] == event).strip()

    @property
    def user(self) -> str:
        return self.texts("user")

    @property
    def agent(self) -> str:
        return self.texts("agent")

    @property
    def voice_ms(self) -> float:
        return sum(int(seen["bytes"]) for seen in self.events if seen["event"] == "audio") / BYTES_PER_MS

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        return [(seen["name"], seen["args"]) for seen in self.events if seen["event"] == "call"]

    @property
    def names(self) -> list[str]:
        return [seen["event"] for seen in self.events]


class Talker:
    """The running program."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        self._lines: queue.Queue[str] = queue.Queue()
        self._seen: list[Event] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def say(self, text: str) -> None:
        """Type."""
        self._tell({"do": "say", "text": text})

    def speak(self, wav: Path) -> None:
        """Let the microphone hear a file."""
        self._tell({"do": "speak", "wav": str(wav)})

    def _tell(self, command: Event) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def until(self, name: str) -> list[Event]:
        """Everything that the program tells, up to the first of these events. Raises AssertionError when it fails or is stuck."""
        events: list[Event] = []
        while not events or events[-1]["event"] != name:
            events.append(self._next(name))
        return events

    def turn(self) -> Heard:
        """Everything up to the end of the agent's next answer: what an interrupted one leaves behind is part of the next."""
        events: list[Event] = []
        while not any(event["event"] == "audio" for event in events):
            events += self.until("turn_complete")
        assert {event["type"] for event in events if event["event"] == "audio"} == {VOICE}
        return Heard(events)

    def _next(self, wanted: str) -> Event:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = ""
        if not line:
            raise AssertionError(f"no {wanted} came\n{self._story()}")
        event: Event = json.loads(line)
        self._seen.append(event)
        assert event["event"] != "error", self._story()
        return event

    def _story(self) -> str:
        return "\n".join([*map(str, self._seen[-40:]), self._log.read_text()[-4_000:]])


@contextmanager
def talking(client: Client, engine: Engine, functions: Sequence[Event], folder: Path) -> Iterator[Talker]:
    """Run the client's program against the engine, with these functions declared, and see that it ends well.

    Raises:
        AssertionError: it did not.
    """
    options = {
        "url": engine.plain_url if client.plain else engine.url,
        "vertex": client.vertex,
        "model": client.model,
        "functions": functions,
        **client.more,
    }
    trust = environment(SSL_CERT_FILE=str(engine.ca), NODE_EXTRA_CA_CERTS=str(engine.ca))
    log = folder / "talker.log"
    pipe = subprocess.PIPE
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*client.command, json.dumps(options)], env=trust, stdin=pipe, stdout=pipe, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield Talker(process, log)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0, log.read_text()[-4_000:]
        finally:
            process.kill()
