"""The names of the voices. Gemini's thirty are from its "configure language and voice" page; names are case-sensitive there."""

from __future__ import annotations

from dataclasses import dataclass

GEMINI_VOICES: dict[str, str] = {
    "Zephyr": "Bright",
    "Puck": "Upbeat",
    "Charon": "Informative",
    "Kore": "Firm",
    "Fenrir": "Excitable",
    "Leda": "Youthful",
    "Orus": "Firm",
    "Aoede": "Breezy",
    "Callirrhoe": "Easy-going",
    "Autonoe": "Bright",
    "Enceladus": "Breathy",
    "Iapetus": "Clear",
    "Umbriel": "Easy-going",
    "Algieba": "Smooth",
    "Despina": "Smooth",
    "Erinome": "Clear",
    "Algenib": "Gravelly",
    "Rasalgethi": "Informative",
    "Laomedeia": "Upbeat",
    "Achernar": "Soft",
    "Alnilam": "Firm",
    "Schedar": "Even",
    "Gacrux": "Mature",
    "Pulcherrima": "Forward",
    "Achird": "Friendly",
    "Zubenelgenubi": "Casual",
    "Vindemiatrix": "Gentle",
    "Sadachbia": "Lively",
    "Sadaltager": "Knowledgeable",
    "Sulafat": "Warm",
}
"""name -> style in one word, as Google describes it."""

ENGINE_VOICES: dict[str, str] = {
    "heart": "Warm",
    "luna": "Light",
    "pixie": "Bright",
    "vera": "Calm",
    "sol": "Even",
    "atlas": "Low",
    "bruno": "Deep",
    "whisp": "Breathy",
}
"""name -> style of the local engine's own voices."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A voice of Gemini's with a manner of speaking, under a name that Google does not know."""

    voice: str
    """One of `GEMINI_VOICES`."""

    style: str
    manner: str
    """A line for the instructions."""


PRESETS: dict[str, Preset] = {
    "Breeze": Preset(
        "Zephyr",
        "Airy",
        "Speak lightly and briskly, with a smile in your voice, and keep your sentences short.",
    ),
    "Juniper": Preset(
        "Callirrhoe",
        "Cheerful",
        "Speak openly and cheerfully, at an easy pace, like a friend who is glad to help.",
    ),
}
"""name -> what stands behind it. A preset never reaches the model under its own name: an unknown one closes the session."""

PRESET_VOICES: dict[str, str] = {name: f"{preset.style}, a preset of {preset.voice}" for name, preset in PRESETS.items()}
"""name -> style of the presets."""


def real_voice(name: str) -> str:
    """The voice that speaks for a name: that of the preset, or the name itself."""
    preset = PRESETS.get(name)
    return preset.voice if preset is not None else name


def manner(name: str) -> str:
    """How a preset speaks, as a line for the instructions; empty for a voice that is no preset."""
    preset = PRESETS.get(name)
    return preset.manner if preset is not None else ""
