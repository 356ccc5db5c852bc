from __future__ import annotations

import json
import socket
import ssl
from typing import Any

import pytest
from google.auth import exceptions as auth
from google.genai import errors as sdk
from hypothesis import given
from hypothesis import strategies as st
from websockets import exceptions as ws
from websockets.datastructures import Headers
from websockets.frames import Close
from websockets.http11 import Response

from genmedia_live.core.errors import ClientFault, error
from genmedia_live.upstream.errors import classify, error_info_reason, from_close, from_http

CLOSES = [
    (1000, "", "upstream_lost"),
    (1001, "going away", "upstream_lost"),
    (1005, "", "upstream_lost"),
    (1006, "", "upstream_lost"),
    (1007, "Request contains an invalid argument.", "upstream_refused"),
    (1007, "API key not valid. Please pass a valid API key.", "token_invalid"),
    (1007, "API key expired. Please renew the API key.", "token_expired"),
    (1007, "Precondition check failed.", "upstream_refused"),
    (1007, "Sample rate changed from previously 16000 to 8000, which is not supported", "upstream_refused"),
    (1007, "Thinking level must be specified for this model", "upstream_refused"),
    (1007, "Requested voice api_name 'Breeze' is not available for model models/x", "unknown_voice"),
    (
        1008,
        "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent. Call Li",
        "model_unavailable",
    ),
    (1008, "Publisher Model `projects/p/locations/l/publishers/google/models/x` was not found", "model_unavailable"),
    (1008, "Operation is not implemented, or supported, or enabled.", "upstream_refused"),
    (1008, "BidiGenerateContent session not found", "handle_refused"),
    (1008, "BidiGenerateContent session expired", "handle_refused"),
    (1007, "BidiGenerateContent session expired", "handle_refused"),
    (1008, "Request had insufficient authentication scopes.", "token_scope"),
    (1008, "Request had invalid authentication credentials. Expected OAuth 2 access token", "token_invalid"),
    (1008, "Generative Language API has not been used in project 7 before or it is disabled.", "api_disabled"),
    (1008, "Vertex AI API has not been used in project 7 before or it is disabled.", "api_disabled"),
    (1008, "Your project has been denied access. Please contact support.", "project_denied"),
    (1008, "Permission 'aiplatform.endpoints.predict' denied on resource", "project_denied"),
    (1008, "Your API key was reported as leaked. Please use another API key.", "token_invalid"),
    (1009, "too big", "upstream_lost"),
    (1011, "Internal error encountered.", "upstream_lost"),
    (1011, "The service is currently unavailable.", "upstream_lost"),
    (1011, "Deadline expired before operation could complete.", "upstream_lost"),
    (1011, "You exceeded your current quota, please check your plan and billing details.", "quota"),
    (1011, "Your project has exceeded its monthly spending cap.", "quota"),
    (1011, "Your prepayment credits are depleted.", "quota"),
    (1011, "RESOURCE_EXHAUSTED: too many concurrent sessions", "quota"),
    (1012, "", "upstream_lost"),
    (4001, "custom", "upstream_lost"),
    (1007, "A sentence that nobody has seen yet", "upstream_refused"),
    (1011, "A sentence that nobody has seen yet", "upstream_lost"),
    (1007, "", "upstream_refused"),
]


@pytest.mark.parametrize(("code", "reason", "expected"), CLOSES)
def test_closes(code: int, reason: str, expected: str) -> None:
    closed = ws.ConnectionClosedError(Close(code, reason), None)
    told = sdk.APIError(code, reason, None)
    assert from_close(code, reason).code == expected
    assert classify(closed, phase="live").code == expected
    assert classify(told, phase="live").code == expected


@pytest.mark.parametrize(("code", "reason", "expected"), CLOSES)
def test_a_refusal_without_a_known_reason_is_laid_to_the_handle(code: int, reason: str, expected: str) -> None:
    unknown = expected == "upstream_refused"
    assert from_close(code, reason, resuming=True).code == ("handle_refused" if unknown else expected)


def test_the_reason_is_told() -> None:
    assert str(from_close(1008, "Operation is not implemented.")) == (
        "The model refused the request. (close 1008: Operation is not implemented.)"
    )
    assert str(from_close(1006, "")) == "The connection to the model was lost. (close 1006)"


def test_a_quota_says_when_to_come_back() -> None:
    assert from_close(1011, "You exceeded your current quota").problem.retry_after_ms == 10_000
    assert from_http(429, headers={"Retry-After": "30"}).problem.retry_after_ms == 30_000
    assert from_http(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}).problem.retry_after_ms == 10_000
    assert from_close(1011, "").problem.retry_after_ms is None


