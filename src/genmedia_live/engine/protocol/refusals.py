"""What each model refuses, by which close: one table, each row with what vouches for it. Pure over a set-up.

Google's sentences stand where they are known. Where they are not, the reason is Google's general one with the field's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genmedia_live.core.voices import GEMINI_VOICES
from genmedia_live.engine.mind.casting import cast
from genmedia_live.engine.protocol.messages import Close, FunctionResponse, Setup
from genmedia_live.engine.protocol.profiles import LOCAL, Backend, Profile, named

Source = Literal["DOC", "OBS", "SDK", "INF", "OURS"]
"""What vouches for a refusal: Google's documentation; what users of the service report; the SDK's source; what follows from
these; the engine, which lacks what Google has.
"""

NOT_FOUND = (
    "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. "
    "Call ListModels to see the list of available models and their supported methods."
)
INVALID = "Request contains an invalid argument: {found}."
UNKNOWN = "Invalid JSON payload received. Unknown name \"{field}\" at '{place}': Cannot find field."
ONE_MODALITY = (
    "At most one response modality can be specified in the setup request. To enable simultaneous transcription and audio output,"
)
NOT_LIVE = "{field} is not supported in the live api"
NO_VOICE = "Requested voice api_name '{found}' is not available for model {model}"
LEVEL = "Thinking level is not supported for this model"
THIS_LEVEL = "Thinking level {found} is not supported for this model"
NO_LEVEL = "Thinking level must be specified for this model"
BUDGET = "Thinking budget is not supported for this model"
SCHEDULING = Close(1007, "Function response scheduling is not supported for this model")
NOT_ENABLED = Close(1008, "Operation is not implemented, or supported, or enabled.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A set-up, and where it arrived."""

    setup: Setup
    profile: Profile
    backend: Backend
    version: str

    @property
    def model(self) -> str:
        """The model as Google's sentences name it."""
        name = self.setup.model.rsplit("/", 1)[-1]
        return f"models/{name}" if self.backend == "gemini" else name


Find = Callable[[Asked], str | None]
"""What a rule objects to (a field's path, or a value); None when there is nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to refuse a set-up."""

    what: str
    """What is refused, and where, for the documentation."""
    source: Source
    find: Find
    reason: str = INVALID
    when: Callable[[Asked], bool] = lambda asked: True
    local: bool = False
    """It holds for the engine's own model too."""

    def close(self, asked: Asked) -> Close | None:
        """The close for what is asked; None when the rule has no objection."""
        if (asked.profile is LOCAL and not self.local) or not self.when(asked):
            return None
        if (found := self.find(asked)) is None:
            return None
        parent, _, field = found.rpartition(".")
        place = f"setup.{parent}" if parent else "setup"
        return Close(1007, self.reason.format(found=found, field=field, place=_snake(place), model=asked.model))


# ---- finding


