"""Who is here: conversations in memory by id and owner, each with at most one browser, and how they come and go."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace

from genmedia_live.aio import Tasks
from genmedia_live.core.errors import ClientFault, OurFault
from genmedia_live.core.events import Configure
from genmedia_live.core.record import SessionRecord
from genmedia_live.gateway.catalogue import Catalogue
from genmedia_live.gateway.runner import House, SessionBridge
from genmedia_live.gateway.wire import Start

log = logging.getLogger(__name__)


class Sessions:
    """Every lookup names the owner: to anyone else a conversation does not exist."""

    def __init__(self, house: House, catalogue: Catalogue) -> None:
        self.draining = False
        self._house = house
        self._catalogue = catalogue
        self._bridges: dict[str, SessionBridge] = {}
        self._closing = Tasks()
        self._leaving: dict[tuple[str, str], asyncio.Task[None]] = {}
        """Conversations that have ended, by id and owner, while they are saved and their model is closed."""

        house.metrics.capacity.set(house.limits.max_sessions)

    def __len__(self) -> int:
        return len(self._bridges)

    @property
    def full(self) -> bool:
        return len(self._bridges) >= self._house.limits.max_sessions

    def live(self, conversation: str, owner: str) -> SessionBridge | None:
        """The conversation, when it is in memory and this owner's."""
        bridge = self._bridges.get(conversation)
        return bridge if bridge is not None and bridge.owner == owner else None

    async def start(self, start: Start, owner: str) -> tuple[SessionBridge, bool]:
        """A conversation for `attach`: a new one, the one that is live, or one from the store; and whether it goes on.

        Raises:
            GenmediaError: `draining`, `full`, `too_many`, `not_found`, or what is wrong with the settings.
        """
        if self.draining:
            raise OurFault("draining", retry_after_ms=self._house.limits.drain_retry_ms)
        if start.conversation is None:
            settings = self._catalogue.settle(None, start.changes)
            return self._enter(SessionRecord(secrets.token_urlsafe(16), owner, settings)), False
        record = await self.record(start.conversation, owner)
        if record is None:
            raise ClientFault("not_found")
        # While the record was read another tab may have brought the conversation back.
        if (bridge := self.live(start.conversation, owner)) is not None:
            settings = self._catalogue.settle(bridge.live.settings, start.changes)
            bridge.event(Configure(settings))
            return bridge, True
        settings = self._catalogue.settle(self._catalogue.revive(record.settings), start.changes)
        handle = record.handle if settings.model == record.settings.model else None
        return self._enter(replace(record, settings=settings, handle=handle)), True

    def _enter(self, record: SessionRecord) -> SessionBridge:
        if self.full:
            raise OurFault("full", retry_after_ms=5_000)
        mine = sum(bridge.owner == record.owner for bridge in self._bridges.values())
        if mine >= self._house.limits.sessions_per_owner:
            raise ClientFault("too_many", "You have too many conversations open. Close one.")
        bridge = SessionBridge(record, self._house, self._finished)
        self._bridges[record.conversation] = bridge
        self._house.metrics.sessions.set(len(self._bridges))
        log.info("conversation opened", extra={"conversation": record.conversation})
        return bridge

    def _finished(self, bridge: SessionBridge, why: str) -> None:
        if self._bridges.get(bridge.conversation) is bridge:
            del self._bridges[bridge.conversation]
        self._house.metrics.sessions.set(len(self._bridges))
        self._house.metrics.ended.labels(why).inc()
        log.info("conversation closed", extra={"conversation": bridge.conversation, "end": why})
        key = (bridge.conversation, bridge.owner)
        leaving = self._leaving[key] = self._closing.start(bridge.closed(), name="conversation-closing")
        leaving.add_done_callback(lambda _: self._leaving.pop(key, None))

    async def _left(self, owner: str, conversation: str | None = None) -> None:
        """Returns when that conversation, or all of the owner's, is saved and its model closed where it has just ended.

        Until then the store holds an older record, and Google refuses to resume.
        """
        leaving = [task for (name, whose), task in self._leaving.items() if whose == owner and conversation in (None, name)]
        if leaving:
            await asyncio.wait(leaving)

    async def record(self, conversation: str, owner: str) -> SessionRecord | None:
        """The conversation as it stands now, live or from the store; None for anyone but its owner."""
        await self._left(owner, conversation)
        if (bridge := self.live(conversation, owner)) is not None:
            return bridge.live.record()
        return await self._house.store.load(conversation, owner)

    async def records(self, owner: str) -> list[SessionRecord]:
        """The owner's conversations, those in memory first, then from the store, newest first."""
        await self._left(owner)
        live = [bridge.live.record() for bridge in self._bridges.values() if bridge.owner == owner]
        known = {record.conversation for record in live}
        stored = await self._house.store.list(owner)
        return [*reversed(live), *(record for record in stored if record.conversation not in known)]

    async def delete(self, conversation: str, owner: str) -> bool:
        """End the conversation where it is live, and delete it truly."""
        bridge = self.live(conversation, owner)
        if bridge is not None:
            bridge.forget()
        await self._left(owner, conversation)
        deleted = await self._house.store.delete(conversation, owner)
        return deleted or bridge is not None

    async def drain(self) -> None:
        """Say goodbye to everyone, save every record, close every connection to the model; within the deadline."""
        self.draining = True
        for bridge in list(self._bridges.values()):
            bridge.drain()
        if self._leaving:
            await asyncio.wait(self._leaving.values(), timeout=self._house.limits.drain_ms / 1000)
        await self._closing.close()
