"""The Live wire: frames in, typed client messages out; typed server messages in, frames out. Pure.

Clients mix lowerCamelCase and snake_case within one frame, use both base64 alphabets, and send numbers as strings; all of it is
taken, as Google's proto-JSON parser takes it. What can't be taken becomes the `Close` that Google's server would answer with.
The user's own keys (`args`, `response`, `labels`, schema properties) are never looked at, so never re-spelled.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import orjson

from genmedia_live.engine.messages import (
    Audio,
    Blob,
    ClientContent,
    ClientMessage,
    Close,
    Content,
    ContextUpdate,
    Detection,
    GenerationComplete,
    GoAway,
    InputTranscription,
    InterimInputTranscription,
    Interrupted,
    ModelText,
    OutputTranscription,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    SetupComplete,
    ToolResponse,
    TurnComplete,
    Usage,
    VoiceActivity,
)

INVALID_ARGUMENT = 1007
"""The close code for a request that can't be understood (Live API; RFC 6455 7.4.1 "invalid frame payload data")."""


class _Invalid(ValueError):
    """A field does not hold what its type asks for. Never leaves this file."""


def parse(frame: bytes | str) -> ClientMessage | Close:
    """The message in a frame (text or binary, UTF-8 JSON), or the close that answers it. Never raises on any input."""
    try:
        document = orjson.loads(frame)
    except (orjson.JSONDecodeError, UnicodeError):
        return Close(INVALID_ARGUMENT, "Invalid JSON payload received.")
    try:
        return _message(_Fields(document, ""))
    except _Invalid as problem:
        return Close(INVALID_ARGUMENT, f"Request contains an invalid argument: {problem}.")


def _message(fields: _Fields) -> ClientMessage | Close:
    for name, read in _READERS.items():
        if (body := fields.child(name)) is not None:
            return read(body)
    return Close(INVALID_ARGUMENT, "Request contains an invalid argument: no message of the Live API.")


# ---- reading fields


