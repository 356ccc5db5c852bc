"""Turns and what they are made of: text, media, function calls and their results."""

from __future__ import annotations

from genmedia_live.engine.protocol.schema import enums
from genmedia_live.engine.protocol.schema.fields import ignored, listed, message, unheeded
from genmedia_live.engine.protocol.schema.kinds import BOOL, BYTES, DURATION, FLOAT, INT32, STRING, STRUCT

COUNTED = "a recording or a document in a turn is counted, not opened"
ONE_WAY = "a picture is looked at in one way, and counts as 258 tokens"
NOT_FETCHED = "files are counted, not fetched: there is no network"
NOT_STREAMED = "arguments come whole"
NOT_HOSTED = "there are no tools on the server's side"
UNNAMED = "media have no name here"
UNSEEN = "of what a function returns only pictures are looked at"
NO_THOUGHTS = "the local model has no thoughts to be reminded of"
THEIR_NOTES = "the user's own notes"

PART_MEDIA_RESOLUTION = unheeded("PartMediaResolution", ONE_WAY, level=enums.PART_MEDIA_RESOLUTION_LEVEL, numTokens=INT32)
CODE_EXECUTION_RESULT = unheeded("CodeExecutionResult", NOT_HOSTED, outcome=enums.OUTCOME, output=STRING, id=STRING)
EXECUTABLE_CODE = unheeded("ExecutableCode", NOT_HOSTED, code=STRING, language=enums.LANGUAGE, id=STRING)
FILE_DATA = unheeded("FileData", NOT_FETCHED, displayName=STRING, fileUri=STRING, mimeType=STRING)
PARTIAL_ARG = unheeded(
    "PartialArg",
    NOT_STREAMED,
    boolValue=BOOL,
    jsonPath=STRING,
    nullValue=enums.NULL_VALUE,
    numberValue=FLOAT,
    stringValue=STRING,
    willContinue=BOOL,
)
FUNCTION_CALL = message(
    "FunctionCall",
    id=STRING,
    args=STRUCT,
    name=STRING,
    partialArgs=ignored(listed(PARTIAL_ARG), NOT_STREAMED),
    willContinue=ignored(BOOL, NOT_STREAMED),
)
FUNCTION_RESPONSE_BLOB = message("FunctionResponseBlob", mimeType=STRING, data=BYTES, displayName=ignored(STRING, UNNAMED))
FUNCTION_RESPONSE_FILE_DATA = unheeded("FunctionResponseFileData", UNSEEN, fileUri=STRING, mimeType=STRING, displayName=STRING)
VIDEO_METADATA = unheeded(
    "VideoMetadata",
    COUNTED,
    endOffset=DURATION,
    fps=FLOAT,
    startOffset=DURATION,
    contentLayers=listed(enums.VIDEO_METADATA_CONTENT_LAYER),
)
DOCUMENT_METADATA = unheeded(
    "DocumentMetadata", COUNTED, startPage=INT32, endPage=INT32, contentLayers=listed(enums.DOCUMENT_METADATA_CONTENT_LAYER)
)
SPREADSHEET_METADATA = unheeded(
    "SpreadsheetMetadata",
    COUNTED,
    visibleCells=STRING,
    sheetIndex=INT32,
    contentLayers=listed(enums.SPREADSHEET_METADATA_CONTENT_LAYER),
)
AUDIO_METADATA = unheeded("AudioMetadata", COUNTED, startOffset=DURATION, endOffset=DURATION)
FUNCTION_RESPONSE_PART = message(
    "FunctionResponsePart",
    inlineData=FUNCTION_RESPONSE_BLOB,
    fileData=ignored(FUNCTION_RESPONSE_FILE_DATA, UNSEEN),
    mediaProcessing=ignored(enums.MEDIA_PROCESSING, UNSEEN),
    mediaResolution=ignored(PART_MEDIA_RESOLUTION, ONE_WAY),
    videoMetadata=ignored(VIDEO_METADATA, UNSEEN),
    documentMetadata=ignored(DOCUMENT_METADATA, UNSEEN),
    spreadsheetMetadata=ignored(SPREADSHEET_METADATA, UNSEEN),
    audioMetadata=ignored(AUDIO_METADATA, UNSEEN),
)
FUNCTION_RESPONSE = message(
    "FunctionResponse",
    willContinue=BOOL,
    scheduling=enums.FUNCTION_RESPONSE_SCHEDULING,
    parts=listed(FUNCTION_RESPONSE_PART),
    id=STRING,
    name=STRING,
    response=STRUCT,
)
BLOB = message("Blob", data=BYTES, displayName=ignored(STRING, UNNAMED), mimeType=STRING)
TOOL_CALL = unheeded("ToolCall", NOT_HOSTED, id=STRING, toolType=enums.TOOL_TYPE, args=STRUCT)
TOOL_RESPONSE = unheeded("ToolResponse", NOT_HOSTED, id=STRING, toolType=enums.TOOL_TYPE, response=STRUCT)
WORD_INFO = unheeded("WordInfo", COUNTED, word=STRING, startOffset=DURATION, endOffset=DURATION)
TRANSCRIPTION = unheeded(
    "Transcription",
    COUNTED,
    text=STRING,
    finished=BOOL,
    languageCode=STRING,
    speakerLabel=STRING,
    words=listed(WORD_INFO),
    startOffset=DURATION,
    endOffset=DURATION,
)
SPEECH_METADATA = unheeded("SpeechMetadata", COUNTED, speaker=STRING, style=STRING)
PART = message(
    "Part",
    mediaResolution=ignored(PART_MEDIA_RESOLUTION, ONE_WAY),
    codeExecutionResult=ignored(CODE_EXECUTION_RESULT, NOT_HOSTED),
    executableCode=ignored(EXECUTABLE_CODE, NOT_HOSTED),
    fileData=FILE_DATA,
    functionCall=FUNCTION_CALL,
    functionResponse=FUNCTION_RESPONSE,
    inlineData=BLOB,
    text=STRING,
    thought=BOOL,
    thoughtSignature=ignored(BYTES, NO_THOUGHTS),
    videoMetadata=ignored(VIDEO_METADATA, COUNTED),
    toolCall=ignored(TOOL_CALL, NOT_HOSTED),
    toolResponse=ignored(TOOL_RESPONSE, NOT_HOSTED),
    partMetadata=ignored(STRUCT, THEIR_NOTES),
    audioTranscription=ignored(TRANSCRIPTION, COUNTED),
    mediaProcessing=ignored(enums.MEDIA_PROCESSING, COUNTED),
    speechMetadata=ignored(SPEECH_METADATA, COUNTED),
    documentMetadata=ignored(DOCUMENT_METADATA, COUNTED),
    spreadsheetMetadata=ignored(SPREADSHEET_METADATA, COUNTED),
    audioMetadata=ignored(AUDIO_METADATA, COUNTED),
).oneof(
    "data",
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
)
CONTENT = message("Content", parts=listed(PART), role=STRING)
