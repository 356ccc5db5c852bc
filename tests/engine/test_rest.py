"""Google's REST as tables: what is asked, and what the engine answers. Without a socket."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.front.access import SCOPE, Access, Lives
from genmedia_live.engine.front.admission import House
from genmedia_live.engine.front.faults import MAGIC
from genmedia_live.engine.front.oauth import JWT_BEARER, OAuth
from genmedia_live.engine.front.request import Request, Response
from genmedia_live.engine.front.rest import ROUTES, Rest
from genmedia_live.engine.front.samples import Samples
from genmedia_live.engine.front.tokens import Tokens
from genmedia_live.engine.protocol.profiles import LOCAL, PROFILES

NOW = 1_700_000_000.0
PLACE = "/v1/projects/p/locations/us-central1/publishers/google/models"
COUNT = f"{PLACE}/gemini-2.5-flash:countTokens"

Ask = Callable[..., Awaitable[tuple[int, Any]]]


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


async def words(texts: Sequence[str]) -> int:
    """One token a word."""
    return sum(len(text.split()) for text in texts)


async def hum(words: str, voice: str) -> bytes:
    """Two bytes of the voice's name."""
    return voice[:2].encode()


def house(required: bool = False, clock: Clock | None = None) -> Rest:
    clock = clock or Clock()
    lives = Lives(100, clock)
    access = Access(lives, required=required)
    return Rest(House(access, Tokens(), clock=clock), OAuth(access, lives, clock), words, Samples(hum))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rest(clock: Clock) -> Rest:
    return house(clock=clock)


async def respond(
    rest: Rest, method: str, target: str, document: object = None, form: str | None = None, **headers: str
) -> Response:
    body = form.encode() if form is not None else b"" if document is None else orjson.dumps(document)
    kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
    lines = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return await rest.answer(Request.of(method, target, lines, body))


@pytest.fixture
def ask(rest: Rest) -> Ask:
    async def ask(method: str, target: str, document: object = None, **more: Any) -> tuple[int, Any]:
        response = await respond(rest, method, target, document, **more)
        return response.status, orjson.loads(response.body)

    return ask


def text(*said: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": words} for words in said]}]}


# ---- finding the way

SERVED = [
    ("GET", "/tokeninfo?access_token=x"),
    ("POST", "/oauth2/v3/tokeninfo?access_token=x"),
    ("GET", "/v1/tokeninfo?access_token=x"),
    ("GET", "/v1beta1/publishers/google/models"),
    ("GET", "/v1beta1/publishers/google/models/gemini-3.8-live"),
    ("GET", "/v1beta/models"),
    ("GET", "/v1alpha/models/gemini-3.8-live"),
    ("GET", "/v1/projects/p/services/aiplatform.googleapis.com"),
    ("GET", "/v1/projects/example.com:p/services/aiplatform.googleapis.com"),
    ("POST", "/v3/projects/p:testIamPermissions"),
    ("POST", "/v1alpha/auth_tokens"),
    ("GET", "/genmedia/v1/voices/Puck/sample"),
]


@pytest.mark.parametrize("prefix", ["{}", "/{}", "/gateway{}", "//a//b/{}", "{}/"])
@pytest.mark.parametrize(("method", "target"), SERVED)
async def test_any_prefix_goes_before_a_path(rest: Rest, method: str, target: str, prefix: str):
    path, _, query = target.partition("?")
    assert (await respond(rest, method, prefix.format(path) + (f"?{query}" if query else ""))).status == 200


@pytest.mark.parametrize("path", [COUNT, "/v1beta/models/m:countTokens", "/v1beta1/publishers/google/models/m:countTokens"])
async def test_every_way_to_count(ask: Ask, path: str):
    status, body = await ask("POST", path, text("a b", "c"))
    assert (status, body["totalTokens"]) == (200, 3)


@pytest.mark.parametrize(
    "path", ["/", "/v2/models", "/v1/models/m:generateContent", "/v1/projects/p", "/tokeninfos", "/v1/models/a/b", "/debug/turns"]
)
async def test_other_paths_are_not_found(ask: Ask, path: str):
    for method in ("GET", "POST"):
        status, body = await ask(method, path)
        assert (status, body["error"]["status"], body["error"]["code"]) == (404, "NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/tokeninfo", "GET, POST"),
        ("GET", "/token", "POST"),
        ("GET", COUNT, "POST"),
        ("POST", "/v1beta/models", "GET"),
        ("POST", "/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent", "GET"),
    ],
)
async def test_other_methods_are_not_allowed(rest: Rest, method: str, path: str, allowed: str):
    response = await respond(rest, method, path)
    assert response.status == 405
    assert dict(response.headers)["Allow"] == allowed


