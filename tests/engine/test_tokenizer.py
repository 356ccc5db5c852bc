"""Counting tokens: exactly beforehand, from memory on the loop, roughly when there is no other way."""

import pytest

from genmedia_live.core.errors import error
from genmedia_live.engine import tokenizer
from genmedia_live.engine.tokenizer import Tokenizer, roughly


class Counter:
    """Counts words, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, text: str) -> int:
        self.asked += 1
        return len(text.split())


def test_the_loop_never_asks_the_model() -> None:
    count = Counter()
    tokens = Tokenizer(count)
    assert tokens.count("one two three") == roughly("one two three") == 4
    assert tokens.exactly("one two three") == 3
    assert tokens.count("one two three") == 3
    assert tokens.exactly("one two three") == 3
    assert count.asked == 1


def test_a_model_that_cannot_count_is_guessed_at(caplog: pytest.LogCaptureFixture) -> None:
    def fails(text: str) -> int:
        raise error("internal")

    assert Tokenizer(fails).exactly("eight ch") == 2
    assert "could not be counted" in caplog.text


def test_memory_is_bounded_and_holds_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "BOUND", 10)
    tokens = Tokenizer(Counter())
    for number in range(100):
        tokens.exactly(f"secret {number}")
    assert len(tokens._known) == 10
    assert "secret" not in repr(tokens._known)
    assert tokens.count("secret 99") == 2


@pytest.mark.parametrize("text", ["", "\ud800", "x" * 1_000_000])
def test_any_text_is_counted(text: str) -> None:
    assert Tokenizer(len).exactly(text) == len(text)
