"""Google's OAuth endpoints, as its libraries call them: what a token is good for, new ones, and their end.

Nothing is verified that only Google can verify: a signature counts as good, a refresh token as one of ours. What a library gets
wrong by itself (no JWT, a grant of another kind, claims of last year) fails as it does at Google.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Callable
from typing import Any

import orjson

from genmedia_live.engine.front.access import SCOPE, Access, Lives, digest_of
from genmedia_live.engine.front.faults import EXPIRED, INVALID_TOKEN, NO_SCOPE
from genmedia_live.engine.front.request import Request, Response, Unreadable, answer

LIFE_S = 3_599
SKEW_S = 300
"""By how much the clock of whoever signs a JWT may be wrong."""
LONGEST_S = 3_600
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = f"openid {SCOPE} https://www.googleapis.com/auth/userinfo.email"


class Refused(ValueError):
    """An OAuth error: its code and its description (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class OAuth:
    """`/tokeninfo`, `/token` and `/revoke`."""

    def __init__(self, access: Access, lives: Lives, clock: Callable[[], float] = time.time) -> None:
        self._access = access
        self._lives = lives
        self._clock = clock

    def tokeninfo(self, request: Request) -> Response:
        """What an access token is good for, and for how long."""
        return self._answer(request, self._tokeninfo)

    def token(self, request: Request) -> Response:
        """A new access token, for a service account's JWT, a refresh token or an authorization code."""
        return self._answer(request, self._token)

    def revoke(self, request: Request) -> Response:
        """Let a token of ours, or of anybody's, be expired from now on."""
        return self._answer(request, self._revoke)

    def _answer(self, request: Request, work: Callable[[dict[str, str], Request], dict[str, Any]]) -> Response:
        try:
            return answer(work(request.parameters(), request))
        except Refused as problem:
            return _refused(problem.error, str(problem))
        except Unreadable as problem:
            return _refused("invalid_request", str(problem))

    def _tokeninfo(self, given: dict[str, str], request: Request) -> dict[str, Any]:
        bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
        token = given.get("access_token") or given.get("id_token") or bearer
        if not token:
            raise Refused("invalid_request", "Either access_token or id_token is required.")
        caller = self._access.token(token)
        fault = self._access.fault(caller, "vertex")
        if caller.kind != "token" or fault in (EXPIRED, INVALID_TOKEN):
            raise Refused("invalid_token", "Invalid Value")
        left = self._lives.left(caller.digest)
        seconds = LIFE_S if left is None else int(left)
        return {
            "azp": "genmedia-live.apps.googleusercontent.com",
            "aud": "genmedia-live.apps.googleusercontent.com",
            "sub": str(int(caller.digest[:15], 16)),
            "scope": SCOPES.replace(f"{SCOPE} ", "") if fault is NO_SCOPE else SCOPES,
            "exp": str(int(self._clock()) + seconds),
            "expires_in": str(seconds),
            "email": "user@example.com",
            "email_verified": "true",
            "access_type": "online",
        }

    def _token(self, given: dict[str, str], request: Request) -> dict[str, Any]:
        more: dict[str, str] = {}
        match given.get("grant_type", ""):
            case "":
                raise Refused("invalid_request", "Required parameter is missing: grant_type")
            case name if name == JWT_BEARER:
                self._check(_claims(given.get("assertion", "")))
            case "refresh_token":
                if _required(given, "refresh_token").partition("-")[0] in ("1//EXPIRED", "1//REVOKED"):
                    raise Refused("invalid_grant", "Token has been expired or revoked.")
            case "authorization_code":
                _required(given, "code")
                more = {"refresh_token": f"1//{secrets.token_urlsafe(24)}", "scope": SCOPES}
            case _:
                raise Refused("unsupported_grant_type", "Invalid grant_type.")
        token = f"ya29.local.{secrets.token_hex(24)}"
        self._lives.begin(digest_of(token), LIFE_S)
        return {"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer", **more}

    def _check(self, claims: dict[str, Any]) -> None:
        if not isinstance(claims.get("iss"), str) or not isinstance(claims.get("aud"), str):
            raise Refused("invalid_grant", "Invalid JWT: iss and aud are required.")
        if not isinstance(claims.get("scope"), str):
            raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        begins, ends, now = claims.get("iat"), claims.get("exp"), self._clock()
        if (
            not isinstance(begins, int | float)
            or not isinstance(ends, int | float)
            or not begins - SKEW_S <= now < ends + SKEW_S
            or ends - begins > LONGEST_S + SKEW_S
        ):
            raise Refused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )

    def _revoke(self, given: dict[str, str], request: Request) -> dict[str, Any]:
        self._lives.end(digest_of(_required(given, "token")))
        return {}


def _refused(error: str, description: str) -> Response:
    return answer({"error": error, "error_description": description}, 400, why=error)


def _required(given: dict[str, str], name: str) -> str:
    if not (value := given.get(name, "")):
        raise Refused("invalid_request", f"Missing required parameter: {name}")
    return value


def _claims(assertion: str) -> dict[str, Any]:
    """The claims of a JWT (RFC 7519) with a header, a body and a signature."""
    try:
        head, body, signature = assertion.split(".")
        header, claims = (orjson.loads(_decoded(part)) for part in (head, body))
        if isinstance(header, dict) and "alg" in header and isinstance(claims, dict) and _decoded(signature):
            return claims
    except (ValueError, binascii.Error):
        pass
    raise Refused("invalid_grant", "Bad Request")


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
