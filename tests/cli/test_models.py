import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genmedia_live.cli import main
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import ALL, SILERO
from genmedia_live.engine.weights.pull import pull
from genmedia_live.settings import Settings


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["models", *words], env={"GENMEDIA_MODELS_DIR": str(folder), "GENMEDIA_LLM_URL": ""})


def test_list_says_what_is_missing(tmp_path: Path) -> None:
    result = run(tmp_path, "list")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert len(lines) == 1 + len(ALL)
    assert lines[1].split() == ["silero_vad.onnx", "2.3", "MB", "MIT", "missing"]
    assert lines[-1].endswith("missing (optional)")


def test_list_as_json(tmp_path: Path) -> None:
    (tmp_path / SILERO.name).write_bytes(b"half")
    rows = json.loads(run(tmp_path, "list", "--json").output)
    assert [row["name"] for row in rows] == [weight.name for weight in ALL]
    assert rows[0] == {
        "name": SILERO.name,
        "purpose": "voice activity",
        "bytes": SILERO.bytes,
        "sha256": SILERO.sha256,
        "licence": "MIT",
        "needed": True,
        "state": "damaged",
    }


def test_verify_tells_damage(tmp_path: Path) -> None:
    (tmp_path / SILERO.name).write_bytes(b"\0" * SILERO.bytes)
    result = run(tmp_path, "verify")
    assert result.exit_code == 1
    assert result.output.splitlines()[0].split() == [SILERO.name, "damaged"]


def test_an_unknown_name_is_a_usage_error(tmp_path: Path) -> None:
    result = run(tmp_path, "pull", "nothing")
    assert result.exit_code == 2
    assert "'nothing'" in result.output


@pytest.mark.weights
def test_pull_takes_what_a_folder_has(tmp_path: Path) -> None:
    here = WeightsFolder(Settings().models_path)
    pull(here, [SILERO])
    (tmp_path / SILERO.name).write_bytes(b"\0" * SILERO.bytes)
    result = run(tmp_path, "pull", SILERO.name, "--from", str(here.path))
    assert result.exit_code == 0, result.output
    assert f"100 % of 2 MB  {SILERO.name}  checking" in result.stderr
    assert "Brought 1 of 1 files" in result.stderr
    assert (tmp_path / SILERO.name).read_bytes() == here.file(SILERO).read_bytes()
    assert "Brought 0 of 1 files" in run(tmp_path, "pull", SILERO.name).stderr
