"""Whether a language model elsewhere takes pictures, from what its server says of it. Pure.

Every server says it in its own way: llama.cpp in `/props` (`modalities`) and `/v1/models` (`capabilities`), Ollama in `/api/show`
(`capabilities`), gateways such as OpenRouter in their list of models (`input_modalities`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Vision = Literal["auto", "on", "off"]
"""Pictures are sent if the server says so or does not refuse them, always, never."""

_WORDS = frozenset({"vision", "image", "multimodal"})
_LISTS = ("capabilities", "input_modalities", "supported_input_modalities", "modalities")


def entry(listed: Any, model: str) -> Mapping[str, Any]:
    """What a list of models (`/v1/models`) has about one; nothing when it has none. llama.cpp lists a model twice."""
    found: dict[str, Any] = {}
    for name in ("models", "data"):
        rows = listed.get(name) if isinstance(listed, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and model in (row.get("id"), row.get("name"), row.get("model")):
                found |= row
    return found


def says(about: Any) -> bool | None:
    """Whether the model that this is about takes pictures; None when it is not said."""
    if not isinstance(about, Mapping):
        return None
    inner = about.get("architecture")
    for place in (about, inner if isinstance(inner, Mapping) else {}):
        for name in _LISTS:
            match place.get(name):
                case {"vision": bool(sees)}:
                    return sees
                case [*words] if all(isinstance(word, str) for word in words):
                    return not _WORDS.isdisjoint(words)
    return None
