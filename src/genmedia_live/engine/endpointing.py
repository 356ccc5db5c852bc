"""Where speech begins and ends. Pure: frames with their speech probability come in, signals come out; time is audio time.

Speech has begun when a few frames in a row hold it. After a short pause the engine asks whether the utterance is complete
(`PAUSED`); a long pause ends it whatever the answer (`ENDED`). The numbers are those of the measured chain in `docs/models.md`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from genmedia_live.core.audio import MIC_RATE
from genmedia_live.core.limits import Limits
from genmedia_live.engine.messages import Detection
from genmedia_live.ports import Samples

FRAME = 512
"""Samples of one frame: what the voice activity detector takes."""

FRAME_MS = FRAME * 1000 / MIC_RATE

LONGEST_UTTERANCE_MS = Limits().live_utterance_ms


class Signal(Enum):
    """What a frame meant for the utterance."""

    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """How eager the endpointer is."""

    threshold: float = 0.5
    start_frames: int = 2
    barge_in_frames: int = 5
    """Frames of speech that break into an answer: 160 ms. A browser's echo canceller lets 64 to 128 ms of the agent's own first
    word through until it knows the room (9 of 12 starts in the simulated room of `tests/e2e/test_room.py`)."""
    prefix_ms: float = 320.0
    pause_ms: float = 200.0
    longest_pause_ms: float = 900.0

    @classmethod
    def of(cls, detection: Detection) -> Patience:
        """The patience that a client asked for. The prefix is never below the 160 ms that the recogniser needs."""
        default = cls()
        pause, longest = default.pause_ms, default.longest_pause_ms
        if detection.silence_ms is not None:
            pause = min(max(detection.silence_ms, 2 * FRAME_MS), 5_000.0)
            longest = max(pause, min(4.5 * pause, longest))
        stretch = 1.5 if detection.end_low else 1.0
        return cls(
            threshold=0.7 if detection.start_low else default.threshold,
            start_frames=default.start_frames + detection.start_low,
            barge_in_frames=default.barge_in_frames + detection.start_low,
            prefix_ms=min(max(detection.prefix_padding_ms or default.prefix_ms, 160.0), 2_000.0),
            pause_ms=pause * stretch,
            longest_pause_ms=longest * stretch,
        )


def _frames(ms: float) -> int:
    return max(1, round(ms / FRAME_MS))


class Endpointer:
    """Follows one stream of frames and holds the audio of the utterance that is being spoken."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._prefix: deque[Samples] = deque(maxlen=_frames(patience.prefix_ms) + patience.barge_in_frames)
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
        self._utterance.append(samples)
        if self.spoken_ms >= LONGEST_UTTERANCE_MS:
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
        """Hold a frame of an utterance whose bounds the client marks itself."""
        if self._utterance is not None and self.spoken_ms < LONGEST_UTTERANCE_MS:
            self._utterance.append(samples)

    def reset(self) -> None:
        """Let go of the utterance and of everything heard before."""
        self._utterance = None
        self._prefix.clear()
        self._run = self._silence = 0


def _joined(frames: Sequence[Samples]) -> Samples:
    return np.concatenate(frames) if frames else np.zeros(0, np.float32)