async def test_a_socket_s_path_asks_for_an_upgrade(rest: Rest):
    response = await respond(rest, "GET", "/gw/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent")
    assert response.status == 426
    assert dict(response.headers)["Upgrade"] == "websocket"


@given(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(
        [COUNT, "/v1beta/models/m:countTokens", "/v1/auth_tokens", "/token", "/tokeninfo", "/v3/projects/p:testIamPermissions"]
    ),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]),
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["contents", "parts", "text", "inlineData", "mimeType", "data", "tools", "uses", "permissions"]),
                inner,
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
async def test_any_body_is_answered(method: str, path: str, kind: str, body: bytes):
    response = await house().answer(Request.of(method, path, [("Content-Type", kind)], body))
    assert response.status in (200, 400, 405)
    orjson.loads(response.body)


# ---- counting

PCM = base64.b64encode(bytes(64_000)).decode()
"""Two seconds."""


@pytest.mark.parametrize(
    ("document", "total", "details"),
    [
        (text("a b c"), 3, {"TEXT": 3}),
        ({"contents": {"parts": {"text": "a b"}}}, 2, {"TEXT": 2}),
        ({"generateContentRequest": {"model": "models/m", **text("a b")}}, 2, {"TEXT": 2}),
        ({**text("a"), "systemInstruction": {"parts": [{"text": "b c"}]}}, 3, {"TEXT": 3}),
        ({**text("a"), "system_instruction": {"parts": [{"text": "b c"}]}}, 3, {"TEXT": 3}),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}]}, 258, {"IMAGE": 258}),
        ({"contents": [{"parts": [{"inline_data": {"mime_type": "audio/pcm;rate=16000", "data": PCM}}]}]}, 50, {"AUDIO": 50}),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "audio/mp3", "data": "AAAA"}}]}]}, 0, {}),
        ({"contents": [{"parts": [{"functionCall": {"name": "f"}}]}]}, 1, {"TEXT": 1}),
        ({**text("a"), "tools": [{"functionDeclarations": []}]}, 2, {"TEXT": 2}),
    ],
)
async def test_what_is_counted(ask: Ask, document: dict[str, Any], total: int, details: dict[str, int]):
    status, body = await ask("POST", "/v1beta/models/m:countTokens", document)
    assert status == 200
    assert body["totalTokens"] == total
    assert {kind["modality"]: kind["tokenCount"] for kind in body["promptTokensDetails"]} == details


async def test_vertex_counts_characters_too(ask: Ask):
    assert (await ask("POST", COUNT, text("two words", "x")))[1]["totalBillableCharacters"] == 9


@pytest.mark.parametrize("document", [{}, {"contents": []}, {"contents": "hi"}, {"contents": [{"parts": ["hi"]}]}, [], None])
async def test_what_can_t_be_counted(ask: Ask, document: object):
    status, body = await ask("POST", COUNT, document)
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "path",
    [
        COUNT.replace("us-central1", "nowhere1"),
        "/v1/models/nowhere:countTokens",
        f"{PLACE}/gemini-2.0-flash-live-001:countTokens",
    ],
)
async def test_what_is_nowhere(ask: Ask, path: str):
    status, body = await ask("POST", path, text("hi"))
    assert (status, body["error"]["status"]) == (404, "NOT_FOUND")
    assert "details" not in body["error"]


# ---- models


@pytest.mark.parametrize(
    ("path", "field", "backend"),
    [("/v1beta/models", "models", "gemini"), ("/v1/publishers/google/models", "publisherModels", "vertex")],
)
async def test_models_are_listed_page_by_page(ask: Ask, path: str, field: str, backend: Any):
    names, token = [], ""
    while True:
        _, body = await ask("GET", f"{path}?pageSize=2&pageToken={token}")
        assert len(body[field]) <= 2
        names += [model["name"].rsplit("/", 1)[1] for model in body[field]]
        if not (token := body.get("nextPageToken", "")):
            break
    assert names == [profile.name for profile in (*PROFILES, LOCAL) if backend in profile.backends]
    for name in names:
        status, model = await ask("GET", f"{path}/{name}")
        assert (status, model["supportedGenerationMethods"]) == (200, ["bidiGenerateContent"])
        assert model["inputTokenLimit"] > 0


