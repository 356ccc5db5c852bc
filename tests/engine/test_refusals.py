"""Every rule against every model on every API: who refuses, who doesn't, and by which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.engine.protocol.messages import Close, FunctionResponse, Setup
from genmedia_live.engine.protocol.profiles import LOCAL, PROFILES, RETIRED, Backend, Profile, named
from genmedia_live.engine.protocol.refusals import RULES, Asked, late_refusal, profile_of, refuse_response
from genmedia_live.engine.protocol.schema import SETUP
from genmedia_live.engine.protocol.schema.fields import Message

Document = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """A model, and the URL by which it is asked for."""

    model: str
    backend: Backend
    version: str

    @property
    def name(self) -> str:
        return f"models/{self.model}" if self.backend == "gemini" else self.model


def developer(model: str) -> tuple[Door, Door]:
    """The model on the Developer API, on the documented version and on the one with more fields."""
    return Door(model, "gemini", "v1beta"), Door(model, "gemini", "v1alpha")


BETA_25, ALPHA_25 = developer("gemini-2.5-flash-native-audio-preview-12-2025")
BETA_31, ALPHA_31 = developer("gemini-3.1-flash-live-preview")
BETA_38, ALPHA_38 = developer("gemini-3.8-live")
BETA_X, ALPHA_X = developer("gemini-3.8-live-extended-thinking")
BETA_TR, ALPHA_TR = developer("gemini-3.5-live-translate")
BETA_STT, ALPHA_STT = developer("gemini-3.5-transcribe-live")
VERTEX_25 = Door("gemini-live-2.5-flash-native-audio", "vertex", "v1beta1")
VERTEX_38 = Door("gemini-3.8-live", "vertex", "v1")
VERTEX_TR = Door("gemini-3.5-live-translate", "vertex", "v1beta1")

VERTEX = frozenset({VERTEX_25, VERTEX_38, VERTEX_TR})
BETA = frozenset({BETA_25, BETA_31, BETA_38, BETA_X, BETA_TR, BETA_STT})
ALPHA = frozenset({ALPHA_25, ALPHA_31, ALPHA_38, ALPHA_X, ALPHA_TR, ALPHA_STT})
EVERY = VERTEX | BETA | ALPHA
M25 = frozenset({VERTEX_25, BETA_25, ALPHA_25})
M31 = frozenset({BETA_31, ALPHA_31})
M38 = frozenset({VERTEX_38, BETA_38, ALPHA_38})
EXTENDED = frozenset({BETA_X, ALPHA_X})
TRANSLATE = frozenset({VERTEX_TR, BETA_TR, ALPHA_TR})
STT = frozenset({BETA_STT, ALPHA_STT})

OWN = [Door("genmedia-local", "vertex", "v1beta1"), Door("genmedia-local", "gemini", "v1beta")]


def setup(door: Door, document: Document) -> Setup:
    """As the wire reads it. Extended thinking is given the level that it can't be without."""
    generation = document.get("generationConfig", {})
    if door in EXTENDED:
        document = {**document, "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}, **generation}}
    voice = generation.get("speechConfig", {}).get("voiceConfig", {}).get("prebuiltVoiceConfig", {}).get("voiceName")
    modalities = tuple(generation.get("responseModalities", ()))
    return Setup(model=door.name, voice=voice, modalities=modalities, document={"model": door.name, **document})


def answer(door: Door, document: Document) -> Profile | Close:
    return profile_of(setup(door, document), door.backend, door.version)


def generation(**fields: object) -> Document:
    return {"generationConfig": fields}


def thinking(**fields: object) -> Document:
    return generation(thinkingConfig=fields)


def voice(name: str) -> Document:
    return generation(speechConfig={"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": name}}})


