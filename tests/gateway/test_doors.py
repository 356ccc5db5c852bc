"""Who may knock: hosts, origins, cookies, and whose a polling connection is."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import aiohttp
import msgpack
import pytest

from genmedia_live.gateway.guard import Doors, is_loopback
from genmedia_live.gateway.owner import owner_of
from tests.gateway.house import House, open_house

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "file://", "x"])
async def test_another_origin_gets_no_socket(house: House, origin: str) -> None:
    async with house.http() as http:
        async with http.get(HANDSHAKE, headers={"Origin": origin}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "forbidden_origin")
        async with http.post("/api/session", headers={"Origin": origin}) as answer:
            assert answer.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect("/socket.io/?EIO=4&transport=websocket", headers={"Origin": origin})
        assert refused.value.status == 403


async def test_our_own_origin_and_a_program_of_this_machine_get_one(house: House) -> None:
    async with house.http() as http:
        for headers in ({"Origin": house.url}, {}):
            async with http.get(HANDSHAKE, headers=headers) as answer:
                assert answer.status == 200
        async with http.get(HANDSHAKE, headers={"Sec-Fetch-Site": "cross-site"}) as answer:
            assert answer.status == 403


async def test_a_name_that_was_made_to_point_here_is_refused(house: House) -> None:
    async with house.http() as http:
        for path in ("/", "/api/config", HANDSHAKE):
            async with http.get(path, headers={"Host": "evil.example", "Origin": "http://evil.example"}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "forbidden_origin")


async def test_the_public_name_is_welcome(tmp_path: Path) -> None:
    async with open_house(tmp_path, public_url="https://live.example") as house, house.http() as http:
        headers = {"Host": "live.example", "Origin": "https://live.example", "X-Forwarded-Proto": "https"}
        async with http.get(HANDSHAKE, headers=headers) as answer:
            assert answer.status == 200
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-genmedia=")
        assert "; Secure" in cookie


@pytest.mark.parametrize("public", ["https://Live.Example/", "https://live.example:443", "HTTPS://live.example"])
async def test_the_public_name_is_known_however_it_is_written(tmp_path: Path, public: str) -> None:
    async with open_house(tmp_path, public_url=public) as house, house.http() as http:
        headers = {"Origin": "https://live.example"}  # a proxy may put another Host
        async with http.get(HANDSHAKE, headers=headers) as answer:
            assert answer.status == 200
        async with http.get(HANDSHAKE, headers={"Origin": "http://live.example"}) as answer:
            assert answer.status == 403


async def test_the_cookie_is_for_this_site_and_no_script(house: House) -> None:
    async with house.http() as http, http.get("/") as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("genmedia=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_a_visitor_keeps_the_cookie_of_the_first_time(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with http.get("/") as answer:
            assert "Set-Cookie" not in answer.headers
    async with house.http(headers={"Cookie": "genmedia=forged"}) as http, http.get("/") as answer:
        assert "Set-Cookie" in answer.headers


async def test_the_id_of_a_polling_connection_opens_nothing_to_others(house: House) -> None:
    async with house.http() as thief, house.http() as owner:
        await thief.post("/api/session")
        await owner.post("/api/session")
        async with house.client("polling", owner) as client:
            await client.start()
            link = await house.upstream.opened()
            path = f"{HANDSHAKE}&sid={client.io.eio.sid}"
            text = base64.b64encode(msgpack.packb({"type": 2, "nsp": "/", "data": ["text", {"text": "stolen"}]}))
            for http in (thief, aiohttp.ClientSession(house.url)):
                async with http.get(path) as answer:
                    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
                async with http.post(path, data=b"b" + text) as answer:
                    assert answer.status == 404
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await http.ws_connect(path.replace("polling", "websocket"))
                await http.close()
            await client.ask("text", {"text": "mine"})
            while not link.sent:
                await client.ask("text", {"text": "mine"})
            assert "stolen" not in str(link.sent)


async def test_a_program_without_cookies_can_poll_from_this_machine_until_one_is_shown(house: House) -> None:
    async with aiohttp.ClientSession(house.url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.get(HANDSHAKE) as answer:
            sid = (await answer.text()).split('"sid":"')[1].split('"')[0]
            token = answer.cookies["genmedia"].value
        path = f"{HANDSHAKE}&sid={sid}"
        connect = b"b" + base64.b64encode(msgpack.packb({"type": 0, "nsp": "/"}))
        async with http.post(path, data=connect) as answer:
            assert answer.status == 200
        async with http.post(path, data=b"3", headers={"Cookie": f"genmedia={token}"}) as answer:
            assert answer.status == 200
        async with http.post(path, data=b"3") as answer:
            assert answer.status == 404


async def test_too_large_a_body_is_refused(house: House) -> None:
    async with house.http() as http:
        async with http.post("/api/session", data=b"x" * 300_000) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, "too_large")
        async with house.client("polling", http) as client:
            async with http.post(f"{HANDSHAKE}&sid={client.io.eio.sid}", data="\x1e".join(["3"] * 300)) as answer:
                assert (answer.status, (await answer.json())["code"]) == (413, "too_large")
            assert "conversation" in await client.start()


async def test_a_polling_body_of_many_packets_loses_none(house: House) -> None:
    async with house.client("polling") as client:
        await client.start()
        link = await house.upstream.opened()
        packets = [
            "b" + base64.b64encode(msgpack.packb({"type": 2, "nsp": "/", "data": ["text", {"text": str(n)}]})).decode()
            for n in range(200)
        ]
        async with client.http.post(f"{house.url}{HANDSHAKE}&sid={client.io.eio.sid}", data="\x1e".join(packets)) as answer:
            assert answer.status == 200
        async with asyncio.timeout(10):
            while len(link.sent) < 200:  # noqa: ASYNC110 - the fake model has no event for it
                await asyncio.sleep(0)
        assert [message.text for message in link.sent] == [str(n) for n in range(200)]  # type: ignore[union-attr]


async def test_a_transport_that_is_switched_off_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, transports="polling") as house, house.http() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect("/socket.io/?EIO=4&transport=websocket")
        async with house.client("polling") as client:
            assert "conversation" in await client.start()


def test_the_owner_in_a_record_is_not_the_cookie() -> None:
    assert owner_of("a" * 43) != owner_of("b" * 43)
    assert "a" * 20 not in owner_of("a" * 43)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("app.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("evil.example", False),
    ],
)
def test_what_counts_as_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def scope(origin: str | None, host: str, client: str = "203.0.113.9") -> dict[str, object]:
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    return {"scheme": "http", "headers": headers, "client": (client, 1)}


def test_bound_wide_any_name_may_be_ours_but_only_its_own_pages_act() -> None:
    doors = Doors(loopback=False)
    assert doors.host_allowed(scope(None, "demo.run.app"))
    assert doors.origin_allowed(scope("http://demo.run.app", "demo.run.app:80"))
    assert not doors.origin_allowed(scope("http://other.example", "demo.run.app"))
    assert not doors.origin_allowed(scope(None, "demo.run.app"))
