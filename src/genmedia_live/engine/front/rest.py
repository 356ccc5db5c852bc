"""Google's REST beside the Live socket: the calls that a Live client makes before, and those that its tests need. One is ours.

Each is found by the end of its path, as the socket is: any prefix goes before it. A function from request to response each; what
waits is counting tokens, for the model's own tokenizer, and a sample of a voice, for whoever speaks.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from genmedia_live.engine.front.access import Access, Caller, entrance
from genmedia_live.engine.front.admission import House
from genmedia_live.engine.front.catalogue import find, page
from genmedia_live.engine.front.counting import Count, count
from genmedia_live.engine.front.failures import NOT_FOUND, UNKNOWN_VOICE, UPGRADE, Failure, invalid, not_allowed
from genmedia_live.engine.front.faults import API_OFF, DENIED, NO_KEYS_HERE, PROJECT_NUMBER, Depth, Resource
from genmedia_live.engine.front.oauth import OAuth
from genmedia_live.engine.front.request import Header, Request, Response, Unreadable, answer
from genmedia_live.engine.front.samples import Samples
from genmedia_live.engine.protocol.profiles import RETIRED, Backend

_VERSION = r"/(?P<version>v1(?:alpha|beta1?)?)"
_PLACE = rf"{_VERSION}/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
_VERTEX_MODEL = r"/publishers/google/models/(?P<model>[^/:]+)"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, what its path names, and who sent it."""

    request: Request
    names: Mapping[str, str]
    backend: Backend
    caller: Caller

    @property
    def resource(self) -> Resource:
        """What the request is about."""
        named = self.names.get("project") or self.caller.project or "-"
        return Resource(
            self.backend, self.names.get("version", "v1"), named, self.names.get("location", "-"), self.names.get("model", "-")
        )


class Rest:
    """Answers requests."""

    def __init__(self, house: House, oauth: OAuth, tokenize: Count, samples: Samples) -> None:
        self._house = house
        self._oauth = oauth
        self._count = tokenize
        self._samples = samples

    @property
    def access(self) -> Access:
        """Who is who."""
        return self._house.access

    async def answer(self, request: Request) -> Response:
        """The answer to a request; a failure as Google's own."""
        if entrance(request.path) is not None:
            return (UPGRADE if request.method in ("GET", "HEAD") else not_allowed({"GET"})).response()
        method = "GET" if request.method == "HEAD" else request.method
        allowed: set[str] = set()
        for route in ROUTES:
            if (found := route.path.fullmatch(request.path)) is None:
                continue
            if route.method == method:
                return await self._call(route, request, found.groupdict())
            allowed.add(route.method)
        return (not_allowed(allowed) if allowed else NOT_FOUND).response()

    async def _call(self, route: Route, request: Request, names: dict[str, str]) -> Response:
        call = Call(request, names, route.backend, self.access.caller(request))
        if route.depth is not None and (failure := self._refusal(call, route.depth)) is not None:
            return failure.response()
        try:
            answered = await route.work(self, call)
        except Unreadable as problem:
            return invalid(str(problem)).response()
        return answered.response() if isinstance(answered, Failure) else answered

    def _refusal(self, call: Call, depth: Depth) -> Failure | None:
        if call.caller.kind == "ephemeral":  # good for the Live socket, and for nothing else
            return NO_KEYS_HERE.at(call.resource)
        return self.access.refusal(call.caller, call.resource, depth)

    # ---- models

    async def count_tokens(self, call: Call) -> Response | Failure:
        """`countTokens`: of any model of Google's, whether Live or not."""
        if (failure := call.resource.absence("countTokens")) is not None or call.resource.model in RETIRED:
            return failure or call.resource.not_found("countTokens")
        return await count(call.request.document(), call.backend, self._count)

    async def list_models(self, call: Call) -> Response | Failure:
        """The Live models, a page at a time."""
        return page(call.backend, call.request.query)

    async def get_model(self, call: Call) -> Response | Failure:
        """One Live model."""
        model = find(call.resource.model, call.backend)
        return answer(model) if model is not None else call.resource.not_found("getModel")

    # ---- voices

    async def sample(self, call: Call) -> Response | Failure:
        """How a voice sounds. Google has no such call."""
        if (wav := await self._samples.wav(call.names["voice"])) is None:
            return UNKNOWN_VOICE
        return Response(200, wav, (Header("Content-Type", "audio/wav"), Header("Cache-Control", "no-store")))

    # ---- tokens

    async def create_token(self, call: Call) -> Response | Failure:
        """A new ephemeral token."""
        name = self._house.tokens.issue(call.request.document(), self._house.clock(), call.caller.digest)
        return name if isinstance(name, Failure) else answer({"name": name})

    async def tokeninfo(self, call: Call) -> Response:
        """See `OAuth`."""
        return self._oauth.tokeninfo(call.request)

    async def token(self, call: Call) -> Response:
        """See `OAuth`."""
        return self._oauth.token(call.request)

    async def revoke(self, call: Call) -> Response:
        """See `OAuth`."""
        return self._oauth.revoke(call.request)

    # ---- projects

    async def test_permissions(self, call: Call) -> Response | Failure:
        """Those of the permissions that the caller has: all, or none."""
        asked = call.request.document().get("permissions", [])
        if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
            return invalid("Invalid value at 'permissions': not a list of strings.")
        fault = self.access.fault(call.caller, "vertex")
        return answer({"permissions": asked} if fault is not DENIED and asked else {})

    async def get_service(self, call: Call) -> Response | Failure:
        """Whether the API is enabled."""
        fault = self.access.fault(call.caller, "vertex")
        if fault is not None and fault is not API_OFF and fault.depth != "use":
            return fault.at(call.resource)
        service = "aiplatform.googleapis.com"
        return answer(
            {
                "name": f"projects/{PROJECT_NUMBER}/services/{service}",
                "parent": f"projects/{PROJECT_NUMBER}",
                "config": {"name": service, "title": "Vertex AI API"},
                "state": "DISABLED" if fault is API_OFF else "ENABLED",
            }
        )


