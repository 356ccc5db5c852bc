"""What `docs/tools.md` shows works as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

from genmedia_live.core.limits import Limits
from genmedia_live.personas import Known
from genmedia_live.personas.files import parse
from genmedia_live.tools.loading import GROUP, load_tools
from genmedia_live.tools.registry import Registry

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
EXAMPLES = {
    name: textwrap.dedent(code)
    for name, code in re.findall(r"^ *<!-- example: (.+?) -->\n *```\w+\n(.+?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
}


def registry(folder: Path, name: str) -> Registry:
    (folder / name).write_text(EXAMPLES[name], encoding="utf-8")
    loaded = load_tools([str(folder / name)])
    assert loaded.problems == []
    return Registry(loaded.tools.values(), Limits())


async def test_the_shop(tmp_path: Path) -> None:
    tools = registry(tmp_path, "shop.py")
    assert await tools.run("in_stock", {"article": "tent", "pieces": "2"}) == {"output": {"in stock": True, "pieces": 3}}
    assert await tools.run("in_stock", {"article": "boat"}) == {"error": "The shop does not sell boat."}
    (declared,) = tools.declared(["in_stock"])
    assert declared.description == "Say whether the shop has an article in stock."
    assert declared.parameters["properties"]["pieces"] == {"type": "integer", "description": "How many of it."}
    persona = parse("clerk", EXAMPLES["clerk.md"].encode(), Known(tools.names), Limits())
    assert persona.tools == ("in_stock",)


async def test_the_slow_ones(tmp_path: Path) -> None:
    tools = registry(tmp_path, "slow.py")
    assert await tools.run("measure", {}) == {"output": "21 degrees"}
    assert await tools.run("count_visitors", {}) == {"output": 100}


def test_the_entry_point() -> None:
    assert list(tomllib.loads(EXAMPLES["pyproject.toml"])["project"]["entry-points"]) == [GROUP]


def test_the_test(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(EXAMPLES["shop.py"], encoding="utf-8")
    subprocess.run([sys.executable, "-c", EXAMPLES["test"]], cwd=tmp_path, check=True, timeout=60)


def test_the_bounds_are_those_of_the_table() -> None:
    limits = Limits()
    assert limits.tool_timeout_ms == 30_000
    assert limits.tool_result_bytes == 32 * 1024
    assert limits.tool_stuck_threads == 8
    assert f"`limits.tool_timeout_ms` ({limits.tool_timeout_ms / 1000:.0f} s)" in PAGE
