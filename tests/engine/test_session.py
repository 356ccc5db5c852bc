"""One connection's shell: what it no longer sends, and how it ends when its client or its models misbehave."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from websockets.protocol import State

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.conversation import Conversation
from genmedia_live.engine.dialogue.conversation import State as Stands
from genmedia_live.engine.dialogue.cues import Directors
from genmedia_live.engine.dialogue.resumption import Handles
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.scripted import Script, scripted_mind
from genmedia_live.engine.pipeline import Workers
from genmedia_live.engine.session import Session
from genmedia_live.ports import Cancelled, FunctionDeclaration, Message, Picture, Samples
from tests.engine.talking import picture
from tests.fakes import FakeEyes


class FakeSocket:
    """A client that says what it is told, and reads only while `reading` is set."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.frames: list[bytes | str] = []
        self.arrived = asyncio.Condition()
        self.reading = asyncio.Event()
        self.reading.set()
        self.closed: tuple[int, str] | None = None
        self.state = State.OPEN
        self.aborted = False

    @property
    def transport(self) -> Any:
        return self

    def abort(self) -> None:
        self.aborted = True
        self.inbox.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (frame := await self.inbox.get()) is not None:
            yield frame

    async def send(self, message: bytes | str, /) -> None:
        await self.reading.wait()
        async with self.arrived:
            self.frames.append(message)
            with suppress(ValueError):
                self.sent.append(json.loads(message))
            self.arrived.notify_all()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = self.closed or (code, reason)
        self.inbox.put_nowait(None)

    def say(self, **message: Any) -> None:
        self.inbox.put_nowait(json.dumps(message))

    async def has(self, name: str, times: int = 1) -> None:
        """Wait until a message with that key has come so many times."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: sum(name in json.dumps(message) for message in self.sent) >= times)


class Room:
    """A session at work, its socket and its end."""

    def __init__(
        self, mind: Mind | None = None, limits: Limits | None = None, directors: Directors | None = None, **setup: Any
    ) -> None:
        self.socket = FakeSocket()
        self.workers = Workers(mind or scripted_mind(1))
        now = asyncio.get_running_loop().time()
        rules = Rules(limits=limits or Limits())
        self.conversation = Conversation("s", Handles(), rules, now, looks=lambda: self.workers.mind.looks)
        self.session = Session(self.socket, self.conversation, self.workers, deque(), limits, directors)
        self.run = asyncio.gather(self.session.run())
        self.socket.say(setup={"model": "m", "outputAudioTranscription": {}, **setup})

    async def ended(self) -> tuple[int, str] | None:
        async with asyncio.timeout(10):
            await self.run
        self.workers.close()
        return self.socket.closed

    async def leave(self) -> None:
        self.socket.inbox.put_nowait(None)
        await self.ended()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


async def test_what_has_not_left_when_the_user_breaks_in_never_leaves() -> None:
    room = Room(scripted_mind(20))
    room.socket.say(realtimeInput={"text": "count to 90"})
    await room.socket.has("inlineData")
    room.socket.reading.clear()
    await until(lambda: len(room.session._line) >= 20)
    room.socket.say(realtimeInput={"text": "stop"})
    await until(room.socket.inbox.empty)
    in_flight = len(room.socket.sent) + 1
    room.socket.reading.set()
    await room.socket.has("interrupted")
    late = [message for message in room.socket.sent[in_flight:] if "inlineData" in json.dumps(message)]
    broken_in = next(at for at, message in enumerate(room.socket.sent) if "interrupted" in json.dumps(message))
    assert all(room.socket.sent.index(message) > broken_in for message in late)
    await room.leave()


async def test_a_client_that_does_not_read_is_let_go() -> None:
    room = Room(limits=Limits(live_send_ms=20))
    room.socket.reading.clear()
    assert await room.ended() == (1008, "The client reads too slowly.")


async def test_a_client_that_lets_too_much_wait_is_let_go() -> None:
    room = Room(scripted_mind(20), Limits(live_outbox=10))
    await room.socket.has("setupComplete")
    room.socket.reading.clear()
    room.socket.say(realtimeInput={"text": "count to 90"})
    await until(lambda: room.session._line.ending)
    room.socket.reading.set()
    assert await room.ended() == (1008, "The client reads too slowly.")


async def test_deaf_ears_end_the_session() -> None:
    class Deaf:
        def probability(self, frame: Samples) -> float:
            raise RuntimeError("deaf")

        def reset(self) -> None: ...

    room = Room(replace(scripted_mind(), new_vad=Deaf))
    room.socket.say(realtimeInput={"audio": {"mimeType": "audio/pcm", "data": "A" * 4_096}})
    assert await room.ended() == (1011, "Internal error encountered.")


async def test_a_broken_judge_ends_the_session() -> None:
    class Broken:
        def probability(self, audio: Samples) -> float:
            raise RuntimeError("no judgement")

    room = Room(replace(scripted_mind(), end_of_turn=Broken()))
    room.socket.say(realtimeInput={"audio": {"mimeType": "audio/pcm", "data": spoken(0.5, 0.5)}})
    assert await room.ended() == (1011, "Internal error encountered.")


def spoken(*seconds: float) -> str:
    """Speech and silence in turn, base64."""
    loud = [np.full(int(16_000 * length), 0.0 if at % 2 else 0.4) for at, length in enumerate(seconds)]
    return base64.b64encode((np.concatenate(loud) * 32_767).astype("<i2").tobytes()).decode()


async def test_audio_faster_than_speech_is_heard_in_order() -> None:
    room = Room(limits=Limits(live_questions=1))
    pattern = spoken(*(0.5, 1.2) * 10)
    room.socket.say(realtimeInput={"audio": {"mimeType": "audio/pcm", "data": pattern}})
    room.socket.say(realtimeInput={"text": "the end"})
    await room.socket.has(" the end.")
    await room.leave()
    assert room.session._questions == set()


async def test_leaving_in_the_middle_of_an_answer_leaves_nothing_behind() -> None:
    room = Room(scripted_mind(50))
    room.socket.say(realtimeInput={"text": "count to 90"})
    await room.socket.has("inlineData")
    await room.leave()
    assert room.workers._answering == 0
    assert len(room.session._tasks) == 0


class SlowToLeave:
    """A language model that takes its time to end when it is given up, as one does that reads a prompt."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.at_work = 0
        self.together = 0

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str]:
        if max_tokens == 1:  # it only reads beforehand
            return
        self.at_work += 1
        self.together = max(self.together, self.at_work)
        try:
            yield "Well now. "
            if messages[-1].text.endswith("first"):
                while not cancelled():
                    yield "And on. "
                self.left.wait(10)
        finally:
            self.at_work -= 1

    sees = False

    def count_tokens(self, text: str) -> int:
        return len(text.split())


