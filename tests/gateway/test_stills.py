"""One large picture by POST: it reaches the model whole, and every bad one is named while the conversation goes on."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from genmedia_live.core.actions import SendFrame
from genmedia_live.core.limits import Limits
from genmedia_live.gateway import jpeg
from tests.fakes import FakeLink
from tests.gateway.house import Client, House, open_house

JPEG = {"Content-Type": "image/jpeg"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(width: int = 64, height: int = 48, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, kind)
    return out.getvalue()


def of_header(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    data = picture()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


@asynccontextmanager
async def talking(house: House) -> AsyncIterator[tuple[aiohttp.ClientSession, Client, str, FakeLink]]:
    """A person whose conversation is under way, and where its stills go."""
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            conversation = (await client.start())["conversation"]
            link = await house.upstream.opened()
            await client.next("status", state="listening")
            yield http, client, f"/api/conversations/{conversation}/picture", link


async def post(http: aiohttp.ClientSession, path: str, body: Any, headers: Any = JPEG) -> tuple[int, dict[str, Any]]:
    data = io.BytesIO(body) if isinstance(body, bytes) and body else body
    async with http.post(path, data=data, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def reached(link: FakeLink, count: int) -> list[SendFrame]:
    async with asyncio.timeout(10):
        while True:
            frames = [message for message in link.sent if isinstance(message, SendFrame)]
            if len(frames) >= count:
                return frames
            await asyncio.sleep(0)


async def test_a_still_of_four_megapixels_reaches_the_model_whole(house: House) -> None:
    still = picture(2400, 1700)
    assert len(still) > Limits().frame_bytes
    async with talking(house) as (http, _, path, link):
        assert await post(http, path, still) == (200, {"sent": True, "width": 2400, "height": 1700})
        (frame,) = await reached(link, 1)
        assert (frame.source, frame.jpeg) == ("picture", still)


async def test_without_a_model_a_still_is_not_sent_and_says_so(house: House) -> None:
    async with talking(house) as (http, client, path, link):
        house.upstream.refuse(*["upstream_unreachable"] * 20)
        link.lose()
        await client.next("status", state="reconnecting")
        assert await post(http, path, picture()) == (200, {"sent": False, "width": 64, "height": 48})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"no picture at all", JPEG, 400, "bad_image"),
        (b"", JPEG, 400, "bad_image"),
        (SVG, JPEG, 400, "bad_image"),
        (SVG, {"Content-Type": "image/svg+xml"}, 400, "bad_image"),
        (picture(kind="PNG"), {"Content-Type": "image/png"}, 400, "bad_image"),
        (picture(kind="PNG"), JPEG, 400, "bad_image"),
        (picture(), {"Content-Type": "text/plain"}, 400, "bad_image"),
        (picture()[:-200], JPEG, 400, "bad_image"),
        (picture()[:100], JPEG, 400, "bad_image"),
        (of_header(10_000, 10_000), JPEG, 413, "too_large"),
        (of_header(0, 10_000), JPEG, 400, "bad_image"),
        (bytes(20_000_000), JPEG, 413, "too_large"),
        (picture() + bytes(4_000_000), JPEG, 413, "too_large"),
    ],
)
async def test_what_is_no_still_is_named(house: House, body: bytes, headers: Any, status: int, code: str) -> None:
    async with talking(house) as (http, client, path, link):
        answered, problem = await post(http, path, body, headers)
        assert (answered, problem["code"], problem["status"]) == (status, code, status)
        assert problem["message"]
        assert await client.ask("text", {"text": "still here", "ref": "r"}) == {"ref": "r"}
        assert (await post(http, path, picture()))[0] == 200
        assert len(await reached(link, 1)) == 1


async def test_a_body_without_a_length_is_refused(house: House) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield picture()

    async with talking(house) as (http, _, path, _link):
        status, problem = await post(http, path, drip())
        assert (status, problem["code"]) == (413, "too_large")


async def test_another_owners_conversation_does_not_exist(house: House) -> None:
    async with talking(house) as (_, _, path, link), house.http() as stranger:
        await stranger.post("/api/session")
        status, problem = await post(stranger, path, picture())
        assert (status, problem["code"]) == (404, "not_found")
        async with aiohttp.ClientSession(house.url) as nobody:
            assert (await post(nobody, path, picture()))[0] == 404
        assert link.sent == []


async def test_a_conversation_that_has_ended_takes_none(house: House) -> None:
    async with talking(house) as (http, client, path, _):
        await client.ask("stop", {})
        await client.next("status", state="ended")
        status, problem = await post(http, path, picture())
        assert (status, problem["code"]) == (400, "not_started")
        assert (await post(http, "/api/conversations/unknown/picture", picture()))[1]["code"] == "not_found"


async def test_another_sites_page_sends_none(house: House) -> None:
    async with talking(house) as (http, _, path, link):
        status, problem = await post(http, path, picture(), {**JPEG, "Origin": "http://evil.example"})
        assert (status, problem["code"]) == (403, "forbidden_origin")
        assert link.sent == []


async def test_only_so_many_a_minute(tmp_path: Path) -> None:
    async with open_house(tmp_path, Limits(stills_per_minute=2)) as house, talking(house) as (http, _, path, _link):
        answers = [await post(http, path, picture()) for _ in range(3)]
        assert [status for status, _ in answers] == [200, 200, 429]
        assert answers[-1][1]["code"] == "too_many"


async def test_one_that_never_ends_to_arrive_is_given_up(tmp_path: Path) -> None:
    limits = Limits(still_arrival_ms=100)
    async with open_house(tmp_path, limits) as house, talking(house) as (http, _, path, _link):
        reader, writer = await half_sent(house, http, path)
        async with asyncio.timeout(10):
            answer = await reader.read(4_096)
        assert b" 408 " in answer
        assert b"too_slow" in answer
        writer.close()
        assert (await post(http, path, picture()))[0] == 200


async def test_one_at_a_time_and_who_leaves_in_the_middle_makes_room(tmp_path: Path) -> None:
    async with open_house(tmp_path, Limits(stills_per_minute=10_000)) as house, talking(house) as (http, _, path, _link):
        _, writer = await half_sent(house, http, path)
        refused = await until(lambda: post(http, path, picture()), 429)
        assert refused["code"] == "too_many"
        writer.close()
        await until(lambda: post(http, path, picture()), 200)


async def until(ask: Callable[[], Awaitable[tuple[int, dict[str, Any]]]], wanted: int) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            status, answer = await ask()
            if status == wanted:
                return answer


async def half_sent(house: House, http: aiohttp.ClientSession, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The head of a request and half of its body, from a program that then does nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    cookie = "; ".join(f"{morsel.key}={morsel.value}" for morsel in http.cookie_jar)
    body = picture(400, 400)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nCookie: {cookie}\r\n"
    head += f"Content-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[: len(body) // 2])
    await writer.drain()
    return reader, writer


def test_a_whole_jpeg_is_told_from_its_beginning() -> None:
    data = picture(40, 40)
    assert jpeg.is_whole(data)
    assert jpeg.is_whole(data + b"\0" * 50)  # cameras pad
    assert not any(jpeg.is_whole(data[:end]) for end in range(len(data)))


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    data, thumbnail = picture(80, 80), picture(16, 16)
    exif = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    with_thumbnail = data[:2] + exif + data[2:]
    assert jpeg.size(with_thumbnail) == (80, 80)
    assert jpeg.is_whole(with_thumbnail)
    assert not jpeg.is_whole(with_thumbnail[:-2])


async def test_the_answer_to_a_frame_says_whether_a_model_took_it(house: House) -> None:
    async with talking(house) as (_, client, _path, link):
        frame = {"source": "camera", "seq": 3, "jpeg": picture()}
        assert await client.ask("frame", frame) == {"seq": 3, "sent": True}
        assert (await reached(link, 1))[0].jpeg == frame["jpeg"]
        house.upstream.refuse(*["upstream_unreachable"] * 20)
        link.lose()
        await client.next("status", state="reconnecting")
        assert await client.ask("frame", {**frame, "seq": 4}) == {"seq": 4, "sent": False}
