"""Word error rate of the engine's ears: on human recordings, and on its own voices.

    python -m bench.wer [human] [voices]

The human rate is what counts; that of the voices says whether each of them can be understood.
"""

from __future__ import annotations

import re
import sys
import time

import jiwer
import numpy as np
import soxr

from bench.clips import CLIPS, RATE, samples
from bench.report import emit
from genmedia_live.core.audio import VOICE_RATE
from genmedia_live.engine.mind.stt import MoonshineStt
from genmedia_live.engine.mind.tts import HibariTts
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import MOONSHINE
from genmedia_live.settings import Settings

LIMIT_PERCENT = 10.0

SENTENCES = (
    "What is the capital of France?",
    "Translate to French, good morning everyone.",
    "Can you explain how photosynthesis works in one sentence?",
    "Please set the tone to cheerful and tell me a short joke.",
    "Turn on the living room lights and play some jazz.",
    "I would like to book a table for two at seven tonight.",
    "Wait, stop, that is not what I asked you.",
    "How far is the moon from the earth in kilometers?",
    "Show me the weather forecast for Berlin on Tuesday.",
    "What can you see in the picture I just shared?",
)

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAME = {"mr": "mister", "metres": "meters", "kilometres": "kilometers"} | {str(n): word for n, word in enumerate(_DIGITS)}
"""Spellings that are the same spoken word."""


def normal(text: str) -> str:
    """Lower case, no punctuation, one spelling for each word; hyphens part words."""
    words = re.sub(r"[^a-z0-9' ]+", " ", text.lower()).split()
    return " ".join(_SAME.get(word, word) for word in words)


def errors(reference: str, heard: str) -> tuple[int, int]:
    """Wrong, missing and invented words; and the words that there were."""
    result = jiwer.process_words(normal(reference), normal(heard) or "<nothing>")
    return result.substitutions + result.deletions + result.insertions, len(normal(reference).split())


def human(stt: MoonshineStt) -> bool:
    """Every clip of `bench.clips`; True when the rate over all of them is within the limit."""
    wrong = words = 0
    heard_s = took_s = 0.0
    for clip in CLIPS:
        audio = samples(clip)
        began = time.process_time()
        heard = stt.transcribe(audio)
        took_s, heard_s = took_s + time.process_time() - began, heard_s + len(audio) / RATE
        bad, count = errors(clip.words, heard)
        wrong, words = wrong + bad, words + count
        emit(f"wer.human.{clip.name}", 100 * bad / count, "%", package=clip.package, words=count, heard=heard)
    rate = 100 * wrong / words
    emit("wer.human", rate, "%", LIMIT_PERCENT, words=words, clips=len(CLIPS))
    emit("stt.cpu_per_second", took_s / heard_s, "s/s")
    return rate <= LIMIT_PERCENT


def voices(stt: MoonshineStt) -> bool:
    """Ten sentences in each voice, spoken and heard again; True when every voice is within the limit."""
    tts, fine = HibariTts(), True
    for voice in tts.voices:
        wrong = words = 0
        level = []
        for sentence in SENTENCES:
            pcm = np.frombuffer(b"".join(tts.synthesize(sentence, voice)), "<i2").astype(np.float32) / 32_768
            level.append(float(np.sqrt(np.mean(pcm**2))))
            bad, count = errors(sentence, stt.transcribe(np.asarray(soxr.resample(pcm, VOICE_RATE, RATE), np.float32)))
            wrong, words = wrong + bad, words + count
        rate = 100 * wrong / words
        fine = fine and rate <= LIMIT_PERCENT
        emit(f"wer.voice.{voice}", rate, "%", LIMIT_PERCENT, words=words, rms=round(float(np.mean(level)), 4))
    return fine


def main(parts: list[str]) -> int:
    """Run the parts that are named, or both; 0 when all are within the limit."""
    folder = WeightsFolder(Settings().models_path)
    folder.require(MOONSHINE)
    stt = MoonshineStt(folder.file(MOONSHINE[0]).parent)
    chosen = parts or ["human", "voices"]
    results = [{"human": human, "voices": voices}[part](stt) for part in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
