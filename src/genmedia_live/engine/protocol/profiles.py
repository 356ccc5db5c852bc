"""How each model of Google's behaves on the wire, and what it takes: the engine answers as the model that a client names.

Sources: Google's model pages of September 2026 and what its users report of refused set-ups. This table is written apart from the
one in `upstream/profiles.py`: each holds the other to its word. What follows from a row is in `refusals.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from genmedia_live.engine.protocol.messages import Behavior, Coverage

Transcripts = Literal["interim", "deltas", "final"]
"""How what the user said is written down: guesses and then the whole; pieces to be joined; the whole, once."""

Backend = Literal["vertex", "gemini"]
"""Whose URL the client came by: Vertex AI's, or the Developer API's."""

Choice = Literal["no", "optional", "always"]
"""A behaviour that a model lacks, may be asked for, or has without being asked."""

Thinking = Literal["no", "budget", "level", "level_required"]
"""Which field shapes the model's thinking."""


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
    """The client may say when the result of a function is told. Where the model waits for the result, it is ignored."""
    coverage: Coverage = "ONLY_ACTIVITY"
    seeds: bool = True
    """`historyConfig` has an effect: content up to the first `turnComplete` is not answered."""
    window: int = 131_072
    """Tokens of context."""
    answer: int = 65_536
    """Tokens of one answer that may be asked for."""
    backends: tuple[Backend, ...] = ("vertex", "gemini")
    """Which APIs serve it."""
    others: str = ""
    """Regular expression of the other names that it goes by."""
    modalities: tuple[str, ...] = ("AUDIO",)
    behaviors: tuple[Behavior, ...] = ("BLOCKING", "NON_BLOCKING")
    """What the declaration of a function may say; with none, it may say nothing."""
    thinking: Thinking = "no"
    levels: tuple[str, ...] = ()
    """Levels of thinking to choose from."""
    affective: Choice = "no"
    proactive: Choice = "no"
    translates: bool = False
    """It takes a `translationConfig`."""


LOCAL = Profile("genmedia-local", modalities=("AUDIO", "TEXT"))
"""The engine's own: it takes everything that it understands."""

PROFILES: tuple[Profile, ...] = (
    Profile(
        "gemini-live-2.5-flash-native-audio",
        transcripts="deltas",
        seeds=False,
        scheduling=False,
        answer=8_192,
        backends=("vertex",),
        behaviors=(),
        thinking="budget",
        affective="optional",
        proactive="optional",
    ),
    Profile(
        "gemini-2.5-flash-native-audio-preview-12-2025",
        transcripts="deltas",
        seeds=False,
        answer=8_192,
        backends=("gemini",),
        others=r"gemini-2\.5-flash-native-audio-(?:preview-\d{2}-\d{4}|latest)",
        thinking="budget",
        affective="optional",
        proactive="optional",
    ),
    Profile(
        "gemini-3.1-flash-live-preview",
        transcripts="final",
        coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO",
        backends=("gemini",),
        behaviors=("BLOCKING",),
        thinking="level",
        levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"),
    ),
    Profile(
        "gemini-3.8-live",
        transcripts="final",
        blocking=False,
        coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO",
        affective="always",
        proactive="always",
    ),
    Profile(
        "gemini-3.8-live-extended-thinking",
        transcripts="final",
        status=True,
        blocking=False,
        scheduling=False,
        coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO",
        backends=("gemini",),
        behaviors=("NON_BLOCKING",),
        thinking="level_required",
        levels=("LOW", "MEDIUM", "HIGH"),
        affective="always",
        proactive="always",
    ),
    Profile(
        "gemini-3.5-live-translate",
        transcripts="final",
        coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO",
        others=r"gemini-3\.5-live-translate-preview",
        translates=True,
    ),
    Profile(
        "gemini-3.5-transcribe-live",
        transcripts="final",
        coverage="AUDIO_ACTIVITY_AND_ALL_VIDEO",
        backends=("gemini",),
        modalities=("AUDIO", "TEXT"),
    ),
)
"""Every model of Google's that the engine answers as. Of the two last ones little more than the name is known."""

RETIRED = (
    "gemini-live-2.5-flash-preview",
    "gemini-live-2.5-flash-preview-native-audio-09-2025",
    "gemini-2.0-flash-live-001",
)
"""Models that Google has shut down. They are refused, as every name of Google's is that the table lacks."""


def named(model: str) -> Profile | None:
    """The profile behind a model's name or resource name; None for a name of Google's that is not a Live model.

    A dated version (`-MM-YYYY`) behaves as its model does. What is not called Gemini is the engine's own.
    """
    name = model.rsplit("/", 1)[-1]
    for profile in PROFILES:
        if re.fullmatch(rf"(?:{re.escape(profile.name)}|{profile.others or '(?!)'})(?:-\d{{2}}-\d{{4}})?", name):
            return profile
    return None if name.startswith("gemini") else LOCAL
