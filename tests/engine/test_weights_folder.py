import os
from pathlib import Path

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import WeightFile
from tests.engine.weightmaking import content, weight_of


@pytest.fixture
def weight(tmp_path: Path) -> WeightFile:
    return weight_of(tmp_path / "shop", "deep/net.bin")


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    return WeightsFolder(tmp_path / "models")


def put(folder: WeightsFolder, weight: WeightFile, data: bytes) -> Path:
    path = folder.file(weight)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_file_is_missing_damaged_or_present(folder: WeightsFolder, weight: WeightFile) -> None:
    data = content(weight.name, weight.bytes)
    assert folder.state(weight) == "missing"
    put(folder, weight, data[:-1])
    assert folder.state(weight) == "damaged"
    put(folder, weight, data[:-1] + b"\0")
    assert folder.state(weight) == "damaged"
    put(folder, weight, data)
    assert folder.state(weight) == "present"
    assert folder.missing([weight]) == []


def test_the_stamp_saves_the_hash_and_verify_does_not_believe_it(folder: WeightsFolder, weight: WeightFile) -> None:
    data = content(weight.name, weight.bytes)
    path = put(folder, weight, data)
    assert folder.state(weight) == "present"
    times = path.stat()
    path.write_bytes(data[:-1] + b"\0")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert folder.state(weight) == "present", "size and time of change are as stamped"
    assert folder.verify([weight]) == {weight.name: "damaged"}
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert folder.state(weight) == "damaged", "a changed file is hashed again"


def test_a_broken_stamp_file_counts_as_none(folder: WeightsFolder, weight: WeightFile) -> None:
    put(folder, weight, content(weight.name, weight.bytes))
    (folder.path / ".verified.json").write_text("[not json")
    assert folder.state(weight) == "present"


def test_require_names_the_file(folder: WeightsFolder, weight: WeightFile) -> None:
    with pytest.raises(GenmediaError, match=r"deep/net\.bin") as missing:
        folder.require([weight])
    put(folder, weight, b"")
    with pytest.raises(GenmediaError, match=r"deep/net\.bin") as damaged:
        folder.require([weight])
    assert (missing.value.code, damaged.value.code) == ("models_missing", "model_damaged")
    put(folder, weight, content(weight.name, weight.bytes))
    folder.require([weight])
