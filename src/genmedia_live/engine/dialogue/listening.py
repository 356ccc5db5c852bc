"""The user's side of a conversation: from frames to utterances with their words. Pure: transcripts are asked for.

At the first pause the words and a judgement are asked for at the same time. The utterance ends when it is judged complete, or
has been silent long enough, and its words are known; speech before that continues it, and what was asked for no longer counts.
Where the client names the pause that ends it, nothing is judged: the words are only asked for ahead.

An utterance may also be over in the middle of speech: the stream has ended, or it is as long as one may be. What comes then waits
until its words are known, and is heard as if it came only then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from genmedia_live.engine.dialogue.effects import Transcribe
from genmedia_live.engine.dialogue.endpointing import FRAME_MS, LONGEST_UTTERANCE_MS, Endpointer, Patience, Signal
from genmedia_live.engine.protocol.messages import Detection
from genmedia_live.ports import Samples

COMPLETE = 0.5
"""An utterance that is more surely complete than this ends at its pause."""

INTERIM_MS = 600.0
"""Speech between two interim transcripts."""


@dataclass(frozen=True, slots=True)
class Began:
    """The user has begun to speak."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """What the user seems to have said so far."""

    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """The utterance is over. `words` is empty when it held none; `endpoint_ms` is the time since the last speech."""

    words: str
    endpoint_ms: float
    spoken_ms: float
    """Audio of the utterance, what was kept from before it and its last pause included."""


Outcome = Began | Guessed | Said | Transcribe


@dataclass(slots=True)
class _Utterance:
    """What the user is saying. `ticket` numbers the transcript that is awaited, 0 for none; `interim` likewise.

    `complete`: it ends when its words are known. `over`: it does so even if there is more speech.
    """

    last_speech: float
    began_ms: float
    audio_ms: float = 0.0
    marked: bool = False
    ticket: int = 0
    words: str | None = None
    complete: bool = False
    over: bool = False
    interim: int = 0
    guessed_ms: float = 0.0


class Listening:
    """Follows the user's voice. `now` is in seconds; the outcomes come in the order of what happened."""

    def __init__(self, detection: Detection, *, interim: bool) -> None:
        self._marked = detection.disabled
        self._interim = interim
        self._patience = Patience.of(detection)
        self._endpointer = Endpointer(self._patience)
        self._utterance: _Utterance | None = None
        self._waiting: deque[tuple[Samples, float, bool]] = deque(maxlen=round(LONGEST_UTTERANCE_MS / FRAME_MS))
        """Frames behind an utterance that is over; the oldest of too many are dropped."""
        self._tickets = 0
        self._said_ms = 0.0
        self.heard_ms = 0.0
        """How much audio of the client has been heard, without what waits."""

    @property
    def speaking(self) -> bool:
        """Whether there is an utterance: being spoken, or waiting for its words."""
        return self._utterance is not None

    @property
    def activity_ms(self) -> float:
        """How much of the audio heard belongs to utterances. The sum of all `Said.spoken_ms`, and the utterance of now."""
        return self._said_ms + (self._utterance.audio_ms if self._utterance is not None else 0.0)

    @property
    def utterance_began_ms(self) -> float | None:
        """Where in the audio heard the utterance begins, what was kept from before it included.

        Speech that is too short yet to be an utterance counts: it may become one. None when there is none.
        """
        if self._utterance is not None:
            return self._utterance.began_ms
        return self.heard_ms - self._endpointer.run_ms if self._endpointer.run_ms else None

    @property
    def starving(self) -> bool:
        """Whether the end of the utterance can't be told without more audio."""
        utterance = self._utterance
        return utterance is not None and not self._marked and not utterance.complete

    def frame(self, samples: Samples, probability: float, now: float, *, guarded: bool) -> Iterator[Outcome]:
        """One frame of audio and the probability that it holds speech. `guarded`: only a barge-in counts as a beginning."""
        if self._over:
            self.heard_ms += FRAME_MS if len(self._waiting) == self._waiting.maxlen else 0.0
            self._waiting.append((samples, probability, guarded))
            return
        self.heard_ms += FRAME_MS
        if self._marked:
            self._keep(samples)
            return
        signal = self._endpointer.hear(samples, probability, guarded=guarded)
        if signal is Signal.STARTED:
            self._utterance = _Utterance(last_speech=now, began_ms=self.heard_ms - self._endpointer.spoken_ms)
        utterance = self._utterance
        if utterance is None:
            return
        if signal is Signal.RESUMED:
            self._reopen(utterance)
        if not utterance.complete:
            utterance.audio_ms = self.heard_ms - utterance.began_ms
        if self._endpointer.silent_ms == 0:
            utterance.last_speech = now
        if signal is Signal.STARTED:
            yield Began()
        elif signal is Signal.PAUSED:
            yield self._ask(utterance, judge=self._patience.judged)
        elif signal is Signal.ENDED:
            utterance.over = self._endpointer.full
            yield from self._conclude(utterance, now)
        elif signal is None and self._interim_due(utterance):
            yield self._ask_interim(utterance)

    @property
    def _over(self) -> bool:
        return self._utterance is not None and self._utterance.over

    def _keep(self, samples: Samples) -> None:
        """A frame of a client that marks speech itself: outside the marks it is nobody's."""
        if self._utterance is not None and not self._utterance.complete:
            self._utterance.audio_ms += FRAME_MS
            self._endpointer.append(samples)

    def begin(self, now: float) -> Iterator[Outcome]:
        """The client marks the beginning of speech."""
        if self._utterance is not None:  # begun again before the last words were known: one utterance
            self._reopen(self._utterance)
            return
        self._endpointer.reset()
        self._endpointer.begin()
        self._utterance = _Utterance(last_speech=now, began_ms=self.heard_ms, marked=True)
        yield Began()

    def end(self, now: float) -> Iterator[Outcome]:
        """The client marks the end of speech, or its audio stream ends: what was said is complete."""
        utterance = self._utterance
        if utterance is not None and not utterance.complete:
            utterance.last_speech = now if utterance.marked else utterance.last_speech
            utterance.over = not utterance.marked
            yield from self._conclude(utterance, now)

    def judged(self, ticket: int, probability: float, now: float) -> Iterator[Outcome]:
        """How surely the utterance of that ticket is complete."""
        utterance = self._utterance
        if utterance is not None and ticket == utterance.ticket and probability > COMPLETE:
            utterance.complete = True
            yield from self._settle(utterance, now)

    def transcribed(self, ticket: int, words: str | None, now: float) -> Iterator[Outcome]:
        """The words of that ticket; None when the transcript gave way to other work: the words are asked for again.

        Those of an interim transcript are not; the next one has them.
        """
        utterance = self._utterance
        if utterance is None:
            return
        if ticket == utterance.interim:
            utterance.interim = 0
            if words and utterance.words is None:
                yield Guessed(words)
        elif ticket == utterance.ticket and words is None:
            yield Transcribe(ticket, self._endpointer.audio())
        elif ticket == utterance.ticket:
            utterance.words = words
            if words and self._interim and not utterance.complete:
                yield Guessed(words)
            yield from self._settle(utterance, now)

    def _ask(self, utterance: _Utterance, *, judge: bool) -> Transcribe:
        self._tickets += 1
        utterance.ticket, utterance.words = self._tickets, None
        return Transcribe(self._tickets, self._endpointer.audio(), judge=judge)

    def _interim_due(self, utterance: _Utterance) -> bool:
        """Whether to guess again: not while the words themselves are being made out, and not at speech of some time ago."""
        if not self._interim or utterance.interim or utterance.ticket or self._waiting:
            return False
        return self._endpointer.silent_ms == 0 and self._endpointer.spoken_ms - utterance.guessed_ms >= INTERIM_MS

    def _ask_interim(self, utterance: _Utterance) -> Transcribe:
        self._tickets += 1
        utterance.interim, utterance.guessed_ms = self._tickets, self._endpointer.spoken_ms
        return Transcribe(self._tickets, self._endpointer.audio(), interim=True)

    def _reopen(self, utterance: _Utterance) -> None:
        utterance.ticket, utterance.words, utterance.complete = 0, None, False

    def _conclude(self, utterance: _Utterance, now: float) -> Iterator[Outcome]:
        utterance.complete = True
        if not utterance.ticket:
            yield self._ask(utterance, judge=False)
        yield from self._settle(utterance, now)

    def _settle(self, utterance: _Utterance, now: float) -> Iterator[Outcome]:
        if utterance.complete and utterance.words is not None:
            self._utterance = None
            self._said_ms += utterance.audio_ms
            self._endpointer.reset()
            yield Said(utterance.words, (now - utterance.last_speech) * 1000, utterance.audio_ms)
            while self._waiting and not self._over:
                samples, probability, guarded = self._waiting.popleft()
                yield from self.frame(samples, probability, now, guarded=guarded)
