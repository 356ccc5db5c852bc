from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from genmedia_live.core.actions import (
    ModelInput,
    SendActivity,
    SendAudio,
    SendAudioEnd,
    SendFrame,
    SendHistory,
    SendText,
    SendToolResult,
)
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.events import GoAway, Interrupted, ModelAudio, Resumption, ToolCall, TurnComplete, Usage
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings
from genmedia_live.upstream.gemini import GeminiLink, GeminiUpstream
from genmedia_live.upstream.profiles import Api
from tests.upstream.live_server import Heard, LiveServer, Peer, listen, says, says_and_ends, voice
from tests.upstream.targets import APIS, LIMITS, heard, settings, target

Open = Callable[..., Awaitable[GeminiLink]]


@pytest.fixture
async def open_link(live: LiveServer) -> AsyncIterator[Open]:
    opened: list[GeminiUpstream | GeminiLink] = []

    async def open_link(
        api: Api = "vertex",
        handle: str | None = None,
        limits: Limits = LIMITS,
        wanted: SessionSettings | None = None,
        fast_lane: bool = True,
    ) -> GeminiLink:
        upstream = GeminiUpstream(target(live, api), limits, fast_lane=fast_lane)
        opened.append(upstream)
        link = await upstream.open(wanted or settings(api), handle)
        opened.append(link)
        return link

    yield open_link
    for closable in reversed(opened):
        await closable.close()


async def failure_of(opening: Awaitable[GeminiLink]) -> GenmediaError:
    with pytest.raises(GenmediaError) as caught:
        await opening
    return caught.value


# ---- opening


@pytest.mark.parametrize(
    ("api", "path", "model"),
    [
        (
            "vertex",
            "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
            "projects/my-project/locations/europe-west4/publishers/google/models/gemini-live-2.5-flash-native-audio",
        ),
        (
            "gemini",
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
            "models/gemini-3.8-live",
        ),
        (
            "engine",
            "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
            "projects/local/locations/local/publishers/google/models/genmedia-local",
        ),
    ],
)
async def test_each_api_has_its_path_and_model_name(live: LiveServer, open_link: Open, api: Api, path: str, model: str) -> None:
    await open_link(api)
    assert live.peers[0].path == path
    assert live.peers[0].setup["model"] == model


@pytest.mark.parametrize(
    ("api", "header", "value"),
    [
        ("vertex", "Authorization", "Bearer ya29.FAKE"),
        ("gemini", "x-goog-api-key", "AIzaFAKE"),
        ("engine", "Authorization", "Bearer local"),
    ],
)
async def test_each_api_has_its_credentials(live: LiveServer, open_link: Open, api: Api, header: str, value: str) -> None:
    await open_link(api)
    assert live.peers[0].headers[header] == value


async def test_a_users_token_takes_the_place_of_the_targets_credentials(live: LiveServer) -> None:
    upstream = GeminiUpstream(replace(target(live), access_token="ya29.USER"), LIMITS)
    link = await upstream.open(settings())
    assert live.peers[0].headers["Authorization"] == "Bearer ya29.USER"
    await link.close()
    await upstream.close()


async def test_the_environment_does_not_choose_the_project(
    live: LiveServer, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "another")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "elsewhere")
    monkeypatch.setenv("GOOGLE_API_KEY", "AIzaANOTHER")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "false")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", "https://127.0.0.1:1")
    await open_link("vertex")
    assert live.peers[0].setup["model"].startswith("projects/my-project/locations/europe-west4/")
    assert live.peers[0].headers["Authorization"] == "Bearer ya29.FAKE"


async def test_deflate_is_not_offered(live: LiveServer, open_link: Open) -> None:
    await open_link()
    assert "Sec-WebSocket-Extensions" not in live.peers[0].headers


@pytest.mark.parametrize("api", APIS)
async def test_a_handle_goes_into_the_set_up(live: LiveServer, open_link: Open, api: Api) -> None:
    await open_link(api, handle="h-7")
    assert live.peers[0].setup["sessionResumption"]["handle"] == "h-7"


