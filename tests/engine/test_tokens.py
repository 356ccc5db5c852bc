"""Ephemeral tokens: what is issued, how often and how long it is good, and what it makes of a set-up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.limits import Limits
from genmedia_live.engine.front.access import digest_of
from genmedia_live.engine.front.failures import Failure
from genmedia_live.engine.front.tokens import Pass, Tokens
from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.wire import setup_of

NOW = 1_700_000_000.0
HOUR = 3600.0


def at(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat().replace("+00:00", "Z")


def setup(**fields: Any) -> Setup:
    made = setup_of(fields)
    assert isinstance(made, Setup)
    return made


def issue(tokens: Tokens, now: float = NOW, **asked: Any) -> str:
    name = tokens.issue(asked, now)
    assert isinstance(name, str)
    assert name.startswith("auth_tokens/")
    return digest_of(name)


def made_of(client: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """What a token makes of a client's set-up."""
    tokens = Tokens()
    passed = tokens.admit(issue(tokens, **asked), setup(**client), NOW)
    assert isinstance(passed, Pass), passed
    return dict(passed.setup.document)


# ---- how often, how long


@pytest.mark.parametrize(
    ("asked", "sessions"), [({}, 1), ({"uses": 1}, 1), ({"uses": 3}, 3), ({"uses": "2"}, 2), ({"uses": 0}, 9)]
)
def test_uses(asked: dict[str, Any], sessions: int):
    tokens = Tokens()
    digest = issue(tokens, **asked)
    passed = [isinstance(tokens.admit(digest, setup(), NOW), Pass) for _ in range(9)]
    assert passed == [True] * sessions + [False] * (9 - sessions)


def test_to_resume_is_no_use():
    tokens = Tokens()
    digest = issue(tokens)
    again = setup(sessionResumption={"handle": "h"})
    assert isinstance(tokens.admit(digest, setup(), NOW), Pass)
    for later in (1, 61, 29 * 60):
        passed = tokens.admit(digest, again, NOW + later)
        assert isinstance(passed, Pass)
        assert passed.setup.handle == "h"
        assert passed.ends == NOW + 30 * 60
    assert isinstance(tokens.admit(digest, again, NOW + 30 * 60), Close)


@pytest.mark.parametrize(
    ("asked", "opens", "ends"),
    [
        ({}, 60, 1800),
        ({"newSessionExpireTime": at(HOUR), "expireTime": at(2 * HOUR)}, HOUR, 2 * HOUR),
        ({"new_session_expire_time": at(5)}, 5, 1800),
        ({"expireTime": at(10)}, 10, 10),
        ({"newSessionExpireTime": at(HOUR)}, 1800, 1800),
    ],
)
def test_times(asked: dict[str, Any], opens: float, ends: float):
    tokens = Tokens()
    digest = issue(tokens, uses=0, **asked)
    resumed = setup(sessionResumption={"handle": "h"})
    assert isinstance(tokens.admit(digest, setup(), NOW + opens - 0.1), Pass)
    assert isinstance(tokens.admit(digest, setup(), NOW + opens), Close)
    assert isinstance(tokens.admit(digest, resumed, NOW + ends - 0.1), Pass)
    assert isinstance(tokens.admit(digest, resumed, NOW + ends), Close)


def test_closes():
    tokens = Tokens()
    digest = issue(tokens)
    tokens.admit(digest, setup(), NOW)
    closes = [
        tokens.admit(digest, setup(), NOW),
        tokens.admit(digest, setup(), NOW + 61),
        tokens.admit(digest, setup(), NOW + HOUR),
        tokens.admit("unknown", setup(), NOW),
    ]
    assert {close.code for close in closes if isinstance(close, Close)} == {1008}
    assert len({close.reason for close in closes if isinstance(close, Close)}) == 4


@pytest.mark.parametrize(
    "asked",
    [
        {"uses": -1},
        {"uses": True},
        {"uses": "many"},
        {"uses": 1.5},
        {"uses": 2**31},
        {"expireTime": "tomorrow"},
        {"expireTime": 12},
        {"expireTime": at(-1)},
        {"expireTime": at(20 * HOUR)},
        {"newSessionExpireTime": at(21 * HOUR)},
        {"fieldMask": ["model"]},
        {"bidiGenerateContentSetup": []},
        {"bidiGenerateContentSetup": {"nonsense": 1}},
        {"bidiGenerateContentSetup": {"generationConfig": {"temperature": "hot"}}},
        {"authToken": {}},
    ],
    ids=repr,
)
def test_what_is_asked_for_in_vain(asked: dict[str, Any]):
    failure = Tokens().issue(asked, NOW)
    assert isinstance(failure, Failure)
    assert failure.code == 400
    assert failure.message


