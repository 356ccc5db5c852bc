"""What is wrong with a script is said in one sentence; what is right is taken."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.engine.script.load import load_script, read_script


def cue(text: str) -> str:
    return f"version: 1\nrules:\n  - when: {{heard: hi}}\n    do:\n      - {text}\n"


def when(text: str) -> str:
    return f"version: 1\nrules:\n  - when: {text}\n    do: [drop]\n"


BAD = [
    ("", 1, "it begins with `version: 1`"),
    ("[]", 1, "a mapping with some of version, pace"),
    ("rules: []", 1, "`version`: this is missing"),
    ("version: 2", 1, "`version`: this must be 1, not 2"),
    ("version: 1\nruls: []", 2, "`rules` is meant"),
    ("version: 1\npace: fast", 2, "`pace`: this must be a number, not 'fast'"),
    ("version: 1\nrules: {}", 2, "`rules`: this must be a list"),
    ("version: 1\notherwise: laugh", 2, "mind, echo, silence, or a list of cues"),
    ("version: 1\notherwise:\n  - say: 'Hello {1}'", 3, "`otherwise[0]`: {1} stands for nothing here, only {heard}"),
    ("version: 1\nrules:\n  - do: [drop]", 3, "`rules[0].when`: this is missing"),
    (cue("sya: x"), 5, "`rules[0].do[0].sya`: there is nothing of this name here; `say` is meant"),
    (cue("say: 3"), 5, "`rules[0].do[0].say`: this must be text (in quotes"),
    (cue("say: ''"), 5, "either words or `silent: true`"),
    (cue("say: {text: hi, silent: true}"), 5, "either words or `silent: true`"),
    (cue("say: {text: x, voice: p}"), 5, "there are text, paced, silent"),
    (cue(f"say: {'x' * 4001}"), 5, "at most 4000 characters"),
    (cue("say: 'Hello {who}'"), 5, "`rules[0].do[0]`: {who} stands for nothing here, only {heard}; for a brace write two."),
    (cue("{say: a, wait: 1}"), 5, "exactly one cue (say, call"),
    (cue("{}"), 5, "there is none"),
    (cue("dorp"), 5, "`drop` is meant"),
    (cue("drop: false"), 5, "this must be true, not False"),
    (cue("wait: soon"), 5, "`rules[0].do[0].wait`: this must be a number, not 'soon'"),
    (cue("wait: true"), 5, "this must be a number, not True"),
    (cue("wait: -1"), 5, "greater than or equal to 0, not -1"),
    (cue("wait: .inf"), 5, "finite"),
    (cue("stall: soon"), 5, "a number of seconds, or `forever`"),
    (cue("repeat: 1001"), 5, "less than or equal to 1000"),
    (cue("close: 1006"), 5, "write the cue `drop` instead"),
    (cue("close: 99"), 5, "1000 to 1003"),
    (cue("close: 1005"), 5, "1000 to 1003"),
    (cue("send: {jsn: 1}"), 5, "`json` is meant, perhaps (there are text, json,"),
    (cue("close: yes"), 5, "this must be a close code, or a mapping with some of code, reason"),
    (cue(f"close: {{code: 1011, reason: {'ä' * 62}}}"), 5, "123 bytes, not 124"),
    (cue("send: {}"), 5, "one of text, json, base64 and size"),
    (cue("send: {base64: '*'}"), 5, "base64"),
    (cue("send: {text: a, json: 1}"), 5, "exactly one of text, json and base64"),
    (cue("send: {json: .nan}"), 5, "not JSON compliant"),
    (cue("send: {size: 99999999}"), 5, "less than or equal to 16777216"),
    (cue("refuse: all"), 5, "this must be a whole number, or a mapping"),
    (cue("call: a b"), 5, "'a b' is no name"),
    (cue("call: {name: a, args: {day: 2024-01-01}}"), 5, "put it in quotes"),
    (cue("call: {name: a, args: {x: .nan}}"), 5, "not JSON compliant"),
    (cue("say: a\n    do: [drop]"), 6, "`do` is here for the second time; the first is in line 4"),
    ("version: 1\nrules:\n  - when: {heard: hi}\n    do: []", 4, "at least 1"),
    (when("{}"), 3, "exactly one trigger (connected, heard"),
    (when("{heard: a, after: 2}"), 3, "there are heard and after"),
    (when("{aftr: 2}"), 3, "`after` is meant"),
    (when("connected"), 3, "a mapping with some of connected, heard"),
    (when("{heard: '/(/'}"), 3, "/(/ is not a regular expression"),
    (when("{heard: '?!'}"), 3, "this must be words"),
    (when("{heard: []}"), 3, "at least 1"),
    (when("{turn: 0}"), 3, "`true` means any"),
    (when("{turn: -1}"), 3, "greater than or equal to 0"),
    (when("{returned: ''}"), 3, "`true` means any"),
    (when("{after: 1}\n    typed: true"), 3, "`typed` belongs to `heard`"),
    (when("{after: 1}\n    times: 0"), 4, "greater than or equal to 1"),
    ("a: [1", 1, "this is not YAML"),
    ("version: 1\nx: \x00", 2, "this is not YAML: special characters"),
    ("version: 1\nx: !!python/object:os.system 1", 2, "could not determine a constructor"),
    ("version: 1\n1: 2", 2, "must be strings"),
    ("version: 1\n---\nversion: 1", 2, "another document"),
    ("x: 2024-99-99", 1, "month must be in 1..12"),
    ('x: "\\ud800"', 1, "half a character"),
    ("version: 1\nx: &a [*a]", 2, "more than 100000 values"),
]


@pytest.mark.parametrize(("text", "line", "words"), BAD, ids=[words for _, _, words in BAD])
def test_a_mistake_is_named_with_its_line_and_what_would_be_right(text: str, line: int, words: str):
    with pytest.raises(GenmediaError) as fault:
        read_script(text, "rough.yaml")
    assert fault.value.code == "bad_script"
    assert words in str(fault.value)
    assert re.fullmatch(rf"rough\.yaml, line {line}: [^\n]*[^.]\.", str(fault.value))


def test_the_first_of_several_mistakes_is_named():
    with pytest.raises(GenmediaError, match="line 2: `pace`"):
        read_script("version: 1\npace: x\npaced: x\nrules: x")


def test_aliases_without_end_are_refused_before_they_are_followed():
    layers = "".join(f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 10)}]\n" for at in range(9))
    with pytest.raises(GenmediaError, match="more than 100000 values"):
        read_script(f"a: &a [{', '.join('1' * 10)}]\n{layers}")


@pytest.mark.parametrize("text", ["[" * 5_000, "{a: " * 5_000])
def test_nesting_without_end_is_refused(text: str):
    with pytest.raises(GenmediaError, match="nested too deeply"):
        read_script(text)


def test_what_is_no_text_is_refused():
    with pytest.raises(GenmediaError, match="not YAML"):
        read_script(b"version: 1\n\xff")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"version: 1\nrules:\n  - {text}".encode()))
def test_any_file_is_a_script_or_has_a_named_fault(text: bytes):
    with suppress(GenmediaError):
        read_script(text)


def test_a_file_is_read(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("version: 1\nrules:\n  - when: {heard: Grüße}\n    do: [say: Hallo]\n", encoding="utf-8")
    assert load_script(path).rules[0].when.heard == ["Grüße"]


def test_a_file_that_is_not_there_or_too_large_has_a_name(tmp_path: Path):
    with pytest.raises(GenmediaError, match=r"^none\.yaml can't be read: No such file"):
        load_script(tmp_path / "none.yaml")
    with pytest.raises(GenmediaError, match="can't be read"):
        load_script(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_text("version: 1\n" + "#" * Limits().script_bytes)
    with pytest.raises(GenmediaError, match=r"large\.yaml is larger than 1048576 bytes"):
        load_script(large)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "N"])
def test_words_are_words(word: str) -> None:
    script = read_script(f"version: 1\nrules:\n  - when: {{heard: {word}}}\n    do: [drop]\n")
    assert script.rules[0].when.heard == [word]
