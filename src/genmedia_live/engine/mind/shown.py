"""What a language model that can't see reads of the pictures that a question comes with, and of their absence. Pure.

The wording is what the embedded model answers rightly by (`docs/engine.md` has the count). It is small: of a rule in its
instructions it makes nothing, and unless it is told what to say when there is nothing to be seen, it invents something.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from genmedia_live.ports import Message

PICTURE = "[Camera on. In the picture:\n{}]"
"""Before the words: while the user speaks, the model has time to read it."""

NOTHING_MADE_OUT = "[Camera on, but nothing in the picture can be made out.]"

WORD_FOR_WORD = "(Say the text of the picture word for word.)"
"""Behind words that ask to read: else the model tells what it means."""

BLIND = "(You can't make out what is in the picture. Answer only: \"I can't make out what is in the picture.\")"
"""Behind words that ask to look, as the next is: what stands last is heeded."""

NOTHING_SHOWN = '(No picture is shown to you. Answer only: "I can\'t see anything, because nothing is shown to me.")'

_NOT_RECOGNISED = re.compile(r"(?:^|\n)No .* was recognised\.$")
"""How the eyes end what they have to say of such a picture (`eyes/description.py`)."""

_ASKS_TO_LOOK = re.compile(
    r"""
      \b (?:do|can|could) \s you \s (?:\w+\s)? see \b
    | \b look \s at \s (?:this|that|these|those|me|my|the) \b
    | (?: ^ | [.!?,] \s* | \b (?:you|please|just|to) \s) read \s (?:(?:me|us|out|aloud|to)\s)*
      (?:this|that|these|the \s (?:sign|text|screen|page|label)) \b
    | \b (?:this|that) \s (?:sign|picture|photo|image|screen|page|label) \b
    | \b (?:in|on|behind) \s (?:my|the|this) \s (?:hands?|screen|camera|picture|photo|image|sign|page|desk|table) \b
    | \b am \s I \s (?:holding|wearing|showing|pointing) \b
    | \b what (?:'s|\s is|\s are) \s (?:this|these) \s* (?:\?|$)
    """,
    re.VERBOSE | re.IGNORECASE,
)


_ASKS_TO_READ = re.compile(r"\bread\b|\b(?:sign|label|text|page|screen|it|this|that) says?\b|\bwritten\b", re.IGNORECASE)


def asks_to_look(words: str) -> bool:
    """Whether nothing can be said to these words without having seen something. Said of others, it would spoil an answer."""
    return _ASKS_TO_LOOK.search(words) is not None


def told(message: Message, cut: Callable[[str], str] = lambda text: text) -> Message:
    """A user's line with what its pictures show in words instead; `cut` shortens each description to what there is room for."""
    if not message.pictures:
        return message
    descriptions = [(picture.description or "").strip() for picture in message.pictures]
    known = [cut(text) for text in descriptions if text and not _NOT_RECOGNISED.search(text)]
    if known:
        asks_to_read = any("Text:" in text for text in known) and _ASKS_TO_READ.search(message.text)
        lines = [*map(PICTURE.format, known), message.text, *([WORD_FOR_WORD] if asks_to_read else [])]
    elif asks_to_look(message.text):
        lines = [message.text, BLIND]
    else:
        lines = [NOTHING_MADE_OUT, message.text]
    return replace(message, text="\n".join(lines), pictures=())


def missed(message: Message) -> Message:
    """A user's line to which nothing is shown; where it asks for that, it says so."""
    return replace(message, text=f"{message.text}\n{NOTHING_SHOWN}") if asks_to_look(message.text) else message
