"""The Live wire: frames in, typed client messages out; typed server messages in, frames out. Pure.

A frame is read by the schema (`schema/`), which takes all that Google's proto-JSON parser takes: either spelling of a name, both
base64 alphabets, numbers as strings. What it can't take becomes the `Close` that Google's server would answer with.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import orjson

from genmedia_live.engine.protocol import reading
from genmedia_live.engine.protocol.messages import (
    Audio,
    ClientMessage,
    Close,
    GenerationComplete,
    GoAway,
    InputTranscription,
    InterimInputTranscription,
    Interrupted,
    ModelText,
    OutputTranscription,
    Raw,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    TurnComplete,
    Usage,
    VoiceActivity,
)
from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE, SETUP
from genmedia_live.engine.protocol.schema.kinds import Invalid

INVALID_ARGUMENT = 1007
"""The close code for a request that can't be understood (Live API; RFC 6455 7.4.1 "invalid frame payload data")."""

UNREADABLE = "A frame does not fit the API."
"""For the log: the client is told which field, and what it holds."""


def parse(frame: bytes | str) -> ClientMessage | Close:
    """The message in a frame (text or binary, UTF-8 JSON), or the close that answers it. Never raises on any input."""
    try:
        document = orjson.loads(frame)
    except (orjson.JSONDecodeError, UnicodeError):
        return Close(INVALID_ARGUMENT, "Invalid JSON payload received.")
    if (audio := _audio(document)) is not None:
        return audio
    try:
        message = reading.read(CLIENT_MESSAGE.read(document))
    except Invalid as problem:
        return Close(INVALID_ARGUMENT, str(problem), UNREADABLE)
    return message or Close(INVALID_ARGUMENT, "Request contains an invalid argument: no message of the Live API.")


def setup_of(document: Mapping[str, Any]) -> Setup | Close:
    """The set-up that a document describes, in any spelling: what stands under `setup`, or in an ephemeral token."""
    try:
        return reading.setup(SETUP.read(dict(document)))
    except Invalid as problem:
        return Close(INVALID_ARGUMENT, str(problem.under("setup")), UNREADABLE)


def _audio(document: Any) -> RealtimeInput | None:
    """The lone chunk of audio that comes fifty times a second; None sends every other frame, and a bad one, the long way."""
    try:
        (body,) = document.values()
        (chunk,) = body.values()
        data, mime = chunk["data"], chunk.get("mimeType") or chunk["mime_type"]
        if ("realtime_input" in document or "realtimeInput" in document) and "audio" in body and len(chunk) == 2:
            return RealtimeInput(audio=(reading.blob(mime, data),))
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    return None


# ---- server messages

_AUDIO_HEAD = b'{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"'
_AUDIO_TAIL = b'"}}]}}}'


def encode(message: ServerMessage) -> bytes | str:
    """The frame for a message: camelCase JSON as bytes, for Google sends binary frames; a script's own frame is left as it is."""
    if isinstance(message, Audio):
        return b"".join((_AUDIO_HEAD, base64.b64encode(message.pcm), _AUDIO_TAIL))
    if isinstance(message, Raw):
        return message.frame
    document = _document(message)
    try:
        return orjson.dumps(document)
    except TypeError:  # an integer that a model or a script has made too large for orjson
        return json.dumps(document).encode()


def _document(message: ServerMessage) -> dict[str, Any]:
    match message:
        case SetupComplete(session_id):
            return {"setupComplete": _given(sessionId=session_id)}
        case ToolCall(calls):
            listed = [{"id": call.id, "name": call.name, "args": call.args} for call in calls]
            return {"toolCall": {"functionCalls": listed}}
        case ToolCallCancellation(ids):
            return {"toolCallCancellation": {"ids": ids}}
        case TurnComplete(usage):
            return {"serverContent": _content(message), "usageMetadata": _usage(usage)}
        case ResumptionUpdate():
            return {"sessionResumptionUpdate": _resumption(message)}
        case GoAway(time_left):
            return {"goAway": {"timeLeft": _duration(time_left)}}
        case VoiceActivity(kind, offset):
            return {
                "voiceActivity": {"type": kind, "audioOffset": _duration(offset)},
                "voiceActivityDetectionSignal": {"vadSignalType": _SIGNALS[kind]},
            }
        case _:
            return {"serverContent": _content(message)}


def _content(message: ServerMessage) -> dict[str, Any]:
    match message:
        case ModelText(text):
            return {"modelTurn": {"parts": [{"text": text}]}}
        case InterimInputTranscription(text):
            return {"interimInputTranscription": {"text": text}}
        case InputTranscription(text, finished):
            return {"inputTranscription": _given(text=text, finished=finished)}
        case OutputTranscription(text):
            return {"outputTranscription": {"text": text}}
        case Interrupted():
            return {"interrupted": True}
        case GenerationComplete():
            return {"generationComplete": True}
        case TurnComplete(_, reason, status):
            return _given(turnComplete=True, turnCompleteReason=reason, interactionStatus=status)
        case _:
            raise AssertionError(f"no frame for {type(message).__name__}")


def _given(**fields: Any) -> dict[str, Any]:
    """The fields that hold something: proto-JSON leaves out what is not set."""
    return {name: value for name, value in fields.items() if value is not None}


_SIGNALS = {"ACTIVITY_START": "VAD_SIGNAL_TYPE_SOS", "ACTIVITY_END": "VAD_SIGNAL_TYPE_EOS"}
"""The older names, which some clients wait for."""


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
    """The answer's tokens under both names: the SDK's Vertex mode reads `candidates...`, its Developer mode `response...`."""
    prompt = usage.prompt_text + usage.prompt_audio + usage.prompt_video
    answer = usage.answer_text + usage.answer_audio
    details = _modalities(TEXT=usage.answer_text, AUDIO=usage.answer_audio)
    fields = {
        "promptTokenCount": prompt,
        "promptTokensDetails": _modalities(TEXT=usage.prompt_text, AUDIO=usage.prompt_audio, VIDEO=usage.prompt_video),
        "responseTokenCount": answer,
        "responseTokensDetails": details,
        "candidatesTokenCount": answer,
        "candidatesTokensDetails": details,
        "totalTokenCount": prompt + usage.tool_text + answer,
    }
    if usage.tool_text:
        fields["toolUsePromptTokenCount"] = usage.tool_text
        fields["toolUsePromptTokensDetails"] = _modalities(TEXT=usage.tool_text)
    return fields


def _modalities(**counts: int) -> list[dict[str, Any]]:
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]
