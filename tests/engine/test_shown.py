"""What is shown is told in words; that nothing is, or that nobody can make it out, where it is asked for."""

import pytest

from genmedia_live.engine.mind.prompt import fit
from genmedia_live.engine.mind.shown import BLIND, NOTHING_MADE_OUT, NOTHING_SHOWN, asks_to_look, told
from genmedia_live.ports import Message, Picture

NOT_RECOGNISED = ["", "No text, object or scene was recognised.", "Light: dark\nNo text or object was recognised."]


def words(text: str) -> int:
    return len(text.split())


def user(text: str, *descriptions: str | None) -> Message:
    return Message("user", text, pictures=tuple(Picture(b"?", description=description) for description in descriptions))


def read(*history: Message, budget: int = 500, sees: bool = False) -> list[Message]:
    """What the model reads below its instructions."""
    return fit("s", history, words, budget, sees=sees)[0][1:]


@pytest.mark.parametrize(
    "asked",
    [
        "What do you see?",
        "so, what can you see now",
        "Do you still see it?",
        "Read me this sign.",
        "Could you read this out to me?",
        "Please read the label.",
        "What's on my screen?",
        "What is in my hand?",
        "What am I holding?",
        "Look at this!",
        "What is this?",
        "what are these",
    ],
)
def test_who_asks_to_look(asked: str) -> None:
    assert asks_to_look(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the capital of France?",
        "Read me a story.",
        "I read this book last year.",
        "What does the flight cost?",
        "When do they open?",
        "Tell me about the sea.",
        "What is that in Spanish?",
        "What is this theory of yours about?",
        "",
    ],
)
def test_who_asks_something_else(asked: str) -> None:
    assert not asks_to_look(asked)


def test_what_is_shown_stands_before_the_words() -> None:
    (line,) = read(user("When do they open?", "Objects: cup (centre)\nText:\nOPEN DAILY 8-18"))
    assert "OPEN DAILY 8-18" in line.text
    assert line.text.index("OPEN") < line.text.index("When")
    assert line.text.endswith("When do they open?")
    assert line.pictures == ()


def test_each_of_two_is_told() -> None:
    (line,) = read(user("Hm?", "A cup.", "A page."))
    assert line.text.index("A cup.") < line.text.index("A page.") < line.text.index("Hm?")


def test_only_the_newest_question_tells_what_is_shown() -> None:
    lines = read(user("One?", "A cup."), Message("assistant", "Yes."), user("Two?", "A plate."))
    assert lines[0] == Message("user", "One?")
    assert "A plate." in lines[2].text


def test_what_follows_the_question_changes_nothing() -> None:
    lines = read(user("One?", "A cup."), Message("assistant", "Yes."))
    assert "A cup." in lines[0].text


@pytest.mark.parametrize("description", [*NOT_RECOGNISED, None])
def test_what_nobody_can_make_out(description: str | None) -> None:
    assert read(user("What do you see?", description)) == [Message("user", f"What do you see?\n{BLIND}")]
    assert read(user("How late is it?", description)) == [Message("user", f"{NOTHING_MADE_OUT}\nHow late is it?")]


def test_of_two_the_one_that_is_made_out_is_told() -> None:
    (line,) = read(user("What do you see?", "A cup.", NOT_RECOGNISED[1]))
    assert "A cup." in line.text
    assert BLIND not in line.text


def test_nothing_is_shown() -> None:
    assert read(user("What do you see?")) == [Message("user", f"What do you see?\n{NOTHING_SHOWN}")]
    assert read(user("How late is it?")) == [Message("user", "How late is it?")]
    before = user("What do you see?"), Message("assistant", "Nothing."), user("How late is it?")
    assert read(*before) == [*before], "a question of before is left alone"


def test_a_model_that_sees_gets_the_newest_pictures_and_no_words_for_them() -> None:
    shown = user("Two?", None)
    assert read(user("One?", None), Message("assistant", "Yes."), shown, sees=True) == [
        Message("user", "One?"),
        Message("assistant", "Yes."),
        shown,
    ]
    assert read(user("What do you see?"), sees=True) == [user("What do you see?")]


@pytest.mark.parametrize("budget", range(40, 200, 8))
def test_a_long_description_leaves_room_for_the_question(budget: int) -> None:
    question = user("what does the salad cost", "salad " * 300, "soup " * 300)
    messages, tokens = fit("s", [user("hello"), Message("assistant", "hi"), question], words, budget)
    assert tokens <= budget
    assert messages[-1].text.endswith("what does the salad cost")
    assert "soup soup" in messages[-1].text


def test_told_leaves_others_alone() -> None:
    assert told(user("What do you see?")) == user("What do you see?")