@pytest.mark.parametrize("query", ["pageSize=x", "pageSize=-1", "pageToken=!", "pageToken=eA==", "pageToken=LTE="])
async def test_pages_that_are_none(ask: Ask, query: str):
    assert (await ask("GET", f"/v1beta/models?{query}"))[0] == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1beta/models/gemini-2.5-flash-native-audio-preview-09-2025", 200),
        ("/v1beta/models/gemini-live-2.5-flash-native-audio", 404),
        ("/v1beta/models/gemini-2.5-flash", 404),
        ("/v1beta/models/mine", 404),
        ("/v1/publishers/google/models/gemini-3.8-live-extended-thinking", 404),
    ],
)
async def test_one_model(ask: Ask, path: str, status: int):
    assert (await ask("GET", path))[0] == status


# ---- credentials

FAILURES = [
    ("ya29.EXPIRED", 401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED"),
    ("ya29.REVOKED", 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    ("ya29.NOSCOPE", 403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
    ("ya29.DENIED", 403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED"),
    ("ya29.APIOFF", 403, "PERMISSION_DENIED", "SERVICE_DISABLED"),
    ("ya29.NOPROJECT", 403, "PERMISSION_DENIED", "CONSUMER_INVALID"),
    ("ya29.USERPROJECT", 403, "PERMISSION_DENIED", "USER_PROJECT_DENIED"),
    ("ya29.BILLING", 403, "PERMISSION_DENIED", "BILLING_DISABLED"),
    ("ya29.QUOTA", 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
    ("AIzaBAD", 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
    ("AIzaEXPIRED", 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
    ("AIzaAPIOFF", 403, "PERMISSION_DENIED", "SERVICE_DISABLED"),
    ("AIzaDENIED", 403, "PERMISSION_DENIED", "CONSUMER_SUSPENDED"),
    ("AIzaQUOTA", 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
]


@pytest.mark.parametrize(("secret", "code", "status", "reason"), FAILURES)
async def test_what_fails_fails_as_google_does(rest: Rest, secret: str, code: int, status: str, reason: str):
    key = secret.startswith("AIza")
    target = "/v1beta/models/m:countTokens" if key else COUNT
    header = {"x_goog_api_key": secret} if key else {"Authorization": f"Bearer {secret}"}
    response = await respond(rest, "POST", target, text("hi"), **header)
    error = orjson.loads(response.body)["error"]
    assert (response.status, error["code"], error["status"]) == (code, code, status)
    (info,) = error["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["reason"] == reason
    assert info["metadata"]
    challenge = dict(response.headers).get("WWW-Authenticate", "")
    assert ('error="invalid_token"' in challenge) is (code == 401)


def test_every_credential_that_fails_is_tested():
    assert [row[0] for row in FAILURES] == list(MAGIC)


async def test_what_is_denied_and_disabled_is_named(rest: Rest):
    denied = orjson.loads((await respond(rest, "POST", COUNT, text("hi"), Authorization="Bearer ya29.DENIED")).body)["error"]
    resource = "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash"
    assert f"'//aiplatform.googleapis.com/{resource}'" in denied["message"]
    assert denied["details"][0]["metadata"] == {"permission": "aiplatform.endpoints.predict", "resource": resource}
    off = orjson.loads((await respond(rest, "POST", COUNT, text("hi"), Authorization="Bearer ya29.APIOFF")).body)["error"]
    assert off["message"].startswith("Vertex AI API has not been used in project 1234")
    assert off["details"][0]["metadata"]["service"] == "aiplatform.googleapis.com"


CALLER = {"EXPIRED", "REVOKED", "NOSCOPE"}
PROJECT = {*CALLER, "DENIED", "NOPROJECT", "USERPROJECT", "BILLING"}


@pytest.mark.parametrize(
    ("method", "path", "failing"),
    [
        ("GET", "/v1/publishers/google/models", CALLER),
        ("GET", "/v1/projects/p/services/aiplatform.googleapis.com", PROJECT),
        ("POST", "/v3/projects/p:testIamPermissions", CALLER),
        ("POST", "/v1alpha/auth_tokens", {*PROJECT, "APIOFF"}),
    ],
)
async def test_a_call_looks_as_far_as_it_goes(rest: Rest, method: str, path: str, failing: set[str]):
    tokens = [name for name in MAGIC if name.startswith("ya29.")]
    refused = {name for name in tokens if (await respond(rest, method, path, Authorization=f"Bearer {name}")).status >= 400}
    assert {name.removeprefix("ya29.") for name in refused} == failing


async def test_permissions_and_services(ask: Ask):
    wanted = {"permissions": ["aiplatform.endpoints.predict", "x.y.z"]}
    path = "/v3/projects/p:testIamPermissions"
    assert await ask("POST", path, wanted, Authorization="Bearer ya29.a") == (200, wanted)
    assert await ask("POST", path, wanted, Authorization="Bearer ya29.DENIED") == (200, {})
    assert (await ask("POST", path, {"permissions": "all"}))[0] == 400
    service = "/v1/projects/p/services/aiplatform.googleapis.com"
    assert (await ask("GET", service, Authorization="Bearer ya29.a"))[1]["state"] == "ENABLED"
    assert (await ask("GET", service, Authorization="Bearer ya29.APIOFF"))[1]["state"] == "DISABLED"


@pytest.mark.parametrize(
    ("target", "code", "reason"), [(COUNT, 401, "CREDENTIALS_MISSING"), ("/v1/models/m:countTokens", 403, "")]
)
async def test_nobody_is_refused_where_credentials_are_asked_for(target: str, code: int, reason: str):
    assert (await respond(house(), "POST", target, text("hi"))).status == 200
    response = await respond(house(required=True), "POST", target, text("hi"))
    assert response.status == code
    assert (orjson.loads(response.body)["error"].get("details") or [{"reason": ""}])[0]["reason"] == reason
    if code == 401:
        assert dict(response.headers)["WWW-Authenticate"] == 'Bearer realm="https://accounts.google.com/"'


async def test_an_ephemeral_token_is_for_the_socket_alone(ask: Ask):
    _, body = await ask("POST", "/v1alpha/auth_tokens", {"uses": 1}, x_goog_api_key="AIza1")
    assert body["name"].startswith("auth_tokens/")
    for method, path in (("GET", "/v1/models"), ("POST", "/v1alpha/auth_tokens")):
        assert (await ask(method, path, Authorization=f"Token {body['name']}"))[0] == 401


async def test_a_token_that_is_asked_for_in_vain(ask: Ask):
    status, body = await ask("POST", "/v1alpha/auth_tokens", {"uses": -1, "fieldMask": ""})
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")


# ---- OAuth


async def test_tokeninfo(ask: Ask):
    for method, more in (("GET", {}), ("POST", {"form": "access_token=ya29.a"}), ("GET", {"Authorization": "Bearer ya29.a"})):
        target = "/tokeninfo" if more else "/tokeninfo?access_token=ya29.a"
        status, info = await ask(method, target, **more)
        assert status == 200
        assert all(isinstance(value, str) for value in info.values()), "as Google, all are strings"
        assert SCOPE in info["scope"].split()
        assert (int(info["exp"]), info["expires_in"]) == (NOW + 3599, "3599")
        assert "@" in info["email"]


@pytest.mark.parametrize("token", ["ya29.EXPIRED", "ya29.REVOKED", "auth_tokens/1", "AIzaSomething", "ya29.SHORT:0"])
async def test_tokens_that_are_none(ask: Ask, token: str):
    assert await ask("GET", f"/tokeninfo?access_token={token}") == (
        400,
        {"error": "invalid_token", "error_description": "Invalid Value"},
    )


async def test_a_token_s_scope_and_life_are_told(ask: Ask, clock: Clock):
    assert SCOPE not in (await ask("GET", "/tokeninfo?access_token=ya29.NOSCOPE"))[1]["scope"].split()
    path = "/tokeninfo?access_token=ya29.SHORT:90"
    assert (await ask("GET", path))[1]["expires_in"] == "90"
    clock.now += 60
    assert (await ask("GET", path))[1]["expires_in"] == "30"
    clock.now += 30
    assert (await ask("GET", path))[0] == 400
    assert (await ask("POST", COUNT, text("hi"), Authorization="Bearer ya29.SHORT:90"))[0] == 401


async def test_tokeninfo_needs_a_token(ask: Ask):
    assert (await ask("GET", "/tokeninfo"))[1]["error"] == "invalid_request"


def jwt(**claims: Any) -> str:
    parts = ({"alg": "RS256", "typ": "JWT"}, {"iss": "a@b", "aud": "u", "scope": SCOPE, "iat": NOW, "exp": NOW + 3600, **claims})
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*map(orjson.dumps, parts), b"signature"))


GRANTS = [
    (f"grant_type={JWT_BEARER}&assertion={jwt()}", None),
    ("grant_type=refresh_token&refresh_token=1//a&client_id=c&client_secret=s", None),
    ("grant_type=authorization_code&code=4/a", None),
    ("", "invalid_request"),
    ("grant_type=password&username=me", "unsupported_grant_type"),
    ("grant_type=refresh_token", "invalid_request"),
    ("grant_type=refresh_token&refresh_token=1//REVOKED", "invalid_grant"),
    ("grant_type=refresh_token&refresh_token=1//EXPIRED-2", "invalid_grant"),
    ("grant_type=authorization_code", "invalid_request"),
    (f"grant_type={JWT_BEARER}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion=a.b.c", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt().rsplit('.', 1)[0]}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(exp=NOW - 600, iat=NOW - 4200)}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(exp=NOW + 86_400)}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(iat=NOW + 600, exp=NOW + 700)}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(iat='now')}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(iss=None)}", "invalid_grant"),
    (f"grant_type={JWT_BEARER}&assertion={jwt(scope=None)}", "invalid_scope"),
]


@pytest.mark.parametrize(("form", "error"), GRANTS)
async def test_grants(ask: Ask, form: str, error: str | None):
    status, body = await ask("POST", "/token", form=form)
    if error is not None:
        assert (status, body["error"]) == (400, error)
        assert body["error_description"]
        return
    assert status == 200
    assert body["access_token"].startswith("ya29.")
    assert (body["expires_in"], body["token_type"]) == (3599, "Bearer")
    assert ("refresh_token" in body) is ("authorization_code" in form)


async def test_a_grant_may_be_json(ask: Ask):
    assert (await ask("POST", "/token", {"grant_type": "refresh_token", "refresh_token": "1//a"}))[0] == 200
    assert (await ask("POST", "/token", ["grant_type"]))[1]["error"] == "invalid_request"


async def test_a_new_token_is_good_for_an_hour(ask: Ask, clock: Clock):
    _, body = await ask("POST", "/token", form="grant_type=refresh_token&refresh_token=1//a")
    bearer = f"Bearer {body['access_token']}"
    clock.now += 3598
    assert (await ask("POST", COUNT, text("hi"), Authorization=bearer))[0] == 200
    clock.now += 1
    assert (await ask("POST", COUNT, text("hi"), Authorization=bearer))[0] == 401


async def test_a_revoked_token_is_expired(ask: Ask):
    assert await ask("POST", "/revoke?token=ya29.mine") == (200, {})
    assert (await ask("GET", "/tokeninfo?access_token=ya29.mine"))[0] == 400
    assert (await ask("POST", COUNT, text("hi"), Authorization="Bearer ya29.mine"))[0] == 401
    assert (await ask("POST", "/revoke"))[0] == 400


# ---- what is kept and shown


async def test_nothing_is_to_be_cached(rest: Rest):
    for method, target in SERVED:
        assert dict((await respond(rest, method, target)).headers)["Cache-Control"] == "no-store"


def test_every_call_has_a_test():
    targets = [(method, target.partition("?")[0]) for method, target in SERVED]
    targets += [("GET", "/tokeninfo"), ("POST", "/tokeninfo"), ("POST", "/token"), ("POST", "/revoke"), ("POST", COUNT)]
    targets += [("POST", "/v1/models/m:countTokens"), ("POST", "/v1/publishers/google/models/m:countTokens")]
    for route in ROUTES:
        assert any(route.method == method and route.path.fullmatch(path) for method, path in targets), route
