"""Pages, REST and probes: what is described is there, and every error is a problem document."""

from __future__ import annotations

import re
from typing import Any

import pytest

from genmedia_live.gateway.openapi import DOCUMENT, SCHEMAS
from genmedia_live.gateway.pages import CSP
from tests.gateway.house import House


async def test_the_description_names_the_routes_that_there_are(house: House) -> None:
    described = {
        (method.upper(), re.sub(r"\{(\w+)\}", r"<\1>", path)) for path, item in DOCUMENT["paths"].items() for method in item
    }
    routes = {
        (method, rule.rule)
        for rule in house.gateway.flask.url_map.iter_rules()
        if rule.rule.startswith("/api") and rule.endpoint != "api.unknown"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    stills = ("POST", "/api/conversations/<conversation>/picture")  # taken on the loop, before Flask
    assert routes | {stills} == described


def test_every_reference_of_the_description_is_there() -> None:
    references = set(re.findall(r"#/components/schemas/(\w+)", repr(DOCUMENT)))
    assert references == set(SCHEMAS)


async def test_config_is_as_described(house: House) -> None:
    async with house.http() as http, http.get("/api/config") as answer:
        config = await answer.json()
    assert set(config) == set(SCHEMAS["Config"]["properties"])
    assert config["engine"] == "scripted"
    assert config["state"] == "ready"
    assert config["auth"] == "open"
    assert config["model"] in [model["name"] for model in config["models"]]
    assert config["voice"] in [voice["name"] for voice in config["voices"]]
    assert set(config["limits"]) == set(SCHEMAS["Config"]["properties"]["limits"]["properties"])
    for persona in config["personas"]:
        assert set(persona) == set(SCHEMAS["Persona"]["properties"])
    assert config["limits"]["text_chars"] == 8000
    assert config["limits"]["mic_chunk_ms"] == 40


async def test_the_probes_and_the_description_answer(house: House) -> None:
    async with house.http() as http:
        for path in ("/livez", "/readyz", "/health"):
            async with http.get(path) as answer:
                assert answer.status == 200, path
        async with http.get("/openapi.json") as answer:
            assert (await answer.json())["openapi"].startswith("3.1")
        async with http.get("/metrics") as answer:
            assert "genmedia_sessions_active 0.0" in await answer.text()
        async with house.client() as client:
            await client.start()
            async with http.get("/metrics") as answer:
                text = await answer.text()
        assert "genmedia_sessions_active 1.0" in text
        assert 'genmedia_events_total{event="start"} 1.0' in text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("POST", "/api/conversations/x/y", 404, "not_found"),
        ("GET", "/nothing.js", 404, "not_found"),
        ("GET", "/../settings.py", 404, "not_found"),
        ("GET", "/%2e%2e/settings.py", 404, "not_found"),
        ("GET", "/lib", 404, "not_found"),
        ("GET", "/api/conversations/x", 404, "not_found"),
        ("DELETE", "/api/conversations/x", 404, "not_found"),
        ("POST", "/", 405, "bad_event"),
        ("POST", "/readyz", 400, "bad_event"),
    ],
)
async def test_errors_are_problem_documents(house: House, method: str, path: str, status: int, code: str) -> None:
    import yarl

    async with house.http() as http, http.request(method, yarl.URL(path, encoded=True)) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        problem: dict[str, Any] = await answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["message"]


async def test_a_failing_view_shows_no_trace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(house.gateway), "config", lambda self: {}["canary"])
    async with house.http() as http, http.get("/api/config") as answer:
        assert answer.status == 500
        assert (await answer.json())["code"] == "internal"
        assert "canary" not in await answer.text()


async def test_the_page_is_served_with_its_headers_and_revalidates(house: House) -> None:
    async with house.http() as http:
        async with http.get("/") as answer:
            assert answer.status == 200
            assert answer.content_type == "text/html"
            assert answer.headers["Content-Security-Policy"] == CSP
            assert "microphone=(self)" in answer.headers["Permissions-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            tag = answer.headers["ETag"]
        async with http.get("/", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        async with http.get("/app.js") as answer:
            assert (answer.status, answer.content_type) == (200, "text/javascript")
    assert "unsafe" not in CSP
