"""What a script's cues do to a session, its answers and its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.cues import (
    Call,
    Cancel,
    Completed,
    Cue,
    Drop,
    Garbage,
    Hangup,
    Heard,
    Interrupt,
    Leave,
    Observation,
    Opened,
    Refuse,
    Repeat,
    Returned,
    Say,
    Stall,
    Voiced,
    Wait,
)
from genmedia_live.engine.line import Line
from genmedia_live.engine.protocol.messages import Close, Raw
from tests.engine.test_session import FakeSocket, Room

TOOLS = [{"functionDeclarations": [{"name": "look"}, {"name": "watch", "behavior": "NON_BLOCKING"}]}]


class Fixed:
    """Answers in turn with what it was given, and does `then[kind]` once when an observation of that kind comes."""

    def __init__(self, *answers: Sequence[Cue], then: dict[type[Observation], Sequence[Cue]] | None = None) -> None:
        self.answers = list(answers)
        self.then = then or {}
        self.seen: list[Observation] = []
        self.refused: list[Refuse] = []
        self._ready: list[Cue] = []

    def refusal(self, resumes: bool) -> tuple[int, str] | None:
        return None

    def refuse(self, cue: Refuse) -> None:
        self.refused.append(cue)

    def direct(self) -> Fixed:
        return self

    def observe(self, what: Observation, now: float) -> None:
        self.seen.append(what)
        self._ready += self.then.pop(type(what), ())

    def answer(self, now: float) -> Sequence[Cue] | None:
        return self.answers.pop(0) if self.answers else None

    def cues(self) -> Sequence[Cue]:
        ready, self._ready = self._ready, []
        return ready

    def timer(self) -> float | None:
        return None

    def handle_timer(self, now: float) -> None:
        raise AssertionError("no timer was set")


def words(room: Room) -> str:
    """All that was said, as captions."""
    contents = (message.get("serverContent", {}) for message in room.socket.sent)
    return "".join(content.get("outputTranscription", {}).get("text", "") for content in contents)


def calls(room: Room) -> list[dict[str, Any]]:
    return [call for message in room.socket.sent for call in message.get("toolCall", {}).get("functionCalls", ())]


async def test_the_script_answers_before_the_mind() -> None:
    room = Room(directors=Fixed([Say("Welcome."), Say("How can I help?")]))
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete")
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete", 2)
    assert words(room) == "Welcome. How can I help?You said: hello."
    await room.leave()


async def test_the_script_sees_what_happens() -> None:
    directors = Fixed([Say("Yes.")])
    room = Room(directors=directors)
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete")
    kinds = [type(what) for what in directors.seen]
    assert [kind for kind in kinds if kind is not Voiced] == [Opened, Heard, Completed]
    assert Voiced in kinds
    await room.leave()


async def test_functions_are_called_and_their_results_come_back() -> None:
    directors = Fixed([Say("One moment."), Call("look", {"where": "there"})], [Say("A cat.")])
    room = Room(directors=directors, tools=TOOLS)
    room.socket.say(realtimeInput={"text": "what is there?"})
    await room.socket.has("toolCall")
    (call,) = calls(room)
    assert (call["name"], call["args"]) == ("look", {"where": "there"})
    room.socket.say(toolResponse={"functionResponses": [{"id": call["id"], "name": "look", "response": {"output": "cat"}}]})
    await room.socket.has("turnComplete")
    assert words(room) == "One moment. A cat."
    assert Returned("look", {"output": "cat"}) in directors.seen
    await room.leave()


async def test_calls_are_cancelled() -> None:
    room = Room(directors=Fixed([Call("watch", blocking=False), Cancel()]), tools=TOOLS)
    room.socket.say(realtimeInput={"text": "watch"})
    await room.socket.has("toolCallCancellation")
    await room.leave()


async def test_the_script_speaks_unasked() -> None:
    room = Room(directors=Fixed(then={Opened: [Say("Hello!"), Wait(0.001), Say("Anybody?")]}))
    await room.socket.has("turnComplete", 2)
    assert words(room) == "Hello!Anybody?"
    await room.leave()


async def test_what_is_due_together_is_all_said() -> None:
    directors = Fixed([Say("First.")], [Say("You asked.")], then={Completed: [Say("One."), Wait(0), Say("Two.")]})
    room = Room(directors=directors)
    room.socket.say(realtimeInput={"text": "hello"})
    room.socket.say(clientContent={"turns": [{"role": "user", "parts": [{"text": "and more"}]}], "turnComplete": True})
    await room.socket.has("generationComplete", 3)
    assert {"You asked.", "One.", "Two."} <= set(words(room).replace(".", ".|").split("|"))
    await room.leave()


async def test_a_paced_answer_can_be_hung_up_in_mid_sentence() -> None:
    directors = Fixed([Say("A very long story, " * 20, paced=True)], then={Voiced: [Hangup(1011, "Internal error encountered.")]})
    room = Room(directors=directors)
    room.socket.say(realtimeInput={"text": "a story"})
    assert await room.ended() == (1011, "Internal error encountered.")
    assert not any("generationComplete" in str(message) for message in room.socket.sent)


async def test_the_line_is_cut() -> None:
    room = Room(directors=Fixed([Drop()]))
    room.socket.say(realtimeInput={"text": "cut"})
    await room.ended()
    assert room.socket.aborted


async def test_garbage_is_sent_as_it_is_and_frames_are_repeated() -> None:
    room = Room(directors=Fixed(then={Opened: [Garbage("not json"), Garbage(b"{}"), Wait(0.01), Repeat(2)]}))
    await until_frames(room, lambda frames: len(frames) == 5)
    assert room.socket.frames[1:] == ["not json", b"{}", b"{}", b"{}"]
    await room.leave()


async def test_a_stalled_line_catches_up() -> None:
    directors = Fixed([Stall(0.05), Say("Late.")])
    room = Room(directors=directors)
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete")
    assert words(room) == "Late."
    await room.leave()


async def test_a_line_that_is_dead_sends_nothing_more_and_can_still_be_hung_up() -> None:
    directors = Fixed([Stall(None), Say("Never."), Wait(0.01), Hangup(1011)])
    room = Room(directors=directors)
    room.socket.say(realtimeInput={"text": "hello"})
    assert await room.ended() == (1011, "")
    assert words(room) == ""


async def test_a_second_stall_takes_the_place_of_the_first() -> None:
    room = Room(directors=Fixed([Stall(None), Say("Late."), Stall(0.01)]))
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete")
    assert words(room) == "Late."
    await room.leave()


async def test_a_stall_does_not_outlive_the_connection() -> None:
    room = Room(directors=Fixed(then={Opened: [Stall(None), Leave(0.05)]}))
    assert await room.ended() == (1011, "Deadline expired before operation could complete.")


async def test_a_close_that_waits_gives_way_to_a_hang_up() -> None:
    socket = FakeSocket()
    line = Line(socket, Limits())
    line.send(Raw("before"))
    line.end(Close(1011, "later"))
    line.hang_up(Close(1008, "now"))
    await line.write()
    assert socket.closed == (1008, "now")
    assert socket.frames == []


async def test_numbers_of_any_size_can_be_sent() -> None:
    room = Room(directors=Fixed([Call("look", {"n": 2**70})]), tools=TOOLS)
    room.socket.say(realtimeInput={"text": "look"})
    await room.socket.has("toolCall")
    assert calls(room)[0]["args"] == {"n": 2**70}
    await room.leave()


async def test_what_follows_an_interruption_is_said_as_another_turn() -> None:
    room = Room(directors=Fixed([Say("One."), Interrupt(), Say("Two.")]))
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete", 2)
    assert words(room) == "One.Two."
    await room.leave()


async def test_interruptions_and_go_aways_come_out_of_nowhere() -> None:
    room = Room(directors=Fixed(then={Opened: [Interrupt(), Leave(0.05)]}))
    await room.socket.has("interrupted")
    await room.socket.has("goAway")
    assert await room.ended() == (1011, "Deadline expired before operation could complete.")


async def test_a_turn_without_an_answer_completes() -> None:
    room = Room(directors=Fixed([Say("", silent=True)]))
    room.socket.say(realtimeInput={"text": "hello"})
    await room.socket.has("turnComplete")
    assert not any("inlineData" in str(message) for message in room.socket.sent)
    await room.leave()


async def test_refusals_are_the_whole_scripts() -> None:
    directors = Fixed(then={Opened: [Refuse(1008, "BidiGenerateContent session expired", times=2), Garbage("done")]})
    room = Room(directors=directors)
    await until_frames(room, lambda frames: "done" in frames)
    assert [refuse.times for refuse in directors.refused] == [2]
    await room.leave()


async def until_frames(room: Room, condition: Callable[[Sequence[bytes | str]], bool]) -> None:
    async with asyncio.timeout(10), room.socket.arrived:
        await room.socket.arrived.wait_for(lambda: condition(room.socket.frames))
