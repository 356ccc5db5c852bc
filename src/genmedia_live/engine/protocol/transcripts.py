"""How what the user said is written down, by generations of models. Pure.

Models of 2.5 send pieces to be joined, each with a blank before it; those of 3.x the whole, once. The engine's own model first
says what it guesses, and marks what is final (Live API; python-genai's types have `finished`, Google's models leave it out).
"""

from __future__ import annotations

from collections.abc import Sequence

from genmedia_live.engine.protocol.messages import InputTranscription
from genmedia_live.engine.protocol.profiles import Transcripts

PIECE = 3
"""Words in a piece."""


def written(words: str, style: Transcripts) -> Sequence[InputTranscription]:
    """The messages that say what was said."""
    if style == "interim":
        return (InputTranscription(words),)
    if style == "final":
        return (InputTranscription(words, None),)
    parts = words.split()
    return [InputTranscription(" " + " ".join(parts[at : at + PIECE]), None) for at in range(0, len(parts), PIECE)]
