"""A persona's file says who the agent is; a mistake in it is named with its line, and nothing else ever happens."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genmedia_live.core.limits import Limits
from genmedia_live.personas import Known, Option, Persona
from genmedia_live.personas.files import parse
from genmedia_live.personas.frontmatter import FileMistakes

KNOWN = Known(frozenset({"look_up", "open_return"}), frozenset({"heart", "Kore"}))

FIELDS = "title, description, voice, greeting, tools, options, shows, needs"

GUIDE = """\
---
# who leads through the museum
title: "Museum guide: no entry fee"
description: Tells stories, 12:30 included.
voice: Kore
greeting: true
tools: [look_up, open_return, look_up]
shows:
  - camera
  - screen
needs: [language]
options:
  era:
    label: Which time
    default: no
    choices: [yes, no]
  city: {label: Where, default: Rome}
---

You lead through a museum of {city}. The era is {era}; {Other} {braces} stay {"as": "they are"}.

Be brief.
"""


def read(text: str | bytes, limits: Limits | None = None) -> Persona:
    return parse("guide", text if isinstance(text, bytes) else text.encode(), KNOWN, limits or Limits())


def mistakes(text: str | bytes, limits: Limits | None = None) -> list[str]:
    with pytest.raises(FileMistakes) as raised:
        read(text, limits)
    return [str(mistake) for mistake in raised.value.mistakes]


def test_a_whole_persona() -> None:
    body = 'You lead through a museum of {city}. The era is {era}; {Other} stays {"as": "it is"}.\n\nBe brief.'
    assert read(GUIDE.replace('{Other} {braces} stay {"as": "they are"}', '{Other} stays {"as": "it is"}')) == Persona(
        name="guide",
        title="Museum guide: no entry fee",
        description="Tells stories, 12:30 included.",
        instructions=body,
        voice="Kore",
        greeting=True,
        tools=("look_up", "open_return"),
        options=(Option("era", "Which time", "no", ("yes", "no")), Option("city", "Where", "Rome")),
        shows=("camera", "screen"),
        needs=("language",),
    )


@pytest.mark.parametrize(
    "text", ["---\ntitle: T\n---", "---\r\ntitle: T\r\nvoice:\r\n---\r\n", "\ufeff--- \ntitle: T\n---\n\n\n"]
)
def test_the_least_that_a_file_can_say(text: str) -> None:
    assert read(text) == Persona("guide", "T")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["line 1: The file begins with a line ---, its fields, and another line ---."]),
        ("You are kind.", ["line 1: The file begins with a line ---, its fields, and another line ---."]),
        ("---\ntitle: T\n", ["line 3: The fields at the beginning are not closed by a line ---."]),
        ("---\n---\n", ["line 1: `title` is missing."]),
        ("---\ntitle:\n---\n", ["line 2: `title` is missing."]),
        ("---\n- title\n---\n", ["line 2: A field is written as `name: value`."]),
        ("---\ntitle: a: b\n---\n", ["line 2: This is no YAML: mapping values are not allowed here."]),
        ("---\ntitle: T\n\ttools: []\n---\n", ["line 3: This is no YAML: found character '\\t' that cannot start any token."]),
        ("---\ntitle: T\ntitle: U\n---\n", ["line 3: `title` is there twice."]),
        ("---\ntitle: &t T\ndescription: *t\n---\n", ["line 3: YAML's `*` is not read here: write the value again."]),
        ("---\ntitle: T\n? [a]\n: b\n---\n", ["line 3: The name of a field is a word."]),
        ('---\ntitle: "\\x00"\n---\n', ["line 2: There is a character that can't be shown."]),
        ('---\ntitle: "\\uD800"\n---\n', ["line 2: There is a character that can't be shown."]),
        ('---\ntitle: "\\UFFFFFFFF"\n---\n', ["line 2: There is a character that does not exist."]),
        ("---\ntitle: T\n---\nBe\x07 kind.\n", ["line 4: There is a character that can't be shown."]),
        (b"---\ntitle: T\n---\n\xff\n", ["line 4: This is no UTF-8 text."]),
        ("---\ntitle: " + "[" * 9_000 + "\n---\n", ["line 2: The fields are nested too deep."]),
        (
            "---\ntitle: [T]\nvoices: Kore\ntools: look_up\noptions: [a]\nshows: [sound]\ngreeting: maybe\n---\n",
            [
                "line 2: `title` is text.",
                f"line 3: There is no field `voices`. There are {FIELDS}.",
                "line 4: `tools` is a list, such as [one, two].",
                "line 5: `options` is a map: a name and its fields in each line.",
                "line 6: `shows.0` is camera or screen.",
                "line 7: `greeting` is true or false.",
            ],
        ),
        (
            "---\ntitle: T\noptions:\n  a: x\n  b:\n    label: B\n    colour: red\n---\n{a} {b}",
            [
                "line 4: `options.a` is a map of label, default and choices.",
                "line 5: `options.b.default` is missing.",
                "line 7: There is no field `options.b.colour`. There are label, default, choices.",
            ],
        ),
        (
            "---\ntitle: T\nvoice: Nobody\ntools:\n  - look_up\n  - fly\n---\n",
            [
                "line 3: There is no voice named Nobody.",
                "line 6: There is no tool named fly. There are: look_up, open_return.",
            ],
        ),
        (
            "---\ntitle: T\noptions:\n  A b: {label: x, default: y}\n"
            "  c:\n    label: ''\n    default: z\n    choices: [p, q]\n---\n{c}",
            [
                "line 4: `A b` can't be the name of an option: small letters, digits and _, a letter first.",
                "line 6: `options.c.label` is empty.",
                "line 7: `options.c.default` is none of its choices.",
            ],
        ),
        (
            "---\ntitle: T\noptions:\n  mood: {label: x, default: y}\n---\nBe\nvery {kind}.",
            [
                "line 4: The option `mood` is not used: {mood} is not in the instructions.",
                "line 7: {kind} stands for no option: there is none of that name in `options`.",
            ],
        ),
    ],
)
def test_every_mistake_is_named_with_its_line(text: str | bytes, expected: list[str]) -> None:
    assert mistakes(text) == expected


def test_everything_has_a_bound() -> None:
    small = Limits(
        persona_title_chars=3,
        persona_description_chars=3,
        persona_tools=1,
        options=1,
        option_chars=3,
        option_choices=1,
        instructions_chars=3,
    )
    text = """\
