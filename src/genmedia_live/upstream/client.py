"""The SDK's client for a target: one for all of its sessions, with one TLS context and transport options fit for a gateway."""

from __future__ import annotations

import logging
import ssl
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import certifi
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from genmedia_live.core.limits import Limits
from genmedia_live.upstream.credentials import Target
from genmedia_live.upstream.fastlane import FastLane

API_VERSIONS = {"vertex": "v1beta1", "engine": "v1beta1", "gemini": "v1beta"}
"""The documented endpoints of the Live API."""

_frames_log = logging.getLogger("genmedia_live.upstream.frames")
_frames_log.setLevel(logging.WARNING)
"""websockets' logger: below this level it would write headers, with their credentials, and the frames themselves."""


@lru_cache(maxsize=8)
def tls_context(ca: str | None, only: bool) -> ssl.SSLContext:
    """A TLS context that trusts `ca` (PEM), and unless `only`, what the system and certifi's list trust.

    It is shared: making one costs 30 ms and more than a megabyte.

    Raises:
        ssl.SSLError: `ca` holds no certificate.
    """
    if only:
        return ssl.create_default_context(cadata=ca)
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    if ca is not None:
        context.load_verify_locations(cadata=ca)
    return context


def http_options(target: Target, limits: Limits) -> types.HttpOptions:
    """Transport options; those in `async_client_args` are websockets' (the SDK hands them through)."""
    context = tls_context(target.ca, target.api == "engine")
    websocket: dict[str, Any] = {
        "ssl": context,
        "verify": context,
        # Pongs of the real service have come 8 to 30 s late; whether a link lives is judged by what the model says.
        "ping_interval": None,
        "open_timeout": limits.open_timeout_ms / 1000,
        "close_timeout": limits.close_timeout_ms / 1000,
        "max_size": limits.upstream_message_bytes,
        "max_queue": limits.upstream_read_ahead,
        "compression": None,
        "logger": _frames_log,
        "create_connection": FastLane,
    }
    if _is_loopback(target.base_url):
        # Elsewhere it is left out: True, which tells websockets to ask the environment, breaks the SDK's HTTP client.
        websocket["proxy"] = None
    return types.HttpOptions(
        base_url=target.base_url,
        api_version=API_VERSIONS[target.api],
        client_args={"verify": context},
        async_client_args=websocket,
    )


def _is_loopback(url: str | None) -> bool:
    return url is not None and urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def new_client(target: Target, limits: Limits) -> genai.Client:
    """A client of the SDK.

    Project and location are passed, never left to the environment: with a base URL of ours the SDK would drop those that it
    reads there, and with them the path and the credentials.
    """
    options = http_options(target, limits)
    if target.api == "gemini":
        return genai.Client(vertexai=False, api_key=target.api_key, http_options=options)
    if target.project is None:
        return genai.Client(vertexai=True, api_key=target.api_key, http_options=options)
    # A session with a token of its own sends that; the client must hold something, or it would search the machine.
    credentials = Credentials(token="unused") if target.access_token is not None else target.credentials  # type: ignore[no-untyped-call]
    return genai.Client(
        vertexai=True,
        project=target.project,
        location=target.location,
        credentials=credentials,
        http_options=options,
    )


def session_options(target: Target, version: str | None = None) -> types.HttpOptions | None:
    """Per-session options: the API's version, and the header with the target's own token, which replaces the client's."""
    if target.access_token is None and version is None:
        return None
    headers = {"Authorization": f"Bearer {target.access_token}"} if target.access_token is not None else None
    return types.HttpOptions(headers=headers, api_version=version)
