"""Targets and settings for tests against the scripted server."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from google.oauth2.credentials import Credentials

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.events import ModelEvent
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.ports import UpstreamLink
from genmedia_live.upstream.credentials import Target, engine_target
from genmedia_live.upstream.profiles import Api, default_settings
from tests.upstream.live_server import LiveServer

APIS: tuple[Api, ...] = ("vertex", "gemini", "engine")
LIMITS = replace(Limits(), close_timeout_ms=300)


def target(live: LiveServer, api: Api = "vertex") -> Target:
    match api:
        case "vertex":
            token = Credentials(token="ya29.FAKE")  # type: ignore[no-untyped-call]
            return Target(api, live.url, live.ca, "my-project", "europe-west4", credentials=token)
        case "gemini":
            return Target(api, live.url, live.ca, api_key="AIzaFAKE")
        case "engine":
            return engine_target(live.port, live.ca)


def settings(api: Api = "vertex") -> SessionSettings:
    return default_settings(api)


async def heard(link: UpstreamLink, count: int | None = None) -> tuple[list[ModelEvent], GenmediaError | None]:
    """The next `count` events, or all of them and the error that they end with."""
    events: list[ModelEvent] = []
    try:
        async with asyncio.timeout(20):
            async for event in link.events():
                events.append(event)
                if len(events) == count:
                    return events, None
    except GenmediaError as end:
        return events, end
    raise AssertionError("events() ended without an error")
