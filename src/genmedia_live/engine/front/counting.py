"""`countTokens`: what the contents of a request cost, in the vocabulary of the mind and by the Live API's rates."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from genmedia_live.core.audio import duration_ms
from genmedia_live.engine.dialogue.context import AUDIO_TOKENS, PICTURE_TOKENS
from genmedia_live.engine.front.failures import Failure, invalid
from genmedia_live.engine.front.request import Response, answer
from genmedia_live.engine.protocol.messages import Blob
from genmedia_live.engine.protocol.profiles import Backend

Count = Callable[[Sequence[str]], Awaitable[int]]
"""Tokens of some texts; it may take a while."""

TEXTS = ("functionCall", "functionResponse", "executableCode", "codeExecutionResult")
"""Parts that the model reads as text."""


@dataclass(slots=True)
class _Found:
    """What is to be counted."""

    texts: list[str] = field(default_factory=list)
    pictures: int = 0
    audio_ms: float = 0.0


async def count(document: Mapping[str, Any], backend: Backend, tokenize: Count) -> Response | Failure:
    """The answer to a `countTokens` request.

    Sound other than PCM counts nothing: how long it lasts is known to no one but its decoder.
    """
    asked = _get(document, "generateContentRequest") or document
    contents = _get(asked, "contents")
    if not contents:
        return invalid("* CountTokensRequest.contents: contents is not specified\n")
    found = _Found()
    try:
        for content in (*_listed(contents), *_listed(_get(asked, "systemInstruction"))):
            for part in _listed(_get(content, "parts")):
                _look(part, found)
    except (TypeError, ValueError, binascii.Error):
        return invalid("Invalid value at 'contents': not a list of contents.")
    if tools := _get(asked, "tools"):
        found.texts.append(orjson.dumps(tools).decode())
    text = await tokenize(found.texts)
    kinds = {"TEXT": text, "IMAGE": found.pictures * PICTURE_TOKENS, "AUDIO": round(found.audio_ms * AUDIO_TOKENS / 1000)}
    answered: dict[str, Any] = {
        "totalTokens": sum(kinds.values()),
        "promptTokensDetails": [{"modality": kind, "tokenCount": tokens} for kind, tokens in kinds.items() if tokens],
    }
    if backend == "vertex":
        answered["totalBillableCharacters"] = sum(len("".join(words.split())) for words in found.texts)
    return answer(answered)


def _get(value: object, name: str) -> Any:
    """A field by its camelCase name or by its snake_case one."""
    if not isinstance(value, Mapping):
        raise TypeError(name)
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return value.get(name, value.get(snake))


def _listed(value: object) -> Iterator[Any]:
    yield from value if isinstance(value, list) else () if value is None else (value,)


def _look(part: object, found: _Found) -> None:
    if isinstance(text := _get(part, "text"), str):
        found.texts.append(text)
    if (data := _get(part, "inlineData")) is not None:
        mime = str(_get(data, "mimeType")).lower().replace(" ", "")
        if mime.startswith("image/"):
            found.pictures += 1
        elif (rate := Blob(mime, b"").rate) is not None:
            encoded = str(_get(data, "data")).replace("-", "+").replace("_", "/")
            found.audio_ms += duration_ms(len(base64.b64decode(encoded, validate=True)), rate)
    found.texts += [orjson.dumps(said).decode() for name in TEXTS if (said := _get(part, name)) is not None]
