"""One tab on the product's page: what a person can do there, what they see and hear, and all that went wrong."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator

from tests.e2e.harness.wire import Message, read

_NETWORK = ("Failed to load resource", "WebSocket connection to")
"""What Chromium itself writes to the console when a server is away."""


@dataclass(frozen=True)
class Sound:
    """The moment at which the speaker or the microphone began or ceased to sound: ms since the epoch, and the context's frame."""

    stream: Literal["out", "in"]
    type: Literal["sound", "silence"]
    at: float
    frame: int


@dataclass(frozen=True)
class Line:
    """A line of the transcript as it is shown."""

    role: str
    text: str
    final: bool
    cut: bool


class Tab:
    """The page in a tab of `context`. `problems` must be empty at the end of a test; `sockets` counts its WebSockets."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.problems: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("console", self._console)
        self.sockets = 0
        self.page.on("websocket", self._socket)
        self._messages: list[Message] = []
        self.page.goto(url)
        self._probed = bool(self.page.evaluate("'__probe' in window"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_NETWORK):
            self.problems.append(f"{message.type}: {message.text}")

    def _socket(self, _socket: object) -> None:
        self.sockets += 1

    def story(self) -> str:
        """What happened here, for the report of a test that failed."""
        notices = self.page.locator("#notice [data-code]").all_inner_texts()
        bulky = ("pcm", "jpeg", "voices")
        told = [(m, {name: value for name, value in m.map.items() if name not in bulky}) for m in self._notable()]
        wire = [f"{m.at:.0f} {m.way} {m.event} {fields}" for m, fields in told]
        lines = [f"state {self.state}", *map(repr, self.transcript()), f"notices {notices}", f"problems {self.problems}", *wire]
        return "\n  ".join([f"tab {self.page.url}", *lines])

    def _notable(self) -> list[Message]:
        if not self._probed:
            return []
        return [m for m in self.wire() if m.event not in ("mic", "audio", "played", "received")][-60:]

    # ---- what a person does

    def start(self) -> None:
        """Press Start and wait until the agent listens, the microphone open."""
        self.ready()
        self.page.click("#start")
        self.page.wait_for_selector("body[data-mic=on]")
        self.reaches("listening", "speaking")

    def stop(self) -> None:
        self.page.click("#stop")
        self.reaches("ended")

    def say(self, text: str) -> None:
        """Type and send."""
        self.page.fill("#message", text)
        self.page.press("#message", "Enter")

    # ---- what they see

    def ready(self, timeout: float = 20) -> None:
        """Wait until a conversation can be started."""
        self.page.wait_for_selector("body[data-state=idle]", timeout=timeout * 1000)

    def reaches(self, *states: str, timeout: float = 20) -> None:
        """Wait until the page shows one of the states."""
        self.page.wait_for_selector(", ".join(f"body[data-state={state}]" for state in states), timeout=timeout * 1000)

    @property
    def state(self) -> str:
        return self.page.get_attribute("body", "data-state") or ""

    def notice(self, code: str) -> Locator:
        """The notice with that code, once it shows."""
        found = self.page.locator(f"#notice [data-code={code}]")
        found.wait_for(state="visible")
        return found

    def transcript(self) -> list[Line]:
        rows = self.page.eval_on_selector_all(
            "#lines > li",
            "rows => rows.map(row => [row.dataset.role, row.querySelector('.said').textContent,"
            " row.dataset.final === 'true', row.dataset.cut === 'true'])",
        )
        return [Line(*row) for row in rows]

    def answered(self, count: int = 1, timeout: float = 30) -> Line:
        """Wait for the `count`-th answer of the agent to be whole or cut, and give it."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('#lines > li[data-role=agent][data-final=true]').length >= n",
            arg=count,
            timeout=timeout * 1000,
        )
        return [line for line in self.transcript() if line.role == "agent"][count - 1]

    # ---- what they hear

    def sounds(self, stream: Literal["out", "in"] = "out", since: float = 0) -> list[Sound]:
        """Beginnings and ends of sound after a moment (ms since the epoch)."""
        return [
            Sound(**sound) for sound in self.page.evaluate("__probe.sounds") if sound["stream"] == stream and sound["at"] >= since
        ]

    def hears(self, kind: Literal["sound", "silence"], *, stream: str = "out", since: float = 0, timeout: float = 30) -> Sound:
        """Wait for the first sound, or silence, after a moment."""
        found = self.page.wait_for_function(
            "([stream, type, since]) => __probe.sounds.find(s => s.stream === stream && s.type === type && s.at >= since)",
            arg=[stream, kind, since],
            timeout=timeout * 1000,
        )
        return Sound(**found.json_value())

    def is_silent(self, timeout: float = 10) -> Sound:
        """Wait until the speaker is silent, and tell since when."""
        found = self.page.wait_for_function(
            "() => { const last = __probe.sounds.findLast(s => s.stream === 'out'); return last?.type === 'silence' && last; }",
            timeout=timeout * 1000,
        )
        return Sound(**found.json_value())

    def rendered(self, stream: Literal["out", "in"] = "out") -> NDArray[np.int16]:
        """Every sample that has reached the speaker (24 kHz) or come from the microphone (16 kHz)."""
        return np.frombuffer(base64.b64decode(self.page.evaluate("stream => __probe.pcm(stream)", stream)), "<i2")

    # ---- what passed the wire

    def wire(self, event: str | None = None, way: Literal["in", "out"] | None = None) -> list[Message]:
        """The messages so far, or those of one kind."""
        self._messages += read(self.page.evaluate("__probe.wire()"))
        return [m for m in self._messages if (event is None or m.event == event) and (way is None or m.way == way)]

    def wire_has(self, event: str, timeout: float = 30, since: float = 0, **fields: Any) -> Message:
        """Wait for an event with these fields to pass."""
        deadline = time.monotonic() + timeout
        while True:
            for message in self.wire(event):
                if message.at >= since and fields.items() <= message.map.items():
                    return message
            if time.monotonic() > deadline:
                raise TimeoutError(f"No {event} {fields} passed the wire within {timeout} s.")
            self.page.wait_for_timeout(20)

    def voice(self, turn: int) -> NDArray[np.int16]:
        """The agent's voice in a turn, as the wire brought it."""
        return np.frombuffer(b"".join(m.map["pcm"] for m in self.wire("audio") if m.map["turn"] == turn), "<i2")