# ---- the table

Work = Callable[[Rest, Call], Awaitable[Response | Failure]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method at a path."""

    method: str
    path: re.Pattern[str]
    work: Work
    backend: Backend = "vertex"
    depth: Depth | None = "caller"
    """How deep it looks into the caller's credentials; None for those that are about credentials."""


def _route(method: str, path: str, work: Work, backend: Backend = "vertex", depth: Depth | None = "caller") -> Route:
    return Route(method, re.compile(f"(?:/.*)?{path}/?"), work, backend, depth)


ROUTES = (
    _route("GET", "/tokeninfo", Rest.tokeninfo, depth=None),
    _route("POST", "/tokeninfo", Rest.tokeninfo, depth=None),
    _route("POST", "/token", Rest.token, depth=None),
    _route("POST", "/revoke", Rest.revoke, depth=None),
    _route("POST", f"{_PLACE}{_VERTEX_MODEL}:countTokens", Rest.count_tokens, depth="use"),
    _route("POST", f"{_VERSION}{_VERTEX_MODEL}:countTokens", Rest.count_tokens, depth="use"),
    _route("POST", rf"{_VERSION}/models/(?P<model>[^/:]+):countTokens", Rest.count_tokens, "gemini", "use"),
    _route("GET", f"{_VERSION}/publishers/google/models", Rest.list_models),
    _route("GET", f"{_VERSION}{_VERTEX_MODEL}", Rest.get_model),
    _route("GET", f"{_VERSION}/models", Rest.list_models, "gemini", "project"),
    _route("GET", rf"{_VERSION}/models/(?P<model>[^/:]+)", Rest.get_model, "gemini", "project"),
    _route("POST", f"{_VERSION}/auth_tokens", Rest.create_token, "gemini", "project"),
    _route("POST", r"/v[13]/projects/(?P<project>[^/]+):testIamPermissions", Rest.test_permissions),
    _route("GET", r"/v1/projects/(?P<project>[^/]+)/services/aiplatform\.googleapis\.com", Rest.get_service),
    _route("GET", r"/genmedia/v1/voices/(?P<voice>[^/]+)/sample", Rest.sample),
)
"""Every call that is served. `models.list` and `.get` of Vertex AI name no project: they look at the token alone."""
