"""Who asks, by what they send; what is wrong with them; whose their sessions are. Without a socket."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.dialogue.gate import Terms
from genmedia_live.engine.front.access import Access, Caller, Entrance, Lives, digest_of, entrance, resource_of
from genmedia_live.engine.front.admission import FULL, Admission, House, Seats
from genmedia_live.engine.front.faults import MAGIC, Fault, Resource
from genmedia_live.engine.front.request import Request
from genmedia_live.engine.front.tokens import Tokens
from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.profiles import LOCAL
from genmedia_live.engine.protocol.wire import setup_of
from genmedia_live.upstream.errors import from_close, from_http

VERTEX, GEMINI = Entrance("vertex", "v1beta1"), Entrance("gemini", "v1beta")
CONSTRAINED = Entrance("gemini", "v1alpha", constrained=True)
PLACE = "projects/p/locations/us-central1/publishers/google/models/"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> House:
    return House(Access(Lives(100, clock)), Tokens(), clock=clock)


def asking(target: str = "/", **headers: str) -> Request:
    return Request.of("GET", target, [(name.replace("_", "-"), value) for name, value in headers.items()])


def setup(model: str = "models/m", **fields: Any) -> Setup:
    made = setup_of({"model": model, **fields})
    assert isinstance(made, Setup)
    return made


@pytest.mark.parametrize(
    ("request_", "kind", "secret"),
    [
        (asking(), "nobody", ""),
        (asking(Authorization="Bearer ya29.a"), "token", "ya29.a"),
        (asking(authorization="bearer  ya29.a "), "token", "ya29.a"),
        (asking(Authorization="Basic dXNlcjpwYXNz"), "nobody", ""),
        (asking(Authorization="Bearer"), "nobody", ""),
        (asking("/?access_token=ya29.a"), "token", "ya29.a"),
        (asking(x_goog_api_key="AIza1"), "key", "AIza1"),
        (asking("/?key=AIza1&alt=ws"), "key", "AIza1"),
        (asking("/?key=AIza1", Authorization="Bearer ya29.a"), "token", "ya29.a"),
        (asking(Authorization="Token auth_tokens/1", x_goog_api_key="auth_tokens/1"), "ephemeral", "auth_tokens/1"),
        (asking(x_goog_api_key="auth_tokens/1"), "ephemeral", "auth_tokens/1"),
        (asking("/?access_token=auth_tokens%2F1"), "ephemeral", "auth_tokens/1"),
    ],
    ids=repr,
)
def test_callers(house: House, request_: Request, kind: str, secret: str):
    caller = house.access.caller(request_)
    assert caller.kind == kind
    assert caller.digest == (digest_of(secret) if secret else "")


@given(st.text(min_size=8))
def test_no_secret_is_in_what_is_kept_or_shown(secret: str):
    access = Access(Lives(10, lambda: 0.0))
    request = Request.of("GET", "/", [("Authorization", f"Bearer {secret}"), ("x-goog-api-key", secret)])
    for shown in (repr(request), repr(access.caller(request)), repr(access.token(secret))):
        assert secret not in shown


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent", Entrance("vertex", "v1")),
        ("/any/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent/", Entrance("gemini", "v1beta")),
        ("/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained", CONSTRAINED),
        ("/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic", None),
    ],
)
def test_entrances(path: str, found: Entrance | None):
    assert entrance(path) == found


@pytest.mark.parametrize(
    ("model", "way", "found"),
    [
        (f"{PLACE}m", VERTEX, Resource("vertex", "v1beta1", "p", "us-central1", "m")),
        ("publishers/google/models/m", VERTEX, Resource("vertex", "v1beta1", "charged", "-", "m")),
        ("m", VERTEX, Resource("vertex", "v1beta1", "charged", "-", "m")),
        ("models/m", GEMINI, Resource("gemini", "v1beta", "charged", "-", "m")),
        ("", GEMINI, Resource("gemini", "v1beta", "charged", "-", "")),
    ],
)
def test_resources(model: str, way: Entrance, found: Resource):
    assert resource_of(model, way, "charged") == found


# ---- what is wrong


def test_every_credential_of_the_table_has_a_way_to_fail_of_its_own():
    assert len({(fault.message, fault.reason, fault.depth) for fault in MAGIC.values()}) == len(MAGIC) - 1  # APIOFF twice


def test_the_documentation_has_every_one_of_them():
    page = (Path(__file__).parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")
    rows = {name: row for row in page.splitlines() if (name := row[3:].partition("`")[0]) in MAGIC}
    assert list(rows) == list(MAGIC)
    for name, row in rows.items():
        failure = MAGIC[name].at(Resource("gemini" if name.startswith("AIza") else "vertex", "v1", "…", "l", "m"))
        _, _, http, status, close, message, _ = (cell.strip() for cell in row.split("|"))
        assert (http, status) == (str(failure.code), f"`{failure.status}`, `{failure.reason}`")
        assert close == str(failure.close().code)
        assert failure.message.startswith(message.removesuffix("…").strip())


@pytest.mark.parametrize("name", MAGIC)
def test_sentences_are_filled_in_and_upstream_knows_them(name: str):
    for backend in ("vertex", "gemini"):
        failure = MAGIC[name].at(Resource(backend, "v1", "p", "l", "m"))
        response = failure.response()
        assert not re.search(r"[{}]", failure.message + "".join(failure.metadata.values()))
        assert from_http(response.status, response.body).code not in ("upstream_refused", "upstream_unreachable")
        if name.startswith("AIza"):  # tokens are refused at the upgrade
            close = failure.close()
            assert from_close(close.code, close.reason).code not in ("upstream_refused", "upstream_lost")


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        ("ya29.EXPIRED", MAGIC["ya29.EXPIRED"]),
        ("ya29.EXPIRED-of-somebody-else", MAGIC["ya29.EXPIRED"]),
        ("ya29.EXPIREDNOT", None),
        ("ya29.a0Af-EXPIRED", None),
        ("local", None),
        ("AIzaSyBAD", MAGIC["ya29.REVOKED"]),
        ("AIzaBAD", MAGIC["ya29.REVOKED"]),
    ],
)
def test_tokens_that_fail(house: House, secret: str, fault: Fault | None):
    caller = house.access.token(secret)
    assert house.access.fault(caller, "vertex") is fault


@pytest.mark.parametrize(("key", "name"), [("AIzaBAD", "AIzaBAD"), ("AIzaBAD-2", "AIzaBAD"), ("ya29.a0", "AIzaBAD")])
def test_keys_that_fail(house: House, key: str, name: str):
    assert house.access.fault(house.access.caller(asking(x_goog_api_key=key)), "gemini") is MAGIC[name]


def test_a_short_life(house: House, clock: Clock):
    caller = house.access.token("ya29.SHORT:30")
    clock.now += 29
    assert house.access.refusal(house.access.token("ya29.SHORT:30"), Resource("vertex")) is None
    clock.now += 1
    failure = house.access.refusal(caller, Resource("vertex"))
    assert failure is not None
    assert failure.reason == "ACCESS_TOKEN_EXPIRED"
    assert house.access.refusal(house.access.token("ya29.SHORT:30-another"), Resource("vertex")) is None


def test_lives_are_bounded(clock: Clock):
    lives = Lives(3, clock)
    for number in range(10):
        lives.begin(str(number), 5.0)
    assert [number for number in range(10) if lives.left(str(number)) is not None] == [7, 8, 9]
    lives.end("9")
    assert lives.left("9") == 0.0


@pytest.mark.parametrize(
    ("depth", "failing"),
    [
        ("caller", {"EXPIRED", "REVOKED", "NOSCOPE"}),
        ("project", {"EXPIRED", "REVOKED", "NOSCOPE", "DENIED", "APIOFF", "NOPROJECT", "USERPROJECT", "BILLING"}),
        ("use", {name.removeprefix("ya29.") for name in MAGIC if name.startswith("ya29.")}),
    ],
)
def test_a_fault_shows_where_it_is_looked_for(house: House, depth: Any, failing: set[str]):
    names = [name for name in MAGIC if name.startswith("ya29.")]
    refused = {name for name in names if house.access.refusal(house.access.token(name), Resource("vertex"), depth)}
    assert {name.removeprefix("ya29.") for name in refused} == failing


# ---- at the gate


def admit(house: House, way: Entrance, caller: Caller, wanted: Setup) -> Terms | Close:
    return Admission(caller, way, house).admit(wanted, 0.0)


@pytest.mark.parametrize("name", [name for name in MAGIC if name.startswith("ya29.")])
def test_vertex_refuses_the_upgrade(house: House, name: str):
    failure = Admission(house.access.token(name), VERTEX, house).upgrade()
    assert failure is not None
    assert failure == MAGIC[name].at(Resource("vertex", "v1beta1"))


@pytest.mark.parametrize("name", MAGIC)
def test_the_developer_api_opens_and_closes(house: House, name: str):
    caller = house.access.caller(
        asking(x_goog_api_key=name) if name.startswith("AIza") else asking(Authorization=f"Bearer {name}")
    )
    admission = Admission(caller, GEMINI, house)
    assert admission.upgrade() is None
    close = admission.admit(setup(), 0.0)
    assert isinstance(close, Close)
    assert MAGIC[name].at(Resource("gemini", "v1beta", model="m")).message.startswith(close.reason)


def test_the_closes_of_keys(house: House):
    """Live protocol, "Close codes and reasons"."""
    closes = {}
    for name in [name for name in MAGIC if name.startswith("AIza")]:
        close = admit(house, GEMINI, house.access.caller(asking(f"/?key={name}")), setup())
        assert isinstance(close, Close)
        closes[name] = (close.code, close.reason.split(".")[0][:48])
    assert closes == {
        "AIzaBAD": (1007, "API key not valid"),
        "AIzaEXPIRED": (1007, "API key expired"),
        "AIzaAPIOFF": (1008, "Generative Language API has not been used in pro"),
        "AIzaDENIED": (1008, "Your project has been denied access"),
        "AIzaQUOTA": (1011, "You exceeded your current quota, please check yo"),
    }


@pytest.mark.parametrize("way", [VERTEX, GEMINI])
def test_nobody_comes_in_unless_credentials_are_asked_for(way: Entrance, clock: Clock):
    for required in (False, True):
        house = House(Access(Lives(10, clock), required=required), Tokens(), clock=clock)
        admission = Admission(Caller(), way, house)
        failure, terms = admission.upgrade(), admission.admit(setup(), 0.0)
        assert isinstance(terms, Close) is required
        assert (failure is not None) is (required and way is VERTEX)
        if failure is not None:
            assert (failure.code, failure.reason) == (401, "CREDENTIALS_MISSING")
        elif isinstance(terms, Close):
            assert terms.code == 1008
            assert terms.reason.startswith("Method doesn't allow unregistered callers")


@pytest.mark.parametrize("model", [f"{PLACE}nowhere-live", "projects/p/locations/nowhere1/publishers/google/models/m"])
def test_models_and_regions_that_are_nowhere(house: House, model: str):
    close = admit(house, VERTEX, house.access.token("ya29.a"), setup(model))
    assert isinstance(close, Close)
    assert close.code == 1008
    assert close.reason.startswith(f"Publisher Model `{model}`"[:123])


@pytest.mark.parametrize(
    ("way", "request_", "model", "owner"),
    [
        (VERTEX, asking(Authorization="Bearer ya29.a"), f"{PLACE}m", "projects/p"),
        (VERTEX, asking(Authorization="Bearer ya29.b"), f"{PLACE}m", "projects/p"),
        (VERTEX, asking(Authorization="Bearer ya29.a", x_goog_user_project="q"), "publishers/google/models/m", "projects/q"),
        (VERTEX, asking(Authorization="Bearer ya29.a"), "publishers/google/models/m", digest_of("ya29.a")),
        (VERTEX, asking(x_goog_api_key="AIza1"), "publishers/google/models/m", digest_of("AIza1")),
        (VERTEX, asking(), "publishers/google/models/m", ""),
        (GEMINI, asking("/?key=AIza1"), "models/m", digest_of("AIza1")),
        (GEMINI, asking(x_goog_api_key="AIza2", x_goog_user_project="q"), "models/m", digest_of("AIza2")),
        (GEMINI, asking(), "models/m", ""),
    ],
)
def test_owners(house: House, way: Entrance, request_: Request, model: str, owner: str):
    terms = admit(house, way, house.access.caller(request_), setup(model))
    assert isinstance(terms, Terms)
    assert terms.owner == owner
    assert terms.profile is LOCAL
    assert terms.named is (way is VERTEX)


def test_the_script_objects_before_the_model_does(house: House):
    asked: list[bool] = []

    def refusal(resumes: bool) -> tuple[int, str] | None:
        asked.append(resumes)
        return (1011, "as the script says") if resumes else None

    scripted = replace(house, refusal=refusal)
    wanted = setup("models/gemini-unknown", sessionResumption={"handle": "h"})
    assert admit(scripted, GEMINI, Caller(), wanted) == Close(1011, "as the script says")
    close = admit(scripted, GEMINI, Caller(), setup("models/gemini-unknown"))
    assert isinstance(close, Close)
    assert close.reason.startswith("models/gemini-unknown is not found for API version v1beta")
    admit(scripted, GEMINI, house.access.caller(asking("/?key=AIzaBAD")), wanted)
    assert asked == [True, False]


# ---- with ephemeral tokens


def issued(house: House, issuer: str = "", **asked: Any) -> Caller:
    name = house.tokens.issue(asked, house.clock(), issuer)
    assert isinstance(name, str)
    return house.access.caller(asking(Authorization=f"Token {name}"))


def test_an_ephemeral_token_opens_its_own_method_alone(house: House):
    caller = issued(house)
    assert isinstance(admit(house, CONSTRAINED, caller, setup()), Terms)
    close = admit(house, GEMINI, caller, setup())
    assert isinstance(close, Close)
    assert (close.code, close.reason) == (1007, "API key not valid. Please pass a valid API key.")
    failure = Admission(caller, VERTEX, house).upgrade()
    assert failure is not None
    assert failure.code == 401


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asking(), "Method doesn't allow unregistered callers"),
        (asking("/?key=AIza1"), "API keys are not supported by this API"),
        (asking(Authorization="Token auth_tokens/unknown"), "Request had invalid authentication credentials"),
    ],
)
def test_that_method_needs_one(house: House, request_: Request, reason: str):
    close = admit(house, CONSTRAINED, house.access.caller(request_), setup())
    assert isinstance(close, Close)
    assert close.code == 1008
    assert close.reason.startswith(reason)


def test_a_session_ends_with_its_token(house: House, clock: Clock):
    caller = issued(house, uses=0)
    clock.now += 50
    limits: list[float] = []
    admission = Admission(caller, CONSTRAINED, house)
    admission.limit = limits.append
    terms = admission.admit(setup(), 0.0)
    assert isinstance(terms, Terms)
    assert limits == [30 * 60 - 50]


def test_a_session_is_its_token_s_issuer_s(house: House):
    """A backend gives each connection a token of its own: the next one resumes what the last one began."""
    backend, other = digest_of("AIza1"), digest_of("AIza2")
    owners = []
    for issuer in (backend, backend, other):
        terms = admit(house, CONSTRAINED, issued(house, issuer), setup())
        assert isinstance(terms, Terms)
        owners.append(terms.owner)
    assert owners == [backend, backend, other]


def test_where_there_is_no_room_no_use_of_a_token_is_spent(house: House):
    caller = issued(house)
    full = replace(house, seats=Seats(1))
    first, second = Admission(Caller(), GEMINI, full), Admission(caller, CONSTRAINED, full)
    assert isinstance(first.admit(setup(), 0.0), Terms)
    assert second.admit(setup(), 0.0) == FULL
    second.leave()
    assert second.admit(setup(), 0.0) == FULL
    first.leave()
    first.leave()
    assert isinstance(second.admit(setup(), 0.0), Terms)
    assert full.seats.full


def test_who_is_refused_sits_nowhere(house: House):
    assert isinstance(admit(house, GEMINI, Caller(), setup("models/gemini-unknown")), Close)
    assert house.seats.taken == 0
    assert isinstance(admit(house, GEMINI, Caller(), setup()), Terms)
    assert house.seats.taken == 1


def test_a_refused_set_up_ends_at_no_time(house: House):
    caller = issued(house, bidiGenerateContentSetup={"model": "models/gemini-unknown"})
    limits: list[float] = []
    admission = Admission(caller, CONSTRAINED, house)
    admission.limit = limits.append
    assert isinstance(admission.admit(setup(), 0.0), Close)
    assert limits == []


def test_sessions_about_to_be_resumed_are_let_go_of(house: House):
    reaped: list[bool] = []
    admit(replace(house, reap=lambda: reaped.append(True)), GEMINI, Caller(), setup())
    assert reaped == [True]
