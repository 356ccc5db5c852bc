"""Conversations in one SQLite file, reached from one worker thread."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from genmedia_live.core.errors import error
from genmedia_live.core.record import SessionRecord
from genmedia_live.store import records

T = TypeVar("T")

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE conversations (
    conversation TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    updated      REAL NOT NULL,
    record       BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_by_owner ON conversations (owner, updated DESC);
"""


class SqlConversations:
    """Records in the file at `path`, which is made when it is missing, for this user's eyes only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # SQLite has one writer; one thread also keeps saves in order.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file and bring its schema up to date.

        Raises:
            GenmediaError: `bad_settings`: the file cannot be used, is damaged, or was written by a newer program.
        """
        try:
            await self._run(self._connect)
        except (OSError, sqlite3.Error) as failure:
            reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else str(failure)
            where = "GENMEDIA_DATA_DIR or DATABASE_URL can name another place"
            raise error("bad_settings", f"Conversations can't be kept in {self._path}: {reason}; {where}.") from failure

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            connection = sqlite3.connect(self._path, check_same_thread=False, timeout=5.0)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = ON")
                _migrate(connection)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def save(self, record: SessionRecord) -> None:
        text = records.dump(record)
        await self._run(lambda: self._save(record, text))

    def _save(self, record: SessionRecord, text: bytes) -> None:
        statement = (
            "INSERT INTO conversations VALUES (?, ?, ?, ?) ON CONFLICT (conversation) DO UPDATE "
            "SET updated = excluded.updated, record = excluded.record WHERE owner = excluded.owner"
        )
        with self._connect() as connection:
            values = (record.conversation, record.owner, time.time(), text)
            if connection.execute(statement, values).rowcount == 0:
                raise ValueError("a conversation does not change its owner")

    async def load(self, conversation: str, owner: str) -> SessionRecord | None:
        def query() -> tuple[bytes] | None:
            found = self._connect().execute(
                "SELECT record FROM conversations WHERE conversation = ? AND owner = ?", (conversation, owner)
            )
            row: tuple[bytes] | None = found.fetchone()
            return row

        row = await self._run(query)
        return _readable(row[0]) if row else None

    async def list(self, owner: str) -> Sequence[SessionRecord]:
        def query() -> Sequence[tuple[bytes]]:
            found = self._connect().execute("SELECT record FROM conversations WHERE owner = ? ORDER BY updated DESC", (owner,))
            return found.fetchall()

        return [record for (text,) in await self._run(query) if (record := _readable(text)) is not None]

    async def delete(self, conversation: str, owner: str) -> bool:
        def remove() -> bool:
            with self._connect() as connection:
                gone = connection.execute("DELETE FROM conversations WHERE conversation = ? AND owner = ?", (conversation, owner))
            # What was deleted must not live on in the write-ahead log.
            self._connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return gone.rowcount > 0

        return await self._run(remove)

    async def close(self) -> None:
        """Finish what is on its way and let go of the file."""
        if self._connection is not None:
            await self._run(self._connection.close)
            self._connection = None
        self._thread.shutdown()


def _readable(text: bytes) -> SessionRecord | None:
    """The record; None for one that this program can't read, which must not hide the others."""
    try:
        return records.load(text)
    except (ValueError, TypeError, KeyError):
        log.warning("a stored conversation can't be read")
        return None


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise sqlite3.DatabaseError("the database was written by a newer version of this program")
    if version == 0:
        with connection:
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
