"""What the embedded model makes of what is shown. It is small, and no two answers are alike: of many, most are right."""

from __future__ import annotations

import re

import pytest

from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.prompt import fit, system_prompt
from genmedia_live.ports import Message, Picture

pytestmark = [pytest.mark.weights, pytest.mark.timeout(600)]

FLIGHT = "Text:\nSkyBook | Checkout\nMunich to Lisbon | March 14, 2026\nDeparts | 09:35\nTotal | EUR 284.50\nPay now"
MENU = "Text:\nLunch menu\nTomato soup | 4.50\nCaesar salad | 8.90\nGrilled salmon | 16.00"
CAFE = "Objects: coffee cup (centre)\nText:\nCORNER CAFE\nOPEN DAILY 8-18"
ORDER = "Text:\nOrder 4417\nStatus | shipped\nArrives | Friday"
TRAIN = "Text:\nPlatform 5\nICE 723 | Berlin Hbf\n14:08 | delayed 20 min"
CAT = "Objects: cat (centre)\nLooks like: tabby cat"
NOTHING = "No text, object or scene was recognised."
BLIND = r"n't|cannot|can not|nothing|unable|not able|no picture"


def answer(mind: Mind, words: str, description: str | None) -> str:
    pictures = () if description is None else (Picture(b"?", description=description),)
    history = [Message("user", words, pictures=pictures)]
    messages, _ = fit(system_prompt(None), history, mind.llm.count_tokens, 1_500)
    pieces = mind.llm.stream(messages, temperature=0.5, max_tokens=60, cancelled=lambda: False)
    return "".join(piece for piece in pieces if isinstance(piece, str))


def right(mind: Mind, questions: list[tuple[str, str | None, str]]) -> int:
    wrong = [
        f"{words} -> {said}"
        for words, description, wanted in questions
        if not re.search(wanted, said := answer(mind, words, description), re.IGNORECASE)
    ]
    print(*wrong, sep="\n")
    return len(questions) - len(wrong)


def test_what_is_written_is_told(mind: Mind) -> None:
    questions: list[tuple[str, str | None, str]] = [
        ("What does the flight cost?", FLIGHT, r"284"),
        ("How much is the flight?", FLIGHT, r"284"),
        ("When does it leave?", FLIGHT, r"9:35"),
        ("What does the salmon cost?", MENU, r"16"),
        ("How much is the soup?", MENU, r"4\.50"),
        ("When do they open?", CAFE, r"\b8\b|eight"),
        ("When does my order arrive?", ORDER, r"friday"),
        ("How late is the train?", TRAIN, r"20|twenty"),
        ("What do you see?", CAT, r"\bcat\b"),
        ("What is the capital of France?", CAT, r"paris"),
    ]
    assert right(mind, questions) >= 9


def test_where_nothing_is_to_be_seen_it_says_so(mind: Mind) -> None:
    asked = ("What do you see?", "Read me this sign.", "What is in my hand?", "What is this?", "Look at this, what is it?")
    assert right(mind, [(words, shown, BLIND) for words in asked for shown in (None, NOTHING)]) >= 8
