"""What the environment says, as the program reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from genmedia_live.settings import Settings


def test_a_folder_in_env_may_be_below_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("GENMEDIA_DATA_DIR", "GENMEDIA_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("GENMEDIA_DATA_DIR=~/data\nGENMEDIA_MODELS_DIR=~/weights\n")
    settings = Settings(_env_file=tmp_path / ".env")  # type: ignore[call-arg]
    assert settings.data_dir == tmp_path / "data"
    assert settings.models_path == tmp_path / "weights"


def test_personas_are_beside_the_data_unless_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GENMEDIA_PERSONAS_DIR", raising=False)
    settings = Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
    assert settings.personas_path == tmp_path / "personas"
    assert settings.tool_sources == []
    monkeypatch.setenv("GENMEDIA_PERSONAS_DIR", "~/mine")
    monkeypatch.setenv("GENMEDIA_TOOLS", "shop.py, my.tools,,")
    settings = Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
    assert settings.personas_path == tmp_path / "mine"
    assert settings.tool_sources == ["shop.py", "my.tools"]
