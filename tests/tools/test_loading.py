"""Tools are found where they are said to be; what can't be used is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from genmedia_live.tools import loading
from genmedia_live.tools.loading import load_tools

BUILT_IN = {"current_time", "look_up_order", "open_return"}

SHOP = '''
from __future__ import annotations
from dataclasses import dataclass
from genmedia_live.tools import tool

@dataclass
class Ware:
    name: str

@tool
def price(ware: Ware) -> int:
    """Tell a price."""
    return len(ware.name)
'''


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_the_package_has_tools() -> None:
    loaded = load_tools()
    assert set(loaded.tools) == BUILT_IN
    assert loaded.problems == []


def test_a_file_of_tools(tmp_path: Path) -> None:
    loaded = load_tools([write(tmp_path, "shop.py", SHOP)])
    assert set(loaded.tools) == BUILT_IN | {"price"}
    assert loaded.tools["price"].bind({"ware": {"name": "hat"}}, None)() == 3  # type: ignore[arg-type]


def test_a_module_of_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "shop_of_the_tests.py", SHOP)
    monkeypatch.syspath_prepend(tmp_path)
    assert "price" in load_tools(["shop_of_the_tests"]).tools


def test_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = "genmedia_live.tools.builtin.clock"
    entries = [
        EntryPoint("a", f"{clock}:current_time", loading.GROUP),
        EntryPoint("b", f"{clock}:ZoneInfo", loading.GROUP),
        EntryPoint("c", "no.such.module", loading.GROUP),
    ]
    monkeypatch.setattr(loading, "entry_points", lambda group: entries)
    loaded = load_tools()
    assert set(loaded.tools) == BUILT_IN
    assert [(problem.source, problem.message[:20]) for problem in loaded.problems] == [
        ("b", "TypeError: It names "),
        ("c", "ModuleNotFoundError:"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nimport no_such_module", "line 2: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\ndef broken(:", "line 3: invalid syntax"),
        ("\nraise SystemExit(1)", "line 2: SystemExit: 1"),
        ("x = 1", "There is no function with @tool in it."),
        (
            "from genmedia_live.tools import tool\n\n@tool\ndef f(x): ...",
            "line 3: TypeError: f: the argument x has no type",
        ),
        ("\0", "source code string cannot contain null bytes"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, message: str, caplog: pytest.LogCaptureFixture) -> None:
    loaded = load_tools([write(tmp_path, "shop.py", text)])
    assert set(loaded.tools) == BUILT_IN
    (problem,) = loaded.problems
    assert problem.source == "shop.py"
    assert message in problem.message
    assert "shop.py" in caplog.text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = load_tools([str(tmp_path / "none.py")]).problems
    assert "There is no file" in problem.message


def test_the_users_tool_takes_the_place_of_a_built_in_one_but_not_of_another(tmp_path: Path) -> None:
    mine = SHOP.replace("def price", "def look_up_order")
    loaded = load_tools([write(tmp_path, "one.py", mine), write(tmp_path, "two.py", mine)])
    assert "ware" in loaded.tools["look_up_order"].arguments.schema["properties"]
    assert [(problem.source, problem.message) for problem in loaded.problems] == [
        ("two.py", "There is a tool named look_up_order in one.py already; that one is used.")
    ]