async def test_a_new_answer_waits_until_the_one_before_has_left_the_model() -> None:
    llm = SlowToLeave()
    room = Room(replace(scripted_mind(1), llm=llm))
    room.socket.say(realtimeInput={"text": "first"})
    await room.socket.has("inlineData")
    room.socket.say(realtimeInput={"text": "second"})
    await room.socket.has("interrupted")
    await until(lambda: room.session._conversation.state is Stands.GENERATING)
    asyncio.get_running_loop().call_later(0.2, llm.left.set)
    await room.socket.has("generationComplete")
    assert llm.together == 1
    await room.leave()


# ---- eyes


class Teller(Script):
    """Says what it was told, because it can't see."""

    sees = False


class Sighted(Script):
    """Can see, until it turns out that it can't."""

    def __init__(self) -> None:
        self.sees = True


def seeing(eyes: FakeEyes) -> Mind:
    return replace(scripted_mind(1), llm=Teller(), eyes=eyes)


def shown(shape: Picture) -> dict[str, Any]:
    return {"video": {"mimeType": shape.mime, "data": base64.b64encode(shape.data).decode()}}


CUP, PLATE = picture(640, 480, b"cup"), picture(640, 480, b"plate")
KNOWN = {CUP.data: "A cup.", PLATE.data: "A plate."}


async def test_what_the_eyes_make_of_a_picture_is_told() -> None:
    eyes = FakeEyes(KNOWN)
    room = Room(seeing(eyes))
    room.socket.say(realtimeInput=shown(CUP))
    room.socket.say(realtimeInput={"text": "hi"})
    await room.socket.has("outputTranscription")
    room.socket.say(realtimeInput=shown(PLATE))
    room.socket.say(realtimeInput={"text": "and now"})
    await room.socket.has("turnComplete", 2)
    assert eyes.looked_at == [CUP.data, PLATE.data]
    asked = [line.pictures for line in room.conversation.history if line.role == "user"]
    assert [[one.description for one in pictures] for pictures in asked] == [[], ["A plate."]]
    await room.leave()


async def test_a_look_gives_way_to_a_newer_picture() -> None:
    eyes = FakeEyes(KNOWN, wait=True)
    room = Room(seeing(eyes))
    room.socket.say(realtimeInput=shown(CUP))
    await until(lambda: eyes.looked_at == [CUP.data])
    room.socket.say(realtimeInput=shown(PLATE))
    room.socket.say(realtimeInput={"text": "hi"})
    await until(lambda: eyes.looked_at == [CUP.data, PLATE.data])
    assert eyes.given_up == [CUP.data]
    eyes.may_look.set()
    await room.socket.has("turnComplete")
    assert [one.description for one in room.conversation.history[0].pictures] == ["A plate."]
    await room.leave()


async def test_eyes_that_take_too_long_are_not_waited_for() -> None:
    eyes = FakeEyes(KNOWN, wait=True)
    room = Room(seeing(eyes), Limits(live_look_ms=20))
    room.socket.say(realtimeInput=shown(CUP))
    room.socket.say(realtimeInput={"text": "hi"})
    await room.socket.has("turnComplete")
    assert [one.description for one in room.conversation.history[0].pictures] == [None]
    await room.leave()
    await until(lambda: eyes.given_up == [CUP.data])


class Sore(FakeEyes):
    """Eyes that fail."""

    def look(self, picture: bytes, cancelled: Cancelled = lambda: False) -> str:
        super().look(picture, cancelled)
        raise RuntimeError("sore")


@pytest.mark.parametrize("eyes", [FakeEyes(), Sore(KNOWN)], ids=["no picture", "a fault"])
async def test_what_can_t_be_seen_is_no_end_of_the_conversation(eyes: FakeEyes) -> None:
    room = Room(seeing(eyes))
    room.socket.say(realtimeInput=shown(CUP))
    room.socket.say(realtimeInput={"text": "hi"})
    await room.socket.has("turnComplete")
    assert [one.description for one in room.conversation.history[0].pictures] == [""]
    await room.leave()


async def test_eyes_rest_while_the_model_sees() -> None:
    eyes, llm = FakeEyes(KNOWN), Sighted()
    room = Room(replace(scripted_mind(1), llm=llm, eyes=eyes))
    room.socket.say(realtimeInput=shown(CUP))
    room.socket.say(realtimeInput={"text": "what do you see"})
    await room.socket.has("640x480")
    assert eyes.looked_at == []
    await room.socket.has("turnComplete")
    llm.sees = False
    room.socket.say(realtimeInput={"text": "and now"})
    await until(lambda: eyes.looked_at == [CUP.data])
    await room.leave()