def test_they_are_bounded_and_forgotten():
    tokens = Tokens(Limits(live_tokens=3))
    digests = [issue(tokens, expireTime=at(100 - number)) for number in range(5)]
    kept = [isinstance(tokens.admit(digest, setup(), NOW), Pass) for digest in digests]
    assert kept == [True, True, True, False, False], "those go first that end first"
    assert len(tokens) == 3
    issue(tokens, now=NOW + 101)
    assert len(tokens) == 1


# ---- what a token makes of a set-up

CLIENT = {
    "model": "models/client",
    "generationConfig": {"temperature": 1.5, "responseModalities": ["AUDIO"]},
    "inputAudioTranscription": {},
}
TOKEN = {"model": "models/token", "generationConfig": {"temperature": 0.5}}


def test_without_a_set_up_the_client_s_stands():
    assert made_of(CLIENT) == setup(**CLIENT).document
    assert made_of(CLIENT, fieldMask="model") == setup(**CLIENT).document


def test_a_set_up_takes_the_place_of_the_client_s():
    assert made_of(CLIENT, bidiGenerateContentSetup=TOKEN) == setup(**TOKEN).document


@pytest.mark.parametrize(
    ("mask", "changed"),
    [
        ("model", {**CLIENT, "model": "models/token"}),
        (
            "model,generationConfig.temperature",
            {**CLIENT, "model": "models/token", "generationConfig": {"temperature": 0.5, "responseModalities": ["AUDIO"]}},
        ),
        ("generation_config.temperature", {**CLIENT, "generationConfig": {"temperature": 0.5, "responseModalities": ["AUDIO"]}}),
        ("generationConfig", {**CLIENT, "generationConfig": {"temperature": 0.5}}),
        ("generationConfig.responseModalities", {**CLIENT, "generationConfig": {"temperature": 1.5}}),
        ("inputAudioTranscription", {name: CLIENT[name] for name in ("model", "generationConfig")}),
        ("outputAudioTranscription, systemInstruction.parts", CLIENT),
    ],
)
def test_a_mask_names_what_the_token_decides(mask: str, changed: dict[str, Any]):
    assert made_of(CLIENT, bidiGenerateContentSetup=TOKEN, fieldMask=mask) == setup(**changed).document


def test_a_field_of_the_token_s_alone_is_put_in():
    made = made_of({}, bidiGenerateContentSetup=TOKEN, fieldMask="generationConfig.temperature")
    assert made == {"generationConfig": {"temperature": 0.5}}


@pytest.mark.parametrize("mask", ["", "sessionResumption"])
def test_the_handle_is_the_client_s(mask: str):
    client = {"sessionResumption": {"handle": "h"}}
    asked = {"bidiGenerateContentSetup": {"model": "models/token", "sessionResumption": {}}, "fieldMask": mask}
    assert made_of(client, **asked)["sessionResumption"] == {"handle": "h"}


def test_where_the_token_resumes_nothing_a_handle_is_a_use():
    tokens = Tokens()
    digest = issue(tokens, bidiGenerateContentSetup=TOKEN)
    again = setup(sessionResumption={"handle": "h"})
    assert isinstance(tokens.admit(digest, again, NOW), Pass)
    assert isinstance(tokens.admit(digest, again, NOW), Close)


def test_a_token_is_the_same_for_every_session():
    tokens = Tokens()
    digest = issue(tokens, uses=0, bidiGenerateContentSetup={**TOKEN, "sessionResumption": {}})
    first = tokens.admit(digest, setup(sessionResumption={"handle": "h"}), NOW)
    second = tokens.admit(digest, setup(), NOW)
    assert isinstance(first, Pass)
    assert isinstance(second, Pass)
    assert second.setup.handle is None


NAMES = st.sampled_from(["model", "generationConfig", "temperature", "sessionResumption", "handle", "systemInstruction", "x", ""])


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4).map(".".join), max_size=5).map(",".join), st.booleans())
def test_any_mask_is_survived(mask: str, turned: bool):
    client, token = (TOKEN, CLIENT) if turned else (CLIENT, TOKEN)
    before = json.dumps(client)
    made = made_of(client, bidiGenerateContentSetup=token, fieldMask=mask)
    assert set(made) <= set(client) | set(token)
    assert json.dumps(client) == before
