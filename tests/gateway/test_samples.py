"""How voices sound before a conversation: asked of the engine, served to the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from genmedia_live.core.errors import ClientFault, GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES, PRESETS
from genmedia_live.engine.front.certificate import mint
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.server import Engine, Options
from genmedia_live.gateway.engine_process import EngineProcess, command
from genmedia_live.gateway.engines import GoogleEngine, Readiness
from genmedia_live.gateway.openapi import DOCUMENT
from genmedia_live.gateway.samples import EngineVoices
from tests.fakes import FakeUpstream
from tests.gateway.house import House

WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(2_000)


# ---- of the engine


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(scripted_mind(), Options(require_credentials=True))
    await engine.start()
    yield engine
    await engine.stop(notice=0)


async def code_of(voices: EngineVoices, voice: str = "heart") -> str:
    with pytest.raises(GenmediaError) as caught:
        await voices.sample(voice)
    return caught.value.code


async def test_every_voice_has_a_sample_and_a_preset_that_of_its_voice(engine: Engine) -> None:
    voices = EngineVoices(engine.port, engine.ca, Limits())
    made = {name: await voices.sample(name) for name in (*ENGINE_VOICES, *GEMINI_VOICES, *PRESETS)}
    assert all(wav.startswith(b"RIFF") and len(wav) > 24_000 for wav in made.values())
    assert len(set(made.values())) == len(ENGINE_VOICES)
    for name, preset in PRESETS.items():
        assert made[name] == made[preset.voice]
    assert len({made[name] for name in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("voice", ["Ember", "HEART", "", "..", "../../v1beta/models", "heart/sample?", "%68eart", "a b#c", "ü\0"])
async def test_a_voice_that_nobody_has(engine: Engine, voice: str) -> None:
    assert await code_of(EngineVoices(engine.port, engine.ca, Limits()), voice) == "unknown_voice"


async def test_an_engine_that_is_gone_or_a_stranger_in_its_place(engine: Engine) -> None:
    stranger = mint()
    assert await code_of(EngineVoices(engine.port, stranger.ca, Limits())) == "engine_unavailable"
    port = engine.port
    await engine.stop(notice=0)
    assert await code_of(EngineVoices(port, engine.ca, Limits())) == "engine_unavailable"


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
async def test_an_engine_that_answers_badly_or_never(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if answer:
            writer.close()
        else:
            await reader.read()  # until the client has had enough
            writer.close()

    certificate = mint()
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await code_of(EngineVoices(port, certificate.ca, Limits(engine_sample_ms=300))) == "engine_unavailable"


async def test_the_process_says_what_is_missing_until_it_runs_and_again_when_it_is_gone() -> None:
    ready = asyncio.Event()

    def changed(readiness: Readiness) -> None:
        if readiness.state == "ready":
            ready.set()

    process = EngineProcess("scripted", command(scripted=True), Limits(), lambda port, ca: FakeUpstream(), changed)
    assert process.samples
    with pytest.raises(GenmediaError) as caught:
        await process.sample("heart")
    assert caught.value.code == "loading_models"
    assert caught.value.problem.retry_after_ms
    await process.start()
    async with asyncio.timeout(30):
        await ready.wait()
    assert (await process.sample("Juniper")).startswith(b"RIFF")
    await process.close()
    with pytest.raises(GenmediaError, match="is not running") as caught:
        await process.sample("heart")
    assert caught.value.code == "engine_unavailable"


async def test_google_has_none_and_it_is_said_why() -> None:
    google = GoogleEngine("vertex", FakeUpstream())
    assert not google.samples
    with pytest.raises(ClientFault, match="Google has no samples") as caught:
        await google.sample("Aoede")
    assert caught.value.code == "no_sample"


# ---- for the page


async def test_the_page_hears_it_and_asks_again_for_nothing(house: House) -> None:
    house.engine.wavs["Breeze"] = WAV
    async with house.http() as http:
        async with http.get("/api/voices/Breeze/sample") as answer:
            assert (answer.status, answer.content_type) == (200, "audio/wav")
            assert await answer.read() == WAV
            assert answer.headers["Cache-Control"] == "no-cache"
            tag = answer.headers["ETag"]
        async with http.get("/api/voices/Breeze/sample", headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        house.engine.wavs["Breeze"] = WAV + b"\0\0"  # another engine, another voice
        async with http.get("/api/voices/Breeze/sample", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 200


async def test_a_player_may_ask_for_a_part(house: House) -> None:
    house.engine.wavs["heart"] = WAV
    async with house.http() as http, http.get("/api/voices/heart/sample", headers={"Range": "bytes=0-1"}) as answer:
        assert (answer.status, await answer.read()) == (206, WAV[:2])
        assert answer.headers["Content-Range"] == f"bytes 0-1/{len(WAV)}"


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (ClientFault("unknown_voice"), 404, "unknown_voice"),
        (ClientFault("no_sample", "Why not."), 404, "no_sample"),
        (GenmediaError("loading_models"), 503, "loading_models"),
        (GenmediaError("engine_unavailable"), 503, "engine_unavailable"),
        (RuntimeError("canary"), 500, "internal"),
    ],
)
async def test_failures_are_problem_documents(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int, code: str
) -> None:
    async def fail(voice: str) -> bytes:
        raise failure

    monkeypatch.setattr(house.engine, "sample", fail)
    async with house.http() as http, http.get("/api/voices/heart/sample") as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        problem = await answer.json()
    assert problem["code"] == code
    assert "canary" not in str(problem)
    if code == "no_sample":
        assert problem["message"] == "Why not."


@pytest.mark.parametrize("path", ["/api/voices", "/api/voices/heart", "/api/voices/a/b/sample"])
async def test_nothing_else_is_there(house: House, path: str) -> None:
    async with house.http() as http, http.get(path) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


def test_it_is_described() -> None:
    described = DOCUMENT["paths"]["/api/voices/{voice}/sample"]["get"]
    assert "audio/wav" in described["responses"]["200"]["content"]
