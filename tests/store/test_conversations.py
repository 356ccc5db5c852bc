"""One contract for every store of conversations."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.record import SessionRecord, SessionSettings, Turn
from genmedia_live.ports import Conversations
from genmedia_live.store import records
from genmedia_live.store.memory import MemoryConversations
from genmedia_live.store.sql import SqlConversations

SETTINGS = SessionSettings("model", "Aoede", "Be brief. ☀️", language="de", manual_activity=True)
TURNS = (Turn(1, "user", "Hello"), Turn(1, "agent", "Hi, how", final=True, heard_ms=312.5, cut=True))
RECORD = SessionRecord("c-1", "anna", SETTINGS, TURNS, handle="h", next_turn=2)


@pytest.fixture(params=["memory", "sql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Conversations]:
    store = MemoryConversations() if request.param == "memory" else SqlConversations(tmp_path / "new" / "live.db")
    yield store
    await store.close()


async def test_a_record_comes_back_whole(store: Conversations) -> None:
    await store.save(RECORD)
    assert await store.load("c-1", "anna") == RECORD


async def test_the_newest_record_wins(store: Conversations) -> None:
    await store.save(RECORD)
    later = replace(RECORD, turns=(), handle=None)
    await store.save(later)
    assert await store.load("c-1", "anna") == later
    assert list(await store.list("anna")) == [later]


async def test_what_is_not_there_is_none(store: Conversations) -> None:
    assert await store.load("c-1", "anna") is None
    assert await store.delete("c-1", "anna") is False


async def test_another_owner_sees_and_changes_nothing(store: Conversations) -> None:
    await store.save(RECORD)
    assert await store.load("c-1", "ben") is None
    assert list(await store.list("ben")) == []
    assert await store.delete("c-1", "ben") is False
    with pytest.raises(ValueError, match="owner"):
        await store.save(replace(RECORD, owner="ben"))
    assert await store.load("c-1", "anna") == RECORD


async def test_the_list_is_newest_first(store: Conversations) -> None:
    for name in ("a", "b", "c", "a"):
        await store.save(replace(RECORD, conversation=name))
    assert [record.conversation for record in await store.list("anna")] == ["a", "c", "b"]


async def test_deleted_is_gone(store: Conversations) -> None:
    await store.save(RECORD)
    assert await store.delete("c-1", "anna") is True
    assert await store.load("c-1", "anna") is None
    assert list(await store.list("anna")) == []


async def test_a_file_outlives_its_process_and_forgets_what_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    first = SqlConversations(path)
    await first.open()
    await first.save(RECORD)
    await first.save(replace(RECORD, conversation="c-2", turns=(Turn(1, "user", "canary-9137"),)))
    await first.close()
    second = SqlConversations(path)
    assert await second.load("c-1", "anna") == RECORD
    await second.delete("c-2", "anna")
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())  # noqa: ASYNC240 - a test may block
    await second.close()
    assert b"canary-9137" not in left
    assert path.stat().st_mode & 0o077 == 0


async def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = SqlConversations(path)
    with pytest.raises(GenmediaError, match=r"live\.db: .*newer"):
        await store.open()
    await store.close()


async def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"this is no database" * 100)
    for path, why in (
        (damaged, "not a database"),
        (damaged / "folder" / "live.db", "Not a directory"),
        (tmp_path, "unable to open"),
    ):
        store = SqlConversations(path)
        with pytest.raises(GenmediaError, match=f"can't be kept in {path}: .*{why}"):
            await store.open()
        await store.close()


async def test_a_record_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    store = SqlConversations(tmp_path / "live.db")
    for name in ("c-1", "c-2", "c-3"):
        await store.save(replace(RECORD, conversation=name))
    with sqlite3.connect(tmp_path / "live.db") as connection:
        connection.execute("UPDATE conversations SET record = '{\"version\":99}' WHERE conversation = 'c-2'")
        connection.execute("UPDATE conversations SET record = '{\"version\":1}' WHERE conversation = 'c-3'")
    connection.close()
    assert await store.list("anna") == [RECORD]
    assert await store.load("c-2", "anna") is None
    await store.close()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.builds(
        SessionRecord,
        TEXT,
        TEXT,
        st.builds(SessionSettings, TEXT, TEXT, TEXT, st.none() | TEXT, st.booleans()),
        st.lists(st.builds(Turn, st.integers(0, 2**53), st.sampled_from(["user", "agent"]), TEXT)).map(tuple),
        st.none() | TEXT,
        st.integers(1, 2**53),
    )
)
def test_records_survive_json(record: SessionRecord) -> None:
    assert records.load(records.dump(record)) == record


def test_a_record_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        records.load(b'{"version":2}')
