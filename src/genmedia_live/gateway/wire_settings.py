"""The settings that a browser may name, checked one by one: `settings` of `start` and `configure`. See `docs/wire.md`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from genmedia_live.core.errors import ClientFault
from genmedia_live.core.limits import Limits
from genmedia_live.gateway.wire_text import shown, text

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_NAME_CHARS = 200

Read = Callable[[str, Any, Limits], Any]
"""(the setting's name, what the client gave, the bounds) -> the value. Raises ClientFault `bad_settings` or `too_large`."""


def read_settings(fields: object, limits: Limits) -> Mapping[str, Any]:
    """The settings to change. A field that is null counts as left out.

    Raises:
        ClientFault: `bad_event` when there is no map; `bad_settings` or `too_large`, naming the setting.
    """
    if not isinstance(fields, dict):
        raise ClientFault("bad_event", "`settings` is a map.")
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        read = _READERS.get(name) if isinstance(name, str) else None
        if read is None:
            raise ClientFault("bad_settings", f"There is no setting `{shown(str(name))}`.")
        if value is not None:
            changes[name] = read(name, value, limits)
    return changes


def _word(name: str, value: Any, limits: Limits) -> str:
    word = text(value, name, _NAME_CHARS, "bad_settings")
    if not word:
        raise ClientFault("bad_settings", f"`{name}` is empty.")
    return word


def _instructions(name: str, value: Any, limits: Limits) -> str:
    return text(value, name, limits.instructions_chars, "bad_settings")


def _language(name: str, value: Any, limits: Limits) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise ClientFault("bad_settings", f"`{name}` is a BCP-47 tag such as en-US, or empty.")
    return value


def _persona(name: str, value: Any, limits: Limits) -> str:
    if value != "" and not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise ClientFault("bad_settings", f"`{name}` is the name of a persona, or empty.")
    return str(value)


def _options(name: str, value: Any, limits: Limits) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > limits.options:
        raise ClientFault("bad_settings", f"`{name}` is a map of at most {limits.options} words.")
    if not all(isinstance(key, str) and _NAME.fullmatch(key) for key in value):
        raise ClientFault("bad_settings", f"A name in `{name}` is not the name of an option.")
    return {key: text(word, f"{name}.{key}", limits.option_chars, "bad_settings") for key, word in value.items()}


def _flag(name: str, value: Any, limits: Limits) -> bool:
    if type(value) is not bool:
        raise ClientFault("bad_settings", f"`{name}` is true or false.")
    return value


def _one_of(*words: str) -> Read:
    def read(name: str, value: Any, limits: Limits) -> str:
        if not isinstance(value, str) or value not in words:
            raise ClientFault("bad_settings", f"`{name}` is one of {', '.join(words)}.")
        return value

    return read


def _up_to(highest: Callable[[Limits], int]) -> Read:
    def read(name: str, value: Any, limits: Limits) -> int:
        if type(value) is not int or not 0 <= value <= highest(limits):
            raise ClientFault("bad_settings", f"`{name}` is a whole number from 0 to {highest(limits)}.")
        return value

    return read


_SENSITIVITY = _one_of("auto", "low", "high")

_READERS: Mapping[str, Read] = {
    "model": _word,
    "voice": _word,
    "instructions": _instructions,
    "language": _language,
    "persona": _persona,
    "options": _options,
    "manual_activity": _flag,
    "start_sensitivity": _SENSITIVITY,
    "end_sensitivity": _SENSITIVITY,
    "silence_ms": _up_to(lambda limits: limits.silence_longest_ms),
    "interruptible": _flag,
    "greeting": _flag,
    "nudge_s": _up_to(lambda limits: limits.nudge_longest_s),
    "affective": _flag,
    "proactive": _flag,
    "thinking": _one_of("auto", "off", "low", "high"),
}

SETTINGS = frozenset(_READERS)
"""Every setting that a client may name."""
