"""What text can be stored, shown and normalised."""

from __future__ import annotations

import unicodedata

_NONSTARTERS = 30
"""The longest run of combining marks in a stream-safe text (Unicode Standard Annex 15, UAX15-D3)."""


def is_clean(text: str) -> bool:
    """True for text that can be stored, shown and normalised: no control or lone surrogate, no pile of combining marks."""
    marks = 0
    for char in text:
        if char.isascii():
            if not char.isprintable() and char not in "\n\r\t":
                return False
            marks = 0
        elif unicodedata.combining(char):
            marks += 1
            if marks > _NONSTARTERS:
                return False
        else:
            if unicodedata.category(char) in ("Cc", "Cs"):
                return False
            marks = 0
    return True


def well_formed(text: str) -> str:
    """The text with `?` for every lone surrogate: JSON can hold those, UTF-8 and so our wire can't."""
    return text.encode("utf-8", "replace").decode()
