"""What `docs/clients.md` shows is run as it stands, apart from the ports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.engine import Engine, environment
from tests.clients.environments import ROOT, node, pipecat

PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^<!-- example: (.+?) -->\n```\w+\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))

pytestmark = pytest.mark.timeout(700)  # the first test may have to install a client


@pytest.fixture
def here(scripted: Engine, tmp_path: Path) -> Path:
    """A folder with the engine's certificate in it, as the page has it."""
    (tmp_path / "ca.pem").write_text(scripted.ca.read_text())
    return tmp_path


def example(engine: Engine, *names: str) -> str:
    """The code of these examples, one after the other, for the engine that runs."""
    code = "\n".join(EXAMPLES[name] for name in names)
    return code.replace("127.0.0.1:8443", f"127.0.0.1:{engine.port}").replace("127.0.0.1:8480", f"127.0.0.1:{engine.plain_port}")


def run(folder: Path, *command: str | Path, **more: str) -> str:
    """What the command says. Raises AssertionError when it fails."""
    done = subprocess.run(command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("api", ["developer", "vertex"])
def test_the_python_sdk(api: str, scripted: Engine, here: Path) -> None:
    code = example(scripted, f"python {api}", "python conversation")
    assert run(here, sys.executable, "-c", code) == "You said: Hello."


def test_the_python_sdk_calls_without_awaiting(scripted: Engine, here: Path) -> None:
    ask = 'print(client.models.count_tokens(model="gemini-3.8-live", contents="Hello").total_tokens > 0)'
    for api in ("developer", "vertex"):
        assert run(here, sys.executable, "-c", example(scripted, f"python {api}") + ask) == "True"


def test_the_python_sdk_resumes(scripted: Engine, here: Path) -> None:
    code = example(scripted, "python developer", "python resume")
    assert run(here, sys.executable, "-c", code).splitlines()[-1] == "Your name is Ada."


def test_the_python_sdk_with_an_ephemeral_token(scripted: Engine, here: Path) -> None:
    used = 'assert client._api_client.api_key.startswith("auth_tokens/")\n'
    code = example(scripted, "python developer", "python token") + used + EXAMPLES["python conversation"]
    assert run(here, sys.executable, "-c", code) == "You said: Hello."


@pytest.mark.parametrize("trust", ["", "bundle"])
def test_the_python_sdk_told_by_the_environment(trust: str, scripted: Engine, here: Path) -> None:
    client = "from google import genai\nfrom google.genai import types\nclient = genai.Client()\n"
    (here / "bot.py").write_text(client + EXAMPLES["python conversation"])
    names = ["python environment", *([trust] if trust else [])]
    script = example(scripted, *names) + "python bot.py"
    assert run(here, "sh", "-euc", script, PATH=path()) == "You said: Hello."


@pytest.mark.parametrize("api", ["developer", "vertex"])
def test_the_javascript_sdk(api: str, scripted: Engine, here: Path) -> None:
    program = here / "bot.mjs"
    program.write_text(example(scripted, f"javascript {api}", "javascript conversation"))
    (here / "node_modules").symlink_to(ROOT / "node_modules")
    assert run(here, *node(), program) == "You said: Hello."


@pytest.mark.parametrize("api", ["developer", "vertex"])
def test_pipecat(api: str, scripted: Engine, here: Path) -> None:
    run(here, pipecat(), "-c", example(scripted, "pipecat service-account"))
    code = example(scripted, f"pipecat {api}", "pipecat conversation")
    assert run(here, pipecat(), "-c", code, SSL_CERT_FILE="ca.pem") == "You said: Hello."


def test_a_ci_job(here: Path) -> None:
    job = EXAMPLES["ci"].replace("--port 8443 --plain-port 8480", "--port 0")
    (here / "test_that_the_engine_can_be_reached.py").write_text("def test(): assert open('ca.pem').read()\n")
    said = run(here, "sh", "-c", job, PATH=path())
    assert "Live engine on wss://127.0.0.1:" in said
    assert "1 passed" in said


def path() -> str:
    """Where the commands of this environment are found first."""
    return f"{Path(sys.executable).parent}:{environment()['PATH']}"


def test_every_example_is_run() -> None:
    mine = Path(__file__).read_text(encoding="utf-8")
    for name in EXAMPLES:
        assert f'"{name}"' in mine or f'"{name.split()[0]} {{api}}"' in mine


def test_the_page_names_the_versions_that_are_tested() -> None:
    locked = {
        "google-genai": re.search(r"^google-genai==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE),
        "@google/genai": re.search(r'"@google/genai": "(\S+)"', (ROOT / "package.json").read_text()),
        "pipecat-ai[google]": re.search(
            r"^pipecat-ai==(\S+)", (Path(__file__).parent / "requirements-pipecat.lock").read_text(), re.MULTILINE
        ),
    }
    for name, found in locked.items():
        assert found is not None
        assert f"`{name}` | {found[1]} |" in PAGE
