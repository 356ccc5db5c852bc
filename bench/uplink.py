"""How old the person's voice is when it reaches the model, over a narrow uplink, with camera and screen and without.

Run as `python -m bench.uplink`. The gateway runs here, with a model that notes when each piece of voice comes; a proxy in front
of it passes 256 kbit/s upwards, all connections together. Runs with pictures and without take turns.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from bench.report import emit
from genmedia_live.core import actions as act
from tests.e2e.harness import pictures, speech
from tests.e2e.harness.browser import launch, new_context
from tests.e2e.harness.proxy import fault_proxy
from tests.e2e.harness.tab import Tab
from tests.fakes import FakeLink
from tests.gateway.house import House, open_house

BITS_A_SECOND = 256_000
PAIRS = 5
RUN_S = 20
SETTLE_S = 5
LAST_MS = 3_000
RATIO = 1.25

TITLE = "Departures"
PAGE = (
    f"<title>{TITLE}</title><body style='font:28px sans-serif'><h1>Departures</h1><p id=clock></p>"
    + "".join(f"<p>LX {n} to Zürich at {n % 24}:15, gate {n % 40}</p>" for n in range(100, 140))
    + "<script>setInterval(() => { clock.textContent = new Date().toISOString(); scrollTo(0, Date.now() / 20 % 800); }, 200);"
    + "</script>"
)


@dataclass
class Arrivals:
    """When each piece of the voice, and each picture, came to the model: seconds since the epoch."""

    voice: dict[int, float] = field(default_factory=dict)
    pictures: list[tuple[float, str, int]] = field(default_factory=list)


class NotingLink(FakeLink):
    """A model that only listens."""

    arrivals = Arrivals()

    async def send(self, message: act.ModelInput) -> None:
        if isinstance(message, act.SendAudio):
            self.arrivals.voice[message.chunk.seq] = time.time()
        elif isinstance(message, act.SendFrame):
            self.arrivals.pictures.append((time.time(), message.source, len(message.jpeg)))


@contextmanager
def gateway(folder: Path) -> Iterator[int]:
    """The gateway in a thread, and its port."""
    ports: list[int] = []
    up, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_house(folder) as house:
            _listen_only(house)
            ports.append(house.port)
            up.set()
            await asyncio.get_running_loop().run_in_executor(None, done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    up.wait(20)
    try:
        yield ports[0]
    finally:
        done.set()
        thread.join(20)


def _listen_only(house: House) -> None:
    async def opened(settings, handle=None, tools=()):  # type: ignore[no-untyped-def]
        return NotingLink(house.upstream.capabilities, settings, handle, tools)

    house.engine.upstream.open = opened  # type: ignore[method-assign]


def film(folder: Path) -> Path:
    """A camera's file: something that moves all the time."""
    frames = []
    for n in range(12):
        frame = Image.effect_noise(pictures.SIZE, 60).convert("RGB")
        ImageDraw.Draw(frame).rectangle((80 * n, 200, 80 * n + 200, 500), fill="orange")
        frames.append(frame)
    return pictures.film(folder, *frames)


@dataclass(frozen=True)
class Run:
    """Ages of the voice in ms, and the pictures that came."""

    ages: list[float]
    pictures: list[tuple[float, str, int]]

    @property
    def median(self) -> float:
        return statistics.median(self.ages)


def run(browser: Browser, url: str, *, show: bool) -> Run:
    """Talk for a while; the beginning, when the page learns the path, is left out of both kinds."""
    NotingLink.arrivals = arrivals = Arrivals()
    with new_context(browser) as context:
        if show:
            shown = context.new_page()
            shown.set_content(PAGE)
        tab = Tab(context, url)
        tab.start()
        if show:
            tab.page.click("#camera")
            tab.page.click("#screen")
            tab.page.wait_for_selector("body[data-camera=on][data-screen=on]")
        tab.page.wait_for_timeout((SETTLE_S + RUN_S) * 1000)
        sent = {message.map["seq"]: message.at for message in tab.wire("mic")}
    begin = min(sent.values()) + SETTLE_S * 1000
    end = 1000 * time.time()
    # What has not come yet is as old as the wait for it, so the last that was sent is left out.
    counted = {seq: at for seq, at in sent.items() if begin <= at <= end - LAST_MS}
    ages = [1000 * arrivals.voice[seq] - at if seq in arrivals.voice else end - at for seq, at in counted.items()]
    return Run(ages, arrivals.pictures)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        wav = speech.wav(folder / "words.wav", "I talk and talk, and somebody listens to all of it.", 2.0)
        flags = (f"--use-file-for-fake-video-capture={film(folder)}", f"--auto-select-tab-capture-source-by-title={TITLE}")
        with gateway(folder) as port, fault_proxy(port) as proxy, launch(playwright, wav, *flags) as browser:
            proxy.up_rate = BITS_A_SECOND / 8
            pairs = [(run(browser, proxy.url, show=False), run(browser, proxy.url, show=True)) for _ in range(PAIRS)]
    ratios = [shown.median / plain.median for plain, shown in pairs]
    emit(
        "uplink_voice_age_ratio",
        statistics.median(ratios),
        "ratio",
        RATIO,
        all=[round(ratio, 3) for ratio in ratios],
        plain_ms=[round(plain.median, 1) for plain, _ in pairs],
        shown_ms=[round(shown.median, 1) for _, shown in pairs],
        worst_ms=[round(max(shown.ages)) for _, shown in pairs],
        pictures=[len(shown.pictures) for _, shown in pairs],
        pictures_kb=[round(sum(size for *_, size in shown.pictures) / 1000) for _, shown in pairs],
    )


if __name__ == "__main__":
    main()
