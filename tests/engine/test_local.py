from pathlib import Path

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.local import EYES_BYTES, MEMORY_BYTES, container_memory, load_mind, local_eyes, spare_memory


def test_missing_models_are_named(tmp_path: Path) -> None:
    with pytest.raises(GenmediaError, match=r"silero_vad\.onnx.*qwen2\.5-coder-0\.5b.*models pull") as caught:
        load_mind(tmp_path, llm="small")
    assert caught.value.code == "models_missing"


def test_with_a_remote_model_only_the_ears_are_needed(tmp_path: Path) -> None:
    with pytest.raises(GenmediaError) as caught:
        load_mind(tmp_path, llm_url="http://localhost:1/v1")
    assert "qwen" not in str(caught.value)


def test_too_little_memory_says_how_much() -> None:
    assert spare_memory("default", MEMORY_BYTES["default"] + 7) == 7
    with pytest.raises(GenmediaError, match=r"need 2\.0 GB of memory, and 1\.9 GB are free") as caught:
        spare_memory("default", 1_900_000_000)
    assert caught.value.code == "insufficient_memory"


def test_a_container_bounds_the_memory(tmp_path: Path) -> None:
    assert container_memory(tmp_path) > 10**15, "no control group"
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("300\n")
    (tmp_path / "memory.stat").write_text("anon 100\ninactive_file 150\n")
    assert container_memory(tmp_path) > 10**15, "a group without a bound"
    (tmp_path / "memory.max").write_text("1000\n")
    assert container_memory(tmp_path) == 850, "what is cached of files can be taken back"


def test_without_memory_or_weights_to_see_with_it_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert local_eyes(tmp_path, EYES_BYTES - 1) is None
    assert local_eyes(tmp_path, EYES_BYTES) is None
    assert [record.message for record in caplog.records] == ["too little memory to see with", "the eyes lack model files"]


@pytest.mark.weights
def test_the_eyes_are_there_and_load_nothing_yet(weights_dir: Path) -> None:
    eyes = local_eyes(weights_dir, EYES_BYTES)
    assert eyes is not None
    with pytest.raises(ValueError, match="picture"):
        eyes.look(b"")


@pytest.mark.weights
def test_the_mind_has_its_parts(mind: Mind) -> None:
    assert mind.name == "default"
    assert mind.new_vad() is not mind.new_vad()
    assert mind.eyes is not None