---
title: long
description: long
tools: [look_up, open_return]
options:
  a: {label: long, default: x, choices: [x, long]}
  b: {label: b, default: x}
---
{a} {b}
"""
    assert mistakes(text, small) == [
        "line 2: `title` is longer than 3 characters.",
        "line 3: `description` is longer than 3 characters.",
        "line 4: `tools` has 2 entries; 1 are the most.",
        "line 5: `options` has 2 entries; 1 are the most.",
        "line 6: `options.a.label` is longer than 3 characters.",
        "line 6: `options.a.choices` has 2 entries; 1 are the most.",
        "line 6: `options.a.choices.1` is longer than 3 characters.",
        "line 9: The instructions are longer than 3 characters.",
    ]
    assert mistakes(GUIDE, Limits(persona_bytes=10)) == ["line 1: The file is larger than 10 bytes."]


PIECES = st.sampled_from(
    ["---", "\n", "title", ":", " ", "  ", "- ", "[", "]", "{", "}", "a", "tools", "options", "label", "default", "&a", "*a"]
    + ["<<", "'", '"', "\\U00110000", "\t", "#", "? ", "|", ">", "%YAML 1.1", "...", "0x", "\x85", "\ufeff", "{a}", "\x00"]
    + ["!!int", "é", ","]
)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode()))
@example(b"---\ntitle: !!python/object/apply:os.system ['true']\n---\n")
@example(b"---\ntitle: T\noptions: &o {a: *o}\n---\n")
@example(b"---\n" + b"{a: " * 3_000 + b"\n---\n")
def test_whatever_is_in_a_file_it_is_a_persona_or_mistakes(data: bytes) -> None:
    for text in (data, b"---\n" + data + b"\n---\n", b"---\ntitle: T\n" + data + b"\n---\n{a}"):
        try:
            assert read(text).title
        except FileMistakes as failure:
            lines = [mistake.line for mistake in failure.mistakes]
        else:
            lines = [1]
        assert lines
        assert all(1 <= line <= text.count(b"\n") + text.count(b"\r") + 1 for line in lines)
