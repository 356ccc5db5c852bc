"""Mouth to ear, without the mouth and the ear: end of speech to the first voice of the answer, through the gateway.

Measured where a terminal client stands: `talk --json` says a question in real time, and its own lines tell when the last sample
left and when the first voice came back. The engine's log adds each stage's share. Questions are spoken by our own voices.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.report import emit
from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.mind.tts import HibariTts
from genmedia_live.settings import Settings

QUESTIONS = (
    ("heart", "What is the capital of France?"),
    ("sol", "How many days are there in a week?"),
    ("vera", "Can you tell me a short joke?"),
    ("luna", "What should I cook tonight with eggs and tomatoes?"),
    ("bruno", "Why is the sky blue?"),
    ("heart", "Give me a quick tip for a job interview."),
)
ROUNDS = 2
MEDIAN_S = 1.8
WORST_S = 4.0
QUIET = 0.01
"""Amplitude under which the end of a recording is not speech any more."""


def speak(folder: Path) -> list[Path]:
    """The questions as WAV files that end with the last sample of speech."""
    tts = HibariTts()
    paths = []
    for number, (voice, question) in enumerate(QUESTIONS):
        pcm = np.frombuffer(b"".join(tts.synthesize(question, voice)), "<i2")
        pcm = pcm[: int(np.flatnonzero(np.abs(pcm) > QUIET * 32_768)[-1]) + 1]
        paths.append(folder / f"{number}.wav")
        with wave.open(str(paths[-1]), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(VOICE_RATE)
            out.writeframes(np.concatenate([np.zeros(VOICE_RATE // 2, "<i2"), pcm]).tobytes())
    return paths


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Path]]:
    """A gateway with the local engine, ready; its URL and its log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "serve.log"
    environment = os.environ | {"LOG_FORMAT": "json", "GENMEDIA_DATA_DIR": str(folder / "data")}
    environment.setdefault("GENMEDIA_MODELS_DIR", str(Settings().models_path))
    command = [sys.executable, "-m", "genmedia_live", "serve", "--engine", "local", "--port", str(port)]
    with log.open("wb") as sink, subprocess.Popen(command, env=environment, stdout=sink, stderr=sink) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_ready(url, server)
            yield url, log
        finally:
            server.terminate()
            server.wait(20)


def wait_ready(url: str, server: subprocess.Popen[bytes], deadline: float = 900) -> None:
    until = time.monotonic() + deadline
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("The server did not become ready.")


def ask(url: str, wavs: list[Path]) -> list[float]:
    """Seconds from the end of each question to the first voice of its answer, in one conversation."""
    command = [sys.executable, "-m", "genmedia_live", "talk", "--url", url, "--json", "--timeout", "300"]
    for wav in wavs:
        command += ["--wav", str(wav)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    waits: list[float] = []
    ended: float | None = None
    for line in map(json.loads, out.splitlines()):
        if line["event"] == "input_end":
            ended = line["t"]
        elif line["event"] == "audio" and ended is not None:
            waits.append(line["t"] - ended)
            ended = None
    return waits


def shares(log: Path) -> dict[str, list[float]]:
    """Each stage's milliseconds, from the engine's line a turn."""
    stages: dict[str, list[float]] = {}
    for text in log.read_text(errors="replace").splitlines():
        if text.startswith("{") and (line := json.loads(text)).get("message") == "turn":
            for name, value in line.items():
                if name.endswith("_ms") and value is not None:
                    stages.setdefault(name.removesuffix("_ms"), []).append(value)
    return stages


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wavs = speak(folder)
        with serving(folder) as (url, log):
            waits = [wait for _ in range(ROUNDS) for wait in ask(url, wavs)]
        stages = shares(log)
    emit("answer_first_voice_median", statistics.median(waits), "s", MEDIAN_S, runs=len(waits))
    emit("answer_first_voice_worst", max(waits), "s", WORST_S, all=[round(wait, 2) for wait in waits])
    for stage, values in stages.items():
        emit(f"answer_stage_{stage}", statistics.median(values), "ms", runs=len(values), worst=round(max(values), 1))


if __name__ == "__main__":
    main()
