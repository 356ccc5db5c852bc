"""Client messages from their documents, which the schema has normalised: names in camelCase, values of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from genmedia_live.engine.protocol.declarations import declared
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    ClientMessage,
    Compression,
    Content,
    ContextUpdate,
    Coverage,
    Detection,
    FunctionResponse,
    RealtimeInput,
    Scheduling,
    Setup,
    ToolResponse,
)
from genmedia_live.engine.protocol.schema.fields import snake_case
from genmedia_live.engine.protocol.schema.kinds import Invalid, decode
from genmedia_live.ports import FunctionCall, Picture

Document = Mapping[str, Any]

_NOTHING: Document = {}

_SCHEDULINGS = frozenset({"SILENT", "WHEN_IDLE", "INTERRUPT"})


def _at(document: Document, *names: str) -> Document:
    """What is found by following the names; nothing where the way ends early."""
    for name in names:
        document = document.get(name, _NOTHING)
    return document


# ---- set-up


def setup(document: Document) -> Setup:
    """The set-up in a document. Raises Invalid for a function that may not be declared so."""
    generation = document.get("generationConfig", _NOTHING)
    voice = _at(generation, "speechConfig", "voiceConfig")
    realtime = document.get("realtimeInputConfig", _NOTHING)
    resumption = document.get("sessionResumption", _NOTHING)
    return Setup(
        model=document.get("model", ""),
        modalities=tuple(generation.get("responseModalities", ())),
        voice=_at(voice, "prebuiltVoiceConfig").get("voiceName") or voice.get("voice"),
        system=_system(document),
        tools=declared(document["tools"]) if "tools" in document else None,
        temperature=generation.get("temperature"),
        max_output_tokens=generation.get("maxOutputTokens"),
        resumption="sessionResumption" in document,
        handle=resumption.get("handle") or None,
        transparent=resumption.get("transparent", False),
        input_transcription="inputAudioTranscription" in document,
        output_transcription="outputAudioTranscription" in document,
        detection=_detection(realtime.get("automaticActivityDetection", _NOTHING)),
        interrupts=realtime.get("activityHandling") != "NO_INTERRUPTION",
        coverage=_coverage(realtime),
        explicit_vad=document.get("explicitVadSignal", False),
        initial_history=_at(document, "historyConfig").get("initialHistoryInClientContent", False),
        compression=_compression(document.get("contextWindowCompression", _NOTHING)),
        document=document,
    )


def _detection(document: Document) -> Detection:
    return Detection(
        disabled=document.get("disabled", False),
        start_low=document.get("startOfSpeechSensitivity") == "START_SENSITIVITY_LOW",
        end_low=document.get("endOfSpeechSensitivity") == "END_SENSITIVITY_LOW",
        prefix_padding_ms=document.get("prefixPaddingMs"),
        silence_ms=document.get("silenceDurationMs"),
    )


def _coverage(document: Document) -> Coverage | None:
    name = document.get("turnCoverage", "").removeprefix("TURN_INCLUDES_")
    return None if name in ("", "TURN_COVERAGE_UNSPECIFIED") else cast(Coverage, name)


def _compression(document: Document) -> Compression | None:
    """Without a mechanism there is none: the API has one, the sliding window."""
    if (window := document.get("slidingWindow")) is None:
        return None
    return Compression(document.get("triggerTokens"), window.get("targetTokens"))


def _system(document: Document) -> str | None:
    instruction = document.get("systemInstruction")
    return None if instruction is None else _content(instruction).text


# ---- turns


def _content(document: Document) -> Content:
    texts: list[str] = []
    media = 0
    pictures: list[Picture] = []
    calls: list[FunctionCall] = []
    responses: list[FunctionResponse] = []
    for part in document.get("parts", ()):
        if part.get("thought"):
            continue
        if "text" in part:
            texts.append(part["text"])
        elif "functionCall" in part:
            calls.append(_call(part["functionCall"]))
        elif "functionResponse" in part:
            responses.append(_response(part["functionResponse"]))
        elif (picture := _picture(part)) is not None:
            pictures.append(picture)
        elif "inlineData" in part or "fileData" in part:
            media += 1
    role = document.get("role", "").lower() or "user"
    return Content(role, "\n".join(texts), media, tuple(calls), tuple(responses), tuple(pictures))


def _picture(part: Document) -> Picture | None:
    return _blob(part["inlineData"]).picture if "inlineData" in part else None


def _call(document: Document) -> FunctionCall:
    return FunctionCall(document.get("name", ""), document.get("args", {}), document.get("id", ""))


def _response(document: Document) -> FunctionResponse:
    """The scheduling stands beside the response or, as Google's guide shows it, within; it is no part of what the model reads."""
    response = document.get("response", {})
    scheduling = document.get("scheduling")
    within = response.get("scheduling")
    if isinstance(within, str) and within.upper() in _SCHEDULINGS:
        response = {name: value for name, value in response.items() if name != "scheduling"}
        scheduling = scheduling or within.upper()
    return FunctionResponse(
        id=document.get("id", ""),
        name=document.get("name", ""),
        response=response,
        scheduling=cast(Scheduling, scheduling) if scheduling in _SCHEDULINGS else None,
        will_continue=document.get("willContinue", False),
        pictures=tuple(picture for part in document.get("parts", ()) if (picture := _picture(part)) is not None),
    )


def _client_content(document: Document) -> ClientContent:
    return ClientContent(tuple(_content(turn) for turn in document.get("turns", ())), document.get("turnComplete", False))


# ---- the stream


def blob(mime: str, data: str) -> Blob:
    """Media with their type as it is compared. Raises ValueError when the data are not base64."""
    return Blob(mime.lower().replace(" ", ""), decode(data))


def _blob(document: Document) -> Blob:
    return blob(document.get("mimeType", ""), document.get("data", ""))


def _realtime_input(document: Document) -> RealtimeInput:
    chunks = [_blob(chunk) for chunk in document.get("mediaChunks", ())]
    audio = [chunk for chunk in chunks if chunk.mime.startswith("audio/")]
    video = [chunk for chunk in chunks if not chunk.mime.startswith("audio/")]
    if "audio" in document:
        audio.append(_blob(document["audio"]))
    if "video" in document:
        video.append(_blob(document["video"]))
    return RealtimeInput(
        audio=tuple(audio),
        video=tuple(video),
        text=document.get("text"),
        audio_stream_end=document.get("audioStreamEnd", False),
        activity_start="activityStart" in document,
        activity_end="activityEnd" in document,
    )


def _tool_response(document: Document) -> ToolResponse:
    return ToolResponse(tuple(_response(response) for response in document.get("functionResponses", ())))


def _context_update(document: Document) -> ContextUpdate:
    """`tools` with nothing in it takes all functions away."""
    tools = document.get("tools")
    return ContextUpdate(_system(document), None if tools is None else declared(tools.get("tools", ())))


_READERS: dict[str, Callable[[Document], ClientMessage]] = {
    "setup": setup,
    "clientContent": _client_content,
    "realtimeInput": _realtime_input,
    "toolResponse": _tool_response,
    "contextUpdate": _context_update,
}


def read(document: Document) -> ClientMessage | None:
    """The message in a frame's document; None when it holds none. Raises Invalid as `setup` does."""
    for name, body in document.items():
        try:
            return _READERS[name](body)
        except Invalid as problem:
            raise problem.under(snake_case(name)) from None
    return None