SECRETS = [
    "ya29.a0AfB_x-1",
    "AIzaSyD-x_1234567890",
    "AQ.Ab8RN6-x",
    "auth_tokens/abc.def",
    "eyJhbGciOi.eyJzdWIi.c2ln",
    "Bearer s3cr3t",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_told(secret: str) -> None:
    told = str(from_close(1007, f"the key {secret} is wrong"))
    assert secret.removeprefix("Bearer ") not in told
    assert "the key (hidden) is wrong" in told


@given(st.integers(1000, 4999), st.text())
def test_no_reason_is_a_surprise(code: int, reason: str) -> None:
    told = str(from_close(code, reason))
    assert told.isprintable()
    assert len(told) < 500


def envelope(reason: str, status: int = 403) -> dict[str, Any]:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    return {"error": {"code": status, "message": "m", "status": "S", "details": [{"@type": "x"}, info]}}


HTTP = [
    (400, None, "upstream_refused"),
    (401, None, "token_invalid"),
    (401, "ACCESS_TOKEN_EXPIRED", "token_expired"),
    (401, "ACCESS_TOKEN_TYPE_UNSUPPORTED", "token_invalid"),
    (400, "API_KEY_INVALID", "token_invalid"),
    (403, None, "project_denied"),
    (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "token_scope"),
    (403, "SERVICE_DISABLED", "api_disabled"),
    (403, "IAM_PERMISSION_DENIED", "project_denied"),
    (403, "USER_PROJECT_DENIED", "project_denied"),
    (403, "CONSUMER_INVALID", "project_denied"),
    (403, "BILLING_DISABLED", "project_denied"),
    (403, "SOMETHING_NEW", "project_denied"),
    (404, None, "model_unavailable"),
    (408, None, "upstream_timeout"),
    (429, None, "quota"),
    (429, "RATE_LIMIT_EXCEEDED", "quota"),
    (500, None, "upstream_unreachable"),
    (503, None, "upstream_unreachable"),
    (504, None, "upstream_timeout"),
    (302, None, "upstream_refused"),
]


@pytest.mark.parametrize(("status", "reason", "expected"), HTTP)
def test_http(status: int, reason: str | None, expected: str) -> None:
    body = json.dumps(envelope(reason, status)).encode() if reason else b"<html>"
    refused = ws.InvalidStatus(Response(status, "no", Headers(), body))
    assert classify(refused, phase="open").code == expected
    assert from_http(status, body).code == expected


@pytest.mark.parametrize(("status", "reason", "expected"), HTTP)
def test_http_errors_of_the_sdk(status: int, reason: str | None, expected: str) -> None:
    told = sdk.APIError(status, envelope(reason, status) if reason else {"message": "m"}, None)
    assert classify(told, phase="live").code == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (envelope("X"), "X"),
        ([envelope("X")], "X"),
        (json.dumps([envelope("X")]), "X"),
        (b"\xff", ""),
        ("", ""),
        (None, ""),
        ([], ""),
        ({"error": "invalid_token"}, ""),
        ({"error": {"details": [{"reason": 7}, "x"]}}, ""),
    ],
)
def test_error_info(body: Any, reason: str) -> None:
    assert error_info_reason(body) == reason


def test_an_html_page_is_not_told() -> None:
    assert "<html>" not in str(from_http(503, "<html>secret</html>"))


@pytest.mark.parametrize(
    ("failure", "opening", "living"),
    [
        (TimeoutError(), "upstream_timeout", "upstream_timeout"),
        (ConnectionRefusedError(111, "refused"), "upstream_unreachable", "upstream_lost"),
        (ConnectionResetError(), "upstream_unreachable", "upstream_lost"),
        (socket.gaierror(-2, "no such name"), "upstream_unreachable", "upstream_lost"),
        (ssl.SSLError(1, "wrong version"), "upstream_unreachable", "upstream_lost"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "upstream_unreachable", "upstream_unreachable"),
        (ws.InvalidHandshake("x"), "upstream_unreachable", "upstream_lost"),
        (ws.InvalidMessage("x"), "upstream_unreachable", "upstream_lost"),
        (ws.ProxyError("x"), "upstream_unreachable", "upstream_lost"),
        (EOFError(), "upstream_unreachable", "upstream_lost"),
        (ws.ConnectionClosedOK(Close(1000, ""), None), "upstream_lost", "upstream_lost"),
        (ws.ConnectionClosedError(None, None), "upstream_lost", "upstream_lost"),
        (ws.ConnectionClosedError(None, Close(1009, "over the limit")), "upstream_lost", "upstream_lost"),
        (TypeError("'<=' not supported"), "upstream_lost", "upstream_lost"),
        (ValueError("Failed to parse response: secret"), "upstream_lost", "upstream_lost"),
        (RecursionError(), "upstream_lost", "upstream_lost"),
        (auth.RefreshError("invalid_grant: expired or revoked"), "token_expired", "token_expired"),  # type: ignore[no-untyped-call]
        (auth.RefreshError("busy", retryable=True), "upstream_unreachable", "upstream_unreachable"),  # type: ignore[no-untyped-call]
        (auth.TransportError("no network"), "upstream_unreachable", "upstream_unreachable"),  # type: ignore[no-untyped-call]
        (auth.DefaultCredentialsError("none"), "token_invalid", "token_invalid"),  # type: ignore[no-untyped-call]
        (RuntimeError("a defect"), "internal", "internal"),
    ],
)
def test_exceptions(failure: Exception, opening: str, living: str) -> None:
    assert classify(failure, phase="open").code == opening
    assert classify(failure, phase="live").code == living
    assert "secret" not in str(classify(failure, phase="live"))


def test_the_engine_has_a_code_of_its_own_when_it_is_not_there() -> None:
    assert classify(ConnectionRefusedError(), phase="open", api="engine").code == "engine_unavailable"


def test_an_error_of_ours_stays_what_it_is() -> None:
    own = error("unknown_voice")
    assert classify(own, phase="open") is own


def test_faults_keep_their_class() -> None:
    assert isinstance(from_close(1007, "API key not valid"), ClientFault)
