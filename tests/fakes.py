"""Fakes of the house's ports, held to the same contract suites as the real things."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence

from genmedia_live.core.actions import ModelInput
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.core.events import ModelEvent
from genmedia_live.core.record import SessionSettings
from genmedia_live.ports import Cancelled, FunctionDeclaration


class FakeLink:
    """A connection to a model (`ports.UpstreamLink`) on which a test speaks for the model. It notes what it was sent."""

    def __init__(
        self,
        capabilities: Capabilities,
        settings: SessionSettings,
        handle: str | None,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> None:
        self._capabilities = capabilities
        self.settings = settings
        self.handle = handle
        self.tools = tuple(tools)
        self.sent: list[ModelInput] = []
        self.closed = False
        self._said: asyncio.Queue[ModelEvent | None] = asyncio.Queue()
        self._ended: GenmediaError | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def say(self, *events: ModelEvent) -> None:
        """The model says these."""
        for event in events:
            self._said.put_nowait(event)

    def lose(self, code: str = "upstream_lost") -> None:
        """The connection ends, after all that was said."""
        self._ended = self._ended or error(code)
        self._said.put_nowait(None)

    async def send(self, message: ModelInput) -> None:
        if self._ended is not None:
            raise error(self._ended.code)
        self.sent.append(message)

    async def events(self) -> AsyncIterator[ModelEvent]:
        while (event := await self._said.get()) is not None:
            yield event
        self._said.put_nowait(None)  # the end stays the end, for every reader
        raise error(self._ended.code if self._ended is not None else "upstream_lost")

    async def close(self) -> None:
        self.closed = True
        self.lose()


class FakeUpstream:
    """Where sessions come from (`ports.Upstream`). `links` are those opened so far, the newest last."""

    def __init__(self, capabilities: Capabilities | None = None) -> None:
        self.capabilities = capabilities or Capabilities()
        self.links: list[FakeLink] = []
        self.closed = False
        self._refusals: list[str] = []
        self._opened = asyncio.Condition()

    @property
    def link(self) -> FakeLink:
        """The newest link."""
        return self.links[-1]

    def refuse(self, *codes: str) -> None:
        """The next openings fail, one with each code."""
        self._refusals.extend(codes)

    async def open(
        self, settings: SessionSettings, handle: str | None = None, tools: Sequence[FunctionDeclaration] = ()
    ) -> FakeLink:
        if self._refusals:
            raise error(self._refusals.pop(0))
        link = FakeLink(self.capabilities, settings, handle, tools)
        async with self._opened:
            self.links.append(link)
            self._opened.notify_all()
        return link

    async def opened(self, count: int = 1) -> FakeLink:
        """Wait for the link of that number, counted from 1."""
        async with self._opened:
            await self._opened.wait_for(lambda: len(self.links) >= count)
        return self.links[count - 1]

    async def close(self) -> None:
        self.closed = True


class FakeEyes:
    """Eyes (`ports.Eyes`) that know some pictures by heart, and look at any only when they may: at once unless told to wait."""

    def __init__(self, known: Mapping[bytes, str] | None = None, *, wait: bool = False) -> None:
        self.known = dict(known or {})
        self.looked_at: list[bytes] = []
        self.given_up: list[bytes] = []
        self.may_look = threading.Event()
        if not wait:
            self.may_look.set()

    def look(self, picture: bytes, cancelled: Cancelled = lambda: False) -> str:
        self.looked_at.append(picture)
        while not self.may_look.wait(0.01):
            if cancelled():
                self.given_up.append(picture)
                return ""
        if picture not in self.known:
            raise ValueError("This is no picture.")
        return self.known[picture]
