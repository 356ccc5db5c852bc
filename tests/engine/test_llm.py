import threading

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.llm import shortened
from genmedia_live.engine.mind import Mind
from genmedia_live.ports import Message

SYSTEM = Message("system", "You are a friendly voice assistant. Answer in one short sentence.")


def user(text: str) -> Message:
    return Message("user", text)


def never() -> bool:
    return False


def answer(mind: Mind, *messages: Message, max_tokens: int = 40) -> str:
    return "".join(mind.llm.stream([SYSTEM, *messages], temperature=0.0, max_tokens=max_tokens, cancelled=never))


def generation_has_ended() -> bool:
    threads = [thread for thread in threading.enumerate() if thread.name == "language-model"]
    for thread in threads:
        thread.join(30)
    return not any(thread.is_alive() for thread in threads)


def test_the_older_half_goes_first() -> None:
    turns = [Message("user" if n % 2 == 0 else "assistant", str(n)) for n in range(7)]
    once = shortened([SYSTEM, *turns])
    assert once == [SYSTEM, *turns[3:]]
    assert shortened(once) == [SYSTEM, *turns[5:]]
    assert shortened([SYSTEM, *turns[5:]]) == [SYSTEM, turns[6]]
    with pytest.raises(GenmediaError) as caught:
        shortened([SYSTEM, turns[6]])
    assert caught.value.code == "too_large"


@pytest.mark.weights
def test_it_knows_the_capital_of_france(mind: Mind) -> None:
    assert "Paris" in answer(mind, user("What is the capital of France?"))


@pytest.mark.weights
def test_it_remembers_the_dialogue_and_reads_a_tool_result(mind: Mind) -> None:
    dialogue = [user("My name is Ada."), Message("assistant", "Nice to meet you, Ada."), user("What is my name?")]
    assert "Ada" in answer(mind, *dialogue)
    call = Message("assistant", '{"name": "get_time", "arguments": {}}')
    assert "16:42" in answer(mind, user("What time is it?"), call, Message("tool", "16:42"))


@pytest.mark.weights
def test_cancelled_stops_within_a_token(mind: Mind) -> None:
    pieces: list[str] = []
    request = [SYSTEM, user("Tell me a very long story about the sea.")]
    for piece in mind.llm.stream(request, temperature=0.5, max_tokens=2_000, cancelled=lambda: len(pieces) == 3):
        pieces.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert len(pieces) == 3
    assert generation_has_ended()


@pytest.mark.weights
def test_cancelled_while_it_reads(mind: Mind) -> None:
    request = [SYSTEM, user("hello " * 3_000)]
    assert list(mind.llm.stream(request, temperature=0.5, max_tokens=9, cancelled=lambda: True)) == []
    assert generation_has_ended(), "a prompt of a minute's reading is given up"


@pytest.mark.weights
def test_two_at_once(mind: Mind) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(answer(mind, user("Say yes.")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 3
    assert all(answers)


@pytest.mark.weights
def test_too_long_a_dialogue_is_shortened_and_too_long_a_message_refused(mind: Mind) -> None:
    long = user("hello " * 5_000)
    assert "Paris" in answer(mind, long, Message("assistant", "Hi."), user("What is the capital of France?"))
    with pytest.raises(GenmediaError) as caught:
        answer(mind, long)
    assert caught.value.code == "too_large"


@pytest.mark.weights
def test_tokens_are_counted(mind: Mind) -> None:
    assert mind.llm.count_tokens("") == 0
    assert mind.llm.count_tokens("Hello world") == 2
