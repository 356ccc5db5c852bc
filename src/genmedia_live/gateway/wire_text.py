"""Text from a browser."""

from __future__ import annotations

from genmedia_live.core.errors import ClientFault
from genmedia_live.core.text import is_clean


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


def shown(name: str) -> str:
    """A name that a client made up, fit for a sentence."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in name[:40])