async def test_a_server_that_never_answers_the_set_up(live: LiveServer, open_link: Open) -> None:
    live.answer_setup = False
    failure = await failure_of(open_link(limits=replace(LIMITS, open_timeout_ms=300)))
    assert failure.code == "upstream_timeout"


async def test_a_first_message_that_is_no_answer_to_the_set_up(live: LiveServer, open_link: Open) -> None:
    live.answer_setup = False
    live.script = says({"serverContent": {"turnComplete": True}})
    assert (await failure_of(open_link())).code == "upstream_lost"


async def test_garbage_for_an_answer_to_the_set_up(live: LiveServer, open_link: Open) -> None:
    live.answer_setup = False
    live.script = says("not JSON")
    assert (await failure_of(open_link())).code == "upstream_lost"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "token_invalid"),
        (403, "project_denied"),
        (404, "model_unavailable"),
        (429, "quota"),
        (503, "upstream_unreachable"),
    ],
)
async def test_a_refused_upgrade(live: LiveServer, open_link: Open, status: int, code: str) -> None:
    live.refusal = (status, "nope", {})
    assert (await failure_of(open_link())).code == code


@pytest.mark.parametrize("api", APIS)
async def test_a_close_in_place_of_an_answer_to_the_set_up(live: LiveServer, open_link: Open, api: Api) -> None:
    live.answer_setup = False
    live.script = says_and_ends(code=1008, reason="models/x is not found for API version v1beta, or is not supported")
    failure = await failure_of(open_link(api))
    assert failure.code == "model_unavailable"
    assert "close 1008: models/x is not found" in str(failure)


async def test_an_old_handle(live: LiveServer, open_link: Open) -> None:
    live.answer_setup = False
    live.script = says_and_ends(code=1007, reason="Request contains an invalid argument.")
    assert (await failure_of(open_link(handle="old"))).code == "handle_refused"
    assert (await failure_of(open_link())).code == "upstream_refused"


async def test_nobody_at_the_address(live: LiveServer, open_link: Open) -> None:
    await live.__aexit__()
    assert (await failure_of(open_link("vertex"))).code == "upstream_unreachable"
    assert (await failure_of(open_link("engine"))).code == "engine_unavailable"


async def test_a_certificate_of_a_stranger(live: LiveServer) -> None:
    upstream = GeminiUpstream(replace(target(live), ca=None), LIMITS)
    failure = await failure_of(upstream.open(settings()))
    assert failure.code == "upstream_unreachable"
    assert "certificate" in str(failure)
    await upstream.close()


async def test_wrong_settings_reach_nobody(live: LiveServer, open_link: Open) -> None:
    wrong = replace(settings(), voice="Ember")
    assert (await failure_of(open_link(wanted=wrong))).code == "unknown_voice"
    assert live.peers == []


async def test_a_cancelled_opening_leaves_nothing_behind(live: LiveServer, open_link: Open) -> None:
    live.answer_setup = False
    connected = asyncio.Event()
    ended = asyncio.Event()

    async def script(peer: Peer) -> None:
        connected.set()
        await peer.socket.wait_closed()
        ended.set()

    live.script = script
    opening = asyncio.ensure_future(open_link())  # noqa: TID251 - cancelled and awaited here
    await connected.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(10):
        await ended.wait()


# ---- from the model


TURN = {"serverContent": {"turnComplete": True}, "usageMetadata": {"totalTokenCount": 3}}


@pytest.mark.parametrize("fast_lane", [True, False])
@pytest.mark.parametrize("api", APIS)
async def test_events_go_on_over_turns_and_after_them(live: LiveServer, open_link: Open, api: Api, fast_lane: bool) -> None:
    update = {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}
    live.script = says_and_ends(voice(b"\1\0"), TURN, update, voice(b"\2\0"), TURN, {"goAway": {"timeLeft": "9.5s"}})
    events, end = await heard(await open_link(api, fast_lane=fast_lane))
    assert events == [
        ModelAudio(b"\1\0"),
        TurnComplete(),
        Usage({"total": 3}),
        Resumption("h", True),
        ModelAudio(b"\2\0"),
        TurnComplete(),
        Usage({"total": 3}),
        GoAway(9.5),
    ]
    assert end is not None
    assert end.code == "upstream_lost"


