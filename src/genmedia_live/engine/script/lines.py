"""What a script file may ask to be done: its cues. Descriptions and examples are the tables of `docs/scripts.md`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from genmedia_live.core.limits import Limits
from genmedia_live.engine.script.templates import holes

LIMITS = Limits()


class Line(BaseModel):
    """A mapping of the file. It has the fields that are written here and no others, with values of their types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def only(self, what: str) -> str:
        """The one field that is given, of which there must be exactly one.

        Raises:
            ValueError: there are none, or several.
        """
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            there_are = f"there are {' and '.join(given)}" if given else "there is none"
            raise ValueError(f"there must be exactly one {what} ({', '.join(type(self).model_fields)}); {there_are}")
        return given[0]


def short(field: str, *kinds: type) -> Callable[[Any], Any]:
    """Reads a value of these types as a mapping with that one field."""
    return lambda value: {field: value} if type(value) in kinds else value


def wild(stand_in: object) -> Callable[[Any], Any]:
    """Reads `true` as the stand-in for all that there are; written out, it stands for nothing."""

    def read(value: Any) -> Any:
        if type(value) is type(stand_in) and value == stand_in:
            raise ValueError("this names none; `true` means any")
        return stand_in if value is True else value

    return read


def _sendable(code: int) -> int:
    """A close code that a server may send (RFC 6455, 7.4)."""
    if code == 1006:
        raise ValueError("1006 is what a client calls a lost connection; write the cue `drop` instead")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise ValueError("a close code must be 1000 to 1003, 1007 to 1014, or 3000 to 4999")
    return code


def _short_enough(reason: str) -> str:
    if (size := len(reason.encode())) > 123:
        raise ValueError(f"a reason has room for 123 bytes, not {size} (RFC 6455, 5.5)")
    return reason


Seconds = Annotated[FiniteFloat, Field(ge=0, le=86_400)]
Times = Annotated[int, Field(ge=1, le=1_000_000)]
Text = Annotated[str, Field(max_length=LIMITS.script_say_chars)]
Code = Annotated[int, AfterValidator(_sendable)]
Reason = Annotated[str, AfterValidator(_short_enough)]
On = Literal[True]
"""What a cue or a trigger is that needs no more than its name."""


# ---- what is done


class SayLine(Line):
    """`say`, in full."""

    text: Text = Field("", description="The words.")
    paced: bool | None = Field(None, description="Send the voice as fast as it sounds, not as fast as it is made.")
    silent: bool = Field(False, description="Say nothing: a turn without voice and words.")

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if bool(self.text.strip()) == self.silent:
            raise ValueError("there must be either words or `silent: true`")
        return self


