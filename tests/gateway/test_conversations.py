"""Conversations come, go, come back, and belong to one owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from genmedia_live.core import events as ev
from genmedia_live.core.actions import ModelInput, SendAudio, SendText
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionRecord
from genmedia_live.gateway.engines import Readiness
from genmedia_live.store.memory import MemoryConversations
from tests.fakes import FakeLink
from tests.gateway.house import Client, House, open_house

VOICE = b"\1\0" * 960  # 40 ms


async def sent(client: Client, link: FakeLink, message: ModelInput) -> None:
    """Returns when the model has been sent that."""
    while message not in link.sent:
        await client.say("played", {"turn": 0, "ms": 0})
        await asyncio.sleep(0)


async def test_a_voice_goes_up_and_a_voice_comes_down(house: House, transport: str) -> None:
    async with house.client(transport) as client:
        started = await client.start(voice="luna", instructions="Be brief.")
        assert started["settings"]["voice"] == "luna"
        assert {"name": "luna", "style": "Light"} in started["voices"]
        link = await house.upstream.opened()
        assert link.settings.instructions == "Be brief."
        for seq in range(5):
            await client.say("mic", {"seq": seq, "pcm": bytes([seq, 0]) * 640})
        assert (await client.next("received"))["seq"] >= 0
        await sent(client, link, SendAudio(AudioChunk(bytes([4, 0]) * 640, 16_000, 4)))
        assert [m.chunk.pcm[0] for m in link.sent if isinstance(m, SendAudio)] == [0, 1, 2, 3, 4]
        link.say(ev.InputCaption("Hi.", final=True), ev.OutputCaption("Hello."), ev.ModelAudio(VOICE), ev.ModelAudio(VOICE))
        await client.next("audio", seq=1)
        chunk = client.all("audio")[0]
        assert (chunk["turn"], chunk["seq"], chunk["pcm"]) == (1, 0, VOICE)
        await client.next("caption", role="agent", text="Hello.")


async def test_the_answer_to_start_comes_before_all_else(house: House, transport: str) -> None:
    async with house.client(transport) as client:
        order: list[str] = []
        answered = asyncio.Event()
        client.io.on("status", lambda fields: order.append("status"))

        def answer(fields: object) -> None:
            order.append("ack")
            answered.set()

        await client.io.emit("start", {"version": 1, "settings": {}}, callback=answer)
        await answered.wait()
        await client.ask("text", {"text": "x"})
        assert order[0] == "ack"


async def test_a_browser_that_comes_back_finds_its_conversation(house: House, transport: str) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(transport, http) as client:
            first = await client.start()
            link = await house.upstream.opened()
            link.say(ev.InputCaption("My name is Anna.", final=True), ev.OutputCaption("Hello Anna."), ev.TurnComplete())
            await client.next("caption", role="agent", final=True)
        async with house.client(transport, http) as client:
            again = await client.start(first["conversation"])
            assert again["resumed"] is True
            assert [turn["text"] for turn in again["turns"]] == ["My name is Anna.", "Hello Anna."]
            assert (await client.next("status"))["state"] == "listening"
        assert len(house.upstream.links) == 1


async def test_a_past_conversation_goes_on_from_the_store(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            first = await client.start(voice="luna")
            link = await house.upstream.opened()
            link.say(ev.InputCaption("Remember 7.", final=True), ev.OutputCaption("Yes."), ev.TurnComplete())
            await client.next("caption", role="agent", final=True)
            assert await client.ask("stop", {}) == {}
            await client.next("status", state="ended")
            assert len(house.gateway.sessions) == 0
            again = await client.start(first["conversation"])
            assert (again["resumed"], again["settings"]["voice"], len(again["turns"])) == (True, "luna", 2)
            await house.upstream.opened(2)


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that takes its time to save."""
    save = MemoryConversations.save

    async def slowly(store: MemoryConversations, record: SessionRecord) -> None:
        await asyncio.sleep(0.05)
        await save(store, record)

    monkeypatch.setattr(MemoryConversations, "save", slowly)


async def spoken(house: House, client: Client) -> str:
    """The id of a conversation of one exchange, which has just been stopped."""
    conversation = str((await client.start())["conversation"])
    link = await house.upstream.opened()
    link.say(ev.InputCaption("Remember 7.", final=True), ev.OutputCaption("Yes."), ev.TurnComplete())
    await client.next("caption", role="agent", final=True)
    await client.ask("stop", {})
    return conversation


