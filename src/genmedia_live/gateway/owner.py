"""Who someone is between visits: a random cookie, and the owner's name that is derived from it."""

from __future__ import annotations

import hashlib
import re
import secrets
from http.cookies import CookieError, SimpleCookie

from genmedia_live.gateway.asgi import Scope, header

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_YEAR = 365 * 24 * 3600


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def owner_of(token: str) -> str:
    """The owner's name in records and lookups. The cookie can't be told from it, so a stolen database lets nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def is_secure(scope: Scope) -> bool:
    """True when the browser came by https, here or at a proxy in front. A forged header only hurts its own sender."""
    proxied = (header(scope, b"x-forwarded-proto") or "").split(",")[0].strip()
    return scope["scheme"] in ("https", "wss") or proxied == "https"


def cookie_name(scope: Scope) -> str:
    """`__Host-` keeps other hosts of the domain from setting it; browsers take that prefix on https only."""
    return "__Host-genmedia" if is_secure(scope) else "genmedia"


def token_from(scope: Scope) -> str | None:
    """The token in the request's cookie, when there is a well-formed one."""
    try:
        cookies = SimpleCookie(header(scope, b"cookie") or "")
    except CookieError:
        return None
    morsel = cookies.get(cookie_name(scope))
    return morsel.value if morsel is not None and _TOKEN.fullmatch(morsel.value) else None


def set_cookie(scope: Scope, token: str) -> tuple[bytes, bytes]:
    """The header that gives the browser its cookie.

    `Lax`, not `Strict`: a visitor who follows a link to the page keeps the conversations of last time. Requests of other
    sites that could do anything are refused by their origin.
    """
    parts = [f"{cookie_name(scope)}={token}", "Path=/", f"Max-Age={_YEAR}", "HttpOnly", "SameSite=Lax"]
    if is_secure(scope):
        parts.append("Secure")
    return b"set-cookie", "; ".join(parts).encode()
