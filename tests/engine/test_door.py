"""One port for HTTP and for sockets, spoken to byte by byte: who is answered, who is refused, and who is shown out."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve

from genmedia_live.core.limits import Limits
from genmedia_live.engine.front.certificate import Certificate, mint
from genmedia_live.engine.front.door import Door
from genmedia_live.engine.front.request import Request, Response, answer

GET = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HELLO = b"\x81\x85\0\0\0\0hello"
"""A text frame of a client, masked with zeros."""


async def tell(request: Request) -> Response:
    """Says back what it was asked, or does what the path says."""
    if request.path == "/fail":
        raise RuntimeError("as asked")
    if request.path == "/hang":
        await asyncio.Event().wait()
    if request.path == "/long":
        return Response(200, b"x" * 2_000_000)
    return answer({"method": request.method, "path": request.path, "query": dict(request.query), "body": request.body.decode()})


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@dataclass
class House:
    door: Door
    server: Server
    certificate: Certificate | None
    lines: list[Line] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    @property
    def context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cadata=self.certificate.ca) if self.certificate else None


class Line:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    @property
    def transport(self) -> asyncio.Transport:
        return cast(asyncio.Transport, self.writer.transport)

    async def pour(self, data: bytes, times: int) -> None:
        """Say the same again and again."""
        for _ in range(times):
            await self.say(data)

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), headers

    async def answer(self) -> tuple[int, Any]:
        status, headers = await self.head()
        body = await self.reader.readexactly(int(headers["content-length"]))
        return status, json.loads(body)

    async def ended(self) -> bool:
        """The server closes; nothing more was sent."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True


@pytest.fixture(params=["plain", "tls"])
def certificate(request: pytest.FixtureRequest) -> Certificate | None:
    return mint() if request.param == "tls" else None


@pytest.fixture
def limits() -> Limits:
    return Limits(live_request_ms=30_000, live_keep_alive_ms=30_000, live_linger_ms=30_000)


@pytest.fixture
async def house(certificate: Certificate | None, limits: Limits) -> AsyncIterator[House]:
    door = Door(tell, limits)
    context = certificate.context if certificate else None
    server = await serve(echo, "127.0.0.1", 0, ssl=context, close_timeout=1, create_connection=cast(Any, door.connect))
    house = House(door, server, certificate)
    yield house
    for line in house.lines:
        line.transport.abort()
    await door.close()
    server.close()
    await server.wait_closed()


async def call(house: House) -> Line:
    name = "localhost" if house.certificate else None
    house.lines.append(Line(*await asyncio.open_connection("127.0.0.1", house.port, ssl=house.context, server_hostname=name)))
    return house.lines[-1]


async def gone(house: House) -> None:
    """Wait until nobody is at the door."""
    while house.door.visitors:  # noqa: ASYNC110 - the door tells nobody
        await asyncio.sleep(0)


# ---- requests


async def test_requests_are_answered_one_after_another(house: House):
    line = await call(house)
    for name in ("one", "two", "three"):
        await line.say(GET % name.encode())
        assert (await line.answer())[1]["path"] == f"/{name}"
    line.writer.close()
    await gone(house)


async def test_pipelined_requests_are_answered_in_order(house: House):
    line = await call(house)
    await line.say(b"".join(GET % str(number).encode() for number in range(100)))
    assert [(await line.answer())[1]["path"] for _ in range(100)] == [f"/{number}" for number in range(100)]


async def test_a_body_may_come_in_pieces(house: House):
    line = await call(house)
    for piece in (b"POST /p?a=b%20c HT", b"TP/1.1\r\nHost: x\r\nContent-Len", b"gth: 6\r\n\r\nabc", b"def"):
        await line.say(piece)
    assert await line.answer() == (200, {"method": "POST", "path": "/p", "query": {"a": "b c"}, "body": "abcdef"})


