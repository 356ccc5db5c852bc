"""Text from a browser: what of it can be stored, shown and normalised."""

from __future__ import annotations

import unicodedata

from genmedia_live.core.errors import ClientFault

_NONSTARTERS = 30
"""The longest run of combining marks in a stream-safe text (Unicode Standard Annex 15, UAX15-D3)."""


def text(value: object, name: str, limit: int, code: str) -> str:
    """`value`, when it is text of at most `limit` characters.

    Raises:
        ClientFault: `too_large`, or `code` for what is no text or can't be shown.
    """
    if not isinstance(value, str):
        raise ClientFault(code, f"`{name}` is text.")
    if len(value) > limit:
        raise ClientFault("too_large", f"`{name}` is longer than {limit} characters.")
    if not is_clean(value):
        raise ClientFault(code, f"`{name}` holds characters that cannot be shown.")
    return value


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


def shown(name: str) -> str:
    """A name that a client made up, fit for a sentence."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in name[:40])
