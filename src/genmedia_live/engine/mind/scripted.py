"""A mind without weights: deterministic ears, thoughts and mouth for tests, demos and load. Needs only numpy.

It answers at once, always the same: typed words are echoed, speech is measured ("1.3 seconds of speech"), "count to N" gives a
long answer to break into, and "my name is X" is remembered through the history, as a model would. "Call NAME with {JSON}" calls a
function that the client has declared, and its result is said. "What do you see" has the sizes of the pictures that are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np
import orjson

from genmedia_live.core.audio import MIC_RATE, VOICE_RATE
from genmedia_live.core.pictures import size
from genmedia_live.core.voices import ENGINE_VOICES
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.prompt import SYSTEM
from genmedia_live.ports import Cancelled, FunctionCall, FunctionDeclaration, Message, Picture, Samples

LOUD = 0.01
"""Root mean square above which a frame counts as speech: -40 dBFS."""

MS_PER_CHARACTER = 55
"""How long the scripted voice takes over a character, unless told otherwise."""

PITCHES = dict(zip(ENGINE_VOICES, (200, 226, 273, 170, 147, 150, 113, 197), strict=True))
"""Voice -> hertz of its tone: the median pitch of the real one (`docs/models.md`)."""

_ASKED = re.compile(
    r"(?:\bsay (?P<words>.+?),? then )?\bcall (?P<name>[\w.:-]+)(?: with (?P<args>\{.*\}))?", re.DOTALL | re.IGNORECASE
)

_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *_TEENS)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _never() -> bool:
    return False


class LoudnessVad:
    """Takes whatever is loud for speech."""

    def probability(self, frame: Samples) -> float:
        return 1.0 if np.dot(frame, frame) > LOUD * LOUD * len(frame) else 0.0

    def reset(self) -> None:
        """There is nothing to forget."""


class AlwaysComplete:
    """Takes every pause for the end."""

    def probability(self, audio: Samples) -> float:
        return 1.0


class Stopwatch:
    """Says how long the speech was, to a tenth of a second; nothing of less than 50 ms."""

    def transcribe(self, audio: Samples, cancelled: Cancelled = _never) -> str:
        step = MIC_RATE // 100
        steps = audio[: len(audio) // step * step].reshape(-1, step)
        loud = np.flatnonzero(np.sqrt(np.mean(np.square(steps), axis=1)) > LOUD) if len(steps) else np.zeros(0)
        if len(loud) < 5:
            return ""
        return f"{(loud[-1] - loud[0] + 1) / 100:.1f} seconds of speech"


class Script:
    """Answers by rule."""

    sees = True

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        text, call = thought(messages, tools)
        for word in re.findall(r"\s*\S+", text)[:max_tokens]:
            if cancelled():
                return
            yield word
        if call is not None and not cancelled():
            yield call

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def thought(messages: Sequence[Message], tools: Sequence[FunctionDeclaration]) -> tuple[str, FunctionCall | None]:
    """What the script says, and the function that the last line asks for.

    "call NAME", "call NAME with {JSON}" or "say WORDS then call NAME ..."; of other names only a line that says nothing else is
    taken for such a wish.
    """
    latest = messages[-1] if messages else Message("user", "")
    wishes = list(_ASKED.finditer(latest.text)) if tools and latest.role == "user" else []
    if not wishes or re.search(r"\n.*\w", latest.text[wishes[-1].end() :]):  # something else was said after it
        return reply(messages), None
    asked = wishes[-1]
    name = asked["name"].rstrip(".")
    if name not in {tool.name for tool in tools}:
        alone = asked[0].strip() == latest.text.strip()
        return (f"I have no function called {name}." if alone else reply(messages)), None
    try:
        args = orjson.loads(asked["args"] or "{}")
    except orjson.JSONDecodeError:
        return f"What {name} is to be called with is no JSON.", None
    return asked["words"] or "", FunctionCall(name, args)


def returned(messages: Sequence[Message]) -> str:
    """What the script says of the results that the dialogue ends with; nothing when it ends otherwise."""
    names = {call.id: call.name for message in messages for call in message.calls}
    results = list(takewhile(lambda message: message.role == "tool", reversed(messages)))
    return " ".join(f"{names.get(result.call, 'It')} returned {result.text}." for result in reversed(results))


def reply(messages: Sequence[Message]) -> str:
    """What the script says to the dialogue so far; of several things said at once, to the last."""
    if results := returned(messages):
        return results
    texts = [message.text for message in messages if message.role == "user"]
    said = [line.strip() for text in texts for line in text.splitlines() if re.search(r"\w", line)]  # LiveKit nudges with "."
    latest = said[-1] if said else ""
    if count := re.search(r"\bcount to (\d{1,3})\b", latest, re.IGNORECASE):
        return ", ".join(_spelled(number) for number in range(1, min(int(count[1]), 99) + 1)).capitalize() + "."
    if re.search(r"\bwhat(?:'s| is) my name\b", latest, re.IGNORECASE):
        names = [name[1] for text in said if (name := re.search(r"\bmy name is (\w+)", text, re.IGNORECASE))]
        return f"Your name is {names[-1]}." if names else "I do not know your name."
    if re.search(r"\bwho are you\b", latest, re.IGNORECASE):
        system = "".join(message.text for message in messages if message.role == "system")
        return f"I am {system.removeprefix(SYSTEM).strip()}"
    if re.search(r"\bwhat do you see\b", latest, re.IGNORECASE):
        return seen([picture for message in messages for picture in message.pictures])
    return f"You said: {latest}{'' if latest.endswith(('.', '!', '?')) else '.'}" if latest else "Hello."


def seen(pictures: Sequence[Picture]) -> str:
    """The sizes of the pictures, oldest first."""
    if not pictures:
        return "You showed nothing."
    sizes = (f"{found[0]}x{found[1]}" if (found := size(picture.data)) else "unreadable" for picture in pictures)
    return f"You showed {len(pictures)} picture{'s' if len(pictures) > 1 else ''}: {', '.join(sizes)}."


def _spelled(number: int) -> str:
    if number < len(_UNITS):
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]}-{_UNITS[unit]}" if unit else _TENS[tens]


class Tone:
    """Hums a soft tone, as high as the voice and as long as the text."""

    def __init__(self, ms_per_character: float = MS_PER_CHARACTER) -> None:
        self._pace = ms_per_character

    @property
    def voices(self) -> Mapping[str, str]:
        return ENGINE_VOICES

    def synthesize(self, text: str, voice: str, cancelled: Cancelled = _never) -> Iterator[bytes]:
        total = round(len(text) * self._pace * VOICE_RATE / 1000)
        piece = VOICE_RATE // 2
        for start in range(0, total, piece):
            if cancelled():
                return
            yield _hummed(PITCHES[voice], start, min(start + piece, total), total)


@lru_cache(maxsize=256)
def _hummed(pitch: int, start: int, end: int, total: int) -> bytes:
    """A piece of the tone. What is said often is hummed once: a crowd would keep the interpreter busy with it."""
    at = np.arange(start, end)
    swell = np.sin(np.pi * at / total)
    tone = 0.2 * swell * np.sin(2 * np.pi * pitch * at / VOICE_RATE)
    return (tone * 32767).astype("<i2").tobytes()


def scripted_mind(ms_per_character: float = MS_PER_CHARACTER) -> Mind:
    """The scripted parts as one mind, whose voice takes so long over a character."""
    return Mind("scripted", LoudnessVad, AlwaysComplete(), Stopwatch(), Script(), Tone(ms_per_character), quick=True)
