"""A stream that is pushed in one thread, pulled from another: bounded, with a deadline for its first piece, and cancellable."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from genmedia_live.core.errors import error
from genmedia_live.ports import Cancelled

Piece = TypeVar("Piece")

AHEAD = 64
"""Pieces that may wait. Past it the maker waits for the reader: words are never dropped."""

_POLL_S = 0.05

Push = Callable[[Piece | None], bool]
"""Hand over a piece (None only asks); False means that nobody reads any more."""


def pulled(
    produce: Callable[[Push[Piece]], None], *, first_s: float, between_s: float, cancelled: Cancelled, settle_s: float = 0.0
) -> Generator[Piece, None, None]:
    """What `produce(push)` pushes, in order. It runs in a thread of its own, which ends soon after `push` returned False.

    The iterator ends `settle_s` seconds later at the most when it is given up: it waits for that thread.

    Raises:
        GenmediaError: `upstream_timeout` when the first piece takes longer than `first_s` seconds, or a later one than
            `between_s`; and whatever `produce` raises.
    """
    pieces: queue.Queue[Piece | Exception | None] = queue.Queue(AHEAD)
    gone = threading.Event()

    def push(piece: Piece | None) -> bool:
        return not gone.is_set() if piece is None else _offer(pieces, piece, gone)

    def run() -> None:
        try:
            produce(push)
            _offer(pieces, None, gone)
        except Exception as problem:
            _offer(pieces, problem, gone)

    # Not a daemon: ending the interpreter under native code that still runs would crash it.
    maker = threading.Thread(target=run, name="language-model")
    maker.start()
    deadline = time.monotonic() + first_s
    try:
        while not cancelled():
            try:
                piece = pieces.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise error("upstream_timeout", "The language model did not answer in time.") from None
                continue
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece
            deadline = time.monotonic() + between_s
    finally:
        gone.set()
        maker.join(settle_s)


def _offer(pieces: queue.Queue[Piece | Exception | None], piece: Piece | Exception | None, gone: threading.Event) -> bool:
    while not gone.is_set():
        try:
            pieces.put(piece, timeout=_POLL_S)
        except queue.Full:
            continue
        return True
    return False
