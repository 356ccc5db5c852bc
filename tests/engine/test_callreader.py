"""Calls are found in whatever a small model writes, and nothing of them is spoken."""

import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmedia_live.engine.mind.calling import UNREADABLE, written
from genmedia_live.engine.mind.callreader import CallReader
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message


def declared(name: str, *required: str, **types: str) -> FunctionDeclaration:
    properties = {argument: {"type": kind} for argument, kind in types.items()}
    return FunctionDeclaration(name, "", {"type": "object", "properties": properties, "required": list(required)})


TOOLS = [
    declared("get_weather", "city", city="string", days="integer"),
    declared("set_timer", "minutes", minutes="number", loud="boolean"),
    declared("shop.list-all"),
    declared("move", "to", to="object", via="array"),
    FunctionDeclaration("anything"),
]


def read(*pieces: str, tools: list[FunctionDeclaration] = TOOLS) -> tuple[str, list[FunctionCall]]:
    reader, items = CallReader(tools), []
    for piece in pieces:
        items += list(reader.feed(piece))
    items += list(reader.finish())
    calls = [item for item in items if isinstance(item, FunctionCall)]
    return "".join(item for item in items if isinstance(item, str)), calls


def weather(**args: Any) -> list[FunctionCall]:
    return [FunctionCall("get_weather", args)]


def timer(**args: Any) -> list[FunctionCall]:
    return [FunctionCall("set_timer", args)]


CASES: list[tuple[str, str, list[FunctionCall]]] = [
    ('get_weather(city="Paris")', "", weather(city="Paris")),
    ("get_weather(city='Paris', days=2)", "", weather(city="Paris", days=2)),
    ('get_weather(city: "Paris")', "", weather(city="Paris")),
    ("get_weather(Paris)", "", weather(city="Paris")),
    ('get_weather("Paris", 2)', "", weather(city="Paris", days=2)),
    ('get_weather(days="2", "Paris")', "", weather(days=2, city="Paris")),
    ('get_weather(location="Paris")', "", weather(city="Paris")),
    ('get_weather (city="Paris")', "", weather(city="Paris")),
    ('Get_Weather(city="Paris")', "", weather(city="Paris")),
    ("Shop.List-All()", "", [FunctionCall("shop.list-all")]),
    ("get_weather(city=90210)", "", weather(city="90210")),
    ('get_weather(city="a (b) \\"c\\", d=e")', "", weather(city='a (b) "c", d=e')),
    ('get_weather(city="Paris", days=...)', "", weather(city="Paris")),
    ('get_weather(city="Paris", country="FR", other=1)', "", weather(city="Paris")),
    ("set_timer(5)", "", timer(minutes=5)),
    ("set_timer(minutes=2.5, loud=True)", "", timer(minutes=2.5, loud=True)),
    ('set_timer(minutes="5", loud="false")', "", timer(minutes=5, loud=False)),
    ("shop.list-all()", "", [FunctionCall("shop.list-all")]),
    ('move(to={"x": [1, 2]}, via=("a", "b"))', "", [FunctionCall("move", {"to": {"x": [1, 2]}, "via": ["a", "b"]})]),
    ("anything(n=1)", "", [FunctionCall("anything", {"n": 1})]),
    ('{"name": "get_weather", "arguments": {"city": "Paris"}}', "", weather(city="Paris")),
    ('```json\n{"name": "set_timer", "arguments": {"minutes": 5}}\n```', "", timer(minutes=5)),
    ("```python\nset_timer(5)\n```\nThis sets it.", "", timer(minutes=5)),
    ("Sure, `set_timer(5)`", "Sure, ", timer(minutes=5)),
    ('get_weather(city="Paris")\nget_weather(city="Rome")', "", weather(city="Paris") + weather(city="Rome")),
    ('get_weather(city="Paris"), set_timer(1) It is sunny. set_timer(2)', "", weather(city="Paris") + timer(minutes=1)),
    ("I get up at 7, set a timer and move (fast).", "I get up at 7, set a timer and .", []),
    ("It is 5 (five) o'clock, as they say (in town).", "It is 5 (five) o'clock, as they say (in town).", []),
    ("We will get_weather soon.", "We will get_weather soon.", []),
    ("Ask get", "Ask get", []),
    ('¿"Qué?"', '¿"Qué?"', []),
    ("; get_weather()", UNREADABLE, []),
    ("", "", []),
    # what can't be made is not spoken, and not called
    ("get_weather()", UNREADABLE, []),
    ('get_weather(city="...")', UNREADABLE, []),
    ("set_timer(minutes=soon)", UNREADABLE, []),
    ("set_timer(minutes=1e999)", UNREADABLE, []),
    ('get_news(topic="x")', UNREADABLE, []),
    ('Find_news(topic="x")', UNREADABLE, []),
    ('get_weather(city="Par', UNREADABLE, []),
    ('Sure! get_weather(city="Par', "Sure! ", []),
    ("{{", UNREADABLE, []),
    ("{bad}", UNREADABLE, []),
    ('{"name": "set_timer", "arguments": [5]}', UNREADABLE, []),
]


@pytest.mark.parametrize(("text", "said", "calls"), CASES, ids=[case[0][:40] for case in CASES])
def test_what_is_written(text: str, said: str, calls: list[FunctionCall]) -> None:
    assert read(text) == (said, calls)
    assert read(*text) == (said, calls)


@pytest.mark.parametrize("text", ["move(to=" + "[" * 5_000 + "]" * 5_000 + ")", "{" * 5_000 + "}" * 5_000, "(" * 5_000])
def test_deep_brackets_are_no_exception(text: str) -> None:
    _, calls = read(text)
    assert calls == []


@settings(max_examples=500)
@given(st.text("abGet_weather(){}[]\"'`\\,=:. \n5"), st.integers(1, 7))
def test_any_text_is_taken_and_in_any_pieces(text: str, size: int) -> None:
    whole = read(text)
    assert read(*(text[at : at + size] for at in range(0, len(text), size))) == whole


@given(st.lists(st.sampled_from(["words ", "get it. ", "5 (five) ", "what's ", "timer\n"])))
def test_words_are_given_as_they_are(words: list[str]) -> None:
    assert read(*words) == ("".join(words), [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), json_values))
def test_what_is_written_for_the_model_is_read_from_it(args: dict[str, Any]) -> None:
    call = FunctionCall("anything", args)
    _, (found,) = read(written(Message("assistant", "", calls=(call,))))
    unsaid = ("...", None, "")
    assert found.args == {name: value for name, value in args.items() if value not in unsaid}


def test_words_before_a_call_are_not_held_back() -> None:
    reader = CallReader(TOOLS)
    assert list(reader.feed("One mo")) == ["One "]
    assert list(reader.feed("ment, ")) == ["moment, "]
    assert list(reader.feed("get")) == []
    assert list(reader.feed(" up ")) == ["get up "]
    assert list(reader.feed("get_weather")) == []
    assert list(reader.feed('(city="Pa')) == []
    assert list(reader.feed('ris")')) == weather(city="Paris")
    assert not reader.over
    assert list(reader.feed(" It is sunny.")) == []
    assert reader.over


def test_calls_that_are_not_allowed_are_dropped() -> None:
    reader = CallReader(TOOLS, allowed=False)
    assert "".join(map(str, [*reader.feed("set_timer(5) Done."), *reader.finish()])) == " Done."


def test_the_log_holds_none_of_the_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for text in ("set_timer(minutes=secret)", "get_secret(secret)", "{secret}", "get_weather(city=secret"):
            read(text)
    assert len(caplog.records) == 4
    assert "secret" not in caplog.text
