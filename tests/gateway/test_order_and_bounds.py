"""Events keep the wire's order, and a client that does not read fills nothing but its own bounded queue."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import aiohttp
import msgpack
import pytest

from genmedia_live.aio import Tasks
from genmedia_live.core import events as ev
from genmedia_live.core.actions import SendText
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionRecord
from genmedia_live.store.memory import MemoryConversations
from tests.gateway.house import House, open_house

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def packed(event: str, fields: dict[str, Any]) -> str:
    return "b" + base64.b64encode(msgpack.packb({"type": 2, "nsp": "/", "data": [event, fields]})).decode()


async def test_what_is_said_right_behind_a_slow_start_comes_after_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            conversation = (await client.start())["conversation"]
            await client.ask("stop", {})
            await client.next("status", state="ended")

            async def slowly(store: MemoryConversations, conversation: str, owner: str) -> SessionRecord | None:
                await asyncio.sleep(0.05)
                return store._records.get(conversation)

            monkeypatch.setattr(MemoryConversations, "load", slowly)
            await client.say("start", {"version": 1, "settings": {}, "conversation": conversation})
            for number in range(100):
                await client.say("text", {"text": str(number)})
            link = await house.upstream.opened(2)
            while SendText("99") not in link.sent:
                await client.ask("played", {"turn": 0, "ms": 0})
            assert [message.text for message in link.sent if isinstance(message, SendText)] == [str(n) for n in range(100)]
            assert not client.all("error")


async def silent_poller(http: aiohttp.ClientSession) -> str:
    """A polling client that starts a conversation and then does not poll; its path."""
    async with http.get(HANDSHAKE) as answer:
        sid = (await answer.text()).split('"sid":"')[1].split('"')[0]
    path = f"{HANDSHAKE}&sid={sid}"
    connect = "b" + base64.b64encode(msgpack.packb({"type": 0, "nsp": "/"})).decode()
    for packet in (connect, packed("start", {"version": 1, "settings": {}})):
        async with http.post(path, data=packet) as answer:
            assert answer.status == 200
    return path


async def test_words_wait_in_the_bounded_queue_and_all_arrive_when_the_client_reads(house: House) -> None:
    async with house.http() as http:
        path = await silent_poller(http)
        link = await house.upstream.opened()
        for number in range(100):
            link.say(ev.ToolCall(str(number), "clock"))
        (bridge,) = house.gateway.sessions._bridges.values()
        while len(bridge.live._calls) or len(link._said._queue):  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0)
        for _ in range(500):  # a writer that did not wait would be through by now
            await asyncio.sleep(0)
        (transport,) = house.gateway._sockets.server.eio.sockets.values()
        assert transport.queue.qsize() <= house.gateway.limits.transport_queue
        running: list[str] = []
        while len(running) < 100:
            async with http.get(path) as answer:
                packets = (await answer.text()).split("\x1e")
            said = [msgpack.unpackb(base64.b64decode(p[1:])) for p in packets if p.startswith("b")]
            tools = [packet["data"][1] for packet in said if packet["type"] == 2 and packet["data"][0] == "tool"]
            running += [tool["id"] for tool in tools if tool["state"] == "running"]
        assert running == [str(n) for n in range(100)]


async def test_a_client_that_never_reads_is_hung_up_on(tmp_path: Any) -> None:
    async with open_house(tmp_path, Limits(browser_queue=50)) as house, house.http() as http:
        await silent_poller(http)
        link = await house.upstream.opened()
        for number in range(200):
            link.say(ev.ToolCall(str(number), "clock"))
        (bridge,) = house.gateway.sessions._bridges.values()
        while bridge.browser is not None:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        assert len(house.gateway.sessions) == 1  # the conversation waits for it


async def test_a_client_that_never_reads_its_errors_leaves_nothing_behind(house: House) -> None:
    async with house.http() as http:
        path = await silent_poller(http)
        faults = "\x1e".join([packed("played", {})] * 19)  # one more would end the connection

        async def post() -> int:
            async with http.post(path, data=faults) as answer:
                return answer.status

        posting = Tasks().start(post(), name="post")
        (transport,) = house.gateway._sockets.server.eio.sockets.values()
        while transport.queue.qsize() < house.gateway.limits.transport_queue:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        await house.gateway._sockets.hang_up()
        async with asyncio.timeout(5):
            assert await posting == 200
