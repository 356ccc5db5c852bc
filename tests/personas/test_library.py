"""Which personas there are: the package's, and the user's in place of them or beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.core.persona import filled, places
from genmedia_live.personas import Known, PersonaProblem, Personas
from genmedia_live.tools.loading import load_tools

BUILT_IN = ("assistant", "translator", "tutor", "support")
KNOWN = Known(frozenset(load_tools().tools))


def personas(folder: Path, limits: Limits | None = None, **options: bool) -> Personas:
    return Personas(folder, KNOWN, limits or Limits(), **options)


def write(folder: Path, name: str, title: str = "Mine") -> Path:
    path = folder / name
    path.write_text(f"---\ntitle: {title}\n---\nBe kind.\n", encoding="utf-8")
    return path


def test_the_package_has_its_own(tmp_path: Path) -> None:
    found = personas(tmp_path)
    assert found.names == BUILT_IN
    assert found.problems == ()
    for persona in found:
        assert persona.title
        assert persona.description
        assert places(filled(persona.instructions, persona.defaults)) == frozenset()
        assert len(persona.instructions) < 800, "the embedded model follows a short role"
    translator, tutor, support = (found.get(name) for name in BUILT_IN[1:])
    assert translator is not None
    assert tutor is not None
    assert support is not None
    assert set(translator.defaults) == {"first", "second"}
    assert translator.needs == ("language",)
    assert not translator.greeting
    assert tutor.shows == ("camera",)
    assert support.greeting
    assert "look_up_order" in support.tools
    assert found.get("nobody") is None


def test_the_users_files_come_beside_and_in_place_of_the_packages(tmp_path: Path) -> None:
    write(tmp_path, "zoo.md")
    write(tmp_path, "tutor.md", "My tutor")
    for ignored in ("README.md", ".hidden.md", "_draft.md", "notes.txt"):
        write(tmp_path, ignored)
    (tmp_path / "folder.md").mkdir()
    found = personas(tmp_path)
    assert found.names == (*BUILT_IN, "zoo")
    assert [persona.title for persona in found if persona.name == "tutor"] == ["My tutor"]
    assert found.problems == ()


def test_a_file_with_a_mistake_is_skipped_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "tutor.md").write_text("---\ntitel: T\n---\n")
    write(tmp_path, "My Persona.md")
    write(tmp_path, "good.md")
    found = personas(tmp_path)
    assert found.names == (*BUILT_IN, "good")
    assert found.get("tutor") is not None
    assert [(problem.file, problem.message[:27]) for problem in found.problems] == [
        ("My Persona.md", "Its name is that of the per"),
        ("tutor.md", "line 1: `title` is missing."),
        ("tutor.md", "line 2: There is no field `"),
    ]
    assert "tutor.md: line 2" in caplog.text


def test_a_change_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "personas"
    found = personas(folder)
    folder.mkdir()
    path = write(folder, "zoo.md")
    assert found.get("zoo") is None
    found.refresh()
    assert found.get("zoo") is not None
    write(folder, "zoo.md", "Another title")
    found.refresh()
    assert [persona.title for persona in found if persona.name == "zoo"] == ["Another title"]
    path.unlink()
    found.refresh()
    assert found.names == BUILT_IN


def test_nothing_is_read_again_without_a_change(tmp_path: Path) -> None:
    write(tmp_path, "zoo.md")
    found = personas(tmp_path)
    before = found.get("zoo")
    found.refresh()
    assert found.get("zoo") is before


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert personas(tmp_path / "none").problems == ()
    assert personas(tmp_path / "none", expected=True).problems == (PersonaProblem("none", "The folder can't be read."),)
    assert personas(write(tmp_path, "file.md")).problems == (PersonaProblem("file.md", "The folder can't be read."),)


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(10_000_000_000)
    (problem,) = personas(tmp_path).problems
    assert problem == PersonaProblem("huge.md", "line 1: The file is larger than 131072 bytes.")


def test_so_many_files_are_read(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, f"p{number}.md")
    found = personas(tmp_path, Limits(personas=3))
    assert found.names == (*BUILT_IN, "p0", "p1", "p2")
    assert [problem.message for problem in found.problems] == ["Only the first 3 files are read."]


def test_a_file_name_that_is_no_text_can_be_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("---\n")
    (problem,) = personas(tmp_path).problems
    assert problem.file == "?.md"


def test_without_its_tools_a_persona_of_the_package_is_missed_and_named(tmp_path: Path) -> None:
    found = Personas(tmp_path, Known(), Limits())
    assert found.names == BUILT_IN[:-1]
    assert {problem.file for problem in found.problems} == {"support.md"}
