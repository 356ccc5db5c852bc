"""The tools that the agent has asked for and that have not answered yet, and how the page is told of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from genmedia_live.core.actions import ToolState
from genmedia_live.core.events import ToolCall
from genmedia_live.core.text import well_formed


class Calls:
    """Remembers running calls by the model's id for them."""

    def __init__(self, detail_chars: int) -> None:
        self._detail_chars = detail_chars
        self._running: dict[str, tuple[str, int]] = {}

    def __len__(self) -> int:
        return len(self._running)

    @property
    def ids(self) -> tuple[str, ...]:
        """The running calls, oldest first."""
        return tuple(self._running)

    def name(self, call: str) -> str | None:
        """The tool's name; None for a call that does not run."""
        return self._running[call][0] if call in self._running else None

    def begin(self, call: ToolCall, turn: int) -> ToolState:
        """A call runs, asked for in that turn."""
        self._running[call.id] = (call.name, turn)
        return ToolState(call.id, self._cut(call.name), "running", turn, self._cut(dict(call.args)) if call.args else "")

    def finish(self, call: str, response: Mapping[str, Any]) -> ToolState | None:
        """Its answer is here, `{"output": …}` or `{"error": …}`; None when nobody waits for it."""
        state: Literal["failed", "done"] = "failed" if "error" in response else "done"
        return self._end(call, state, self._cut(response.get("error" if state == "failed" else "output", "")))

    def cancel(self, call: str) -> ToolState | None:
        """Its answer is no longer wanted; None when it does not run."""
        return self._end(call, "cancelled", "")

    def _end(self, call: str, state: Literal["done", "failed", "cancelled"], detail: str) -> ToolState | None:
        if call not in self._running:
            return None
        name, turn = self._running.pop(call)
        return ToolState(call, self._cut(name), state, turn, detail)

    def _cut(self, value: object) -> str:
        """For the page, whatever the model wrote."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        return well_formed(text if len(text) <= self._detail_chars else text[: self._detail_chars - 1] + "…")
