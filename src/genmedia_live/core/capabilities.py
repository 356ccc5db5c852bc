"""What a model does, so that the core need not ask who it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Facts about the model behind a connection; all False is the careful guess."""

    aligned_captions: bool = False
    """Output captions arrive just before the audio that speaks them: a cut can be made at the word."""

    reports_activity: bool = False
    """`UserActivity` events tell when the person begins and ends to speak."""

    transparent_resumption: bool = False
    """Resumption points name the last client message that they cover."""
