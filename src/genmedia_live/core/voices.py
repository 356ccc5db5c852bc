"""The names of the voices. Gemini's thirty are from its "configure language and voice" page; names are case-sensitive there."""

from __future__ import annotations

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
