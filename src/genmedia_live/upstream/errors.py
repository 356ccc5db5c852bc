"""What a failure on the model's side means: one code of ours for every exception, close code and HTTP status.

The SDK raises three families: its own `APIError` (whose code is a WebSocket close code when it is 1000 or more, else an HTTP
status), websockets' exceptions, and whatever Python raises over a message that it can't read (`UNREADABLE`).
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from typing import Any, Literal

from google.auth import exceptions as auth
from google.genai import errors as sdk
from websockets import exceptions as ws

from genmedia_live.core.errors import PROBLEMS, GenmediaError, error

Phase = Literal["open", "live"]

UNREADABLE = (TypeError, ValueError, AttributeError, LookupError, RecursionError)
"""What the SDK raises for a message that it can't read: an unknown frame, text that is not JSON, JSON that is not an object, a
field of another type (pydantic's ValidationError is a ValueError).
"""

QUOTA_WAIT_MS = 10_000
"""What to wait for when the server names no time: quotas are counted by the minute."""

# ---- close reasons

_REASONS: tuple[tuple[str, str], ...] = (
    # Gemini Developer API, close 1007, as reported by its users.
    ("API key not valid", "token_invalid"),
    ("API key expired", "token_expired"),
    ("Your API key was reported as leaked", "token_invalid"),
    # Google Cloud's standing sentences (the same as in its REST error bodies), close 1008 or 1007.
    ("Request had invalid authentication credentials", "token_invalid"),
    ("Request had insufficient authentication scopes", "token_scope"),
    ("Generative Language API has not been used in project", "api_disabled"),
    ("Vertex AI API has not been used in project", "api_disabled"),
    ("Your project has been denied access", "project_denied"),
    ("This API method requires billing to be enabled", "project_denied"),
    ("Permission 'aiplatform.", "project_denied"),
    ("models/", "model_unavailable"),  # "models/X is not found for API version v1beta, or is not supported for ..."
    ("Publisher Model", "model_unavailable"),
    ("Requested voice api_name", "unknown_voice"),  # "... 'X' is not available for model Y", close 1007
    # Quota, close 1011.
    ("You exceeded your current quota", "quota"),
    ("Your prepayment credits are depleted", "quota"),
    ("Your project has exceeded its monthly spending cap", "quota"),
    ("Resource has been exhausted", "quota"),
    ("RESOURCE_EXHAUSTED", "quota"),
    # Resumption with a handle that is too old, close 1008 or 1007.
    ("BidiGenerateContent session not found", "handle_refused"),
    ("BidiGenerateContent session expired", "handle_refused"),
    ("Session not found", "handle_refused"),
    ("Session expired", "handle_refused"),
)
"""Beginnings of close reasons -> code. Google closes with a sentence and nothing else; it cuts reasons at 123 bytes."""

_CLOSE_CODES: dict[int, str] = {
    1002: "upstream_refused",
    1003: "upstream_refused",
    1007: "upstream_refused",
    1008: "upstream_refused",
}
"""RFC 6455 7.4.1: the peer objects to what was sent. Every other code means that the connection is over, no more."""


def from_close(code: int, reason: str, *, resuming: bool = False) -> GenmediaError:
    """The error for a WebSocket close.

    With `resuming`, a refusal without a known reason is laid to the handle: Google closes with 1007 and 1008 for an expired one
    too. A session opened without the handle then tells.
    """
    known = next((meaning for start, meaning in _REASONS if reason.lower().startswith(start.lower())), None)
    meaning = known or _CLOSE_CODES.get(code, "upstream_lost")
    if resuming and known is None and meaning == "upstream_refused":
        meaning = "handle_refused"
    return _problem(meaning, f"close {code}", reason)


# ---- HTTP

_ERROR_INFO: dict[str, str] = {
    "ACCESS_TOKEN_EXPIRED": "token_expired",
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": "token_invalid",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "token_scope",
    "CREDENTIALS_MISSING": "token_invalid",
    "API_KEY_INVALID": "token_invalid",
    "API_KEY_SERVICE_BLOCKED": "token_invalid",
    "SERVICE_DISABLED": "api_disabled",
    "IAM_PERMISSION_DENIED": "project_denied",
    "USER_PROJECT_DENIED": "project_denied",
    "CONSUMER_INVALID": "project_denied",
    "RESOURCE_PROJECT_INVALID": "project_denied",
    "BILLING_DISABLED": "project_denied",
    "RATE_LIMIT_EXCEEDED": "quota",
}
"""google.rpc.ErrorInfo.reason, domain googleapis.com (google/api/error_reason.proto) -> code."""

_STATUSES: dict[int, str] = {
    401: "token_invalid",
    403: "project_denied",
    404: "model_unavailable",
    408: "upstream_timeout",
    429: "quota",
    504: "upstream_timeout",
}


def from_http(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> GenmediaError:
    """The error for an HTTP answer: `body` is bytes, text or decoded JSON in Google's error envelope, or nothing of the kind."""
    reason = error_info_reason(body)
    fallback = "upstream_unreachable" if status >= 500 else "upstream_refused"
    meaning = _ERROR_INFO.get(reason) or _STATUSES.get(status, fallback)
    wait = (headers or {}).get("Retry-After", "")
    return _problem(meaning, f"HTTP {status}", reason, retry_after_ms=int(wait) * 1000 if wait.isdecimal() else None)


def error_info_reason(body: Any) -> str:
    """The `reason` of the `ErrorInfo` in Google's error envelope, or an empty string."""
    if isinstance(body, bytes | str):
        try:
            body = json.loads(body)
        except ValueError:
            return ""
    match body:
        case [first, *_]:  # some endpoints wrap the envelope in a list
            return error_info_reason(first)
        case {"error": {"details": list(details)}}:
            reasons = (detail.get("reason") for detail in details if isinstance(detail, dict))
            return next((reason for reason in reasons if isinstance(reason, str)), "")
    return ""


# ---- exceptions


def classify(failure: BaseException, *, phase: Phase, api: str = "vertex", resuming: bool = False) -> GenmediaError:
    """The error of ours for whatever the SDK, websockets, google-auth or the system raised.

    Args:
        failure: the exception.
        phase: whether a session was being opened, or was open.
        api: "vertex", "gemini" or "engine", for the sentence.
        resuming: whether it was being opened with a resumption handle.
    """
    match failure:
        case GenmediaError():
            return failure
        case sdk.APIError():
            return _from_sdk(failure, resuming)
        case ws.ConnectionClosed():
            return _from_closed(failure, resuming)
        case ws.InvalidStatus():
            return from_http(failure.response.status_code, failure.response.body, failure.response.headers)
        case auth.GoogleAuthError():
            return _from_auth(failure)
        case ssl.SSLCertVerificationError():
            return error("upstream_unreachable", "The certificate of the model's server is not trusted.")
        case TimeoutError():
            return error("upstream_timeout")
        case OSError() | ws.InvalidHandshake() | ws.InvalidURI() | EOFError():
            return _unreachable(phase, api)
    if isinstance(failure, UNREADABLE):
        return error("upstream_lost", "The model's server said something that can't be understood.")
    return error("internal")


def _from_sdk(failure: sdk.APIError, resuming: bool) -> GenmediaError:
    code = failure.code if isinstance(failure.code, int) else 1006
    if code < 1000:  # a frame that is an HTTP error in JSON
        return from_http(code, failure.details)
    closed = failure.__context__
    if isinstance(closed, ws.ConnectionClosed):
        return _from_closed(closed, resuming)
    return from_close(code, failure.details if isinstance(failure.details, str) else "", resuming=resuming)


def _from_closed(closed: ws.ConnectionClosed, resuming: bool) -> GenmediaError:
    """A close that we sent because of what came (too big, not UTF-8) says more than the 1006 that the SDK makes of it."""
    frame = closed.rcvd or closed.sent
    if frame is None:
        return _problem("upstream_lost", "no close frame", "")
    return from_close(frame.code, frame.reason, resuming=resuming)


def _from_auth(failure: auth.GoogleAuthError) -> GenmediaError:
    match failure:
        case auth.DefaultCredentialsError():
            return error("token_invalid", "The server found no Google credentials that it can use.")
        case auth.TransportError() | auth.TimeoutError():
            return error("upstream_unreachable", "Google's token service can't be reached.")
        case auth.RefreshError(retryable=True):
            return error("upstream_unreachable", "Google's token service did not answer as it should.")
    return error("token_expired")


def _unreachable(phase: Phase, api: str) -> GenmediaError:
    if phase == "live":
        return error("upstream_lost")
    return error("engine_unavailable" if api == "engine" else "upstream_unreachable")


# ---- sentences

_SECRET = re.compile(r"(?:ya29\.|AIza|AQ\.|auth_tokens/|eyJ)[\w./+=-]+|(?i:bearer\s+)\S+")
_DETAIL_CHARS = 300


def _problem(meaning: str, where: str, detail: str, retry_after_ms: int | None = None) -> GenmediaError:
    """The table's sentence, and in brackets what the server gave as its reason, without secrets and control characters."""
    detail = _SECRET.sub("(hidden)", "".join(c if c.isprintable() else " " for c in detail))[:_DETAIL_CHARS].strip()
    if meaning == "quota" and retry_after_ms is None:
        retry_after_ms = QUOTA_WAIT_MS
    said = f"{where}: {detail}" if detail else where
    return error(meaning, f"{PROBLEMS[meaning].message} ({said})", retry_after_ms=retry_after_ms)
