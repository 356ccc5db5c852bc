"""How `talk` can end, as its exit code and, when it did not end well, as an error line."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes that scripts rely on."""

    COMPLETE = 0
    """The last turn ended by `turn_complete`."""

    FAILED = 1
    """The conversation failed, or its last turn was interrupted."""

    USAGE = 2
    UNREACHABLE = 3
    TIMEOUT = 4


class TalkFailed(Exception):
    """The conversation cannot go on. `code` is one of `docs/errors.md`."""

    def __init__(self, code: str, message: str, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code


def unreachable(message: str) -> TalkFailed:
    """There is no server of ours at that address, or the connection cannot be made."""
    return TalkFailed("unreachable", message, Exit.UNREACHABLE)
