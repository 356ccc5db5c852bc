import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from genmedia_live.cli import main
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import EYES, needed, wanted
from genmedia_live.engine.weights.pull import disk_needed
from genmedia_live.settings import Settings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        names = getattr(field.validation_alias, "choices", [field.validation_alias])
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GENMEDIA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    return tmp_path


def doctor(**env: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(main, ["doctor", "--json"], env=env)
    return result.exit_code, json.loads(result.stdout)


def service_account(folder: Path) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*form).decode()
    content = {
        "type": "service_account",
        "project_id": "p-1",
        "private_key": key,
        "client_email": "a@b.c",
        "token_uri": "https://t",
    }
    (folder / "account.json").write_text(json.dumps(content))
    return str(folder / "account.json")


def test_the_scripted_engine_needs_nothing(machine: Path):
    code, found = doctor(GENMEDIA_ENGINE="scripted")
    assert code == 0
    assert found["ok"]
    assert found["engine"] == "scripted"
    assert found["missing"] == []


def test_without_an_account_it_is_the_local_engine_and_its_weights_are_missed(machine: Path):
    code, found = doctor()
    assert code == 1
    assert found["engine"] == "local"
    assert "Neither" in found["why"]
    assert found["weights"]["present"] == 0
    assert found["weights"]["needed"] == len(needed())
    assert found["weights"]["files"].keys() == {weight.name for weight in wanted()}
    (lack,) = [lack for lack in found["missing"] if lack["code"] == "models_missing"]
    assert "genmedia-live models pull" in lack["mend"]


def test_without_its_eyes_a_conversation_can_start_and_their_lack_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch):
    blind = {weight.name for weight in EYES}
    monkeypatch.setattr(WeightsFolder, "state", lambda self, weight: "missing" if weight.name in blind else "present")
    monkeypatch.setattr("genmedia_live.cli.doctor_findings._memory_free", lambda: None)
    code, found = doctor(GENMEDIA_ENGINE="local")
    assert (code, found["missing"]) == (0, [])
    assert found["weights"]["present"] == found["weights"]["needed"]
    (lack,) = found["optional"]
    assert lack["code"] == "models_missing"
    said = CliRunner().invoke(main, ["doctor"], env={"GENMEDIA_ENGINE": "local"}).stdout
    assert f"{lack['message']}\n    {lack['mend']}" in said
    assert "A conversation can start." in said


def test_a_damaged_weight_is_not_present(machine: Path):
    weight = wanted()[0]
    path = machine / "data" / "models" / weight.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not it")
    _, found = doctor()
    assert found["weights"]["files"][weight.name] == "damaged"
    (lack,) = [lack for lack in found["missing"] if lack["code"] == "model_damaged"]
    assert f"Damaged: {weight.name}." in lack["message"]


def test_the_disk_that_is_wanted_is_what_a_download_asks_for(machine: Path, monkeypatch: pytest.MonkeyPatch):
    folder = WeightsFolder(machine / "data" / "models")
    enough = disk_needed(folder, wanted())
    for free, codes in ((enough, []), (enough - 1, ["insufficient_disk"])):
        monkeypatch.setattr("genmedia_live.cli.doctor_findings._disk_free", lambda path, free=free: free)
        _, found = doctor()
        assert [lack["code"] for lack in found["missing"] if lack["code"] == "insufficient_disk"] == codes


def test_a_key_is_the_developer_api_and_is_not_shown(machine: Path):
    code, found = doctor(GOOGLE_API_KEY="hunter2")
    assert code == 0
    assert found["engine"] == "gemini"
    assert "hunter2" not in json.dumps(found)


def test_a_project_with_its_credentials_is_vertex_ai(machine: Path):
    account = service_account(machine)
    code, found = doctor(GOOGLE_CLOUD_PROJECT="p-1", GOOGLE_APPLICATION_CREDENTIALS=account, GOOGLE_CLOUD_LOCATION="europe-west4")
    assert (code, found["engine"], found["region"]) == (0, "vertex", "europe-west4")
    assert "GOOGLE_APPLICATION_CREDENTIALS" in found["credentials"]
    assert "p-1" in found["credentials"]


def test_what_was_asked_for_and_is_not_there_is_named(machine: Path):
    code, found = doctor(GENMEDIA_ENGINE="gemini")
    assert code == 1
    assert found["missing"][0]["code"] == "bad_settings"
    assert "GOOGLE_API_KEY" in found["missing"][0]["message"]


def test_an_unknown_voice_is_named(machine: Path):
    code, found = doctor(GENMEDIA_ENGINE="scripted", GENMEDIA_VOICE="Nobody")
    assert code == 1
    assert [lack["code"] for lack in found["missing"]] == ["unknown_voice"]


def test_settings_that_cannot_be_read(machine: Path):
    code, found = doctor(PORT="many")
    assert code == 1
    assert found["missing"][0]["code"] == "bad_settings"
    assert "PORT" in found["missing"][0]["message"]


def test_a_person_reads_what_is_missing_and_how_to_mend_it(machine: Path):
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "models_missing" in result.stdout
    assert "models pull" in result.stdout
    assert result.stdout.endswith("A conversation cannot start yet.\n")


def test_personas_and_tools_are_counted_and_their_mistakes_are_named(machine: Path):
    folder = machine / "data" / "personas"
    folder.mkdir(parents=True)
    (folder / "mine.md").write_text("---\ntitle: Mine\n---\n")
    (folder / "broken.md").write_text("---\ntitel: T\n---\n")
    (machine / "shop.py").write_text("import no_such_module")
    env = {"GENMEDIA_ENGINE": "scripted", "GENMEDIA_TOOLS": str(machine / "shop.py")}
    code, found = doctor(**env)
    assert code == 0
    assert found["personas"]["names"] == ["assistant", "translator", "tutor", "support", "mine"]
    assert {problem["file"] for problem in found["personas"]["problems"]} == {"broken.md"}
    assert "look_up_order" in found["tools"]["names"]
    assert [problem["source"] for problem in found["tools"]["problems"]] == ["shop.py"]
    result = CliRunner().invoke(main, ["doctor"], env=env)
    assert "broken.md: line 2: There is no field `titel`." in result.stdout
    assert "shop.py: line 1: ModuleNotFoundError" in result.stdout
    assert "5 (assistant, translator, tutor, support, mine), mistakes: 2, in " in result.stdout
    assert result.stderr == ""
