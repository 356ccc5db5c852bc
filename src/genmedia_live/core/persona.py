"""A persona's instructions with its options filled in. What a persona is made of is in `personas/`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def filled(instructions: str, options: Mapping[str, str]) -> str:
    """The instructions with every `{name}` that is an option replaced by its value; any other brace stays as it is."""
    return _PLACE.sub(lambda place: options.get(place[1], place[0]), instructions)


def places(instructions: str) -> frozenset[str]:
    """The names that stand in braces."""
    return frozenset(_PLACE.findall(instructions))
