"""Ephemeral tokens of the Developer API: issued with a key, good for a few sessions and some minutes, and for one kind of set-up.

Source: Gemini API reference, `auth_tokens.create`, and its guide "Ephemeral tokens". A set-up in the token takes the place of the
client's, or, with a field mask, of those fields of it.
"""

from __future__ import annotations

import copy
import heapq
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from genmedia_live.core.limits import Limits
from genmedia_live.engine.front.access import EPHEMERAL, digest_of
from genmedia_live.engine.front.failures import Failure, invalid
from genmedia_live.engine.front.faults import INVALID_TOKEN, Resource
from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.wire import setup_of

NEW_SESSION_S = 60.0
LIFE_S = 30 * 60.0
LONGEST_S = 20 * 3600.0

EXPIRED = Failure("UNAUTHENTICATED", "Request had invalid authentication credentials: the auth token has expired.")
TOO_LATE = Failure(
    "UNAUTHENTICATED", "Request had invalid authentication credentials: the auth token opens no new session any more."
)
SPENT = Failure("UNAUTHENTICATED", "Request had invalid authentication credentials: the auth token has no uses left.")

FIELDS = ("expireTime", "newSessionExpireTime", "uses", "bidiGenerateContentSetup", "fieldMask")


@dataclass(slots=True)
class Token:
    """What a token is good for. Times are seconds since 1970."""

    ends: float
    opens_until: float
    uses: int
    """How many sessions it still opens; -1 without a bound."""
    setup: Setup | None = None
    mask: tuple[tuple[str, ...], ...] = ()
    issuer: str = ""
    """Whoever has issued it, by digest."""

    def constrain(self, setup: Setup) -> Setup | Close:
        """What the token makes of a client's set-up. A handle stays the client's, wherever sessions may be resumed."""
        if self.setup is None:
            return setup
        document = _overlaid(setup.document, self.setup.document, self.mask) if self.mask else _copy(self.setup.document)
        resumption = document.get("sessionResumption")
        if isinstance(resumption, dict) and setup.handle:
            resumption["handle"] = setup.handle
        return setup_of(document)


@dataclass(frozen=True, slots=True)
class Pass:
    """A set-up that is let in."""

    setup: Setup
    ends: float | None = None
    """When the session has to be over, in seconds since 1970."""
    issuer: str | None = None
    """Whoever has issued the token that lets it in, by digest: the session is theirs."""


class Tokens:
    """Issues tokens and takes them. They are kept by digest, ordered by their end."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._bound = (limits or Limits()).live_tokens
        self._kept: dict[str, Token] = {}
        self._order: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._kept)

    def issue(self, asked: Mapping[str, Any], now: float, issuer: str = "") -> str | Failure:
        """The name of a new token, or what is wrong with what was asked for."""
        token = _read(asked, now)
        if isinstance(token, Failure):
            return token
        token.issuer = issuer
        name = EPHEMERAL + secrets.token_hex(32)
        digest = digest_of(name)
        self._kept[digest] = token
        heapq.heappush(self._order, (token.ends, digest))
        while self._order[0][0] <= now or len(self._order) > self._bound:
            del self._kept[heapq.heappop(self._order)[1]]
        return name

    def admit(self, digest: str, setup: Setup, now: float) -> Pass | Close:
        """Let a set-up in. A new session is a use of the token; to resume one is none."""
        token = self._kept.get(digest)
        if token is None:
            return INVALID_TOKEN.at(Resource("gemini")).close()
        if now >= token.ends:
            return EXPIRED.close()
        constrained = token.constrain(setup)
        if isinstance(constrained, Close):
            return constrained
        if not constrained.handle:
            if now >= token.opens_until:
                return TOO_LATE.close()
            if token.uses == 0:
                return SPENT.close()
            token.uses -= token.uses > 0
        return Pass(constrained, token.ends, token.issuer)


# ---- reading what was asked for


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _read(asked: Mapping[str, Any], now: float) -> Token | Failure:
    fields = {_camel(name): value for name, value in asked.items() if value is not None}
    if unknown := next((name for name in asked if _camel(name) not in FIELDS), None):
        return invalid(f'Invalid JSON payload received. Unknown name "{unknown[:100]}": Cannot find field.')
    try:
        ends = _time(fields.get("expireTime"), "expire_time", now, LIFE_S)
        opens_until = _time(fields.get("newSessionExpireTime"), "new_session_expire_time", now, NEW_SESSION_S)
        uses = _uses(fields.get("uses", 1))
        mask = _mask(fields.get("fieldMask", ""))
    except ValueError as problem:
        return invalid(str(problem))
    if (given := fields.get("bidiGenerateContentSetup")) is None:
        return Token(ends, opens_until, uses)
    if not isinstance(given, dict):
        return invalid("Invalid value at 'bidi_generate_content_setup': not an object.")
    setup = setup_of(given)
    if isinstance(setup, Close):
        return invalid(setup.reason)
    return Token(ends, opens_until, uses, setup, mask)


def _time(value: object, name: str, now: float, default: float) -> float:
    if value is None:
        return now + default
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None:
        raise ValueError(f"Invalid value at '{name}' (type.googleapis.com/google.protobuf.Timestamp).")
    seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    if not now < seconds < now + LONGEST_S:
        raise ValueError(f"{name} must be in the future, by less than 20 hours.")
    return seconds


def _uses(value: object) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("Invalid value at 'uses' (TYPE_INT32): it must be 0 or more.")
    return value or -1


def _mask(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, str):
        raise ValueError("Invalid value at 'field_mask' (type.googleapis.com/google.protobuf.FieldMask).")
    paths = (path.strip() for path in value.split(","))
    return tuple(tuple(_camel(step) for step in path.split(".")) for path in paths if path)


# ---- one set-up over another


def _copy(document: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(dict(document))


def _overlaid(client: Mapping[str, Any], token: Mapping[str, Any], mask: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """The client's set-up with the masked fields as the token has them: those that it lacks are taken out."""
    document = _copy(client)
    for *parents, last in mask:
        source: Any = token
        place: Any = document
        for step in parents:
            source = source.get(step) if isinstance(source, Mapping) else None
            inner = place.get(step)
            if not isinstance(inner, dict):
                inner = {}
                if isinstance(source, Mapping):
                    place[step] = inner
            place = inner
        if isinstance(source, Mapping) and last in source:
            place[last] = copy.deepcopy(source[last])
        else:
            place.pop(last, None)
    return document
