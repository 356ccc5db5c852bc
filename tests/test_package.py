"""What is installed from a wheel serves the page, without this checkout and without Node."""

import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WEB = "genmedia_live/web/"
PERSONAS = "genmedia_live/personas/"

pytestmark = pytest.mark.timeout(300)


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, str(ROOT), cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the base dependencies of the lock and the wheel: no engine, no tools."""
    folder = tmp_path_factory.mktemp("env")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", unhashed(folder), str(wheel), cwd=folder)
    return folder


def unhashed(folder: Path) -> Path:
    """The lock as constraints: the versions alone, since a wheel built a moment ago has no pinned hash."""
    pins = re.findall(r"^[\w.-]+==[^\s\\]+(?: ; [^\\\n]+)?", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    path = folder / "constraints.txt"
    path.write_text("\n".join(pins))
    return path


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[str]:
    """`serve` on a free port, from another folder than the checkout."""
    command = [installed / "bin" / "genmedia-live", "serve", "--engine", "scripted", "--port", "0"]
    env = os.environ | {"GENMEDIA_DATA_DIR": str(tmp_path), "PATH": "/nonexistent", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://[^\s/]+:\d+", line):
                yield found[0].replace("localhost", "127.0.0.1")
                break
        else:
            pytest.fail(said)
        process.terminate()
        process.stdout.read()


def get(url: str) -> tuple[int, str, bytes]:
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.status, response.headers["Content-Type"], response.read()


def test_the_wheel_holds_the_page_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    page = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / WEB).rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith(WEB)} == page
    for name in ("vendor/socket.io.msgpack.min.js", "vendor/socket.io-client.LICENSE", "index.html", "app.js"):
        assert WEB + name in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"genmedia_live"}
    assert [name for name in names if "LICENSE" in name or "NOTICE" in name]


def test_the_wheel_holds_the_personas(wheel: Path):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(PERSONAS)}
    assert {PERSONAS + path.name for path in (ROOT / "src" / PERSONAS).glob("*.md")} <= names
    assert PERSONAS + "support.md" in names


def test_an_installed_wheel_serves_the_page(server: str):
    for path, kind in (
        ("/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/vendor/socket.io.msgpack.min.js", "text/javascript"),
    ):
        status, content_type, body = get(server + path)
        assert status == 200
        assert content_type.startswith(kind)
        assert body
    assert (
        get(server + "/vendor/socket.io.msgpack.min.js")[2]
        == (ROOT / "src" / WEB / "vendor/socket.io.msgpack.min.js").read_bytes()
    )


def test_an_sdist_can_be_built_without_npm(tmp_path: Path):
    """The source archive holds the vendor files, so that whoever builds from it needs neither Node nor a network for them."""
    code = "import sys; from hatchling.build import build_sdist; print(build_sdist(sys.argv[1]))"
    name = run(sys.executable, "-c", code, tmp_path, cwd=ROOT).strip()
    run(sys.executable, "-m", "tarfile", "-e", tmp_path / name, tmp_path / "source", cwd=tmp_path)
    (source,) = (tmp_path / "source").iterdir()
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = run(
        sys.executable, "-c", code, tmp_path, cwd=source, PYTHONPATH=str(tmp_path / "backend"), PATH="/nonexistent"
    ).strip()
    assert WEB + "vendor/socket.io.msgpack.min.js" in zipfile.ZipFile(tmp_path / built).namelist()