def function(behavior: str) -> Document:
    return {"tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}, {"name": "g", "behavior": behavior}]}]}


def detection(**fields: object) -> Document:
    return {"realtimeInputConfig": {"automaticActivityDetection": fields}}


def compression(trigger: object = None, target: object = None) -> Document:
    return {"contextWindowCompression": {"triggerTokens": trigger, "slidingWindow": {"targetTokens": target}}}


def unknown(field: str, place: str) -> str:
    return f"Invalid JSON payload received. Unknown name \"{field}\" at '{place}': Cannot find field."


def invalid(what: str) -> str:
    return f"Request contains an invalid argument: {what}."


LEVEL = "Thinking level is not supported for this model"
BUDGET = "Thinking budget is not supported for this model"
TOOL = "tools[1].functionDeclarations[1].behavior"
ALL_VIDEO = "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"
GENERATION = "generationConfig"
SETTLED = "must be at least"

CASES: list[tuple[Document, Mapping[frozenset[Door], str]]] = [
    ({"sessionResumption": {"transparent": True}}, {BETA | ALPHA: unknown("transparent", "setup.session_resumption")}),
    ({"sessionResumption": {"handle": "h"}}, {}),
    ({"explicitVadSignal": False}, {BETA | ALPHA: unknown("explicitVadSignal", "setup")}),
    (
        {"safetySettings": [{"category": "C"}, {"method": "SEVERITY"}]},
        {BETA | ALPHA: unknown("method", "setup.safety_settings[1]")},
    ),
    ({"tools": [{"retrieval": {}}]}, {BETA | ALPHA: unknown("retrieval", "setup.tools[0]")}),
    ({"tools": [{"enterpriseWebSearch": {}}]}, {BETA | ALPHA: unknown("enterpriseWebSearch", "setup.tools[0]")}),
    ({"tools": [{"parallelAiSearch": {}}]}, {BETA | ALPHA: unknown("parallelAiSearch", "setup.tools[0]")}),
    ({"tools": [{"exaAiSearch": {}}]}, {BETA | ALPHA: unknown("exaAiSearch", "setup.tools[0]")}),
    ({"tools": [{"fileSearch": {}}]}, {VERTEX: unknown("fileSearch", "setup.tools[0]")}),
    ({"tools": [{"mcpServers": []}]}, {VERTEX: unknown("mcpServers", "setup.tools[0]")}),
    ({"tools": [{"googleSearch": {}}]}, {}),
    ({"tools": [{"codeExecution": {}}]}, {BETA | ALPHA: invalid("tools[0].codeExecution")}),
    ({"tools": [{"googleMaps": {}}]}, {BETA | ALPHA: invalid("tools[0].googleMaps")}),
    ({"tools": [{"urlContext": {}}]}, {BETA | ALPHA: invalid("tools[0].urlContext")}),
    # Proactive audio, affective dialog
    ({"proactivity": {}}, {BETA: unknown("proactivity", "setup")}),
    (
        {"proactivity": {"proactiveAudio": True}},
        {
            BETA: unknown("proactivity", "setup"),
            ALPHA & (M31 | TRANSLATE | STT) | {VERTEX_TR}: invalid("proactivity.proactiveAudio"),
        },
    ),
    (
        {"proactivity": {"proactiveVideo": False}},
        {BETA: unknown("proactivity", "setup"), frozenset({VERTEX_38, ALPHA_38, ALPHA_X}): invalid("proactivity.proactiveVideo")},
    ),
    (
        generation(enableAffectiveDialog=False),
        {
            frozenset({BETA_25}): unknown("enableAffectiveDialog", "setup.generation_config"),
            M31 | TRANSLATE | STT: invalid("generationConfig.enableAffectiveDialog"),
        },
    ),
    # What Live never takes
    *(
        (generation(**{field: value}), {EVERY: f"{field} is not supported in the live api"})
        for field, value in {
            "responseMimeType": "text/plain",
            "responseSchema": {"type": "OBJECT"},
            "responseJsonSchema": {"type": "object"},
            "stopSequences": ["stop"],
            "routingConfig": {},
            "responseLogprobs": True,
            "logprobs": 3,
            "audioTimestamp": False,
        }.items()
    ),
    (
        generation(speechConfig={"multiSpeakerVoiceConfig": {}}),
        {EVERY: "multiSpeakerVoiceConfig is not supported in the live api"},
    ),
    # Voice, modality
    (voice("Aoede"), {}),
    (voice("Breeze"), {EVERY: "Requested voice api_name 'Breeze' is not available for model {name}"}),
    (voice("aoede"), {EVERY: "Requested voice api_name 'aoede' is not available for model {name}"}),
    (voice("heart"), {EVERY: "Requested voice api_name 'heart' is not available for model {name}"}),
    (
        generation(speechConfig={"voiceConfig": {"replicatedVoiceConfig": {}}}),
        {EVERY: invalid("generationConfig.speechConfig.voiceConfig.replicatedVoiceConfig")},
    ),
    (generation(responseModalities=["AUDIO"]), {}),
    (generation(responseModalities=["MODALITY_UNSPECIFIED", "AUDIO"]), {}),
    (generation(responseModalities=["TEXT"]), {EVERY - STT: "Cannot extract voices from a non-audio request."}),
    (
        generation(responseModalities=["AUDIO", "TEXT"]),
        {
            EVERY: "At most one response modality can be specified in the setup request. "
            "To enable simultaneous transcription and audio output,"
        },
    ),
    (generation(responseModalities=["VIDEO"]), {EVERY: invalid("generationConfig.responseModalities VIDEO")}),
    (generation(responseModalities=["IMAGE"]), {EVERY: invalid("generationConfig.responseModalities IMAGE")}),
    ({"avatarConfig": {"avatarName": "a"}}, {EVERY: invalid("avatarConfig")}),
    (
        generation(translationConfig={"targetLanguageCode": "es"}),
        {EVERY - TRANSLATE: invalid("generationConfig.translationConfig")},
    ),
    # Turns
    (
        {"realtimeInputConfig": {"turnCoverage": ALL_VIDEO}},
        {VERTEX: invalid("realtimeInputConfig.turnCoverage")},
    ),
    ({"realtimeInputConfig": {"turnCoverage": "TURN_INCLUDES_ALL_INPUT"}}, {}),
    # Thinking
    (thinking(thinkingLevel="LOW"), {EVERY - M31 - EXTENDED: LEVEL}),
    (
        thinking(thinkingLevel="MINIMAL"),
        {EVERY - M31 - EXTENDED: LEVEL, EXTENDED: "Thinking level MINIMAL is not supported for this model"},
    ),
    (
        thinking(thinkingLevel="XHIGH"),
        {EVERY - M31 - EXTENDED: LEVEL, M31 | EXTENDED: "Thinking level XHIGH is not supported for this model"},
    ),
    (thinking(), {EXTENDED: "Thinking level must be specified for this model"}),
    (
        thinking(thinkingLevel="THINKING_LEVEL_UNSPECIFIED"),
        {EXTENDED: "Thinking level must be specified for this model"},
    ),
    (thinking(thinkingLevel="HIGH", thinkingBudget=0), {M31 | EXTENDED: BUDGET, EVERY - M31 - EXTENDED: LEVEL}),
    (
        thinking(thinkingBudget=-1),
        {EVERY - M25 - EXTENDED: BUDGET, EXTENDED: "Thinking level must be specified for this model"},
    ),
    (
        thinking(thinkingBudget=-2),
        {
            M25: invalid("generationConfig.thinkingConfig.thinkingBudget must be at least -1"),
            EVERY - M25 - EXTENDED: BUDGET,
            EXTENDED: "Thinking level must be specified for this model",
        },
    ),
    (
        thinking(includeThoughts=True, thinkingLevel="THINKING_LEVEL_UNSPECIFIED"),
        {
            M38 | TRANSLATE | STT: invalid("generationConfig.thinkingConfig.includeThoughts"),
            EXTENDED: "Thinking level must be specified for this model",
        },
    ),
    # Functions
    (function("UNSPECIFIED"), {}),
    (function("BLOCKING"), {EXTENDED | {VERTEX_25}: invalid(f"{TOOL} BLOCKING")}),
    (function("NON_BLOCKING"), {M31 | {VERTEX_25}: invalid(f"{TOOL} NON_BLOCKING")}),
    # Numbers
    (generation(temperature=2, topP=1.0, topK=40.0, maxOutputTokens=8_192, seed=7), {}),
    (generation(temperature=2.1), {EVERY: invalid(f"{GENERATION}.temperature {SETTLED} 0 and at most 2")}),
    (generation(temperature=-0.1), {EVERY: invalid(f"{GENERATION}.temperature {SETTLED} 0 and at most 2")}),
    (generation(topP=1.5), {EVERY: invalid(f"{GENERATION}.topP {SETTLED} 0 and at most 1")}),
    (
        generation(maxOutputTokens=0),
        {
            M25: invalid(f"{GENERATION}.maxOutputTokens {SETTLED} 1 and at most 8192"),
            EVERY - M25: invalid(f"{GENERATION}.maxOutputTokens {SETTLED} 1 and at most 65536"),
        },
    ),
    (generation(maxOutputTokens=8_193), {M25: invalid(f"{GENERATION}.maxOutputTokens {SETTLED} 1 and at most 8192")}),
    (compression(5_000, 0), {}),
    (compression(128_000, 128_000), {}),
    (
        compression(4_999),
        {VERTEX: invalid("contextWindowCompression.triggerTokens must be at least 5000 and at most 128000")},
    ),
    (
        compression(128_001),
        {VERTEX: invalid("contextWindowCompression.triggerTokens must be at least 5000 and at most 128000")},
    ),
    (
        compression(target=128_001),
        {VERTEX: invalid("contextWindowCompression.slidingWindow.targetTokens must be at least 0 and at most 128000")},
    ),
    (detection(silenceDurationMs=0, prefixPaddingMs=20), {}),
    (
        detection(silenceDurationMs=-1),
        {EVERY: invalid("realtimeInputConfig.automaticActivityDetection.silenceDurationMs must be at least 0")},
    ),
    (
        detection(prefixPaddingMs=-1),
        {EVERY: invalid("realtimeInputConfig.automaticActivityDetection.prefixPaddingMs must be at least 0")},
    ),
]


def expected(door: Door, refused: Mapping[frozenset[Door], str]) -> str | None:
    """The reason for this door; doors that are in none of the sets let the set-up in."""
    reasons = [reason.replace("{name}", door.name) for doors, reason in refused.items() if door in doors]
    assert len(reasons) <= 1
    return Close(1007, reasons[0]).reason if reasons else None


@pytest.mark.parametrize("door", sorted(EVERY, key=str), ids=lambda door: f"{door.model}-{door.version}")
@pytest.mark.parametrize(("document", "refused"), CASES, ids=[str(document) for document, _ in CASES])
def test_what_each_model_refuses(door: Door, document: Document, refused: Mapping[frozenset[Door], str]) -> None:
    got = answer(door, document)
    reason = expected(door, refused)
    if reason is None:
        assert isinstance(got, Profile)
        assert got.name == door.model
    else:
        assert got == Close(1007, reason)


def test_the_cases_break_every_rule() -> None:
    broken = {
        index
        for door, (document, _) in product(EVERY, CASES)
        for index, rule in enumerate(RULES)
        if rule.close(Asked(setup(door, document), named(door.model) or LOCAL, door.backend, door.version))
    }
    assert [rule.what for index, rule in enumerate(RULES) if index not in broken] == []


def test_rules_have_their_own_words() -> None:
    assert len({rule.what for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("door", OWN, ids=["vertex", "gemini"])
@pytest.mark.parametrize(("document", "refused"), CASES, ids=[str(document) for document, _ in CASES])
def test_the_engines_own_model_refuses_what_it_cannot_do_and_nothing_else(
    door: Door, document: Document, refused: Mapping[frozenset[Door], str]
) -> None:
    got = answer(door, document)
    if document in (voice("Breeze"), voice("aoede")):
        name = voice_of(document)
        assert got == Close(1007, f"Requested voice api_name '{name}' is not available for model {door.name}")
    elif (modality := (document.get("generationConfig", {}).get("responseModalities") or [""])[0]) in ("VIDEO", "IMAGE"):
        assert got == Close(1007, invalid(f"generationConfig.responseModalities {modality}"))
    else:
        assert got is LOCAL


def refused_fields(message: Message, path: str = "") -> Iterator[str]:
    """The fields of which the schema says that a model of Google's refuses them."""
    for field in message.fields.values():
        if field.verdict == "refused":
            yield f"{path}{field.name}"
        elif isinstance(field.kind, Message) and field.kind is not message:
            yield from refused_fields(field.kind, f"{path}{field.name}.")


@pytest.mark.parametrize("path", list(refused_fields(SETUP)))
def test_what_the_schema_calls_refused_is_refused(path: str) -> None:
    document: Document = {"model": "m"}
    inner, steps = document, path.split(".")
    for step in steps[:-1]:
        inner = inner.setdefault(step, {})
    inner[steps[-1]] = {}
    for door in EVERY:
        assert isinstance(answer(door, document), Close)
    assert answer(OWN[0], document) is LOCAL


def test_there_are_fields_that_the_schema_calls_refused() -> None:
    assert len(list(refused_fields(SETUP))) == 11


def voice_of(document: Document) -> str | None:
    return setup(OWN[0], document).voice


@pytest.mark.parametrize("name", [*GEMINI_VOICES, *ENGINE_VOICES])
def test_voices(name: str) -> None:
    assert answer(OWN[0], voice(name)) is LOCAL
    assert isinstance(answer(VERTEX_25, voice(name)), Profile) is (name in GEMINI_VOICES)


@pytest.mark.parametrize("name", [None, ""])
def test_no_voice_is_the_models_choice(name: str | None) -> None:
    for door in (VERTEX_38, OWN[0]):
        assert isinstance(profile_of(Setup(model=door.name, voice=name), door.backend, door.version), Profile)


# ---- names


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        *((profile.name, profile.name) for profile in PROFILES),
        ("gemini-2.5-flash-native-audio-preview-09-2025", "gemini-2.5-flash-native-audio-preview-12-2025"),
        ("gemini-2.5-flash-native-audio-latest", "gemini-2.5-flash-native-audio-preview-12-2025"),
        ("gemini-3.8-live-11-2026", "gemini-3.8-live"),
        ("gemini-3.5-live-translate-preview", "gemini-3.5-live-translate"),
        ("genmedia-local", "genmedia-local"),
        ("llama", "genmedia-local"),
        ("", "genmedia-local"),
    ],
)
@pytest.mark.parametrize(
    "prefix", ["", "models/", "google/", "publishers/google/models/", "projects/p/locations/l/publishers/google/models/"]
)
def test_names_and_resource_names(model: str, profile: str, prefix: str) -> None:
    found = named(prefix + model)
    assert found is not None
    assert found.name == profile


@pytest.mark.parametrize(
    "model", [*RETIRED, "gemini", "gemini-9", "gemini-3.8-live-", "gemini-3.8-live-1-26", "gemini-2.5-flash", "gemini-3x8-live"]
)
@pytest.mark.parametrize(("backend", "version"), [("vertex", "v1beta1"), ("gemini", "v1beta")])
def test_names_that_are_no_live_models(model: str, backend: Backend, version: str) -> None:
    whole = (
        f"models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. Call ListModels "
        "to see the list of available models and their supported methods."
    )
    assert profile_of(Setup(model=f"models/{model}"), backend, version) == Close(1008, whole)


def test_a_model_of_the_other_api_is_not_found() -> None:
    for profile, backend in product(PROFILES, ("vertex", "gemini")):
        got = profile_of(setup(Door(profile.name, backend, "v1"), thinking(thinkingLevel="LOW")), backend, "v1")  # type: ignore[arg-type]
        assert (isinstance(got, Close) and got.code == 1008) is (backend not in profile.backends)


def test_the_reason_is_cut_where_google_cuts_it() -> None:
    got = profile_of(Setup(model="models/gemini-live-2.5-flash-preview"), "gemini", "v1beta")
    assert isinstance(got, Close)
    assert len(got.reason.encode()) == 123
    assert got.reason.startswith("models/gemini-live-2.5-flash-preview is not found for API version v1beta, or is not supp")


def test_names_are_unique_and_profiles_make_sense() -> None:
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
    for profile in PROFILES:
        assert (profile.thinking in ("level", "level_required")) is bool(profile.levels)
        default = "BLOCKING" if profile.blocking else "NON_BLOCKING"
        assert not profile.behaviors or default in profile.behaviors


# ---- what is refused later


@pytest.mark.parametrize("door", sorted(EVERY, key=str), ids=lambda door: f"{door.model}-{door.version}")
def test_the_affective_flag_is_refused_late_where_it_is_always_on(door: Door) -> None:
    asked = setup(door, generation(enableAffectiveDialog=True))
    profile = named(door.model)
    assert profile is not None
    late = late_refusal(asked, profile)
    assert late == (Close(1007, invalid("generationConfig.enableAffectiveDialog")) if door in M38 | EXTENDED else None)
    assert late is None or profile_of(asked, door.backend, door.version) is profile
    assert late_refusal(setup(door, {}), profile) is None


@pytest.mark.parametrize("profile", [*PROFILES, LOCAL], ids=lambda profile: profile.name)
def test_scheduling_of_a_result(profile: Profile) -> None:
    refused = {
        "gemini-live-2.5-flash-native-audio": Close(1008, "Operation is not implemented, or supported, or enabled."),
        "gemini-3.8-live-extended-thinking": Close(1007, "Function response scheduling is not supported for this model"),
    }
    assert refuse_response(FunctionResponse("id", scheduling="SILENT"), profile) == refused.get(profile.name)
    assert refuse_response(FunctionResponse("id", will_continue=True), profile) is None