@pytest.mark.parametrize("fast_lane", [True, False])
@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (1000, "", "upstream_lost"),
        (1001, "going away", "upstream_lost"),
        (1007, "Request contains an invalid argument.", "upstream_refused"),
        (1008, "Operation is not implemented, or supported, or enabled.", "upstream_refused"),
        (1011, "Internal error encountered.", "upstream_lost"),
        (1011, "You exceeded your current quota, please check your plan", "quota"),
        (4001, "custom", "upstream_lost"),
    ],
)
async def test_a_close_ends_reading_and_sending_alike(
    live: LiveServer, open_link: Open, code: int, reason: str, expected: str, fast_lane: bool
) -> None:
    live.script = says_and_ends(code=code, reason=reason)
    link = await open_link(fast_lane=fast_lane)
    events, end = await heard(link)
    assert events == []
    assert end is not None
    assert end.code == expected
    with pytest.raises(GenmediaError) as caught:
        await link.send(SendText("are you there?"))
    assert caught.value.code == expected


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_sending_after_the_end_before_reading_it(live: LiveServer, open_link: Open, fast_lane: bool) -> None:
    live.script = says_and_ends(code=1008, reason="Request had insufficient authentication scopes.")
    link = await open_link(fast_lane=fast_lane)
    await live.peers[0].socket.wait_closed()

    async def until_the_close_has_come_here() -> None:
        for _ in range(1000):
            await link.send(SendAudio(AudioChunk(b"\0\0" * 320, 16_000)))
            await asyncio.sleep(0)

    with pytest.raises(GenmediaError) as caught:
        await until_the_close_has_come_here()
    assert caught.value.code == "token_scope"


async def test_an_abrupt_end(live: LiveServer, open_link: Open) -> None:
    async def script(peer: Peer) -> None:
        await peer.say(voice(b"\1\0"))
        await peer.receive()
        peer.abort()

    live.script = script
    link = await open_link()
    assert await heard(link, 1) == ([ModelAudio(b"\1\0")], None)
    await link.send(SendAudioEnd())
    events, end = await heard(link)
    assert events == []
    assert end is not None
    assert end.code == "upstream_lost"


@pytest.mark.parametrize("fast_lane", [True, False])
@pytest.mark.parametrize("bad", ["not JSON", '{"futureField": {"x": 1}}', '{"serverContent": {"modelTurn": 7}}', "[1]"])
async def test_unreadable_messages_are_passed_over_until_they_are_too_many(
    live: LiveServer, open_link: Open, bad: str, fast_lane: bool
) -> None:
    few = [bad] * (LIMITS.upstream_unreadable - 1)
    live.script = says(*few, voice(b"\1\0"), *few, TURN, *few, bad, voice(b"\2\0"))
    events, end = await heard(await open_link(fast_lane=fast_lane))
    assert events == [ModelAudio(b"\1\0"), TurnComplete(), Usage({"total": 3})]
    assert end is not None
    assert end.code == "upstream_lost"


async def test_an_http_error_in_a_message(live: LiveServer, open_link: Open) -> None:
    live.script = says({"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"})
    _, end = await heard(await open_link())
    assert end is not None
    assert end.code == "quota"


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_a_message_over_a_mebibyte_is_read(live: LiveServer, open_link: Open, fast_lane: bool) -> None:
    pcm = b"\1\0" * 1_000_000
    live.script = says(voice(pcm))
    assert await heard(await open_link(fast_lane=fast_lane), 1) == ([ModelAudio(pcm)], None)


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_a_message_over_the_bound_ends_the_link(live: LiveServer, open_link: Open, fast_lane: bool) -> None:
    live.script = says(voice(b"\1\0" * 10_000))
    link = await open_link(limits=replace(LIMITS, upstream_message_bytes=10_000), fast_lane=fast_lane)
    _, end = await heard(link)
    assert end is not None
    assert end.code == "upstream_lost"
    assert "1009" in str(end)


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_a_reader_that_gives_up_loses_nothing(live: LiveServer, open_link: Open, fast_lane: bool) -> None:
    """Waiting for the next event is cancelled between any two messages; the next reader gets what comes."""
    said = [voice(bytes([n, 0])) if n % 3 else {"toolCall": {"functionCalls": [{"id": str(n), "name": "f"}]}} for n in range(9)]

    async def script(peer: Peer) -> None:
        for message in said:
            await peer.receive()
            await peer.say(message)
        await peer.socket.wait_closed()

    live.script = script
    link = await open_link(fast_lane=fast_lane)
    events = []
    for _ in said:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await heard(link, 1)
        await link.send(SendAudioEnd())
        events += (await heard(link, 1))[0]
    assert events == [ModelAudio(bytes([n, 0])) if n % 3 else ToolCall(str(n), "f") for n in range(9)]


async def test_what_nobody_reads_stays_with_the_server(live: LiveServer, open_link: Open) -> None:
    """Reading pauses after a bounded number of messages: the rest waits in the server's own buffers."""
    many = 4_000
    sent = 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        for n in range(many):
            await peer.say(voice(n.to_bytes(2, "little") * 2_000))
            sent += 1
        await peer.socket.wait_closed()

    live.script = script
    link = await open_link()
    first, _ = await heard(link, 1)
    before, stalled = -1, 0
    while stalled < 20:
        await asyncio.sleep(0.01)
        before, stalled = sent, stalled + 1 if sent == before else 0
    assert sent < many
    events, _ = await heard(link, many - 1)
    assert [event.pcm[:2] for event in first + events if isinstance(event, ModelAudio)] == [
        n.to_bytes(2, "little") for n in range(many)
    ]


# ---- to the model


INPUTS: list[ModelInput] = [
    SendAudio(AudioChunk(b"\xff\xfb\xfe\xff", 16_000, 4)),
    SendFrame("camera", 1, b"\xff\xd8\xff\xd9"),
    SendAudioEnd(),
    SendActivity(True),
    SendActivity(False),
    SendHistory((("user", "one"), ("agent", "two"))),
    SendToolResult("c-1", "clock", {"output": {"time_now": "noon"}}),
    SendText("hello"),
]


@pytest.mark.parametrize("fast_lane", [True, False])
@pytest.mark.parametrize("api", APIS)
async def test_each_input_is_one_message(live: LiveServer, open_link: Open, api: Api, fast_lane: bool) -> None:
    listener = Heard(len(INPUTS))
    live.script = listener.script
    link = await open_link(api, fast_lane=fast_lane)
    for message in INPUTS:
        await link.send(message)
    audio, frame, end, start, stop, history, tool, text = (_standard(message) for message in await listener.all())
    assert audio == {"realtimeinput": {"audio": {"data": "//v+/w==", "mimetype": "audio/pcm;rate=16000"}}}
    assert frame == {"realtimeinput": {"video": {"data": "/9j/2Q==", "mimetype": "image/jpeg"}}}
    assert end == {"realtimeinput": {"audiostreamend": True}}
    assert start == {"realtimeinput": {"activitystart": {}}}
    assert stop == {"realtimeinput": {"activityend": {}}}
    assert history["clientcontent"]["turns"] == [
        {"role": "user", "parts": [{"text": "one"}]},
        {"role": "model", "parts": [{"text": "two"}]},
    ]
    assert not history["clientcontent"].get("turncomplete")
    answer = tool["toolresponse"]["functionresponses"][0]
    assert (answer["id"], answer["name"], answer["response"]) == ("c-1", "clock", {"output": {"time_now": "noon"}})
    if api == "gemini":
        assert text == {"realtimeinput": {"text": "hello"}}
    else:
        turns = [{"role": "user", "parts": [{"text": "hello"}]}]
        assert text == {"clientcontent": {"turns": turns, "turncomplete": True}}


def _standard(value: Any) -> Any:
    """One spelling for keys and base64, both of which the Live API takes in two; data of the user are left alone."""
    if isinstance(value, dict):
        return {
            key.replace("_", "").lower(): inner
            if key == "response"
            else inner.replace("-", "+").replace("_", "/")
            if key == "data"
            else _standard(inner)
            for key, inner in value.items()
        }
    return [_standard(inner) for inner in value] if isinstance(value, list) else value


async def test_the_fast_lane_is_taken(live: LiveServer, open_link: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both lanes are alike to the eye; only that the SDK's is not called tells."""
    from google.genai import types
    from google.genai.live import AsyncSession

    async def refuse(*_: object, **__: object) -> None:
        raise AssertionError("voice went through the SDK")

    live.script = says(voice(b"\1\0"))
    link = await open_link()
    monkeypatch.setattr(AsyncSession, "send_realtime_input", refuse)
    monkeypatch.setattr(types.LiveServerMessage, "_from_response", refuse)
    await link.send(INPUTS[0])
    await link.send(INPUTS[1])
    assert await heard(link, 1) == ([ModelAudio(b"\1\0")], None)


async def test_a_server_that_takes_nothing_any_more(live: LiveServer, open_link: Open) -> None:
    """The socket fills up; the send deadline ends the link, and closing it does not hang on the full socket."""

    async def script(peer: Peer) -> None:
        peer.socket.transport.pause_reading()
        await peer.socket.wait_closed()

    live.script = script
    link = await open_link(limits=replace(LIMITS, send_timeout_ms=300))
    frame = SendFrame("picture", 1, b"\xff\xd8" + bytes(200_000))

    async def until_the_socket_is_full() -> None:
        for _ in range(1_000):
            await link.send(frame)

    with pytest.raises(GenmediaError) as caught:
        await until_the_socket_is_full()
    assert caught.value.code == "upstream_lost"
    _, end = await heard(link)
    assert end is not None
    assert end.code == "upstream_lost"


# ---- closing


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_closing_ends_a_reader(live: LiveServer, open_link: Open, fast_lane: bool) -> None:
    live.script = says(voice(b"\1\0"), {"serverContent": {"interrupted": True}})
    link = await open_link(fast_lane=fast_lane)
    assert (await heard(link, 2))[0] == [ModelAudio(b"\1\0"), Interrupted()]
    reader = asyncio.ensure_future(heard(link))  # noqa: TID251 - awaited here
    await asyncio.sleep(0)
    await link.close()
    await link.close()
    events, end = await reader
    assert events == []
    assert end is not None
    assert end.code == "upstream_lost"
    with pytest.raises(GenmediaError):
        await link.send(SendText("?"))


async def test_closing_does_not_wait_for_a_dead_peer(live: LiveServer, open_link: Open) -> None:
    """A peer that neither reads nor answers, with our own buffer full: nothing else would end the wait."""

    async def script(peer: Peer) -> None:
        peer.socket.transport.pause_reading()
        await peer.socket.wait_closed()

    live.script = script
    link = await open_link(limits=replace(LIMITS, close_timeout_ms=100, send_timeout_ms=60_000))

    async def flood() -> None:
        while True:
            await link.send(SendFrame("picture", 1, bytes(1_000_000)))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await flood()
    async with asyncio.timeout(5):
        await link.close()


async def test_closing_does_not_wait_for_an_unread_backlog(live: LiveServer, open_link: Open) -> None:
    live.script = says(*[voice(b"\1\0" * 2_000)] * 500)
    link = await open_link()
    await heard(link, 1)
    async with asyncio.timeout(5):
        await link.close()


async def test_listening_costs_no_pings(live: LiveServer, open_link: Open) -> None:
    """Keepalive is off: the library's would kill sessions whose server answers late."""
    live.script = listen
    link = await open_link()
    assert link._connection is not None
    assert link._connection.ping_interval is None
