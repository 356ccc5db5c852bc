"""How the model is to answer: `generationConfig`, with the voice and the transcripts."""

from __future__ import annotations

from genmedia_live.engine.protocol.schema import enums
from genmedia_live.engine.protocol.schema.fields import barred, ignored, listed, message, refused, unheeded
from genmedia_live.engine.protocol.schema.kinds import BOOL, BYTES, DURATION, FLOAT, INT32, STRING, VALUE
from genmedia_live.engine.protocol.schema.tools import NO_SEARCH, SCHEMA

NOT_IN_LIVE = "not part of the Live API"
OWN_SAMPLER = "the local model has its own sampler; of its settings only the temperature is passed on"
ONE_MODEL = "the engine has one model"
ONE_ANSWER = "there is one answer at a time"
ONE_TONE = "the local voice has one tone"
ONE_FORMAT = "an answer is speech or text"
ONE_LANGUAGE = "a local voice speaks its own language"
ONE_TRANSCRIBER = "the local speech recognition has no such setting; that transcripts are asked for is heeded"
NO_CLONING = "the local voices are those of the list; none is made from a sample"
NO_THOUGHTS = "the local model does not think aloud; the profile of the model named may refuse it"
NO_TRANSLATION = "the local model translates only when it is asked to"
COUNTED = "a picture counts as 258 tokens at any resolution"

