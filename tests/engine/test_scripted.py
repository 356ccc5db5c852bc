"""The scripted mind is the same every time, and its durations can be told beforehand."""

import subprocess
import sys

import numpy as np
import pytest

from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.engine.casting import GEMINI_CAST
from genmedia_live.engine.prompt import DEFAULT_ROLE, system_prompt
from genmedia_live.engine.scripted import MS_PER_CHARACTER, reply, scripted_mind
from genmedia_live.ports import Message


def told(*lines: str) -> str:
    messages = [Message("system", system_prompt(None))]
    messages += [Message("user" if at % 2 == 0 else "assistant", line) for at, line in enumerate(lines)]
    return reply(messages)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("hello there",), "You said: hello there."),
        (("Really?",), "You said: Really?"),
        (("Really?", "."), "You said: Really?"),
        (("Count to 5.",), "One, two, three, four, five."),
        (("My name is Ada.",), "You said: My name is Ada."),
        (("My name is Ada.", "Hi.", "What is my name?"), "Your name is Ada."),
        (("What's my name?",), "I do not know your name."),
        (("Who are you?",), f"I am {DEFAULT_ROLE}"),
        ((), "Hello."),
    ],
)
def test_what_it_says(lines: tuple[str, ...], answer: str) -> None:
    assert told(*lines) == answer


def test_counting_is_long() -> None:
    assert told("count to 42").endswith("forty, forty-one, forty-two.")


def test_the_voice_lasts_as_long_as_its_text() -> None:
    pcm = b"".join(scripted_mind().tts.synthesize("x" * 100, "heart"))
    assert len(pcm) / 2 / 24 == 100 * MS_PER_CHARACTER


def test_every_voice_has_its_pitch() -> None:
    tts = scripted_mind().tts
    assert set(tts.voices) == set(ENGINE_VOICES) == set(GEMINI_CAST.values())
    assert set(GEMINI_CAST) == set(GEMINI_VOICES)
    pitches = set()
    for voice in tts.voices:
        samples = np.frombuffer(next(iter(tts.synthesize("a sentence of some length", voice))), "<i2")
        pitches.add(int(np.argmax(np.abs(np.fft.rfft(samples[:12_000])))))
    assert len(pitches) >= 7


def test_it_can_be_stopped() -> None:
    mind = scripted_mind()
    assert list(mind.tts.synthesize("long " * 100, "heart", lambda: True)) == []
    asked = [Message("user", "count to 90")]
    assert list(mind.llm.stream(asked, temperature=0, max_tokens=100, cancelled=lambda: True)) == []
    assert len(list(mind.llm.stream(asked, temperature=0, max_tokens=7, cancelled=lambda: False))) == 7


@pytest.mark.parametrize(("seconds", "words"), [(1.3, "1.3 seconds of speech"), (0.03, ""), (0.0, "")])
def test_it_measures_speech(seconds: float, words: str) -> None:
    speech = 0.3 * np.sin(np.arange(int(16_000 * seconds)) * 0.2)
    audio = np.concatenate([np.zeros(5_000), speech, np.zeros(3_333)]).astype(np.float32)
    assert scripted_mind().stt.transcribe(audio) == words


def test_loud_is_speech() -> None:
    vad = scripted_mind().new_vad()
    assert vad.probability(np.full(512, 0.1, np.float32)) == 1.0
    assert vad.probability(np.full(512, 0.001, np.float32)) == 0.0


def test_it_loads_nothing_heavy() -> None:
    heavy = "{'onnxruntime', 'xllamacpp', 'hibari', 'google.genai', 'socketio', 'flask'}"
    code = f"import sys, genmedia_live.engine.scripted, genmedia_live.engine.server; print({heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