@pytest.mark.usefixtures("slow_disk")
async def test_a_conversation_goes_on_at_once_after_its_end(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            again = await client.start(await spoken(house, client))
            assert [turn["text"] for turn in again["turns"]] == ["Remember 7.", "Yes."]
            assert house.upstream.links[0].closed


@pytest.mark.usefixtures("slow_disk")
async def test_what_is_deleted_at_once_after_its_end_does_not_come_back(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            conversation = await spoken(house, client)
            async with http.delete(f"/api/conversations/{conversation}") as answer:
                assert answer.status == 204
            await asyncio.sleep(0.1)
            async with http.get("/api/conversations") as answer:
                assert await answer.json() == {"conversations": []}


async def test_the_newest_tab_has_the_conversation(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as old, house.client(http=http) as new:
            conversation = (await old.start())["conversation"]
            assert (await new.start(conversation))["resumed"] is True
            assert (await old.next("error"))["code"] == "taken_over"
            assert (await old.ask("text", {"text": "still me"}))["error"]["code"] == "taken_over"
            await new.ask("text", {"text": "me now"})
            link = await house.upstream.opened()
            await old.io.disconnect()
            await new.ask("text", {"text": "me still"})
            assert SendText("me still") in link.sent
            assert SendText("still me") not in link.sent


async def test_a_conversation_can_be_taken_back_on_the_same_connection(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as old, house.client(http=http) as new:
            conversation = (await old.start())["conversation"]
            await new.start(conversation)
            assert (await old.start(conversation))["resumed"] is True
            assert (await new.next("error"))["code"] == "taken_over"
            assert "error" not in await old.ask("text", {"text": "me again"})


async def test_nobody_finds_anothers_conversation(house: House) -> None:
    async with house.http() as anna, house.http() as ben:
        await anna.post("/api/session")
        await ben.post("/api/session")
        async with house.client(http=anna) as client, house.client(http=ben) as thief:
            conversation = (await client.start())["conversation"]
            link = await house.upstream.opened()
            link.say(ev.InputCaption("secret", final=True), ev.OutputCaption("yes"), ev.TurnComplete())
            await client.next("caption", role="agent", final=True)
            foreign, unknown = await thief.start(conversation), await thief.start("nothing-of-that-name")
            assert foreign == unknown
            assert foreign["error"]["code"] == "not_found"
            for name in (conversation, "nothing-of-that-name"):
                async with ben.get(f"/api/conversations/{name}") as answer:
                    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
                async with ben.delete(f"/api/conversations/{name}") as answer:
                    assert answer.status == 404
            async with ben.get("/api/conversations") as answer:
                assert await answer.json() == {"conversations": []}
            async with anna.get("/api/conversations") as answer:
                assert [c["first"] for c in (await answer.json())["conversations"]] == ["secret"]
            assert not thief.all("caption")


async def test_a_deleted_conversation_is_gone_and_its_browser_is_told(house: House) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            conversation = (await client.start())["conversation"]
            link = await house.upstream.opened()
            async with http.delete(f"/api/conversations/{conversation}") as answer:
                assert answer.status == 204
            assert (await client.next("goodbye"))["why"] == "deleted"
            assert link.closed
            async with http.get(f"/api/conversations/{conversation}") as answer:
                assert answer.status == 404
            assert (await client.start(conversation))["error"]["code"] == "not_found"


async def test_an_interruption_drops_the_voice_that_waits(house: House, transport: str) -> None:
    async with house.client(transport) as client:
        await client.start()
        link = await house.upstream.opened()
        link.say(ev.InputCaption("Tell me.", final=True), ev.OutputCaption("Once upon a time"))
        link.say(*[ev.ModelAudio(VOICE)] * 500)
        await client.next("audio")
        link.say(ev.Interrupted())
        turn = (await client.next("flush"))["turn"]
        await client.say("played", {"turn": turn, "ms": 200, "flushed": True})
        await client.next("turn", state="interrupted")
        await client.ask("text", {"text": "a sign of life"})
        after = client.heard[[name for name, _ in client.heard].index("flush") :]
        assert not [fields for name, fields in after if name == "audio" and fields["turn"] <= turn]
        assert len(client.all("audio")) * 40 <= Limits().playout_window_ms


async def test_when_all_places_are_taken_the_next_is_told_when_to_try(tmp_path: Path) -> None:
    async with open_house(tmp_path, Limits(max_sessions=1)) as house, house.client() as first, house.client() as second:
        await first.start()
        error = (await second.start())["error"]
        assert (error["code"], error["retryable"]) == ("full", True)
        assert error["retry_after_ms"] > 0
        async with house.http() as http, http.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "full")
        await first.ask("stop", {})
        assert "conversation" in await second.start()


async def test_one_owner_does_not_take_all_places(tmp_path: Path) -> None:
    async with open_house(tmp_path, Limits(sessions_per_owner=1)) as house, house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as first, house.client(http=http) as second:
            await first.start()
            assert (await second.start())["error"]["code"] == "too_many"


async def test_an_abandoned_conversation_lets_go_of_the_model_and_is_kept(tmp_path: Path) -> None:
    async with open_house(tmp_path, Limits(grace_ms=1)) as house, house.http() as http:
        await http.post("/api/session")
        async with house.client(http=http) as client:
            conversation = (await client.start())["conversation"]
            link = await house.upstream.opened()
        while not link.closed:  # noqa: ASYNC110 - the fake model has no event for it
            await asyncio.sleep(0)
        assert len(house.gateway.sessions) == 0
        async with http.get(f"/api/conversations/{conversation}") as answer:
            assert answer.status == 200


async def test_a_lost_model_is_resumed_without_the_browsers_doing(house: House) -> None:
    async with house.client() as client:
        await client.start()
        link = await house.upstream.opened()
        link.say(ev.Resumption("handle-1", resumable=True))
        link.lose("upstream_lost")
        again = await house.upstream.opened(2)
        assert again.handle == "handle-1"
        assert link.closed
        assert await client.ask("text", {"text": "and on"}) == {}
        await sent(client, again, SendText("and on"))


async def test_goodbye_save_and_close_when_the_server_leaves(house: House, transport: str) -> None:
    async with house.http() as http:
        await http.post("/api/session")
        async with house.client(transport, http) as client:
            conversation = (await client.start())["conversation"]
            link = await house.upstream.opened()
            link.say(ev.InputCaption("Keep this.", final=True))
            await client.next("caption")
            draining = asyncio.get_running_loop().create_task(house.gateway.sessions.drain())  # noqa: TID251
            goodbye = await client.next("goodbye")
            assert goodbye["why"] == "draining"
            assert goodbye["retry_after_ms"] > 0
            await draining
            assert link.closed
            assert (await client.start())["error"]["code"] == "draining"
            async with http.get("/readyz") as answer:
                assert (answer.status, (await answer.json())["code"]) == (503, "draining")
        owner = next(iter(house.store._records.values())).owner
        record = await house.store.load(conversation, owner)
        assert record is not None
        assert [turn.text for turn in record.turns] == ["Keep this."]


async def test_while_the_engine_loads_the_page_is_told(house: House) -> None:
    house.engine.readiness = Readiness(
        "loading", PROBLEMS["loading_models"], {"what": "download", "file": "a", "done": 1, "total": 2}
    )
    async with house.client() as client, house.http() as http:
        error = (await client.start())["error"]
        assert error["code"] == "loading_models"
        assert error["retry_after_ms"] > 0
        async with http.get("/readyz") as answer:
            ready = await answer.json()
            assert (answer.status, ready["code"], ready["loading"]["total"]) == (503, "loading_models", 2)
        async with http.get("/api/config") as answer:
            assert (await answer.json())["state"] == "loading"


@pytest.mark.parametrize("mode", ["own", "token", "iap", "oidc"])
async def test_where_one_must_sign_in_nobody_talks(tmp_path: Path, mode: str) -> None:
    async with open_house(tmp_path, auth=mode) as house, house.client() as client:
        error = (await client.start())["error"]
        assert error["code"] == "sign_in_needed"
        assert "GENMEDIA_AUTH" in error["message"]
        assert not house.upstream.links


async def test_settings_change_in_the_middle(house: House) -> None:
    async with house.client() as client:
        await client.start()
        await house.upstream.opened()
        answer = await client.ask("configure", {"settings": {"voice": "bruno"}})
        assert answer["settings"]["voice"] == "bruno"
        link = await house.upstream.opened(2)
        assert link.settings.voice == "bruno"
        assert house.upstream.links[0].closed
