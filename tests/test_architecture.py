"""The rules of the house that no other tool holds. Imports are import-linter's, style is ruff's."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "genmedia_live"

LONGEST, LONG, FUNCTION = 600, 400, 50

LONG_FILES = {
    "engine/dialogue/conversation.py": "a Live conversation is one machine: split, its rules would meet in three places",
}
"""Files of more than 400 lines, and why they are one idea."""

LONG_FUNCTIONS: dict[str, str] = {}
"""`file:function` of more than 50 lines, and why."""

ENVIRONMENT = {
    "settings.py": "the one reader",
    "engine/mind/llm.py": "writes what OpenMP reads when the language model's library is loaded",
}

NO_IDEA = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "base"}
"""Names that tell nothing about what is inside."""


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def page_files() -> list[Path]:
    web = SOURCE / "web"
    return sorted(path for path in web.rglob("*.*") if path.suffix in (".js", ".css", ".html") and "vendor" not in path.parts)


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def shown(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of the file and its length in lines, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            docstring = ast.get_docstring(node) is not None
            about = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - about


def tracked() -> list[Path]:
    """Every text file in git."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:1024]]


def test_no_file_is_longer_than_one_idea():
    everything = python_files(SOURCE) + page_files() + python_files(ROOT / "tests") + python_files(ROOT / "bench")
    assert [str(path) for path in everything if lines(path) > LONGEST] == []
    long = {shown(path) for path in python_files(SOURCE) + page_files() if lines(path) > LONG}
    assert long - LONG_FILES.keys() == set(), "more than 400 lines need a reason here"


def test_no_function_is_longer_than_a_page():
    found = {f"{shown(path)}:{name}" for path in python_files(SOURCE) for name, length in functions(path) if length > FUNCTION}
    assert found - LONG_FUNCTIONS.keys() == set()


def test_the_exceptions_are_still_needed():
    assert {name for name in LONG_FILES if lines(SOURCE / name) <= LONG} == set()
    long = {f"{shown(path)}:{name}" for path in python_files(SOURCE) for name, length in functions(path) if length > FUNCTION}
    assert LONG_FUNCTIONS.keys() - long == set()


def test_every_module_has_a_name_that_tells():
    named = [path.stem for path in python_files(SOURCE) + page_files()] + [
        path.name for path in SOURCE.rglob("*") if path.is_dir()
    ]
    assert NO_IDEA.intersection(named) == set()


def test_every_task_has_an_owner():
    spawning = {
        shown(path)
        for path in python_files(SOURCE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("create_task", "ensure_future")
    }
    assert spawning == {"aio.py"}


def test_the_environment_is_read_in_one_place():
    touching = {
        shown(path)
        for path in python_files(SOURCE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "environb", "getenv", "getenvb")
    }
    assert touching <= ENVIRONMENT.keys()


MACHINE_PATH = re.compile(r"(?<![\w./])/(?:work|root|home|opt|Users)/\w")
SHOPS = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)", r"deb\." + "debian"]))


@pytest.mark.parametrize("pattern", [MACHINE_PATH, SHOPS], ids=["machine paths", "package registries"])
def test_no_file_names_a_machine_or_a_shop(pattern: re.Pattern[str]):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_lock_has_a_hash_for_everything():
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]
        assert pinned
        assert [line.split()[0] for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []
