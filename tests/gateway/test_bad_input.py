"""Every bad input has its named error, and the connection stays: afterwards the same client still talks."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from genmedia_live.core.actions import SendText
from genmedia_live.core.limits import Limits
from tests.gateway.house import Client, House, open_house

CHUNK = b"\1\0" * 640


async def still_talks(house: House, client: Client, count: int = 1) -> None:
    if not house.upstream.links:
        assert "conversation" in await client.start()
    link = await house.upstream.opened(count)
    assert await client.ask("text", {"text": "still here", "ref": "r"}) == {"ref": "r"}
    while SendText("still here") not in link.sent:
        await client.ask("text", {"text": "still here"})


@pytest.mark.parametrize(
    ("event", "fields", "code", "ref"),
    [
        ("mic", {"seq": 7, "pcm": b"\0" * 641}, "bad_audio", 7),
        ("mic", {"seq": 8, "pcm": b"\0\0" * 20_000}, "bad_audio", 8),
        ("mic", {"seq": 9, "pcm": "AAAA"}, "bad_event", 9),
        ("mic", "AAAA", "bad_event", None),
        ("frobnicate", {}, "unknown_event", None),
        ("disconnect", {}, "unknown_event", None),
        ("connect", {}, "unknown_event", None),
        ("text", {"text": "x" * 8001, "ref": "long"}, "too_large", "long"),
        ("text", {"text": 5}, "bad_event", None),
        ("frame", {"source": "camera", "seq": 3, "jpeg": b"GIF89a"}, "bad_image", 3),
        ("frame", {"source": "camera", "seq": 4, "jpeg": b"\xff" * 300_000}, "too_large", 4),
        ("played", {"turn": 1, "ms": float("nan")}, "bad_event", None),
        ("interrupt", {"turn": "1"}, "bad_event", None),
    ],
)
async def test_what_is_wrong_is_named(house: House, transport: str, event: str, fields: Any, code: str, ref: Any) -> None:
    async with house.client(transport) as client:
        await client.start()
        await client.say(event, fields)
        error = await client.next("error")
        assert (error["code"], error.get("ref")) == (code, ref)
        assert error["message"]
        await still_talks(house, client)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("mic", {"seq": 0, "pcm": CHUNK}),
        ("text", {"text": "hello", "ref": "early"}),
        ("configure", {"settings": {}}),
        ("played", {"turn": 1, "ms": 5}),
        ("stop", {}),
    ],
)
async def test_nothing_is_taken_before_the_start(house: House, event: str, fields: Any) -> None:
    async with house.client() as client:
        await client.say(event, fields)
        assert (await client.next("error"))["code"] == "not_started"
        await still_talks(house, client)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"voice": "Nobody"}, "unknown_voice"),
        ({"model": "gpt-99"}, "unknown_model"),
        ({"instructions": "x" * 16_001}, "too_large"),
        ({"temperature": 1}, "bad_settings"),
        ({"language": "in English"}, "bad_settings"),
    ],
)
async def test_settings_that_do_not_fit_are_named_in_the_answer(
    house: House, transport: str, settings: dict[str, Any], code: str
) -> None:
    async with house.client(transport) as client:
        answer = await client.start(**settings)
        assert answer["error"]["code"] == code
        await still_talks(house, client)
        answer = await client.ask("configure", {"settings": settings})
        assert answer["error"]["code"] == code


async def test_a_second_start_is_refused_and_the_first_goes_on(house: House) -> None:
    async with house.client() as client:
        first = await client.start()
        assert (await client.start())["error"]["code"] == "already_started"
        assert len(house.gateway.sessions) == 1
        await still_talks(house, client)
        assert first["conversation"]


async def test_another_version_of_the_wire_is_refused(house: House) -> None:
    async with house.client() as client:
        answer = await client.ask("start", {"version": 2, "settings": {}})
        assert answer["error"]["code"] == "unsupported_version"


async def test_an_unknown_event_that_waits_for_an_answer_gets_one(house: House) -> None:
    async with house.client() as client:
        assert await client.ask("frobnicate", {}) is None
        assert (await client.next("error"))["code"] == "unknown_event"


@pytest.mark.parametrize(
    "packet",
    [
        msgpack.packb({"type": 5, "nsp": "/", "data": ["mic", {"_placeholder": True, "num": -5}]}),
        msgpack.packb({"type": 6, "nsp": "/", "data": [], "id": 3}),
        msgpack.packb({"type": 9, "nsp": "/", "data": []}),
        msgpack.packb({"type": 2, "nsp": "/", "data": []}),
        b"\xc1\xc1",
        b"",
        "451-[]",
        "4hello",
        "",
        "xyz",
        "b!",
    ],
)
async def test_a_malformed_packet_is_named_and_wedges_nothing(house: House, packet: bytes | str) -> None:
    async with house.client() as client:
        await client.start()
        socket = client.io.eio.ws
        await (socket.send_bytes(packet) if isinstance(packet, bytes) else socket.send_str(packet))
        assert (await client.next("error"))["code"] in ("bad_event", "unknown_event")
        await still_talks(house, client)


async def test_malformed_packets_in_a_polling_body_leave_their_neighbours_alone(house: House) -> None:
    async with house.client("polling") as client:
        await client.start()
        link = await house.upstream.opened()
        eio = client.io.eio
        text = msgpack.packb({"type": 2, "nsp": "/", "data": ["text", {"text": "in the middle"}]})
        import base64

        good = "b" + base64.b64encode(text).decode()
        body = "\x1e".join(["", "xyz", good, "b!"])
        async with client.http.post(f"{eio.base_url}&sid={eio.sid}", data=body) as response:
            assert response.status == 200
        assert (await client.next("error"))["code"] == "bad_event"
        while SendText("in the middle") not in link.sent:
            await client.ask("text", {"text": "more"})


async def test_a_flood_is_told_once_a_second_and_what_was_allowed_passed(tmp_path: Any) -> None:
    async with open_house(tmp_path, Limits(events_per_second=1, event_burst=30)) as house, house.client() as client:
        await client.start()
        for number in range(200):
            await client.say("played", {"turn": 1, "ms": number})
        assert (await client.ask("text", {"text": "hi"}))["error"]["code"] == "too_many"
        assert len(client.all("error")) == 1


async def test_a_flood_of_long_words_is_one_of_many_events(tmp_path: Any) -> None:
    limits = Limits(events_per_second=1, event_burst=100)
    async with open_house(tmp_path, limits) as house, house.client() as client:
        await client.start()
        longest = "x" * limits.text_chars
        assert "error" not in await client.ask("text", {"text": longest})
        assert (await client.ask("text", {"text": longest}))["error"]["code"] == "too_many"
        assert "error" not in await client.ask("text", {"text": "short"})


async def test_a_client_that_sends_little_but_faults_is_hung_up_on(house: House) -> None:
    async with house.client() as client:
        for _ in range(Limits().faults_before_close):
            await client.say("frobnicate", {})
        await client.io.wait()
        assert not client.io.connected