class CallLine(Line):
    """`call`, in full."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$", description="The function's name.")
    args: dict[str, JsonValue] = Field(default_factory=dict, description="Its arguments.")
    blocking: bool = Field(True, description="What follows waits for its result.")

    @field_validator("args")
    @classmethod
    def _is_json(cls, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        json.dumps(args, allow_nan=False)
        return args


class CloseLine(Line):
    """`close`, in full."""

    code: Code = Field(description="The close code.")
    reason: Reason = Field("", description="At most 123 bytes.")


class RefuseLine(Line):
    """`refuse`, in full."""

    times: Times = Field(1, description="How many set-ups.")
    resumes_only: bool = Field(True, description="Only those that resume a session; `false`: all.")
    code: Code | None = Field(None, description="The close code; 1008 for resumes only, else 1011.")
    reason: Reason | None = Field(None, description="What Google says with that code, unless told otherwise.")

    @property
    def close(self) -> tuple[int, str]:
        """The code and the reason."""
        code, reason = _NOT_FOUND if self.resumes_only else _UNAVAILABLE
        return self.code or code, reason if self.reason is None else self.reason


Refusing = Annotated[RefuseLine, BeforeValidator(short("times", int), json_schema_input_type=int | RefuseLine)]

_NOT_FOUND = 1008, "BidiGenerateContent session not found"
_UNAVAILABLE = 1011, "The service is currently unavailable."


class SendLine(Line):
    """`send`, in full."""

    text: str | None = Field(None, description="A text frame.")
    json_: JsonValue = Field(None, alias="json", description="A message; goes as a binary frame, as Google's do.")
    base64: str | None = Field(None, description="A binary frame.")
    size: Annotated[int, Field(ge=1, le=LIMITS.live_message_bytes)] | None = Field(
        None, description="Fill the frame up with blanks to so many bytes."
    )

    @model_validator(mode="after")
    def _is_one_frame(self) -> Self:
        if sum(value is not None for value in (self.text, self.json_, self.base64)) > 1:
            raise ValueError("there must be exactly one of text, json and base64")
        if not self.model_fields_set:
            raise ValueError("there must be one of text, json, base64 and size")
        _ = self.frame
        return self

    @property
    def frame(self) -> bytes | str:
        """What is sent: bytes in a binary frame, a `str` in a text frame."""
        size = self.size or 0
        if self.text is not None:
            return self.text + " " * (size - len(self.text.encode()))
        if self.base64 is not None:
            return base64.b64decode(self.base64.encode(), validate=True).ljust(size)
        return json.dumps({} if self.json_ is None else self.json_, allow_nan=False).encode().ljust(size)


class StallLine(Line):
    """`stall`, in full."""

    seconds: Seconds | None = Field(None, description="None: for ever.")


def _stall(value: Any) -> Any:
    if isinstance(value, str) and value != "forever":
        raise ValueError("this must be a number of seconds, or `forever`")
    return {} if value == "forever" else value if isinstance(value, dict) else {"seconds": value}


class CueLine(Line):
    """One thing to do: exactly one of these."""

    say: Annotated[SayLine, BeforeValidator(short("text", str), json_schema_input_type=Text | SayLine)] | None = Field(
        None,
        description="Say this. Outside of an answer it is a turn of its own, unasked.",
        examples=["One moment.", {"text": "A long story.", "paced": True}, {"silent": True}],
    )
    call: Annotated[CallLine, BeforeValidator(short("name", str), json_schema_input_type=str | CallLine)] | None = Field(
        None,
        description="Ask the client to call a function.",
        examples=["get_weather", {"name": "get_order", "args": {"id": 7}, "blocking": False}],
    )
    cancel: On | None = Field(None, description="Cancel every call that waits for its result.", examples=[True])
    wait: Seconds | None = Field(None, description="Wait so many seconds before what follows.", examples=[0.5])
    interrupt: On | None = Field(None, description="Break off the answer, as if the user had spoken.", examples=[True])
    go_away: Seconds | None = Field(
        None, description="Send `goAway`, and close the connection so many seconds later.", examples=[10]
    )
    close: Annotated[CloseLine, BeforeValidator(short("code", int), json_schema_input_type=int | CloseLine)] | None = Field(
        None,
        description="Close the connection at once, with a code and a reason. What waits to be sent is lost.",
        examples=[1000, {"code": 1011, "reason": "Internal error encountered."}],
    )
    drop: On | None = Field(None, description="Cut the connection without a word, as a network does.", examples=[True])
    stall: (
        Annotated[StallLine, BeforeValidator(_stall, json_schema_input_type=Seconds | Literal["forever"] | StallLine)] | None
    ) = Field(
        None, description="Send nothing for so many seconds, then all that has gathered; or `forever`.", examples=[2.5, "forever"]
    )
    repeat: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        None, description="Send the last frame so many more times.", examples=[3]
    )
    send: Annotated[SendLine, BeforeValidator(short("text", str), json_schema_input_type=str | SendLine)] | None = Field(
        None,
        description="Send this frame, whatever it is.",
        examples=["not JSON", {"json": {"serverContent": {"interrupted": True}}}, {"base64": "AAH/"}, {"size": 2_000_000}],
    )
    refuse: Refusing | None = Field(
        None,
        description="Refuse the next so many set-ups; only those that resume a session, unless told otherwise.",
        examples=[1, {"times": 2, "resumes_only": False, "code": 1011, "reason": "Later."}],
    )

    @model_validator(mode="after")
    def _is_one_cue(self) -> Self:
        self.only("cue")
        return self

    @property
    def holes(self) -> set[str]:
        """The names of what is to be filled in."""
        return holes(self.say.text if self.say else self.call.args if self.call else None)


def _bare(value: Any) -> Any:
    return {value: True} if isinstance(value, str) else value


Cue = Annotated[CueLine, BeforeValidator(_bare, json_schema_input_type=Literal["cancel", "interrupt", "drop"] | CueLine)]
Cues = Annotated[list[Cue], Field(min_length=1, max_length=LIMITS.script_cues)]


def check_holes(field: str, cues: list[CueLine], known: set[str]) -> None:
    """Raise PydanticCustomError for a hole that nothing known fills; `field` is where the cues stand."""
    for at, cue in enumerate(cues):
        if unknown := sorted(cue.holes - known):
            there_are = ", ".join(f"{{{name}}}" for name in sorted(known))
            message = f"{{{unknown[0]}}} stands for nothing here, only {there_are}; for a brace write two"
            raise PydanticCustomError("hole", "{message}", {"message": message, "within": (field, at)})


CUES = tuple(CueLine.model_fields)
