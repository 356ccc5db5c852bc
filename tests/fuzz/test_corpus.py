"""What the fuzzer began with, and what it has found since: each input keeps the promises of its target."""

from pathlib import Path

import pytest

from genmedia_live.engine.protocol.messages import Close
from genmedia_live.engine.protocol.wire import parse
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
INPUTS = [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in sorted(CORPUS.glob("*/*"))]
CAPTURED = sorted(path for path in CORPUS.glob("frame/*.json") if not path.name.startswith("music-"))


@pytest.mark.parametrize("path", INPUTS)
def test_an_input_keeps_the_promises(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_what_the_sdks_send_is_taken(path: Path) -> None:
    assert not isinstance(parse(path.read_bytes()), Close)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("data", [b"", b"\n", b"\0", b"\xff\xfe", b"{}", b"[" * 100_000, b'"' + b"\\" * 9_999, b"\n" * 1_000])
def test_bytes_that_mean_nothing(name: str, data: bytes) -> None:
    TARGETS[name](data)
