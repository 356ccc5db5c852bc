"""What a script hears, and what it says of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.limits import Limits
from genmedia_live.engine.script.phrases import find, groups, pattern
from genmedia_live.engine.script.templates import fill, fill_all, holes

HEARD = [
    ("refund", "I want a refund.", True),
    ("refund", "REFUND", True),
    ("refund", "refunds", False),
    ("refund", "prerefund", False),
    ("good morning", "Good, morning!", True),
    ("good morning", "good old morning", False),
    ("I'd", "i’d say", True),
    ("a.c", "abc", False),
    ("/a.c/", "xabcx", True),
    ("/^no$/", "no", True),
    ("/^no$/", "no way", False),
    ("//", "", True),
    ("/", "/", None),
    ("zurück", "Bitte ZURÜCK.", True),
]


@pytest.mark.parametrize(("phrase", "heard", "fits"), HEARD)
def test_words_are_whole_and_patterns_are_searched_for(phrase: str, heard: str, fits: bool | None):
    if fits is None:
        with pytest.raises(ValueError, match="must be words"):
            pattern(phrase)
    else:
        assert (find([phrase], heard) is not None) is fits


def test_the_first_phrase_that_fits_says_what_was_taken():
    assert find(["x", r"/order (?P<id>\d+)( now)?/"], "Order 7!") == {"heard": "Order 7!", "1": "7", "id": "7", "2": ""}
    assert find(["x"], "y") is None
    assert groups(["x", r"/(?P<id>\d)(a)/", "/(b)/"]) == {"heard", "id", "1", "2"}


def test_only_the_beginning_of_a_long_speech_is_heard():
    bound = Limits().script_heard_chars
    assert find(["needle"], " " * (bound - 6) + "needle") is not None
    assert find(["needle"], " " * (bound - 5) + "needle") is None


FILLED = [
    ("You said {heard}.", "You said hi."),
    ("{heard}{heard}", "hihi"),
    ("{unknown}", "{unknown}"),
    ("{{heard}}", "{heard}"),
    ("{heard.__class__} {0!r} {}", "{heard.__class__} {0!r} {}"),
    ("{tricky}", "{heard}"),
]


@pytest.mark.parametrize(("text", "said"), FILLED)
def test_holes_are_filled_once_and_with_nothing_but_words(text: str, said: str):
    assert fill(text, {"heard": "hi", "tricky": "{heard}"}, 100) == said


def test_what_is_filled_in_is_cut():
    assert fill("a{heard}", {"heard": "b" * 10}, 5) == "abbbb"


def test_holes_in_arguments_are_filled_and_keys_are_not():
    args = {"{heard}": ["{heard}", 1, None, {"a": "{heard}!"}]}
    assert fill_all(args, {"heard": "x"}, 9) == {"{heard}": ["x", 1, None, {"a": "x!"}]}
    assert holes(args) == {"heard"}


@given(st.text())
def test_any_text_can_be_said(text: str):
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert holes(doubled) == set()
    assert fill(doubled, {"a": "b"}, len(text)) == text
