"""Where speech begins and ends. Pure: frames with their speech probability come in, signals come out; time is audio time.

Speech has begun when a few frames in a row hold it. After a short pause the engine asks for the words, and whether the utterance
is complete (`PAUSED`); a long pause ends it whatever the answer (`ENDED`). Where the client names the pause, only that ends it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import ceil

import numpy as np

from genmedia_live.core.audio import MIC_RATE
from genmedia_live.core.limits import Limits
from genmedia_live.engine.protocol.messages import Detection
from genmedia_live.ports import Samples

FRAME = 512
"""Samples of one frame: what the voice activity detector takes."""

FRAME_MS = FRAME * 1000 / MIC_RATE

LONGEST_UTTERANCE_MS = Limits().live_utterance_ms

LONGEST_START_MS = 2_000.0
"""Nobody has to speak for longer before they count as speaking."""

SHORTEST_PAUSE_MS = 64.0
"""The detector's own dips within a word are shorter."""


class Signal(Enum):
    """What a frame meant for the utterance."""

    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """How eager the endpointer is. The defaults are measured on the engine's own chain of models."""

    threshold: float = 0.5
    start_frames: int = 2
    barge_in_frames: int = 5
    """Frames of speech that break into an answer: 160 ms. A browser's echo canceller lets 64 to 128 ms of the agent's own first
    word through until it knows the room (9 of 12 starts in the simulated room of `tests/e2e/test_room.py`)."""
    prefix_ms: float = 320.0
    """Audio kept from before the speech; the recogniser needs 160 ms."""
    pause_ms: float = 200.0
    longest_pause_ms: float = 900.0
    judged: bool = True
    """Whether an utterance that sounds complete ends before the longest pause."""

    @classmethod
    def of(cls, detection: Detection) -> Patience:
        """The patience that a client asked for, in whole frames and at least as long as it is named.

        `prefixPaddingMs` is "the required duration of detected speech before start-of-speech is committed", `silenceDurationMs`
        that of silence before its end (Live API reference). What is named is taken at its word; sensitivities shape the rest.
        """
        default = cls()
        if detection.prefix_padding_ms is None:
            start, barge_in = default.start_frames + detection.start_low, default.barge_in_frames + detection.start_low
        else:
            start = barge_in = ceil(_clamped(detection.prefix_padding_ms, FRAME_MS, LONGEST_START_MS) / FRAME_MS)
        stretch = 1.5 if detection.end_low else 1.0
        pause, longest = default.pause_ms * stretch, default.longest_pause_ms * stretch
        if detection.silence_ms is not None:
            longest = ceil(_clamped(detection.silence_ms, SHORTEST_PAUSE_MS, LONGEST_UTTERANCE_MS) / FRAME_MS) * FRAME_MS
            pause = min(default.pause_ms, longest)
        return cls(
            threshold=0.7 if detection.start_low else default.threshold,
            start_frames=start,
            barge_in_frames=barge_in,
            pause_ms=pause,
            longest_pause_ms=longest,
            judged=detection.silence_ms is None,
        )


def _clamped(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _frames(ms: float) -> int:
    return max(1, round(ms / FRAME_MS))


class Endpointer:
    """Follows one stream of frames and holds the audio of the utterance that is being spoken."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._prefix: deque[Samples] = deque(
            maxlen=_frames(patience.prefix_ms) + max(patience.start_frames, patience.barge_in_frames)
        )
        self._utterance: list[Samples] | None = None
        self._run = 0
        self._silence = 0

    @property
    def speaking(self) -> bool:
        """Whether an utterance is being held."""
        return self._utterance is not None

    @property
    def spoken_ms(self) -> float:
        """How long the utterance is so far, its prefix included."""
        return len(self._utterance or ()) * FRAME_MS

    @property
    def full(self) -> bool:
        """Whether the utterance is as long as one may be: nothing is added to it any more."""
        return self.spoken_ms >= LONGEST_UTTERANCE_MS

    @property
    def run_ms(self) -> float:
        """What an utterance would begin with if the speech that is going on became one; 0 while there is none."""
        return len(self._prefix) * FRAME_MS if self._run else 0.0

    @property
    def silent_ms(self) -> float:
        """How long the user has been silent within the utterance."""
        return self._silence * FRAME_MS

    def audio(self) -> Samples:
        """The utterance so far (16 kHz), with what came just before it."""
        return _joined(self._utterance or ())

    def hear(self, samples: Samples, probability: float, *, guarded: bool = False) -> Signal | None:
        """Take one frame in. `guarded` asks for the longer run of speech that a barge-in needs."""
        speech = probability > self._patience.threshold
        if self._utterance is None:
            return self._before(samples, speech, guarded)
        self.append(samples)
        if self.full:
            return Signal.ENDED
        return self._within(speech)

    def _before(self, samples: Samples, speech: bool, guarded: bool) -> Signal | None:
        self._prefix.append(samples)
        self._run = self._run + 1 if speech else 0
        if self._run < (self._patience.barge_in_frames if guarded else self._patience.start_frames):
            return None
        self.begin()
        return Signal.STARTED

    def _within(self, speech: bool) -> Signal | None:
        if speech:
            paused, self._silence = self._silence >= _frames(self._patience.pause_ms), 0
            return Signal.RESUMED if paused else None
        self._silence += 1
        if self._silence == _frames(self._patience.longest_pause_ms):
            return Signal.ENDED
        return Signal.PAUSED if self._silence == _frames(self._patience.pause_ms) else None

    def begin(self) -> None:
        """Start an utterance here, with the prefix that was heard before it."""
        self._utterance = list(self._prefix)
        self._prefix.clear()
        self._run = self._silence = 0

    def append(self, samples: Samples) -> None:
        """Hold a frame of the utterance, whatever is in it, unless it is full."""
        if self._utterance is not None and not self.full:
            self._utterance.append(samples)

    def reset(self) -> None:
        """Let go of the utterance and of everything heard before."""
        self._utterance = None
        self._prefix.clear()
        self._run = self._silence = 0


def _joined(frames: Sequence[Samples]) -> Samples:
    return np.concatenate(frames) if frames else np.zeros(0, np.float32)
