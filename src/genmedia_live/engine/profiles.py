"""How each model of Google's behaves on the wire, and what it refuses: the engine answers as the model that a client names.

Sources: Google's model pages of September 2026 and what its users report of refused set-ups. This table is written apart from the
one in `upstream/profiles.py`: each holds the other to its word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genmedia_live.engine.messages import Coverage

Transcripts = Literal["interim", "deltas", "final"]
"""How what the user said is written down: guesses and then the whole; pieces to be joined; the whole, once."""

Backend = Literal["vertex", "gemini"]
"""Whose URL the client came by: Vertex AI's, or the Developer API's."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One model, as a client sees it on the wire."""

    name: str
    transcripts: Transcripts = "interim"
    status: bool = False
    """`turnComplete` comes with an `interactionStatus`."""
    blocking: bool = True
    """Functions are waited for, unless their declaration says otherwise."""
    scheduling: bool = True
    """The client may say when the result of a function is told."""
    coverage: Coverage = "ONLY_ACTIVITY"
    window: int = 131_072
    """Tokens of context."""


LOCAL = Profile("genmedia-local")
"""The engine's own: it takes everything that it understands."""
