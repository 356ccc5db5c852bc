"""Every message and field that the server may send, and whether the engine sends it.

Names: the types of the `google-genai` SDK and what its converters read; they differ in `VoiceActivity.type` and in Vertex AI's
`candidates...` of the usage.
"""

from __future__ import annotations

from genmedia_live.engine.protocol.schema import content, enums
from genmedia_live.engine.protocol.schema.fields import Message, Spec, listed, never, sent, unsent
from genmedia_live.engine.protocol.schema.grounding import GROUNDING_METADATA, NO_SEARCH, URL_CONTEXT_METADATA
from genmedia_live.engine.protocol.schema.kinds import BOOL, BYTES, DURATION, INT32, INT64, STRING, STRUCT, Kind, ListOf

VOICE_OR_TEXT = "an answer is speech or text"
NO_NAME = "media have no name here"
MODELS_OWN = "a modelTurn is the model's by its name"
WHOLE = "calls come whole"
NO_CLONING = "no voice is made from a sample"
ONE_SPEAKER = "the local speech recognition tells words, not who said them or when"
NEVER_IDLE = "the engine answers or listens; it waits for nothing else"
NO_CACHE = "there is no cache of contents"
NO_THOUGHTS = "the local model does not think aloud"
NO_TIERS = "there is one way to be served"
OTHER_NAME = "on the wire it is called `type`"


def _whole(kind: Kind, why: str) -> Kind:
    """The kind with every field in it marked as never sent."""
    match kind:
        case Message():
            return unsent(kind.name, why, **{field.name: _whole(field.kind, why) for field in kind.fields.values()})
        case ListOf(item):
            return listed(_whole(item, why))
        case _:
            return kind


def _part() -> Message:
    """A Part, of which only text and speech are sent."""
    fields: dict[str, Kind | Spec] = {
        field.name: never(_whole(field.kind, VOICE_OR_TEXT), VOICE_OR_TEXT) for field in content.PART.fields.values()
    }
    return sent("Part", **(fields | {"text": STRING, "inlineData": BLOB}))


BLOB = sent("Blob", data=BYTES, displayName=never(STRING, NO_NAME), mimeType=STRING)
CONTENT = sent("Content", parts=listed(_part()), role=never(STRING, MODELS_OWN))
PARTIAL_ARG = _whole(content.PARTIAL_ARG, WHOLE)
FUNCTION_CALL = sent(
    "FunctionCall",
    id=STRING,
    args=STRUCT,
    name=STRING,
    partialArgs=never(listed(PARTIAL_ARG), WHOLE),
    willContinue=never(BOOL, WHOLE),
)
WORD_INFO = _whole(content.WORD_INFO, ONE_SPEAKER)
TRANSCRIPTION = sent(
    "Transcription",
    text=STRING,
    finished=BOOL,
    languageCode=never(STRING, ONE_SPEAKER),
    speakerLabel=never(STRING, ONE_SPEAKER),
    words=never(listed(WORD_INFO), ONE_SPEAKER),
    startOffset=never(DURATION, ONE_SPEAKER),
    endOffset=never(DURATION, ONE_SPEAKER),
)
CONSENT_SIGNATURE = unsent("VoiceConsentSignature", NO_CLONING, signature=STRING)
SETUP_COMPLETE = sent("LiveServerSetupComplete", sessionId=STRING, voiceConsentSignature=never(CONSENT_SIGNATURE, NO_CLONING))
SERVER_CONTENT = sent(
    "LiveServerContent",
    modelTurn=CONTENT,
    turnComplete=BOOL,
    interrupted=BOOL,
    groundingMetadata=never(GROUNDING_METADATA, NO_SEARCH),
    generationComplete=BOOL,
    inputTranscription=TRANSCRIPTION,
    outputTranscription=TRANSCRIPTION,
    urlContextMetadata=never(URL_CONTEXT_METADATA, NO_SEARCH),
    turnCompleteReason=enums.TURN_COMPLETE_REASON,
    waitingForInput=never(BOOL, NEVER_IDLE),
    interimInputTranscription=TRANSCRIPTION,
    interactionStatus=enums.INTERACTION_STATUS,
)
TOOL_CALL = sent("LiveServerToolCall", functionCalls=listed(FUNCTION_CALL))
TOOL_CALL_CANCELLATION = sent("LiveServerToolCallCancellation", ids=listed(STRING))
TOKEN_COUNT = sent("ModalityTokenCount", modality=enums.MEDIA_MODALITY, tokenCount=INT32)
USAGE = sent(
    "UsageMetadata",
    promptTokenCount=INT32,
    cachedContentTokenCount=never(INT32, NO_CACHE),
    responseTokenCount=INT32,
    candidatesTokenCount=INT32,
    toolUsePromptTokenCount=INT32,
    thoughtsTokenCount=never(INT32, NO_THOUGHTS),
    totalTokenCount=INT32,
    promptTokensDetails=listed(TOKEN_COUNT),
    cacheTokensDetails=never(listed(TOKEN_COUNT), NO_CACHE),
    responseTokensDetails=listed(TOKEN_COUNT),
    candidatesTokensDetails=listed(TOKEN_COUNT),
    toolUsePromptTokensDetails=listed(TOKEN_COUNT),
    trafficType=never(enums.TRAFFIC_TYPE, NO_TIERS),
    serviceTier=never(enums.SERVICE_TIER, NO_TIERS),
)
GO_AWAY = sent("LiveServerGoAway", timeLeft=DURATION)
RESUMPTION_UPDATE = sent(
    "LiveServerSessionResumptionUpdate", newHandle=STRING, resumable=BOOL, lastConsumedClientMessageIndex=INT64
)
VAD_SIGNAL = sent("VoiceActivityDetectionSignal", vadSignalType=enums.VAD_SIGNAL_TYPE)
VOICE_ACTIVITY = sent(
    "VoiceActivity",
    type=enums.VOICE_ACTIVITY_TYPE,
    voiceActivityType=never(enums.VOICE_ACTIVITY_TYPE, OTHER_NAME),
    audioOffset=DURATION,
)
SERVER_MESSAGE = sent(
    "LiveServerMessage",
    setupComplete=SETUP_COMPLETE,
    serverContent=SERVER_CONTENT,
    toolCall=TOOL_CALL,
    toolCallCancellation=TOOL_CALL_CANCELLATION,
    usageMetadata=USAGE,
    goAway=GO_AWAY,
    sessionResumptionUpdate=RESUMPTION_UPDATE,
    voiceActivityDetectionSignal=VAD_SIGNAL,
    voiceActivity=VOICE_ACTIVITY,
)
