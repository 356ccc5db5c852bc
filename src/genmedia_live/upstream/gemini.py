"""The adapter: sessions with a Live model through Google's SDK, as the house's ports name them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from google import genai
from google.genai import types
from google.genai.live import AsyncSession

from genmedia_live.core.actions import ModelInput, SendAudio, SendFrame
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.core.events import ModelEvent
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.ports import FunctionDeclaration
from genmedia_live.upstream import fastlane
from genmedia_live.upstream.client import new_client, session_options
from genmedia_live.upstream.credentials import Target
from genmedia_live.upstream.errors import UNREADABLE, classify
from genmedia_live.upstream.fastlane import FastLane
from genmedia_live.upstream.live_config import api_version, live_config
from genmedia_live.upstream.profiles import Profile, check_settings
from genmedia_live.upstream.translate import model_events, sdk_call

log = logging.getLogger(__name__)


class GeminiUpstream:
    """Opens sessions at one target (`ports.Upstream`). With `fast_lane` off, voice takes the SDK's own way too."""

    def __init__(self, target: Target, limits: Limits | None = None, *, fast_lane: bool = True) -> None:
        self._target = target
        self._limits = limits or Limits()
        self._fast = fast_lane
        self._client: genai.Client | None = None

    async def open(
        self, settings: SessionSettings, handle: str | None = None, tools: Sequence[FunctionDeclaration] = ()
    ) -> GeminiLink:
        """Open a session, or resume the one that `handle` names; the old link must be closed before.

        Raises:
            GenmediaError: the settings do not fit the model, or whatever the model's side did; its code says what.
        """
        profile = check_settings(settings, self._target.api)
        config = live_config(settings, profile, self._target.api, handle, tools)
        config.http_options = session_options(self._target, api_version(config, self._target.api))
        hold = AsyncExitStack()
        connections: list[FastLane] = []
        token = fastlane.made.set(connections)
        try:
            # The SDK itself would wait for the answer to the set-up for ever.
            async with asyncio.timeout(self._limits.open_timeout_ms / 1000):
                session = await hold.enter_async_context(self._connected().aio.live.connect(model=profile.name, config=config))
        except Exception as failure:
            known = classify(failure, phase="open", api=self._target.api, resuming=handle is not None)
            _note(known, failure)
            raise known from failure
        finally:
            fastlane.made.reset(token)
        link = GeminiLink(
            session, hold, connections[-1] if connections else None, profile, self._target, self._limits, self._fast
        )
        if session.setup_complete is None:
            await link.close()
            raise error("upstream_lost", "The model's server did not answer the set-up.")
        return link

    def _connected(self) -> genai.Client:
        if self._client is None:
            self._client = new_client(self._target, self._limits)
        return self._client

    async def close(self) -> None:
        """Release the client. Links are closed by who opened them."""
        client, self._client = self._client, None
        if client is not None:
            await client.aio.aclose()
            client.close()


class GeminiLink:
    """One open session (`ports.UpstreamLink`). Each `send` is one message on the wire, so its sender may count them."""

    def __init__(
        self,
        session: AsyncSession,
        hold: AsyncExitStack,
        connection: FastLane | None,
        profile: Profile,
        target: Target,
        limits: Limits,
        fast: bool,
    ) -> None:
        """Own `session` and `hold`, which closes it. `connection` is the socket below it, when the SDK let it be ours."""
        self._session = session
        self._hold = hold
        self._connection = connection
        self._lane = connection if fast else None
        self._profile = profile
        self._api = target.api
        self._limits = limits
        self._turn: AsyncIterator[types.LiveServerMessage] | None = None
        self._ended: GenmediaError | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self._profile.capabilities(self._api)

    # ---- to the model

    async def send(self, message: ModelInput) -> None:
        """Say something to the model; waits while the socket is full, at most for the send deadline.

        Raises:
            GenmediaError: the connection is gone.
        """
        if self._ended is not None:
            raise _again(self._ended)
        try:
            async with asyncio.timeout(self._limits.send_timeout_ms / 1000):
                await self._say(message)
        except TimeoutError as failure:
            self._abort()
            raise self._end(error("upstream_lost", "The model's server takes nothing any more.")) from failure
        except Exception as failure:
            known = classify(failure, phase="live", api=self._api)
            _note(known, failure)
            raise self._end(known) from failure

    async def _say(self, message: ModelInput) -> None:
        if self._lane is not None and isinstance(message, SendAudio | SendFrame):
            await self._lane.send_media(message)
            return
        call = sdk_call(message, self._profile.typed_text)
        await getattr(self._session, call.method)(**call.arguments)

    # ---- from the model

    async def events(self) -> AsyncIterator[ModelEvent]:
        """Everything that the model says, over all turns, until the connection ends. One reader at a time.

        Raises:
            GenmediaError: always, in the end.
        """
        unreadable = 0
        while True:
            try:
                said = await self._next()
            except UNREADABLE as failure:
                # What it held is not logged: it may be the user's words.
                unreadable += 1
                log.warning("unreadable message from the model", extra={"kind": type(failure).__name__, "in_a_row": unreadable})
                if unreadable >= self._limits.upstream_unreadable:
                    raise self._end(classify(failure, phase="live", api=self._api)) from failure
                continue
            except Exception as failure:
                known = classify(failure, phase="live", api=self._api)
                _note(known, failure)
                raise self._end(known) from failure
            if said is not None:
                unreadable = 0
                for event in said:
                    yield event

    async def _next(self) -> Sequence[ModelEvent] | None:
        """What the next message says; None when there was no message, only the end of the SDK's iteration over a turn."""
        if self._lane is not None and (voice := await self._lane.next_voice()) is not None:
            return voice
        if self._turn is None:
            self._turn = self._session.receive()
        try:
            return model_events(await anext(self._turn))
        except StopAsyncIteration:
            self._turn = None
            return None

    # ---- the end

    def _end(self, reason: GenmediaError) -> GenmediaError:
        """The first reason is the one that every later call meets."""
        self._ended = self._ended or reason
        return _again(self._ended)

    def _abort(self) -> None:
        if self._connection is not None:
            self._connection.abort()

    async def close(self) -> None:
        """Close, within the close deadline; after it the socket is dropped. Never raises."""
        self._end(error("upstream_lost", "The connection to the model was closed here."))
        try:
            # websockets has the same deadline for the peer's answer, but none for the write before it.
            async with asyncio.timeout(2 * self._limits.close_timeout_ms / 1000):
                await self._hold.aclose()
        except Exception as failure:
            log.info("the link did not close in order", extra={"kind": type(failure).__name__})
        finally:
            self._abort()


def _again(reason: GenmediaError) -> GenmediaError:
    """A copy to raise: an exception that is raised over and over collects tracebacks."""
    problem = reason.problem
    return error(problem.code, problem.message, ref=problem.ref, retry_after_ms=problem.retry_after_ms)


def _note(known: GenmediaError, failure: Exception) -> None:
    """An exception that nobody has foreseen is a defect of ours, and must be seen."""
    if known.code == "internal":
        log.error("unforeseen failure at the model's side", exc_info=failure)