MODEL_SELECTION = unheeded("ModelSelectionConfig", ONE_MODEL, featureSelectionPreference=enums.FEATURE_SELECTION_PREFERENCE)
AUTO_ROUTING = barred(
    "GenerationConfigRoutingConfigAutoRoutingMode", NOT_IN_LIVE, modelRoutingPreference=enums.MODEL_ROUTING_PREFERENCE
)
MANUAL_ROUTING = barred("GenerationConfigRoutingConfigManualRoutingMode", NOT_IN_LIVE, modelName=STRING)
ROUTING_CONFIG = barred("GenerationConfigRoutingConfig", NOT_IN_LIVE, autoMode=AUTO_ROUTING, manualMode=MANUAL_ROUTING)
CONSENT_SIGNATURE = barred("VoiceConsentSignature", NO_CLONING, signature=STRING)
REPLICATED_VOICE = barred(
    "ReplicatedVoiceConfig",
    NO_CLONING,
    mimeType=STRING,
    voiceSampleAudio=BYTES,
    consentAudio=BYTES,
    voiceConsentSignature=CONSENT_SIGNATURE,
)
PREBUILT_VOICE = message("PrebuiltVoiceConfig", voiceName=STRING)
VOICE = message(
    "VoiceConfig", replicatedVoiceConfig=refused(REPLICATED_VOICE, NO_CLONING), prebuiltVoiceConfig=PREBUILT_VOICE, voice=STRING
)
SPEAKER_VOICE = barred("SpeakerVoiceConfig", NOT_IN_LIVE, speaker=STRING, voiceConfig=VOICE)
MULTI_SPEAKER = barred("MultiSpeakerVoiceConfig", NOT_IN_LIVE, speakerVoiceConfigs=listed(SPEAKER_VOICE))
SPEECH = message(
    "SpeechConfig",
    voiceConfig=VOICE,
    languageCode=ignored(STRING, ONE_LANGUAGE),
    multiSpeakerVoiceConfig=refused(MULTI_SPEAKER, NOT_IN_LIVE),
)
THINKING = unheeded("ThinkingConfig", NO_THOUGHTS, includeThoughts=BOOL, thinkingBudget=INT32, thinkingLevel=enums.THINKING_LEVEL)
AUDIO_FORMAT = unheeded(
    "AudioResponseFormat", ONE_FORMAT, bitRate=INT32, delivery=enums.DELIVERY, mimeType=STRING, sampleRate=INT32
)
IMAGE_FORMAT = unheeded(
    "ImageResponseFormat",
    ONE_FORMAT,
    aspectRatio=enums.ASPECT_RATIO,
    delivery=enums.DELIVERY,
    imageSize=enums.IMAGE_SIZE,
    mimeType=STRING,
)
TEXT_FORMAT = unheeded("TextResponseFormat", ONE_FORMAT, mimeType=STRING, schema=VALUE, jsonSchema=VALUE)
VIDEO_FORMAT = unheeded(
    "VideoResponseFormat",
    ONE_FORMAT,
    aspectRatio=enums.ASPECT_RATIO,
    delivery=enums.DELIVERY,
    duration=DURATION,
    gcsUri=STRING,
    resolution=STRING,
)
RESPONSE_FORMAT = unheeded(
    "ResponseFormat", ONE_FORMAT, audio=AUDIO_FORMAT, image=IMAGE_FORMAT, text=TEXT_FORMAT, video=VIDEO_FORMAT
)
TRANSLATION = unheeded("TranslationConfig", NO_TRANSLATION, echoTargetLanguage=BOOL, targetLanguageCode=STRING)
LANGUAGE_AUTO = unheeded("LanguageAuto", ONE_TRANSCRIBER)
LANGUAGE_HINTS = unheeded("LanguageHints", ONE_TRANSCRIBER, languageCodes=listed(STRING))
TRANSCRIPTION_CONFIG = unheeded(
    "AudioTranscriptionConfig",
    ONE_TRANSCRIBER,
    languageCodes=listed(STRING),
    languageAuto=LANGUAGE_AUTO,
    languageHints=LANGUAGE_HINTS,
    customVocabulary=listed(STRING),
    adaptationPhrases=listed(STRING),
    wordTimestamp=BOOL,
    diarization=BOOL,
    mode=enums.AUDIO_TRANSCRIPTION_CONFIG_MODE,
    sourceText=STRING,
)
GENERATION_CONFIG = message(
    "GenerationConfig",
    modelSelectionConfig=ignored(MODEL_SELECTION, ONE_MODEL),
    modelConfig=ignored(MODEL_SELECTION, ONE_MODEL),
    responseJsonSchema=refused(VALUE, NOT_IN_LIVE),
    audioTimestamp=refused(BOOL, NOT_IN_LIVE),
    candidateCount=ignored(INT32, ONE_ANSWER),
    enableAffectiveDialog=ignored(BOOL, ONE_TONE),
    frequencyPenalty=ignored(FLOAT, OWN_SAMPLER),
    logprobs=refused(INT32, NOT_IN_LIVE),
    maxOutputTokens=INT32,
    mediaResolution=ignored(enums.MEDIA_RESOLUTION, COUNTED),
    presencePenalty=ignored(FLOAT, OWN_SAMPLER),
    responseLogprobs=refused(BOOL, NOT_IN_LIVE),
    responseMimeType=refused(STRING, NOT_IN_LIVE),
    responseModalities=listed(enums.MODALITY),
    responseSchema=refused(SCHEMA, NOT_IN_LIVE),
    routingConfig=refused(ROUTING_CONFIG, NOT_IN_LIVE),
    seed=ignored(INT32, OWN_SAMPLER),
    speechConfig=SPEECH,
    stopSequences=refused(listed(STRING), NOT_IN_LIVE),
    temperature=FLOAT,
    thinkingConfig=ignored(THINKING, NO_THOUGHTS),
    topK=ignored(FLOAT, OWN_SAMPLER),
    topP=ignored(FLOAT, OWN_SAMPLER),
    enableEnhancedCivicAnswers=ignored(BOOL, NO_SEARCH),
    responseFormat=ignored(listed(RESPONSE_FORMAT), ONE_FORMAT),
    translationConfig=ignored(TRANSLATION, NO_TRANSLATION),
    audioTranscriptionConfig=ignored(TRANSCRIPTION_CONFIG, ONE_TRANSCRIBER),
)
