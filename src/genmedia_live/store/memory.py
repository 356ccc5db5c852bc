"""Conversations kept in this process, and gone with it."""

from __future__ import annotations

from collections.abc import Sequence

from genmedia_live.core.record import SessionRecord


class MemoryConversations:
    """Records in a dict, newest last."""

    def __init__(self) -> None:
        self._records: dict[str, SessionRecord] = {}

    async def save(self, record: SessionRecord) -> None:
        known = self._records.get(record.conversation)
        if known is not None and known.owner != record.owner:
            raise ValueError("a conversation does not change its owner")
        self._records.pop(record.conversation, None)
        self._records[record.conversation] = record

    async def load(self, conversation: str, owner: str) -> SessionRecord | None:
        record = self._records.get(conversation)
        return record if record is not None and record.owner == owner else None

    async def list(self, owner: str) -> Sequence[SessionRecord]:
        return [record for record in reversed(self._records.values()) if record.owner == owner]

    async def delete(self, conversation: str, owner: str) -> bool:
        if await self.load(conversation, owner) is None:
            return False
        del self._records[conversation]
        return True

    async def close(self) -> None:
        """Nothing to release."""
