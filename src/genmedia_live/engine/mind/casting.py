"""Which of the engine's own voices speaks for each name that a client may ask for."""

from __future__ import annotations

from genmedia_live.core.voices import ENGINE_VOICES

DEFAULT_VOICE = "heart"

GEMINI_CAST: dict[str, str] = {
    "Zephyr": "pixie",
    "Puck": "sol",
    "Charon": "atlas",
    "Kore": "vera",
    "Fenrir": "sol",
    "Leda": "pixie",
    "Orus": "bruno",
    "Aoede": "luna",
    "Callirrhoe": "luna",
    "Autonoe": "pixie",
    "Enceladus": "atlas",
    "Iapetus": "sol",
    "Umbriel": "sol",
    "Algieba": "atlas",
    "Despina": "luna",
    "Erinome": "vera",
    "Algenib": "bruno",
    "Rasalgethi": "atlas",
    "Laomedeia": "pixie",
    "Achernar": "whisp",
    "Alnilam": "bruno",
    "Schedar": "sol",
    "Gacrux": "vera",
    "Pulcherrima": "luna",
    "Achird": "sol",
    "Zubenelgenubi": "atlas",
    "Vindemiatrix": "whisp",
    "Sadachbia": "sol",
    "Sadaltager": "bruno",
    "Sulafat": "heart",
}
"""Gemini's voice -> ours of the nearest character: low and deep ones for its men, light and warm ones for its women."""


def cast(name: str | None) -> str | None:
    """The engine's voice for a requested name (case-sensitive, as at Google); None when nobody has that name."""
    if name is None:
        return DEFAULT_VOICE
    return name if name in ENGINE_VOICES else GEMINI_CAST.get(name)
