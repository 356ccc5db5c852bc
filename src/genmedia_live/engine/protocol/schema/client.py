"""Every message and field that a client may send, and what the engine does with it.

Names: the types of the `google-genai` SDK and what its converters make of them.
"""

from __future__ import annotations

from typing import Any

from genmedia_live.engine.protocol.schema import enums
from genmedia_live.engine.protocol.schema.content import BLOB, CONTENT, FUNCTION_RESPONSE
from genmedia_live.engine.protocol.schema.fields import barred, ignored, listed, mapped, message, refused, unheeded
from genmedia_live.engine.protocol.schema.generation import GENERATION_CONFIG, TRANSCRIPTION_CONFIG
from genmedia_live.engine.protocol.schema.kinds import BOOL, BYTES, INT32, INT64, STRING, Lenient
from genmedia_live.engine.protocol.schema.tools import TOOL

NO_AVATAR = "the engine has a voice and no face"
ALWAYS_ANSWERS = "the engine answers everything that is said to it"
NO_FILTER = "the local models have no safety filter"
NO_BILL = "there is no bill to put labels on"
NO_WORD_TIMES = "interim transcripts come without timestamps"


def _as_content(text: str) -> dict[str, Any]:
    return {"parts": [{"text": text}]}


def _as_tools(tools: list[Any]) -> dict[str, Any]:
    return {"tools": tools}


INSTRUCTION = Lenient(CONTENT, str, _as_content)
"""The Developer API's tutorials send a bare string."""

DETECTION = message(
    "AutomaticActivityDetection",
    disabled=BOOL,
    startOfSpeechSensitivity=enums.START_SENSITIVITY,
    endOfSpeechSensitivity=enums.END_SENSITIVITY,
    prefixPaddingMs=INT32,
    silenceDurationMs=INT32,
)
REALTIME_CONFIG = message(
    "RealtimeInputConfig",
    automaticActivityDetection=DETECTION,
    activityHandling=enums.ACTIVITY_HANDLING,
    turnCoverage=enums.TURN_COVERAGE,
    interimTranscriptTimestampEnabled=ignored(BOOL, NO_WORD_TIMES),
)
RESUMPTION = message("SessionResumptionConfig", handle=STRING, transparent=BOOL)
SLIDING_WINDOW = message("SlidingWindow", targetTokens=INT64)
COMPRESSION = message("ContextWindowCompressionConfig", triggerTokens=INT64, slidingWindow=SLIDING_WINDOW)
PROACTIVITY = unheeded("ProactivityConfig", ALWAYS_ANSWERS, proactiveAudio=BOOL, proactiveVideo=BOOL)
HISTORY = message("HistoryConfig", initialHistoryInClientContent=BOOL)
CUSTOMIZED_AVATAR = barred("CustomizedAvatar", NO_AVATAR, imageMimeType=STRING, imageData=BYTES)
AVATAR = barred(
    "AvatarConfig",
    NO_AVATAR,
    avatarName=STRING,
    customizedAvatar=CUSTOMIZED_AVATAR,
    audioBitrateBps=INT32,
    videoBitrateBps=INT32,
)
SAFETY_SETTING = unheeded(
    "SafetySetting", NO_FILTER, category=enums.HARM_CATEGORY, method=enums.HARM_BLOCK_METHOD, threshold=enums.HARM_BLOCK_THRESHOLD
)
SETUP = message(
    "LiveClientSetup",
    model=STRING,
    generationConfig=GENERATION_CONFIG,
    systemInstruction=INSTRUCTION,
    tools=listed(TOOL),
    sessionResumption=RESUMPTION,
    contextWindowCompression=COMPRESSION,
    inputAudioTranscription=TRANSCRIPTION_CONFIG,
    outputAudioTranscription=TRANSCRIPTION_CONFIG,
    realtimeInputConfig=REALTIME_CONFIG,
    proactivity=ignored(PROACTIVITY, ALWAYS_ANSWERS),
    explicitVadSignal=BOOL,
    historyConfig=HISTORY,
    avatarConfig=refused(AVATAR, NO_AVATAR),
    safetySettings=ignored(listed(SAFETY_SETTING), NO_FILTER),
    labels=ignored(mapped(STRING), NO_BILL),
)

# ---- after the set-up

CLIENT_CONTENT = message("LiveClientContent", turns=listed(CONTENT), turnComplete=BOOL)
ACTIVITY_START = message("ActivityStart")
ACTIVITY_END = message("ActivityEnd")
REALTIME_INPUT = message(
    "LiveClientRealtimeInput",
    mediaChunks=listed(BLOB),
    audio=BLOB,
    audioStreamEnd=BOOL,
    video=BLOB,
    text=STRING,
    activityStart=ACTIVITY_START,
    activityEnd=ACTIVITY_END,
)
TOOL_RESPONSE = message("LiveClientToolResponse", functionResponses=listed(FUNCTION_RESPONSE))
UPDATED_TOOLS = message("LiveClientContextUpdateTools", tools=listed(TOOL))
CONTEXT_UPDATE = message("LiveClientContextUpdate", systemInstruction=INSTRUCTION, tools=Lenient(UPDATED_TOOLS, list, _as_tools))

CLIENT_MESSAGE = message(
    "LiveClientMessage",
    setup=SETUP,
    clientContent=CLIENT_CONTENT,
    realtimeInput=REALTIME_INPUT,
    toolResponse=TOOL_RESPONSE,
    contextUpdate=CONTEXT_UPDATE,
).oneof("message_type", "setup", "clientContent", "realtimeInput", "toolResponse", "contextUpdate")
