"""What a script file may say. Descriptions and examples of the fields are the tables of `docs/scripts.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat, model_validator

from genmedia_live.engine.script.lines import LIMITS, Cues, Line, On, Refusing, Seconds, Times, check_holes, wild
from genmedia_live.engine.script.phrases import groups, pattern


def _phrases(value: Any) -> Any:
    return ["//"] if value is True else [value] if isinstance(value, str) else value


Phrase = Annotated[str, AfterValidator(lambda phrase: pattern(phrase) and phrase)]
Phrases = Annotated[
    list[Phrase],
    Field(min_length=1, max_length=100),
    BeforeValidator(_phrases, json_schema_input_type=On | str | list[str]),
]


class When(Line):
    """One thing to wait for: exactly one of these."""

    connected: On | None = Field(None, description="A session was set up: a new one, or one that is resumed.", examples=[True])
    heard: Phrases | None = Field(
        None,
        description="The user said or typed these words, one of a list, `/a pattern/`, or (`true`) anything.",
        examples=["refund", ["yes", "of course"], r"/order (?P<id>\d+)/", True],
    )
    speech: On | None = Field(None, description="The user began to speak.", examples=[True])
    shown: Times | None = Field(None, description="The user has shown so many pictures in this connection.", examples=[3])
    returned: Annotated[str, BeforeValidator(wild(""), json_schema_input_type=On | str)] | None = Field(
        None, description="The client's function of that name returned; `true`: any did.", examples=["get_order", True]
    )
    spoken: Seconds | None = Field(None, description="So many seconds of an answer's voice have been sent.", examples=[0.8])
    turn: Annotated[int, Field(ge=0), BeforeValidator(wild(0), json_schema_input_type=On | Times)] | None = Field(
        None,
        description="That turn of the model in this connection is over, played or broken off; `true`: any is.",
        examples=[2, True],
    )
    interrupted: On | None = Field(None, description="A turn was broken off.", examples=[True])
    after: Seconds | None = Field(None, description="So many seconds have passed since the session was set up.", examples=[3])

    @model_validator(mode="after")
    def _is_one_trigger(self) -> Self:
        self.only("trigger")
        return self


class Rule(Line):
    """When that happens, do this."""

    when: When = Field(description="What to wait for.")
    do: Cues = Field(description="What to do then, one thing after another.")
    times: Times | None = Field(None, description="How often, in all connections together; once for `after`, else without end.")
    connection: Annotated[int, Field(ge=1)] | None = Field(None, description="Only in this connection; the first is 1.")
    resumed: bool | None = Field(None, description="Only in connections that resume a session, or (`false`) that do not.")
    typed: bool | None = Field(None, description="With `heard`: only what was typed, or (`false`) only what was spoken.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.typed is not None and self.when.heard is None:
            raise ValueError("`typed` belongs to `heard`; this rule waits for something else")
        if self.when.returned is None:
            check_holes("do", self.do, groups(self.when.heard or []))
        return self

    @property
    def most(self) -> int | None:
        """How often the rule may fire; None: without end."""
        return 1 if self.times is None and self.when.after is not None else self.times

    @property
    def speaks(self) -> bool:
        """Whether what is done says something, or calls a function."""
        return any(cue.say or cue.call for cue in self.do)


_OTHERWISE: dict[object, Any] = {
    "mind": None,
    "echo": [{"say": "{heard}"}],
    "silence": [{"say": {"silent": True}}],
}


def _otherwise(value: Any) -> Any:
    if isinstance(value, str) and value not in _OTHERWISE:
        raise ValueError(f"this must be {', '.join(map(str, _OTHERWISE))}, or a list of cues")
    return _OTHERWISE[value] if isinstance(value, str) else value


class Script(Line):
    """A script of the offline Live server."""

    version: Literal[1] = Field(description="The version of this format: 1.")
    pace: Annotated[FiniteFloat, Field(gt=0, le=1_000)] = Field(55.0, description="Milliseconds of voice for a character.")
    paced: bool = Field(False, description="Send all voice as fast as it sounds, unless a `say` tells otherwise.")
    refuse: Refusing | None = Field(None, description="Set-ups to refuse from the beginning.")
    rules: Annotated[list[Rule], Field(max_length=LIMITS.script_rules)] = Field(
        default_factory=list, description="What to do when."
    )
    otherwise: Annotated[
        Cues | None,
        BeforeValidator(_otherwise, json_schema_input_type=Literal["mind", "echo", "silence"] | Cues),
    ] = Field(None, description="The answer to what no rule hears: `mind` (the scripted mind's own), `echo`, `silence`, or cues.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_holes("otherwise", self.otherwise or [], {"heard"})
        return self


TRIGGERS = tuple(When.model_fields)
