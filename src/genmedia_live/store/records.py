"""A `SessionRecord` as JSON and back."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import orjson

from genmedia_live.core.record import SessionRecord, SessionSettings, Turn

VERSION = 1


def dump(record: SessionRecord) -> bytes:
    """The record as JSON, with the version of its shape."""
    return orjson.dumps({"version": VERSION, **asdict(record)})


def load(text: bytes) -> SessionRecord:
    """The record that `dump` wrote.

    Raises:
        ValueError: the text is not a record of a version that this program knows.
    """
    fields: dict[str, Any] = orjson.loads(text)
    if fields.pop("version", None) != VERSION:
        raise ValueError("the record has a version that this program does not know")
    settings = SessionSettings(**fields.pop("settings"))
    settings = replace(settings, tools=tuple(settings.tools))
    turns = tuple(Turn(**turn) for turn in fields.pop("turns"))
    return SessionRecord(settings=settings, turns=turns, **fields)
