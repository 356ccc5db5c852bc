"""A persona's file: fields in YAML, then the instructions. Every mistake in it is found, with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from genmedia_live.core.limits import Limits
from genmedia_live.core.persona import places
from genmedia_live.core.text import is_clean
from genmedia_live.personas.frontmatter import FileMistakes, FrontMatter, Mistake, read, split
from genmedia_live.personas.persona import Known, Option, Persona

_OPTION = re.compile(r"[a-z][a-z0-9_]{0,63}")


class _OptionFields(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: str
    default: str
    choices: list[str] = Field(default_factory=list)


class _Fields(BaseModel):
    """What may stand in the front matter, all of it as text."""

    model_config = ConfigDict(extra="forbid")
    title: str
    description: str = ""
    voice: str | None = None
    greeting: Literal["true", "false"] = "false"
    tools: list[str] = Field(default_factory=list)
    options: dict[str, _OptionFields] = Field(default_factory=dict)
    shows: list[Literal["camera", "screen"]] = Field(default_factory=list)
    needs: list[Literal["language", "affective", "proactive", "thinking"]] = Field(default_factory=list)


def parse(name: str, data: bytes, known: Known, limits: Limits) -> Persona:
    """The persona `name` that a file holds.

    Raises:
        FileMistakes: all that is wrong with the file.
    """
    text = _text(data, limits)
    front_text, body, body_line = split(text)
    front = read(front_text)
    front.fields = {field: value for field, value in front.fields.items() if value != ""}  # `voice:` alone is left out
    try:
        fields = _Fields.model_validate(front.fields)
    except ValidationError as failure:
        faults = [_mistake(fault, front) for fault in failure.errors(include_url=False, include_input=False)]
        raise FileMistakes(*front.mistakes, *faults) from None
    instructions = body.strip()
    found = [*front.mistakes, *_Check(fields, front, known, limits).mistakes()]
    found += _instructions(instructions, body, body_line, fields, front, limits)
    if found:
        raise FileMistakes(*found)
    options = (Option(key, option.label, option.default, tuple(option.choices)) for key, option in fields.options.items())
    return Persona(
        name=name,
        title=fields.title,
        description=fields.description,
        instructions=instructions,
        voice=fields.voice,
        greeting=fields.greeting == "true",
        tools=tuple(dict.fromkeys(fields.tools)),
        options=tuple(options),
        shows=tuple(dict.fromkeys(fields.shows)),
        needs=tuple(dict.fromkeys(fields.needs)),
    )


def _text(data: bytes, limits: Limits) -> str:
    if len(data) > limits.persona_bytes:
        raise FileMistakes(Mistake(1, f"The file is larger than {limits.persona_bytes} bytes."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise FileMistakes(Mistake(data.count(b"\n", 0, failure.start) + 1, "This is no UTF-8 text.")) from None
    text = re.sub("\r\n?", "\n", text)
    text = re.sub("[\u2028\u2029]", " ", text)  # YAML ends a line there, editors do not
    unclean = [at for at, line in enumerate(text.split("\n"), 1) if not is_clean(line)]
    if unclean:
        raise FileMistakes(*(Mistake(line, "There is a character that can't be shown.") for line in unclean[:10]))
    return text


_MEANT = {
    "string_type": "is text",
    "list_type": "is a list, such as [one, two]",
    "dict_type": "is a map: a name and its fields in each line",
    "model_type": "is a map of label, default and choices",
}


def _mistake(fault: ErrorDetails, front: FrontMatter) -> Mistake:
    place = fault["loc"]
    shown = ".".join(str(part)[:60] for part in place)
    match fault["type"]:
        case "missing":
            message = f"`{shown}` is missing."
        case "extra_forbidden":
            fields = _Fields if len(place) == 1 else _OptionFields
            message = f"There is no field `{shown}`. There are {', '.join(fields.model_fields)}."
        case "literal_error":
            message = f"`{shown}` is {fault['ctx']['expected'].replace(chr(39), '')}."
        case kind:
            message = f"`{shown}` {_MEANT[kind]}." if kind in _MEANT else f"`{shown}`: {fault['msg']}."
    return Mistake(front.line(place), message)


class _Check:
    """What a field says by itself is right; this is what it means."""

    def __init__(self, fields: _Fields, front: FrontMatter, known: Known, limits: Limits) -> None:
        self._fields = fields
        self._front = front
        self._known = known
        self._limits = limits

    def mistakes(self) -> Iterator[Mistake]:
        fields, limits = self._fields, self._limits
        yield from self._length(("title",), fields.title, limits.persona_title_chars)
        yield from self._length(("description",), fields.description, limits.persona_description_chars)
        if fields.voice is not None and fields.voice not in self._known.voices:
            yield self._at(("voice",), f"There is no voice named {fields.voice[:60]}.")
        yield from self._count(("tools",), len(fields.tools), limits.persona_tools)
        for at, name in enumerate(fields.tools):
            if name not in self._known.tools:
                there = ", ".join(sorted(self._known.tools)) or "none"
                yield self._at(("tools", at), f"There is no tool named {name[:60]}. There are: {there}.")
        yield from self._count(("options",), len(fields.options), limits.options)
        for name, option in fields.options.items():
            yield from self._option(name, option)

    def _option(self, name: str, option: _OptionFields) -> Iterator[Mistake]:
        place = ("options", name)
        if not _OPTION.fullmatch(name):
            yield self._at(place, f"`{name[:60]}` can't be the name of an option: small letters, digits and _, a letter first.")
        for field, words in (("label", option.label), ("default", option.default)):
            yield from self._words((*place, field), words)
        yield from self._count((*place, "choices"), len(option.choices), self._limits.option_choices)
        for at, choice in enumerate(option.choices):
            yield from self._words((*place, "choices", at), choice)
        if option.choices and option.default not in option.choices:
            yield self._at((*place, "default"), f"`options.{name[:60]}.default` is none of its choices.")

    def _words(self, place: tuple[str | int, ...], words: str) -> Iterator[Mistake]:
        if not words:
            yield self._at(place, f"`{_shown(place)}` is empty.")
        yield from self._length(place, words, self._limits.option_chars)

    def _length(self, place: tuple[str | int, ...], words: str, most: int) -> Iterator[Mistake]:
        if len(words) > most:
            yield self._at(place, f"`{_shown(place)}` is longer than {most} characters.")

    def _count(self, place: tuple[str | int, ...], count: int, most: int) -> Iterator[Mistake]:
        if count > most:
            yield self._at(place, f"`{_shown(place)}` has {count} entries; {most} are the most.")

    def _at(self, place: tuple[str | int, ...], message: str) -> Mistake:
        return Mistake(self._front.line(place), message)


def _shown(place: tuple[str | int, ...]) -> str:
    return ".".join(str(part)[:60] for part in place)


def _instructions(
    instructions: str, body: str, body_line: int, fields: _Fields, front: FrontMatter, limits: Limits
) -> Iterator[Mistake]:
    """What is wrong with the instructions, and with how they go with the options."""
    if len(instructions) > limits.instructions_chars:
        yield Mistake(body_line, f"The instructions are longer than {limits.instructions_chars} characters.")
    named = places(instructions)
    for name in sorted(named - fields.options.keys()):
        line = body[: body.index(f"{{{name}}}")].count("\n") + body_line
        yield Mistake(line, f"{{{name[:60]}}} stands for no option: there is none of that name in `options`.")
    for name in fields.options.keys() - named:
        if _OPTION.fullmatch(name):
            yield Mistake(
                front.line(("options", name)), f"The option `{name}` is not used: {{{name}}} is not in the instructions."
            )
