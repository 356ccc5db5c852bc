"""Between the SDK's types and the core's words. Pure: no sockets, no clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import uuid4

from google.genai import types

from genmedia_live.core.actions import (
    ModelInput,
    SendActivity,
    SendAudio,
    SendAudioEnd,
    SendFrame,
    SendHistory,
    SendText,
    SendToolResult,
)
from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.core.events import (
    GenerationComplete,
    GoAway,
    InputCaption,
    Interrupted,
    ModelAudio,
    ModelEvent,
    OutputCaption,
    Resumption,
    ToolCall,
    ToolCancelled,
    TurnComplete,
    Usage,
    UserActivity,
)
from genmedia_live.core.text import well_formed

TypedText = Literal["content", "realtime"]
"""How a model wants typed words: as a turn of client content, or as realtime input."""

# ---- from the model


class UnreadableMessage(ValueError):
    """A message that says something this product has no ears for, such as voice at a rate that the Live API never uses."""


def _new_id() -> str:
    return uuid4().hex


def model_events(message: types.LiveServerMessage, new_id: Callable[[], str] = _new_id) -> list[ModelEvent]:
    """What one message of the server says, in the order in which the core wants to hear it.

    The fields of a message are independent of each other: Vertex AI bundles usage with content, and Gemini 3.1 and later
    may put voice and captions into one message. `new_id` names tool calls that come without an id (older Vertex models).

    Raises:
        UnreadableMessage: the voice is not PCM at 24 kHz.
    """
    content = message.server_content or types.LiveServerContent()
    events: list[ModelEvent] = [*_heard(content), *_activity(message), *_spoken(content), *_called(message, new_id)]
    if content.generation_complete:
        events.append(GenerationComplete())
    if content.interrupted:
        events.append(Interrupted())
    if message.tool_call_cancellation is not None:
        events.append(ToolCancelled(tuple(map(well_formed, message.tool_call_cancellation.ids or ()))))
    if content.turn_complete:
        events.append(TurnComplete(_ending(content.turn_complete_reason)))
    if message.usage_metadata is not None and (tokens := token_counts(message.usage_metadata)):
        events.append(Usage(tokens))
    if (update := message.session_resumption_update) is not None:
        resumable = bool(update.resumable and update.new_handle)
        handle = update.new_handle if resumable else None
        events.append(Resumption(handle, resumable, update.last_consumed_client_message_index))
    if message.go_away is not None:
        events.append(GoAway(seconds(message.go_away.time_left)))
    return events


def _heard(content: types.LiveServerContent) -> Iterator[InputCaption]:
    if (final := content.input_transcription) is not None and (final.text or final.finished):
        yield InputCaption(well_formed(final.text or ""), final=bool(final.finished))
    if (guess := content.interim_input_transcription) is not None and guess.text:
        yield InputCaption(well_formed(guess.text), interim=True)


def _activity(message: types.LiveServerMessage) -> Iterator[UserActivity]:
    kind = message.voice_activity.voice_activity_type if message.voice_activity is not None else None
    if kind is types.VoiceActivityType.ACTIVITY_START or kind is types.VoiceActivityType.ACTIVITY_END:
        yield UserActivity(kind is types.VoiceActivityType.ACTIVITY_START)
        return  # the older signal, if it comes along, says the same
    signal = message.voice_activity_detection_signal
    mark = signal.vad_signal_type if signal is not None else None
    if mark is types.VadSignalType.VAD_SIGNAL_TYPE_SOS or mark is types.VadSignalType.VAD_SIGNAL_TYPE_EOS:
        yield UserActivity(mark is types.VadSignalType.VAD_SIGNAL_TYPE_SOS)


def _spoken(content: types.LiveServerContent) -> Iterator[ModelAudio | OutputCaption]:
    """Voice, then its words. Text parts are the model's thoughts, or not meant to be heard; voice cut off is not played."""
    parts = content.model_turn.parts if content.model_turn is not None else None
    for part in parts or ():
        blob = part.inline_data
        if blob is None or not blob.data or part.thought or content.interrupted:
            continue
        if (blob.mime_type or "").startswith("audio/"):
            if not is_voice(blob.mime_type or ""):
                raise UnreadableMessage(f"voice of the type {blob.mime_type}")
            yield ModelAudio(blob.data)
    if (words := content.output_transcription) is not None and words.text:
        yield OutputCaption(well_formed(words.text))


