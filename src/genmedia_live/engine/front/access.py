"""Who asks: credentials as clients send them. A secret is read, and gone: what is kept of it is a digest.

The engine lets everybody in, but for the credentials of one table (`faults.py`), and those whose time is over.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from genmedia_live.engine.front.failures import Failure
from genmedia_live.engine.front.faults import (
    BAD_KEY,
    DEPTHS,
    EXPIRED,
    INVALID_TOKEN,
    MAGIC,
    MISSING,
    UNREGISTERED,
    Depth,
    Fault,
    Resource,
)
from genmedia_live.engine.front.request import Request
from genmedia_live.engine.protocol.profiles import Backend

LIVE_PATH = re.compile(
    r"/ws/+(?:google\.cloud\.aiplatform\.(?P<vertex>v1(?:alpha|beta1?)?)\.LlmBidiService/BidiGenerateContent"
    r"|google\.ai\.generativelanguage\.(?P<gemini>v1(?:alpha|beta1?)?)\.GenerativeService\.BidiGenerateContent"
    r"(?P<constrained>Constrained)?)/?$"
)
"""The end of the URL path of Vertex AI and of the Developer API; any prefix and doubled slashes are allowed before it."""


SCOPE = "https://www.googleapis.com/auth/cloud-platform"

SHORT = re.compile(r"ya29\.SHORT:(\d{1,6})(?:-.*)?")
"""A token that lives so many seconds from its first use, then is expired."""

EPHEMERAL = "auth_tokens/"

# ---- what is asked for


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a Live URL says: whose API, its version, and whether it is the method for ephemeral tokens."""

    backend: Backend
    version: str
    constrained: bool = False


def entrance(path: str) -> Entrance | None:
    """The Live method at a URL path, without its query."""
    if (found := LIVE_PATH.search(path)) is None:
        return None
    if found["vertex"]:
        return Entrance("vertex", found["vertex"])
    return Entrance("gemini", found["gemini"], found["constrained"] is not None)


def resource_of(name: str, entrance: Entrance, project: str = "") -> Resource:
    """What the `model` of a set-up names: a whole resource name, or only its end."""
    parts = name.split("/")
    named = dict(zip(parts[:-1:2], parts[1::2], strict=False))
    return Resource(
        entrance.backend, entrance.version, named.get("projects") or project or "-", named.get("locations", "-"), parts[-1]
    )


# ---- who asks


class Lives:
    """When those access tokens end that do end, by digest. What it does not know lives for ever."""

    def __init__(self, bound: int, clock: Callable[[], float]) -> None:
        self._bound = bound
        self._clock = clock
        self._ends: OrderedDict[str, float] = OrderedDict()

    def begin(self, digest: str, seconds: float) -> None:
        """Let a token live so long from now, unless its end is known."""
        self._ends.setdefault(digest, self._clock() + seconds)
        if len(self._ends) > self._bound:
            self._ends.popitem(last=False)

    def end(self, digest: str) -> None:
        """The token is revoked."""
        self._ends.pop(digest, None)
        self.begin(digest, 0.0)

    def left(self, digest: str) -> float | None:
        """Seconds that the token has left; None when it has no end."""
        end = self._ends.get(digest)
        return None if end is None else end - self._clock()


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. It holds no secret."""

    kind: Literal["nobody", "token", "key", "ephemeral"] = "nobody"
    digest: str = ""
    """SHA-256 of the credential, in hexadecimal."""
    fault: Fault | None = None
    project: str = ""
    """The project that is to be charged (`x-goog-user-project`)."""


def digest_of(secret: str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class Access:
    """Knows callers, and what is wrong with them."""

    def __init__(self, lives: Lives, *, required: bool = False) -> None:
        self._lives = lives
        self._required = required

    def caller(self, request: Request) -> Caller:
        """Whose request it is: by `Authorization`, `x-goog-api-key`, `?access_token=` or `?key=`, the first that is there."""
        headers, query = request.headers, request.query
        scheme, _, said = headers.get("authorization", "").partition(" ")
        token = said.strip() if scheme.lower() in ("bearer", "token") else ""
        project = headers.get("x-goog-user-project", "")
        if token := token or query.get("access_token", ""):
            return self.token(token, project)
        if key := headers.get("x-goog-api-key") or query.get("key"):
            return self._key(key, project)
        return Caller(project=project)

    def token(self, token: str, project: str = "") -> Caller:
        """Whoever has this access token, or ephemeral token."""
        digest = digest_of(token)
        if token.startswith(EPHEMERAL):
            return Caller("ephemeral", digest, project=project)
        if life := SHORT.fullmatch(token):
            self._lives.begin(digest, float(life[1]))
        fault = INVALID_TOKEN if token.startswith("AIza") else MAGIC.get(token.partition("-")[0])
        return Caller("token", digest, fault, project)

    def _key(self, key: str, project: str) -> Caller:
        digest = digest_of(key)
        if key.startswith(EPHEMERAL):
            return Caller("ephemeral", digest, project=project)
        fault = BAD_KEY if key.startswith("ya29.") else MAGIC.get(key.partition("-")[0])
        return Caller("key", digest, fault, project)

    def fault(self, caller: Caller, backend: Backend) -> Fault | None:
        """What is wrong with a caller; None for one who may come in. Of an ephemeral token, `Tokens` knows."""
        if caller.kind == "nobody":
            return (MISSING if backend == "vertex" else UNREGISTERED) if self._required else None
        left = self._lives.left(caller.digest)
        return EXPIRED if left is not None and left <= 0 else caller.fault

    def refusal(self, caller: Caller, resource: Resource, depth: Depth = "use") -> Failure | None:
        """The failure of a request that goes so deep."""
        fault = self.fault(caller, resource.backend)
        shows = fault is not None and DEPTHS.index(fault.depth) <= DEPTHS.index(depth)
        return fault.at(resource) if fault is not None and shows else None
