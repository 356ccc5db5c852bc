"""The scripted mind is the same every time, and its durations can be told beforehand."""

import subprocess
import sys

import numpy as np
import pytest

from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.engine.mind.casting import GEMINI_CAST
from genmedia_live.engine.mind.prompt import DEFAULT_ROLE, system_prompt
from genmedia_live.engine.mind.scripted import MS_PER_CHARACTER, Script, reply, scripted_mind
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message, Picture
from tests.engine.talking import picture


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
        (("What do you see?",), "You showed nothing."),
        ((), "Hello."),
    ],
)
def test_what_it_says(lines: tuple[str, ...], answer: str) -> None:
    assert told(*lines) == answer


def test_it_tells_the_sizes_of_what_is_shown() -> None:
    shown = picture(640, 480), Picture(b"?"), picture(1_024, 576)
    assert reply([Message("user", "What do you see?", pictures=shown[:1])]) == "You showed 1 picture: 640x480."
    assert (
        reply([Message("user", "And what do you see now?", pictures=shown)])
        == "You showed 3 pictures: 640x480, unreadable, 1024x576."
    )


def test_counting_is_long() -> None:
    assert told("count to 42").endswith("forty, forty-one, forty-two.")


TOOLS = (FunctionDeclaration("get_order"), FunctionDeclaration("shop.list"))


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("call get_order", [FunctionCall("get_order")]),
        ("Please call get_order.", [FunctionCall("get_order")]),
        ('Call shop.list with {"page": 2}.', [FunctionCall("shop.list", {"page": 2})]),
        ("Say one moment, then call get_order with {}", ["one", " moment", FunctionCall("get_order")]),
        ("Hello.\ncall get_order", [FunctionCall("get_order")]),
        ("call get_order\nNo, count to 1.", ["One."]),
        ("call get_thing", ["I", " have", " no", " function", " called", " get_thing."]),
        ("call me tomorrow", ["You", " said:", " call", " me", " tomorrow."]),
        ("call get_order with {page}", "What get_order is to be called with is no JSON.".replace(" ", "| ").split("|")),
    ],
)
def test_it_calls(line: str, given: list[str | FunctionCall]) -> None:
    assert thoughts(Message("user", line)) == given


def thoughts(*messages: Message, tools: tuple[FunctionDeclaration, ...] = TOOLS) -> list[str | FunctionCall]:
    return list(Script().stream(messages, temperature=0, max_tokens=100, cancelled=lambda: False, tools=tools))


def test_without_functions_a_call_is_talk() -> None:
    assert "".join(map(str, thoughts(Message("user", "call get_order"), tools=()))) == "You said: call get_order."


def test_it_says_what_was_returned() -> None:
    calls = (FunctionCall("get_order", {}, "a"), FunctionCall("shop.list", {}, "b"))
    dialogue = [Message("user", "call both"), Message("assistant", "", calls=calls), Message("tool", '{"x":1}', call="b")]
    assert "".join(map(str, thoughts(*dialogue))) == 'shop.list returned {"x":1}.'
    both = [*dialogue, Message("tool", "{}", call="a")]
    assert "".join(map(str, thoughts(*both))) == 'shop.list returned {"x":1}. get_order returned {}.'
    assert "".join(map(str, thoughts(*both, Message("user", "Thanks.")))) == "You said: Thanks."


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
    code = f"import sys, genmedia_live.engine.mind.scripted, genmedia_live.engine.server; print({heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
