import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import WeightFile
from genmedia_live.engine.weights.pull import pull
from genmedia_live.engine.weights.sources import UrlSource
from genmedia_live.engine.weights.transfer import SourceFailed
from tests.engine.weightmaking import content, weight_of


class Mirror(ThreadingHTTPServer):
    """Serves files below its root; honours ranges unless told otherwise; remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def weight(tmp_path: Path) -> WeightFile:
    return weight_of(tmp_path / "shop", "deep/net.bin")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_it_ended(mirror: Mirror, weight: WeightFile, tmp_path: Path, ranges: bool) -> None:
    data = content(weight.name, weight.bytes)
    mirror.files["/models/deep/net.bin"] = data
    mirror.ranges = ranges
    folder = WeightsFolder(tmp_path / "models")
    reached = [0]
    source = UrlSource(mirror.url + "/models/")
    pull(
        folder,
        [weight],
        sources=[source],
        progress=lambda now: reached.__setitem__(0, now.done_bytes),
        cancelled=lambda: reached[0] > 500_000,
    )
    have = (folder.path / ".partial" / "deep--net.bin.part").stat().st_size
    assert 0 < have < weight.bytes
    assert pull(folder, [weight], sources=[source]) == ["deep/net.bin"]
    assert mirror.asked == [None, f"bytes={have}-"]
    assert folder.state(weight, full=True) == "present"


@pytest.mark.parametrize(("data", "reason"), [(b"x" * 5_000_000, "larger"), (b"x" * 100, "early"), (None, "404")])
def test_what_is_not_the_file_is_refused(
    mirror: Mirror, weight: WeightFile, tmp_path: Path, data: bytes | None, reason: str
) -> None:
    if data is not None:
        mirror.files["/deep/net.bin"] = data
    with pytest.raises(SourceFailed, match=reason):
        UrlSource(mirror.url).fetch(weight, tmp_path / "partial", lambda _: None, lambda: False)


def test_nobody_there_is_a_failed_source(weight: WeightFile, tmp_path: Path) -> None:
    with pytest.raises(SourceFailed):
        UrlSource("http://127.0.0.1:9").fetch(weight, tmp_path / "partial", lambda _: None, lambda: False)


def test_hosts_fail_as_one_and_a_file_without_a_hub_is_passed_over(weight: WeightFile) -> None:
    assert UrlSource("https://a.example/x").key(weight) == UrlSource("https://a.example/y").key(weight) == "a.example"
    assert UrlSource().key(weight) is None
