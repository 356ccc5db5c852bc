import threading
from collections.abc import Generator
from typing import Any

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.calling import UNREADABLE
from genmedia_live.engine.mind.llm import CALL_ROUNDS, LlamaLlm, lines, shortened
from genmedia_live.engine.mind.prompt import system_prompt
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message

SYSTEM = Message("system", "You are a friendly voice assistant. Answer in one short sentence.")


PRODUCT = Message("system", system_prompt(None))


def user(text: str) -> Message:
    return Message("user", text)


def never() -> bool:
    return False


def answer(mind: Mind, *messages: Message, max_tokens: int = 40) -> str:
    return "".join(map(str, mind.llm.stream([SYSTEM, *messages], temperature=0.0, max_tokens=max_tokens, cancelled=never)))


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


def asks(*ids: str, text: str = "") -> Message:
    return Message("assistant", text, calls=tuple(FunctionCall("f", {"n": id}, id) for id in ids))


@pytest.mark.parametrize(
    ("middle", "left"),
    [
        ([user("a"), asks("1"), Message("tool", "r", call="1"), user("b")], [user("b")]),
        ([asks("1"), Message("tool", "r", call="1"), user("b"), user("c")], [user("b"), user("c")]),
        ([user("a"), user("b"), asks("1"), Message("tool", "r", call="1")], [asks("1"), Message("tool", "r", call="1")]),
    ],
)
def test_a_call_and_its_result_go_together(middle: list[Message], left: list[Message]) -> None:
    assert shortened([SYSTEM, *middle, user("last")]) == [SYSTEM, *left, user("last")]


def test_the_last_call_stays_with_its_results() -> None:
    last = [asks("1", "2"), Message("tool", "r", call="1"), Message("tool", "s", call="2")]
    assert shortened([SYSTEM, user("a"), *last]) == [SYSTEM, *last]
    with pytest.raises(GenmediaError):
        shortened([SYSTEM, *last])


def test_the_dialogue_as_the_template_takes_it() -> None:
    plain = [SYSTEM, user("Hi"), Message("assistant", "Hello.")]
    assert lines(plain) == [{"role": message.role, "content": message.text} for message in plain]
    both = asks("1", "2", text="Just a moment.")
    assert lines([SYSTEM, both, Message("tool", '{"a":1}', call="1"), Message("tool", "{}", call="9")], " Functions: f") == [
        {"role": "system", "content": SYSTEM.text + " Functions: f"},
        {"role": "assistant", "content": 'Just a moment.\nf(n="1")\nf(n="2")'},
        {
            "role": "user",
            "content": '[f returned] {"a":1}\n[the function returned] {}\nTell me what it means, in words.',
        },
    ]
    assert lines([user("Hi")], "F")[0] == {"role": "system", "content": "F"}


class Written(LlamaLlm):
    """A model that writes given pieces, and notes what it was asked and whether it was read to its end."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.asked: list[Any] = []
        self.given = 0

    def _answer(self, *asked: Any) -> Generator[str, None, None]:
        self.asked = list(asked)
        for piece in self.pieces:
            self.given += 1
            yield piece


WEATHER = FunctionDeclaration(
    "get_weather",
    "Get the current weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def given(llm: Written, *messages: Message, tools: tuple[FunctionDeclaration, ...] = (WEATHER,)) -> list[str | FunctionCall]:
    return list(llm.stream(messages, temperature=0, max_tokens=9, cancelled=never, tools=tools))


def test_calls_come_out_of_the_text_and_end_it() -> None:
    llm = Written("One mo", "ment. get_", 'weather(city="Oslo")', "\nThe weather", " is", " fine.")
    assert given(llm, user("?")) == ["One ", "moment. ", FunctionCall("get_weather", {"city": "Oslo"})]
    assert llm.given == 4, "what it makes up about the result is not waited for"
    assert "get_weather(city: string)" in llm.asked[1]


def test_without_functions_nothing_is_held_back() -> None:
    llm = Written("get_", "weather(", "{")
    assert given(llm, user("?"), tools=()) == ["get_", "weather(", "{"]
    assert llm.asked[1] == ""


def test_a_model_that_calls_for_ever_is_stopped() -> None:
    rounds = [turn for n in range(CALL_ROUNDS) for turn in (asks(str(n)), Message("tool", "{}", call=str(n)))]
    call = 'get_weather(city="Oslo")'
    assert given(Written(call), user("?"), *rounds) == [UNREADABLE]
    assert given(Written(call), user("?"), *rounds[2:]) == [FunctionCall("get_weather", {"city": "Oslo"})]


@pytest.mark.weights
def test_it_calls_a_function_and_tells_the_result(mind: Mind) -> None:
    question = [PRODUCT, user("What is the weather in Paris?")]
    (call,) = mind.llm.stream(question, temperature=0.0, max_tokens=60, cancelled=never, tools=(WEATHER,))
    assert call == FunctionCall("get_weather", {"city": "Paris"})
    turns = [*question, Message("assistant", "", calls=(call,)), Message("tool", '{"temperature_celsius": 21}')]
    told = mind.llm.stream(turns, temperature=0.0, max_tokens=60, cancelled=never, tools=(WEATHER,))
    assert "21" in "".join(map(str, told))


@pytest.mark.weights
def test_it_answers_in_words_what_no_function_is_for(mind: Mind) -> None:
    question = [PRODUCT, user("What is the capital of Italy?")]
    told = list(mind.llm.stream(question, temperature=0.0, max_tokens=60, cancelled=never, tools=(WEATHER,)))
    assert all(isinstance(piece, str) for piece in told)
    assert "Rome" in "".join(map(str, told))


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
    pieces: list[str | FunctionCall] = []
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
