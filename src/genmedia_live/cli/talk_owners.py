"""Remembers which cookie owns which conversation, so that `--conversation` can continue one in another run.

A conversation is its owner's alone, and the owner is the server's cookie. It opens nothing but the conversations of `talk`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

KEPT = 200
"""The newest conversations that are remembered."""


class Owners:
    """Cookies by conversation, a private file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, conversation: str, origin: str, cookies: Mapping[str, str]) -> None:
        """Keep the cookies. A folder that can't be written only means that the conversation can't be continued later."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{conversation}.json"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump({"origin": origin, "cookies": dict(cookies)}, file)
            self._prune()

    def recall(self, conversation: str, origin: str) -> dict[str, str]:
        """The cookies that own the conversation at that server; none when it is not known here."""
        with suppress(OSError, ValueError, AttributeError):
            kept = json.loads((self._folder / f"{conversation}.json").read_text("utf-8"))
            if kept.get("origin") == origin:
                return {str(name): str(value) for name, value in kept["cookies"].items()}
        return {}

    def _prune(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[KEPT:]:
            path.unlink(missing_ok=True)
