"""The models as Google's REST lists them: those that the engine answers as, and its own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from genmedia_live.engine.front.failures import Failure, invalid
from genmedia_live.engine.front.request import Response, answer
from genmedia_live.engine.protocol.profiles import LOCAL, PROFILES, Backend, Profile, named

PAGE = 50
"""Models on a page, when the client names no number."""
LONGEST_PAGE = 1_000


def find(name: str, backend: Backend) -> dict[str, Any] | None:
    """The model of this name; None when the API does not serve it."""
    profile = named(name)
    known = profile is not None and backend in profile.backends and (profile is not LOCAL or name == LOCAL.name)
    return _document(profile, name, backend) if profile is not None and known else None


def page(backend: Backend, query: Mapping[str, str]) -> Response | Failure:
    """One page of the models, as `pageSize` and `pageToken` ask for it."""
    size, token = query.get("pageSize", ""), query.get("pageToken", "")
    try:
        length = min(int(size or 0) or PAGE, LONGEST_PAGE)
        start = int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, binascii.Error):
        return invalid("Invalid value at 'page_token' or 'page_size'.")
    if length < 0 or start < 0:
        return invalid("Invalid value at 'page_token' or 'page_size'.")
    profiles = [profile for profile in (*PROFILES, LOCAL) if backend in profile.backends]
    field = "models" if backend == "gemini" else "publisherModels"
    document: dict[str, Any] = {field: [_document(it, it.name, backend) for it in profiles[start : start + length]]}
    if start + length < len(profiles):
        document["nextPageToken"] = base64.urlsafe_b64encode(str(start + length).encode()).decode()
    return answer(document)


def _document(profile: Profile, name: str, backend: Backend) -> dict[str, Any]:
    own = profile is LOCAL
    document: dict[str, Any] = {
        "name": f"models/{name}" if backend == "gemini" else f"publishers/google/models/{name}",
        "displayName": "GenMedia Live, on this machine" if own else name.replace("-", " ").title(),
        "description": "The engine's own model." if own else "The engine answers as this model does on the wire.",
        "inputTokenLimit": profile.window,
        "outputTokenLimit": profile.answer,
        "supportedGenerationMethods": ["bidiGenerateContent"],
    }
    if backend == "gemini":
        return {**document, "version": "001", "thinking": profile.thinking != "no", "temperature": 1, "maxTemperature": 2}
    return {**document, "versionId": "default", "launchStage": "PUBLIC_PREVIEW" if "preview" in name else "GA"}