def _snake(path: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", path).lower()


def _places(value: Any, steps: Sequence[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each place that the steps lead to, with what is there; `*` leads through every item of a list."""
    if not steps:
        yield path, value
    elif steps[0] == "*":
        for index, item in enumerate(value if isinstance(value, list | tuple) else ()):
            yield from _places(item, steps[1:], f"{path}[{index}]")
    elif isinstance(value, Mapping) and value.get(steps[0]) is not None:
        yield from _places(value[steps[0]], steps[1:], f"{path}.{steps[0]}" if path else steps[0])


def _all(asked: Asked, path: str) -> Iterator[tuple[str, Any]]:
    return _places(asked.setup.document, path.split("."))


def _value(asked: Asked, path: str) -> Any:
    return next((value for _, value in _all(asked, path)), None)


def given(*paths: str) -> Find:
    """The first of these fields that is there, whatever it holds."""
    return lambda asked: next((place for path in paths for place, _ in _all(asked, path)), None)


def holding(held: object, *paths: str) -> Find:
    """The first of these fields that holds exactly this."""
    return lambda asked: next((place for path in paths for place, value in _all(asked, path) if value == held), None)


def outside(low: float, high: float, *paths: str) -> Find:
    """The first of these fields with a number that is not from `low` to `high`, and the bounds."""

    def find(asked: Asked) -> str | None:
        for path in paths:
            for place, value in _all(asked, path):
                if not low <= value <= high:
                    return f"{place} must be at least {low:g}" + (f" and at most {high:g}" if high < ENDLESS else "")
        return None

    return find


def _voice(asked: Asked) -> str | None:
    voice = asked.setup.voice
    known = voice in GEMINI_VOICES or (asked.profile is LOCAL and cast(voice) is not None)
    return voice if voice and not known else None


def _modalities(asked: Asked) -> set[str]:
    return set(asked.setup.modalities) - {"MODALITY_UNSPECIFIED"}


def _text(asked: Asked) -> str | None:
    return "TEXT" if "TEXT" in _modalities(asked) - set(asked.profile.modalities) else None


def _media(asked: Asked) -> str | None:
    others = _modalities(asked) - {"AUDIO", "TEXT"}
    return f"generationConfig.responseModalities {min(others)}" if others else None


def _level(asked: Asked) -> str | None:
    level: str | None = _value(asked, f"{THINKING}.thinkingLevel")
    return None if level == "THINKING_LEVEL_UNSPECIFIED" else level


def _unknown_level(asked: Asked) -> str | None:
    level = _level(asked)
    return level if level and level not in asked.profile.levels else None


def _answer(asked: Asked) -> str | None:
    return outside(1, asked.profile.answer, "generationConfig.maxOutputTokens")(asked)


def _behavior(asked: Asked) -> str | None:
    for place, behavior in _all(asked, "tools.*.functionDeclarations.*.behavior"):
        if behavior not in ("UNSPECIFIED", *asked.profile.behaviors):
            return f"{place} {behavior}"
    return None


# ---- the table

ENDLESS = float("inf")
THINKING = "generationConfig.thinkingConfig"
AFFECTIVE = "generationConfig.enableAffectiveDialog"
PROACTIVE = ("proactivity.proactiveAudio", "proactivity.proactiveVideo")
TRIGGER, TARGET = "contextWindowCompression.triggerTokens", "contextWindowCompression.slidingWindow.targetTokens"
DETECTION = "realtimeInputConfig.automaticActivityDetection"
NEVER = ("responseMimeType", "responseSchema", "stopSequences", "routingConfig", "responseLogprobs", "logprobs", "audioTimestamp")
VERTEX_TOOLS = ("retrieval", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch")


def _on_vertex(asked: Asked) -> bool:
    return asked.backend == "vertex"


def _on_gemini(asked: Asked) -> bool:
    return asked.backend == "gemini"


def _before_alpha(asked: Asked) -> bool:
    return asked.backend == "gemini" and asked.version != "v1alpha"


RULES: tuple[Rule, ...] = (
    # What the API does not know: its parser refuses it, whatever the model.
    Rule(
        "`sessionResumption.transparent`, `explicitVadSignal`, `safetySettings.method`: Developer API",
        "SDK",
        given("sessionResumption.transparent", "explicitVadSignal", "safetySettings.*.method"),
        UNKNOWN,
        when=_on_gemini,
    ),
    Rule(
        f"tools {', '.join(f'`{tool}`' for tool in VERTEX_TOOLS)}: Developer API",
        "SDK",
        given(*(f"tools.*.{tool}" for tool in VERTEX_TOOLS)),
        UNKNOWN,
        when=_on_gemini,
    ),
    Rule(
        "tools `fileSearch`, `mcpServers`: Vertex AI",
        "SDK",
        given("tools.*.fileSearch", "tools.*.mcpServers"),
        UNKNOWN,
        when=_on_vertex,
    ),
    Rule("`proactivity`: Developer API before `v1alpha`", "OBS", given("proactivity"), UNKNOWN, when=_before_alpha),
    Rule(
        "`enableAffectiveDialog`: Developer API before `v1alpha`, 2.5",
        "OBS",
        given(AFFECTIVE),
        UNKNOWN,
        when=lambda asked: _before_alpha(asked) and asked.profile.affective == "optional",
    ),
    # What Live, or Live on one API, does not take.
    *(Rule(f"`{name}`", "DOC", given(f"generationConfig.{name}"), NOT_LIVE) for name in NEVER),
    Rule("`responseJsonSchema`", "INF", given("generationConfig.responseJsonSchema"), NOT_LIVE),
    Rule("`multiSpeakerVoiceConfig`", "SDK", given("generationConfig.speechConfig.multiSpeakerVoiceConfig"), NOT_LIVE),
    Rule(
        "`codeExecution`, `googleMaps`, `urlContext`: Developer API",
        "DOC",
        given("tools.*.codeExecution", "tools.*.googleMaps", "tools.*.urlContext"),
        when=_on_gemini,
    ),
    Rule(
        "`turnCoverage` of audio activity and all video: Vertex AI",
        "OBS",
        holding("TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO", "realtimeInputConfig.turnCoverage"),
        when=_on_vertex,
    ),
    # How the model answers.
    Rule(
        "more than one modality",
        "OBS",
        lambda asked: "generationConfig.responseModalities" if len(_modalities(asked)) > 1 else None,
        ONE_MODALITY,
    ),
    Rule("`TEXT` as the modality: models that only speak", "OBS", _text, "Cannot extract voices from a non-audio request."),
    Rule("any modality but `AUDIO` and `TEXT`", "OURS", _media, local=True),
    Rule("`avatarConfig`", "OURS", given("avatarConfig")),
    Rule("a voice that nobody has", "OBS", _voice, NO_VOICE, local=True),
    Rule("`replicatedVoiceConfig`", "OURS", given("generationConfig.speechConfig.voiceConfig.replicatedVoiceConfig")),
    Rule(
        "`translationConfig`: models that do not translate",
        "INF",
        given("generationConfig.translationConfig"),
        when=lambda asked: not asked.profile.translates,
    ),
    # Thinking.
    Rule("`thinkingLevel`: 2.5 and 3.8", "OBS", _level, LEVEL, when=lambda asked: not asked.profile.levels),
    Rule("a `thinkingLevel` that the model lacks", "DOC", _unknown_level, THIS_LEVEL),
    Rule(
        "no `thinkingLevel`: extended thinking",
        "DOC",
        lambda asked: THINKING if _level(asked) is None else None,
        NO_LEVEL,
        when=lambda asked: asked.profile.thinking == "level_required",
    ),
    Rule(
        "`thinkingBudget`: every model but 2.5",
        "INF",
        given(f"{THINKING}.thinkingBudget"),
        BUDGET,
        when=lambda asked: asked.profile.thinking != "budget",
    ),
    Rule("`thinkingBudget` below -1", "INF", outside(-1, ENDLESS, f"{THINKING}.thinkingBudget")),
    Rule(
        "`includeThoughts`: models that do not think",
        "INF",
        holding(True, f"{THINKING}.includeThoughts"),
        when=lambda asked: asked.profile.thinking == "no",
    ),
    # Affective dialog, proactive audio.
    Rule(
        "`enableAffectiveDialog`: models without it",
        "INF",
        given(AFFECTIVE),
        when=lambda asked: asked.profile.affective == "no",
    ),
    Rule(
        "`proactiveAudio` or `proactiveVideo` asked for: models without it",
        "INF",
        holding(True, *PROACTIVE),
        when=lambda asked: asked.profile.proactive == "no",
    ),
    Rule(
        "`proactiveAudio` or `proactiveVideo` declined: models that always have it",
        "DOC",
        holding(False, *PROACTIVE),
        when=lambda asked: asked.profile.proactive == "always",
    ),
    # Functions.
    Rule("a function's `behavior`: 2.5 on Vertex AI", "OBS", _behavior, when=lambda asked: not asked.profile.behaviors),
    Rule("a function's `behavior` that the model lacks", "DOC", _behavior, when=lambda asked: bool(asked.profile.behaviors)),
    # Numbers.
    Rule("`temperature` outside 0 to 2", "DOC", outside(0, 2, "generationConfig.temperature")),
    Rule("`topP` outside 0 to 1", "INF", outside(0, 1, "generationConfig.topP")),
    Rule("`maxOutputTokens` below 1 or above the model's", "INF", _answer),
    Rule("`triggerTokens` outside 5 000 to 128 000: Vertex AI", "DOC", outside(5_000, 128_000, TRIGGER), when=_on_vertex),
    Rule("`targetTokens` outside 0 to 128 000: Vertex AI", "DOC", outside(0, 128_000, TARGET), when=_on_vertex),
    Rule(
        "`silenceDurationMs` or `prefixPaddingMs` below 0",
        "INF",
        outside(0, ENDLESS, f"{DETECTION}.silenceDurationMs", f"{DETECTION}.prefixPaddingMs"),
    ),
)
"""In the order in which they are looked at: the first objection closes."""


def profile_of(setup: Setup, backend: Backend, version: str) -> Profile | Close:
    """The profile that the set-up's model answers by, or the close that Google answers the set-up with.

    Args:
        setup: What the client sent, or what its ephemeral token made of it.
        backend: Whose URL the client came by.
        version: The API version in that URL, such as `v1beta`.
    """
    profile = named(setup.model)
    if profile is None or (profile is not LOCAL and backend not in profile.backends):
        return Close(1008, NOT_FOUND.format(model=setup.model.rsplit("/", 1)[-1], version=version))
    asked = Asked(setup, profile, backend, version)
    return next((close for rule in RULES if (close := rule.close(asked)) is not None), profile)


def late_refusal(setup: Setup, profile: Profile) -> Close | None:
    """The close at the first input, for what the service lets pass until then: the affective flag of a model without the choice.

    As users of 3.8 report.
    """
    flagged = any(_places(setup.document, AFFECTIVE.split(".")))
    return Close(1007, INVALID.format(found=AFFECTIVE)) if flagged and profile.affective == "always" else None


def refuse_response(response: FunctionResponse, profile: Profile) -> Close | None:
    """The close for a result that says when it is to be told, to a model that does not take that, as its users report.

    A model that waits for its functions ignores it, says the SDK.
    """
    if response.scheduling is None or profile.scheduling:
        return None
    return SCHEDULING if profile.behaviors else NOT_ENABLED