async def test_a_body_may_be_chunked(house: House):
    line = await call(house)
    await line.say(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
    assert (await line.answer())[1]["body"] == "abcdef"


async def test_who_waits_for_100_is_told_to_go_on(house: House):
    line = await call(house)
    await line.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert (await line.head())[0] == 100
    await line.say(b"abc")
    assert (await line.answer())[1]["body"] == "abc"


async def test_head_has_no_body(house: House):
    line = await call(house)
    await line.say(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n" + GET % b"next")
    status, headers = await line.head()
    assert status == 200
    assert int(headers["content-length"]) > 0
    assert (await line.answer())[1]["path"] == "/next"


async def test_http_1_0_is_answered_and_closed(house: House):
    line = await call(house)
    await line.say(b"GET /old HTTP/1.0\r\n\r\n")
    status, body = await line.answer()
    assert (status, body["path"]) == (200, "/old")
    assert await line.ended()


async def test_an_offer_of_another_protocol_is_passed_over(house: House):
    line = await call(house)
    await line.say(b"GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n" + GET % b"y")
    assert (await line.answer())[1]["path"] == "/x"
    assert (await line.answer())[1]["path"] == "/y"


async def test_a_failure_is_one_request_s(house: House, caplog: pytest.LogCaptureFixture):
    line = await call(house)
    await line.say(GET % b"fail" + GET % b"next")
    status, body = await line.answer()
    assert (status, body["error"]["status"]) == (500, "INTERNAL")
    assert (await line.answer())[0] == 200
    assert "request failed" in caplog.text


# ---- sockets


async def test_a_socket_opens(house: House):
    scheme = "wss" if house.certificate else "ws"
    async with connect(f"{scheme}://localhost:{house.port}/", ssl=house.context, proxy=None) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        assert house.door.visitors == set()


async def test_a_socket_opens_behind_requests(house: House):
    """Proxies use one connection for many things."""
    line = await call(house)
    await line.say(GET % b"first" + UPGRADE + HELLO)
    assert (await line.answer())[1]["path"] == "/first"
    status, headers = await line.head()
    assert status == 101
    assert headers["sec-websocket-accept"]
    assert await line.reader.readexactly(7) == b"\x81\x05hello"


async def test_a_head_in_single_bytes(house: House):
    line = await call(house)
    for byte in UPGRADE + HELLO:
        await line.say(bytes([byte]))
    assert (await line.head())[0] == 101
    assert await line.reader.readexactly(7) == b"\x81\x05hello"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (UPGRADE.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"), 200),
        (UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
        (UPGRADE.replace(b"Upgrade: websocket", b"Upgrade: mail"), 200),
        (UPGRADE.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short"), 400),
        (UPGRADE.replace(b"Version: 13", b"Version: 1"), 400),
        (UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello"), 400),
        (UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"), 400),
        (UPGRADE.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"), 101),
    ],
    ids=["POST", "HTTP/1.0", "other protocol", "bad key", "other version", "a body", "a body to come", "chunks", "an empty body"],
)
async def test_what_is_no_good_upgrade(house: House, said: bytes, status: int):
    line = await call(house)
    await line.say(said)
    assert (await line.head())[0] == status


# ---- refusals


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nnot a header\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 70_000, 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\nxxx", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", 413),
    ],
    ids=["TLS", "no HTTP", "no host", "no header", "length", "coding", "head", "body", "body announced"],
)
async def test_what_is_refused(house: House, said: bytes, status: int):
    line = await call(house)
    await line.say(said)
    found, body = await line.answer()
    assert found == status == body["error"]["code"]
    assert body["error"]["message"]
    line.writer.close()
    await gone(house)


async def test_ten_megabytes_are_refused_and_the_refusal_is_read(house: House):
    """The client writes all of it before it looks at the answer, as most do."""
    line = await call(house)
    await line.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n")
    await line.pour(bytes(65_536), 160)
    assert (await line.answer())[0] == 413


async def test_an_endless_body_in_chunks_is_refused(house: House):
    line = await call(house)
    await line.say(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    await line.pour(b"10000\r\n" + bytes(65_536) + b"\r\n", 10)
    assert (await line.answer())[0] == 413


class TestShort:
    """With deadlines that are soon over."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(live_request_ms=30, live_keep_alive_ms=30, live_linger_ms=30, live_send_ms=30, live_visitors=2)

    @pytest.mark.parametrize(
        "said",
        [b"GET / HT", GET[:-2], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"],
        ids=["line", "head", "body"],
    )
    async def test_what_does_not_come_is_not_waited_for(self, house: House, said: bytes):
        line = await call(house)
        await line.say(said)
        assert (await line.answer())[0] == 408
        assert await line.ended()
        await gone(house)

    async def test_who_says_nothing_is_shown_out(self, house: House):
        assert await (await call(house)).ended()
        await gone(house)

    async def test_who_says_nothing_more_is_shown_out(self, house: House):
        line = await call(house)
        await line.say(GET % b"x")
        assert (await line.answer())[0] == 200
        assert await line.ended()
        await gone(house)

    async def test_an_answer_that_does_not_come(self, house: House):
        line = await call(house)
        await line.say(GET % b"hang" + GET % b"next")
        status, body = await line.answer()
        assert (status, body["error"]["status"]) == (504, "DEADLINE_EXCEEDED")
        assert (await line.answer())[0] == 200

    async def test_who_leaves_before_the_answer_is_forgotten(self, house: House):
        line = await call(house)
        await line.say(GET % b"hang")
        while not len(house.door.tasks):  # noqa: ASYNC110 - the door tells nobody
            await asyncio.sleep(0)
        line.transport.abort()
        await gone(house)

    async def test_who_goes_on_sending_is_cut_off(self, house: House):
        line = await call(house)
        await line.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n")
        with pytest.raises(ConnectionError):
            await line.pour(bytes(65_536), 1_000_000)
        await gone(house)

    async def test_who_does_not_read_is_cut_off(self, house: House):
        line = await call(house)
        line.transport.pause_reading()
        await line.say(GET % b"long" * 30)
        await gone(house)
        line.transport.abort()


class TestFull:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(live_visitors=2)

    async def test_the_house_is_full_of_visitors(self, house: House):
        lines = [await call(house) for _ in range(2)]
        with suppress(ConnectionError):  # perhaps in the middle of the TLS handshake
            assert await (await call(house)).ended()
        for line in lines:
            await line.say(GET % b"x")
            assert (await line.answer())[0] == 200
        lines[0].transport.abort()
        while len(house.door.visitors) == 2:  # noqa: ASYNC110 - the door tells nobody
            await asyncio.sleep(0)
        line = await call(house)
        await line.say(GET % b"x")
        assert (await line.answer())[0] == 200


@pytest.mark.parametrize("busy", [b"hang", b"long"], ids=["before its answer", "unread"])
async def test_who_says_more_waits(house: House, busy: bytes):
    """What is behind a request stays in the socket: the engine keeps no more of it than a socket does."""
    line = await call(house)
    line.transport.pause_reading()
    await line.say(GET % busy)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.pour(GET % (b"x" * 65_000), 512), 0.5)


async def test_a_visitor_that_reads_late_gets_everything(house: House):
    line = await call(house)
    line.transport.pause_reading()
    await line.say(GET % b"long" * 3 + GET % b"next")
    line.transport.resume_reading()
    for _ in range(3):
        _, headers = await line.head()
        assert len(await line.reader.readexactly(int(headers["content-length"]))) == 2_000_000
    assert (await line.answer())[1]["path"] == "/next"


async def test_who_leaves_in_the_middle_is_forgotten(house: House):
    for said in (b"", b"GET", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"):
        line = await call(house)
        await line.say(GET % b"x" + said)
        assert (await line.answer())[0] == 200
        assert len(house.door.visitors) == 1
        line.transport.abort()
        await gone(house)


async def test_closing_shows_everybody_out(house: House):
    lines = [await call(house) for _ in range(3)]
    await lines[0].say(GET % b"hang")
    await lines[1].say(GET % b"x")
    await lines[1].answer()
    await house.door.close()
    for line in lines:
        assert await line.ended()
    await gone(house)
