"""Tools in a conversation, with the scripted engine behind the gateway. Whatever a tool does, the conversation goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from genmedia_live.core import events as ev
from genmedia_live.core.actions import SendToolResult
from genmedia_live.core.limits import Limits
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.engine.server import Engine
from genmedia_live.upstream.credentials import engine_target
from genmedia_live.upstream.gemini import GeminiUpstream
from tests.fakes import FakeLink
from tests.gateway.house import Client, FakeEngine, House, open_house

LIMITS = Limits(tool_timeout_ms=5_000, tool_result_bytes=4_096)

ODD = '''
import asyncio, threading
from genmedia_live.tools import ToolContext, tool

released = threading.Event()

@tool
def boom() -> str:
    """Raise."""
    raise RuntimeError("the password is hunter2")

@tool(timeout=0.05)
async def hang() -> str:
    """Never answer."""
    await asyncio.Event().wait()

@tool(timeout=0.05)
def block() -> str:
    """Never answer, in a thread."""
    released.wait()

@tool
def flood() -> str:
    """Return a megabyte."""
    return "x" * 1_000_000

@tool
def patient(context: ToolContext) -> str:
    """Wait until cancelled."""
    context.wait(60)
    released.set()
    return "cancelled" if context.cancelled else "late"
'''

CLERK = """\
---
title: Clerk
tools: [boom, hang, block, flood, patient]
---
"""


@dataclass
class Talk:
    """A conversation with the scripted mind: it calls what it is told to call."""

    client: Client

    async def ask(self, text: str) -> str:
        """What the agent has said in the end."""
        turns = len(self.client.all("turn"))
        await self.client.ask("text", {"text": text})
        while len(self.client.all("turn")) == turns:
            await self.client.next("turn")
            await asyncio.sleep(0)
        turn = self.client.all("turn")[-1]["turn"]
        return str((await self.client.next("caption", turn=turn, role="agent", final=True))["text"])

    def tools(self) -> list[tuple[str, str]]:
        """The states of tools that the page was told."""
        return [(told["name"], told["state"]) for told in self.client.all("tool")]


@asynccontextmanager
async def talk(folder: Path, persona: str, **settings: Any) -> AsyncIterator[Talk]:
    """A gateway with the scripted engine behind it, and a conversation of that persona."""
    scripted = Engine(scripted_mind(ms_per_character=1))
    await scripted.start()
    engine = FakeEngine()
    engine.upstream = GeminiUpstream(engine_target(scripted.port, scripted.ca), LIMITS)  # type: ignore[assignment]
    async with open_house(folder, LIMITS, engine, **settings) as house, house.client() as client:
        started = await client.start(persona=persona, greeting=False)
        assert started["settings"]["persona"] == persona
        yield Talk(client)
    await scripted.stop(notice=0)


async def test_the_support_agent_looks_up_an_order(tmp_path: Path) -> None:
    async with talk(tmp_path, "support") as it:
        said = await it.ask('call look_up_order with {"number": "1042"}')
        assert said.startswith("look_up_order returned")
        assert "Alpine tent" in said
        assert it.tools() == [("look_up_order", "running"), ("look_up_order", "done")]
        running, done = it.client.all("tool")
        assert (running["detail"], running["id"]) == ('{"number": "1042"}', done["id"])
        assert "on its way" in done["detail"]
        assert running["turn"] == done["turn"]
        assert "There is no order 9999" in await it.ask('call look_up_order with {"number": "9999"}')
        assert await it.ask("thank you") == "You said: thank you."


@pytest.fixture
def clerk(tmp_path: Path) -> Path:
    """A data folder with a persona whose tools misbehave."""
    (tmp_path / "odd.py").write_text(ODD)
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "clerk.md").write_text(CLERK)
    return tmp_path


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("boom", "boom failed."),
        ("hang", "hang did not answer within 0.05 seconds."),
        ("block", "block did not answer within 0.05 seconds."),
        ("flood", "The answer of flood is too large: 1000002 bytes, and at most 4096 can be read."),
    ],
)
async def test_whatever_a_tool_does_the_conversation_goes_on(clerk: Path, tool: str, told: str) -> None:
    async with talk(clerk, "clerk", tools=str(clerk / "odd.py")) as it:
        assert told in await it.ask(f"call {tool}")
        assert it.tools() == [(tool, "running"), (tool, "failed")]
        assert it.client.all("tool")[-1]["detail"] == told
        assert await it.ask("still there?") == "You said: still there?"
        assert it.client.all("error") == []
        assert "hunter2" not in repr(it.client.heard)
    sys.modules["genmedia_live_tools_odd"].released.set()


async def sent(link: FakeLink) -> SendToolResult:
    """The first answer of a tool that the model is sent."""
    async with asyncio.timeout(10):
        while True:
            if found := next((message for message in link.sent if isinstance(message, SendToolResult)), None):
                return found
            await asyncio.sleep(0)


async def test_the_model_is_told_the_personas_tools_and_may_call_no_other(house: House) -> None:
    async with house.client() as client:
        await client.start(persona="support", greeting=False)
        link = await house.upstream.opened()
        assert [tool.name for tool in link.tools] == ["look_up_order", "open_return", "current_time"]
        await client.ask("configure", {"settings": {"persona": "tutor"}})
        link = await house.upstream.opened(2)
        assert link.tools == ()
        link.say(ev.ToolCall("1", "current_time"))
        assert await sent(link) == SendToolResult("1", "current_time", {"error": "There is no tool named current_time."})
        async with house.http() as http, http.get("/metrics") as answer:
            assert 'genmedia_tool_calls_total{end="failed",tool="unknown"} 1.0' in await answer.text()


async def test_a_call_that_the_model_cancels_is_stopped(clerk: Path) -> None:
    async with open_house(clerk, LIMITS, tools=str(clerk / "odd.py")) as house, house.client() as client:
        await client.start(persona="clerk")
        link = await house.upstream.opened()
        link.say(ev.ToolCall("1", "patient"))
        await client.next("tool", state="running")
        link.say(ev.ToolCancelled(("1",)))
        await client.next("tool", state="cancelled")
        stopped = sys.modules["genmedia_live_tools_odd"].released
        assert await asyncio.to_thread(stopped.wait, 10)
        assert not [message for message in link.sent if isinstance(message, SendToolResult)]
        async with house.http() as http, http.get("/metrics") as answer:
            assert 'genmedia_tool_calls_total{end="cancelled",tool="patient"} 1.0' in await answer.text()


async def test_the_page_is_told_of_personas_and_of_files_that_are_none(clerk: Path) -> None:
    (clerk / "personas" / "broken.md").write_text("---\ntitle: T\ntools: [fly]\n---\n")
    async with open_house(clerk, tools=f"{clerk / 'odd.py'},no_such_module") as house, house.http() as http:
        async with http.get("/api/config") as answer:
            config = await answer.json()
        personas = {persona["name"]: persona for persona in config["personas"]}
        assert list(personas) == ["assistant", "translator", "tutor", "support", "clerk"]
        assert {"name": "boom", "description": "Raise."} in personas["clerk"]["tools"]
        assert "English" in personas["translator"]["problem"]
        assert personas["translator"]["options"][0]["name"] == "first"
        ((problem),) = config["persona_problems"]
        assert problem["file"] == "broken.md"
        assert problem["message"].startswith("line 3: There is no tool named fly.")
        (clerk / "personas" / "broken.md").unlink()
        async with http.get("/api/config") as answer:
            assert (await answer.json())["persona_problems"] == []
