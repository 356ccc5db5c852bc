"""How Google's APIs fail: one failure, said as an HTTP error body or as the close of a Live connection.

The envelope is that of Google's API design guide (AIP-193), with `google.rpc.ErrorInfo` where the reason has a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genmedia_live.engine.front.request import Header, Response, answer
from genmedia_live.engine.protocol.messages import Close

STATUSES: dict[str, tuple[int, int]] = {
    "INVALID_ARGUMENT": (400, 1007),
    "FAILED_PRECONDITION": (400, 1007),
    "UNAUTHENTICATED": (401, 1008),
    "PERMISSION_DENIED": (403, 1008),
    "NOT_FOUND": (404, 1008),
    "RESOURCE_EXHAUSTED": (429, 1011),
    "INTERNAL": (500, 1011),
    "UNIMPLEMENTED": (501, 1008),
    "DEADLINE_EXCEEDED": (504, 1011),
}
"""Each `google.rpc.Code` used here: its HTTP status (google/rpc/code.proto), and its close code as users of Live report it."""

REALM = 'Bearer realm="https://accounts.google.com/"'


@dataclass(frozen=True, slots=True)
class Failure:
    """One way to fail."""

    status: str
    message: str
    reason: str = ""
    """`ErrorInfo.reason`; empty for failures that come without one."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    domain: str = "googleapis.com"
    http: int | None = None
    """For a status of HTTP's own, which no `google.rpc.Code` stands for."""
    headers: tuple[Header, ...] = ()

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.http or STATUSES[self.status][0]

    def response(self) -> Response:
        """As an answer to a request."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.reason:
            info = {"reason": self.reason, "domain": self.domain, "metadata": dict(self.metadata)}
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info}]
        headers = self.headers
        if self.code == 401:
            missing = self.reason == "CREDENTIALS_MISSING"
            headers += (Header("WWW-Authenticate", REALM if missing else f'{REALM}, error="invalid_token"'),)
        return answer({"error": error}, self.code, *headers, why=self.reason or self.status)

    def close(self) -> Close:
        """As the end of a Live connection: Google gives the sentence alone, cut at what a close frame holds."""
        return Close(STATUSES[self.status][1], self.message)


INTERNAL = Failure("INTERNAL", "Internal error encountered.")
NOT_FOUND = Failure("NOT_FOUND", "Method not found.")
UNKNOWN_VOICE = Failure("NOT_FOUND", "There is no voice of that name.")
TOO_LARGE = Failure("INVALID_ARGUMENT", "Request payload size exceeds the limit.", http=413)
SLOW = Failure("DEADLINE_EXCEEDED", "The request did not come in time.", http=408)
UNANSWERED = Failure("DEADLINE_EXCEEDED", "Deadline expired before operation could complete.")
FOREIGN = Failure("PERMISSION_DENIED", "Pages of this origin may not use the engine.")
UPGRADE = Failure(
    "FAILED_PRECONDITION",
    "The Live API is a WebSocket: ask for an upgrade of the connection.",
    http=426,
    headers=(Header("Upgrade", "websocket"), Header("Connection", "Upgrade")),
)


def invalid(message: str) -> Failure:
    """A request that says something wrong."""
    return Failure("INVALID_ARGUMENT", message)


def malformed(status: int) -> Failure:
    """Bytes that are no HTTP request, or one that is not served. `status` is HTTP's."""
    return Failure("INVALID_ARGUMENT", "The request is malformed.", http=status)


def not_allowed(methods: set[str]) -> Failure:
    """A path that takes other methods."""
    allowed = ", ".join(sorted(methods))
    return Failure("UNIMPLEMENTED", f"Method not allowed: {allowed} only.", http=405, headers=(Header("Allow", allowed),))
