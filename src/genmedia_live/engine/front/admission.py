"""The gate of a connection: credential, room, ephemeral token, script, model; the first that objects closes it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from genmedia_live.engine.dialogue.gate import Terms
from genmedia_live.engine.front.access import Access, Caller, Entrance, resource_of
from genmedia_live.engine.front.failures import Failure
from genmedia_live.engine.front.faults import BAD_KEY, INVALID_TOKEN, NO_KEYS_HERE, UNREGISTERED, Resource
from genmedia_live.engine.front.tokens import Pass, Tokens
from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.refusals import profile_of

log = logging.getLogger(__name__)

FULL = Close(1011, "RESOURCE_EXHAUSTED: Resource has been exhausted (e.g. check quota).")

Refusal = Callable[[bool], tuple[int, str] | None]
"""A script's refusal of the set-up that has come; told whether it resumes."""


class Seats:
    """How many sessions there may be. A socket without a set-up has no seat."""

    def __init__(self, bound: float = math.inf) -> None:
        self._bound = bound
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether there is none for another session."""
        return self.taken >= self._bound


@dataclass(frozen=True, slots=True)
class House:
    """What all connections share."""

    access: Access
    tokens: Tokens
    refusal: Refusal | None = None
    reap: Callable[[], None] = lambda: None
    """Lets go of sessions whose clients have begun to close: they may be about to be resumed."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    seats: Seats = field(default_factory=Seats)


class Admission:
    """The `Gate` of one connection."""

    def __init__(self, caller: Caller, entrance: Entrance, house: House) -> None:
        self._caller = caller
        self._entrance = entrance
        self._house = house
        self.limit: Callable[[float], None] = lambda seconds: None
        """Called with the seconds that the session may last, when the caller's token ends one day."""
        self._seated = False

    def upgrade(self) -> Failure | None:
        """Why not even a socket is opened: Vertex AI asks for good credentials first, the Developer API opens to anybody."""
        if self._entrance.backend == "gemini":
            return None
        return self._refusal(Resource("vertex", self._entrance.version, self._caller.project or "-"))

    def admit(self, setup: Setup, now: float) -> Terms | Close:
        """The terms, or the close that the set-up is answered with."""
        resource = resource_of(setup.model, self._entrance, self._caller.project)
        if (failure := self._refusal(resource) or resource.absence("bidiGenerateContent")) is not None:
            return failure.close()
        if self._house.seats.full:
            log.info("refused", extra={"code": FULL.code, "reason": FULL.reason})
            return FULL
        if self._caller.kind == "ephemeral":
            passed = self._house.tokens.admit(self._caller.digest, setup, self._house.clock())
            if isinstance(passed, Close):
                return passed
            return self._take(passed)
        return self._take(Pass(setup))

    def leave(self) -> None:
        """The connection is over: its seat, if it had one, is free."""
        self._house.seats.taken -= self._seated
        self._seated = False

    def _refusal(self, resource: Resource) -> Failure | None:
        """What is wrong with the caller, for this method."""
        if (failure := self._house.access.refusal(self._caller, resource)) is not None:
            return failure
        ephemeral = self._caller.kind == "ephemeral"
        if ephemeral and not self._entrance.constrained:
            return (INVALID_TOKEN if self._entrance.backend == "vertex" else BAD_KEY).at(resource)
        if self._entrance.constrained and not ephemeral:
            return (UNREGISTERED if self._caller.kind == "nobody" else NO_KEYS_HERE).at(resource)
        return None

    def _take(self, passed: Pass) -> Terms | Close:
        setup = passed.setup
        self._house.reap()
        if self._house.refusal is not None and (scripted := self._house.refusal(bool(setup.handle))) is not None:
            return Close(*scripted)
        resource = resource_of(setup.model, self._entrance, self._caller.project)
        profile = profile_of(setup, self._entrance.backend, self._entrance.version)
        if isinstance(profile, Close):
            return profile
        self._house.seats.taken += not self._seated
        self._seated = True
        if passed.ends is not None:
            self.limit(passed.ends - self._house.clock())
        return Terms(setup, profile, self._owner(resource, passed), named=self._entrance.backend == "vertex")

    def _owner(self, resource: Resource, passed: Pass) -> str:
        """Whose the session is: a project on Vertex AI, whoever holds the credential elsewhere.

        An ephemeral token is good for few connections: a session that outlives it is its issuer's.
        """
        if passed.issuer is not None:
            return passed.issuer
        if self._entrance.backend == "vertex" and resource.project != "-":
            return f"projects/{resource.project}"
        return self._caller.digest