@lru_cache(maxsize=16)
def is_voice(mime_type: str) -> bool:
    """True for PCM at 24 kHz, the one shape in which the Live API speaks. A type that names no rate means that rate."""
    kind, *parameters = (field.strip().lower() for field in mime_type.split(";"))
    rates = [field.removeprefix("rate=") for field in parameters if field.startswith("rate=")]
    return kind == "audio/pcm" and rates in ([], [str(VOICE_RATE)])


def _called(message: types.LiveServerMessage, new_id: Callable[[], str]) -> Iterator[ToolCall]:
    calls = message.tool_call.function_calls if message.tool_call is not None else None
    for call in calls or ():
        yield ToolCall(well_formed(call.id or new_id()), call.name or "", call.args or {})


def _ending(reason: types.TurnCompleteReason | None) -> str | None:
    if reason is None or reason is types.TurnCompleteReason.TURN_COMPLETE_REASON_UNSPECIFIED:
        return None
    return str(reason.value).lower()


def seconds(duration: str | None) -> float:
    """Seconds of a protobuf Duration in JSON, `"9.5s"` -> 9.5; 0 when it says nothing that can be read."""
    try:
        value = float((duration or "").strip().removesuffix("s"))
    except ValueError:
        return 0.0
    return max(0.0, value) if math.isfinite(value) else 0.0


def token_counts(usage: types.UsageMetadata) -> dict[str, int]:
    """Tokens of a turn under names that do not change with the API: `prompt`, `prompt_audio`, `response_audio`, `total`, ...

    The SDK has already read both spellings of the counts of the answer (`candidates...` on Vertex AI, `response...` else).
    """
    totals = {
        "prompt": usage.prompt_token_count,
        "cached": usage.cached_content_token_count,
        "tool_use": usage.tool_use_prompt_token_count,
        "response": usage.response_token_count,
        "thoughts": usage.thoughts_token_count,
        "total": usage.total_token_count,
    }
    tokens = {name: count for name, count in totals.items() if count is not None}
    for name, details in (
        ("prompt", usage.prompt_tokens_details),
        ("cached", usage.cache_tokens_details),
        ("tool_use", usage.tool_use_prompt_tokens_details),
        ("response", usage.response_tokens_details),
    ):
        for kind, count in _by_kind(details or ()):
            tokens[f"{name}_{kind}"] = tokens.get(f"{name}_{kind}", 0) + count
    return tokens


def _by_kind(details: Sequence[types.ModalityTokenCount]) -> Iterator[tuple[str, int]]:
    for detail in details:
        if detail.token_count is None:
            continue
        kind = detail.modality
        # The API's reference: an unspecified modality counts as text.
        unspecified = kind is None or kind is types.MediaModality.MODALITY_UNSPECIFIED
        yield ("text" if kind is None or unspecified else kind.value.lower()), detail.token_count


# ---- to the model


@dataclass(frozen=True, slots=True)
class SdkCall:
    """A method of the SDK's session, and what it is called with. One call is one message on the wire."""

    method: Literal["send_realtime_input", "send_client_content", "send_tool_response"]
    arguments: Mapping[str, Any]


def sdk_call(message: ModelInput, typed_text: TypedText = "content") -> SdkCall:
    """The SDK call that says `message`."""
    match message:
        case SendAudio(chunk):
            return _realtime(audio=types.Blob(data=chunk.pcm, mime_type=f"audio/pcm;rate={chunk.rate}"))
        case SendAudioEnd():
            return _realtime(audio_stream_end=True)
        case SendFrame():
            return _realtime(video=types.Blob(data=message.jpeg, mime_type="image/jpeg"))
        case SendText(text) if typed_text == "realtime":
            return _realtime(text=text)
        case SendText(text):
            return _content([_said("user", text)], turn_complete=True)
        case SendActivity(started=True):
            return _realtime(activity_start=types.ActivityStart())
        case SendActivity():
            return _realtime(activity_end=types.ActivityEnd())
        case SendHistory(turns):
            roles = {"user": "user", "agent": "model"}
            return _content([_said(roles[speaker], words) for speaker, words in turns], turn_complete=False)
        case SendToolResult():
            answer = types.FunctionResponse(id=message.id, name=message.name, response=dict(message.response))
            return SdkCall("send_tool_response", {"function_responses": [answer]})


def _realtime(**argument: Any) -> SdkCall:
    return SdkCall("send_realtime_input", argument)


def _content(turns: list[types.Content], *, turn_complete: bool) -> SdkCall:
    return SdkCall("send_client_content", {"turns": turns, "turn_complete": turn_complete})


def _said(role: str, text: str) -> types.Content:
    return types.Content(role=role, parts=[types.Part(text=text)])