@lru_cache(maxsize=256)
def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class _Fields:
    """A proto message in JSON: each field by its camelCase name, wherever either spelling of it is found; null is absent."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise _Invalid(f"{path or 'message'} is not an object")
        self._value: dict[str, Any] = value
        self._path = path

    def get(self, name: str) -> Any:
        value = self._value.get(name)
        return self._value.get(_snake(name)) if value is None else value

    def _where(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _typed(self, name: str, kind: type, what: str) -> Any:
        value = self.get(name)
        if value is not None and not isinstance(value, kind):
            raise _Invalid(f"{self._where(name)} is not {what}")
        return value

    def child(self, name: str) -> _Fields | None:
        value = self.get(name)
        return None if value is None else _Fields(value, self._where(name))

    def at(self, *names: str) -> _Fields:
        """The message found by following `names`; an empty one where the way ends early."""
        fields = self
        for name in names:
            fields = fields.child(name) or _Fields({}, fields._where(name))
        return fields

    def children(self, name: str) -> Iterator[_Fields]:
        for item in self._typed(name, list, "a list") or ():
            yield _Fields(item, self._where(name))

    def has(self, name: str) -> bool:
        return self.child(name) is not None

    def text(self, name: str) -> str | None:
        value: str | None = self._typed(name, str, "a string")
        return value

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, bool, "true or false"))

    def enum(self, name: str) -> str:
        return (self.text(name) or "").upper()

    def enums(self, name: str) -> tuple[str, ...]:
        values = self._typed(name, list, "a list") or ()
        if not all(isinstance(value, str) for value in values):
            raise _Invalid(f"{self._where(name)} is not a list of strings")
        return tuple(value.upper() for value in values)

    def number(self, name: str) -> float | None:
        value = self.get(name)
        if value is None:
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise _Invalid(f"{self._where(name)} is not a number")
        return number

    def whole(self, name: str) -> int | None:
        number = self.number(name)
        return None if number is None else int(number)

    def data(self, name: str) -> bytes:
        text = (self.text(name) or "").translate(_TO_STANDARD).rstrip("=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise _Invalid(f"{self._where(name)} is not base64") from None


_TO_STANDARD = str.maketrans("-_", "+/")


# ---- client messages


def _setup(fields: _Fields) -> Setup:
    generation = fields.at("generationConfig")
    voice = generation.at("speechConfig", "voiceConfig")
    realtime = fields.at("realtimeInputConfig")
    detection = realtime.at("automaticActivityDetection")
    resumption = fields.at("sessionResumption")
    return Setup(
        model=fields.text("model") or "",
        modalities=generation.enums("responseModalities"),
        voice=voice.at("prebuiltVoiceConfig").text("voiceName") or voice.text("voice"),
        system=_system(fields),
        temperature=generation.number("temperature"),
        max_output_tokens=generation.whole("maxOutputTokens"),
        resumption=fields.has("sessionResumption"),
        handle=resumption.text("handle") or None,
        transparent=resumption.flag("transparent"),
        input_transcription=fields.has("inputAudioTranscription"),
        output_transcription=fields.has("outputAudioTranscription"),
        detection=Detection(
            disabled=detection.flag("disabled"),
            start_low=detection.enum("startOfSpeechSensitivity") == "START_SENSITIVITY_LOW",
            end_low=detection.enum("endOfSpeechSensitivity") == "END_SENSITIVITY_LOW",
            prefix_padding_ms=detection.number("prefixPaddingMs"),
            silence_ms=detection.number("silenceDurationMs"),
        ),
        interrupts=realtime.enum("activityHandling") != "NO_INTERRUPTION",
        explicit_vad=fields.flag("explicitVadSignal"),
        initial_history=fields.at("historyConfig").flag("initialHistoryInClientContent"),
    )


def _system(fields: _Fields) -> str | None:
    instruction = fields.get("systemInstruction")
    if isinstance(instruction, str):  # the Developer API's tutorials send a bare string
        return instruction
    content = fields.child("systemInstruction")
    return None if content is None else _content(content).text


def _content(fields: _Fields) -> Content:
    texts: list[str] = []
    media = 0
    for part in fields.children("parts"):
        text = part.text("text")
        if text is None:
            media += 1
        elif not part.flag("thought"):
            texts.append(text)
    return Content(role=(fields.text("role") or "user").lower(), text="\n".join(texts), media=media)


def _client_content(fields: _Fields) -> ClientContent:
    turns = tuple(_content(turn) for turn in fields.children("turns"))
    return ClientContent(turns=turns, turn_complete=fields.flag("turnComplete"))


def _blob(fields: _Fields) -> Blob:
    return Blob(mime=(fields.text("mimeType") or "").lower().replace(" ", ""), data=fields.data("data"))


def _realtime_input(fields: _Fields) -> RealtimeInput:
    blobs = [_blob(chunk) for chunk in fields.children("mediaChunks")]
    audio, video = fields.child("audio"), fields.child("video")
    return RealtimeInput(
        audio=tuple(blob for blob in blobs if blob.mime.startswith("audio/")) + ((_blob(audio),) if audio else ()),
        video=tuple(blob for blob in blobs if not blob.mime.startswith("audio/")) + ((_blob(video),) if video else ()),
        text=fields.text("text"),
        audio_stream_end=fields.flag("audioStreamEnd"),
        activity_start=fields.has("activityStart"),
        activity_end=fields.has("activityEnd"),
    )


def _tool_response(fields: _Fields) -> ToolResponse:
    return ToolResponse(ids=tuple(response.text("id") or "" for response in fields.children("functionResponses")))


def _context_update(fields: _Fields) -> ContextUpdate:
    return ContextUpdate(system=_system(fields))


_READERS: dict[str, Callable[[_Fields], ClientMessage]] = {
    "realtimeInput": _realtime_input,
    "clientContent": _client_content,
    "toolResponse": _tool_response,
    "contextUpdate": _context_update,
    "setup": _setup,
}


# ---- server messages

_AUDIO_HEAD = b'{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"'
_AUDIO_TAIL = b'"}}]}}}'


def encode(message: ServerMessage) -> bytes:
    """The frame for a message: camelCase JSON, to be sent as a binary frame, as Google sends it."""
    if isinstance(message, Audio):
        return b"".join((_AUDIO_HEAD, base64.b64encode(message.pcm), _AUDIO_TAIL))
    return orjson.dumps(_document(message))


def _document(message: ServerMessage) -> dict[str, Any]:
    match message:
        case SetupComplete(session_id):
            return {"setupComplete": {"sessionId": session_id}}
        case ModelText(text):
            return {"serverContent": {"modelTurn": {"parts": [{"text": text}]}}}
        case InterimInputTranscription(text):
            return {"serverContent": {"interimInputTranscription": {"text": text}}}
        case InputTranscription(text, finished):
            return {"serverContent": {"inputTranscription": {"text": text, "finished": finished}}}
        case OutputTranscription(text):
            return {"serverContent": {"outputTranscription": {"text": text}}}
        case Interrupted():
            return {"serverContent": {"interrupted": True}}
        case GenerationComplete():
            return {"serverContent": {"generationComplete": True}}
        case TurnComplete(usage):
            return {"serverContent": {"turnComplete": True}, "usageMetadata": _usage(usage)}
        case ResumptionUpdate():
            return {"sessionResumptionUpdate": _resumption(message)}
        case GoAway(time_left):
            return {"goAway": {"timeLeft": _duration(time_left)}}
        case VoiceActivity(kind, offset):
            return {"voiceActivity": {"type": kind, "audioOffset": _duration(offset)}}
        case _:
            raise AssertionError(f"no frame for {type(message).__name__}")


def _duration(seconds: float) -> str:
    """A protobuf Duration in JSON."""
    return f"{max(seconds, 0.0):.3f}".rstrip("0").rstrip(".") + "s"


def _resumption(update: ResumptionUpdate) -> dict[str, Any]:
    if update.handle is None:  # no `newHandle` key: some clients keep whatever it holds
        return {"resumable": False}
    fields: dict[str, Any] = {"newHandle": update.handle, "resumable": True}
    if update.last_consumed is not None:
        fields["lastConsumedClientMessageIndex"] = str(update.last_consumed)  # int64 is a string in proto-JSON
    return fields


def _usage(usage: Usage) -> dict[str, Any]:
    """Under both names: the SDK's Vertex mode reads `candidates...`, its Developer mode `response...`."""
    prompt = usage.prompt_text + usage.prompt_audio
    answer = usage.answer_text + usage.answer_audio
    details = _modalities(usage.answer_text, usage.answer_audio)
    return {
        "promptTokenCount": prompt,
        "promptTokensDetails": _modalities(usage.prompt_text, usage.prompt_audio),
        "responseTokenCount": answer,
        "responseTokensDetails": details,
        "candidatesTokenCount": answer,
        "candidatesTokensDetails": details,
        "totalTokenCount": prompt + answer,
    }


def _modalities(text: int, audio: int) -> list[dict[str, Any]]:
    counts = (("TEXT", text), ("AUDIO", audio))
    return [{"modality": modality, "tokenCount": count} for modality, count in counts if count]
