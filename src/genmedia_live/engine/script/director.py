"""Directs sessions by a script: what happens in them comes in, cues go out. Pure; `now` comes in as seconds.

What counts firings and connections outlives sessions: a rule that fires once does so once in the engine's life.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.cues import (
    Completed,
    Cue,
    Heard,
    Observation,
    Opened,
    Refuse,
    Returned,
    Say,
    Shown,
    SpeechBegan,
    Voiced,
)
from genmedia_live.engine.script.cueing import before_result, cue, refusal, result_words, waits
from genmedia_live.engine.script.lines import CueLine
from genmedia_live.engine.script.phrases import find
from genmedia_live.engine.script.rules import Rule, Script, When

AT_ONCE = 8
"""Of what was said, or has returned, before one answer, so many of the last are looked at."""

Fits = Callable[[When], bool]


class ScriptDirectors:
    """A script in force, over all of its sessions. A `Directors`."""

    def __init__(self, script: Script, limits: Limits | None = None) -> None:
        self.script = script
        self.limits = limits or Limits()
        self._connections = 0
        self._fired: Counter[int] = Counter()
        self._refusals: deque[tuple[Refuse, int]] = deque()
        if script.refuse is not None:
            self.refuse(refusal(script.refuse))

    def refusal(self, resumes: bool) -> tuple[int, str] | None:
        """The close for the set-up that has come, if the script refuses it; each refusal is counted down."""
        for at, (asked, left) in enumerate(self._refusals):
            if resumes or not asked.resumes_only:
                if left > 1:
                    self._refusals[at] = asked, left - 1
                else:
                    del self._refusals[at]
                return asked.code, asked.reason
        return None

    def refuse(self, cue: Refuse) -> None:
        """From now on refuse so many set-ups, after those that are refused already."""
        if len(self._refusals) < self.limits.script_rules:
            self._refusals.append((cue, cue.times))

    def direct(self) -> ScriptDirector:
        """A director for the next session."""
        return ScriptDirector(self)

    def connect(self) -> int:
        """The number of a connection that was set up: 1 for the first."""
        self._connections += 1
        return self._connections

    def ready(self, number: int) -> bool:
        """Whether the rule of that number may fire once more."""
        most = self.script.rules[number].most
        return most is None or self._fired[number] < most

    def fire(self, number: int) -> None:
        """Count a firing."""
        self._fired[number] += 1


class ScriptDirector:
    """Directs one session by the script. A `Director`.

    A rule that speaks (it says something, or calls a function) is the answer to what it hears, or to the result that it waits
    for. Every other rule is done as soon as it fits, beside the answer.
    """

    def __init__(self, directors: ScriptDirectors) -> None:
        self._directors = directors
        self._script = directors.script
        self._connection = 0
        self._resumed = False
        self._firings: Counter[int] = Counter()
        self._due: dict[int, float] = {}
        self._ready: deque[Sequence[Cue]] = deque(maxlen=directors.limits.script_rules)
        self._said: deque[Heard] = deque(maxlen=AT_ONCE)
        self._returned = False
        self._results: deque[Sequence[Cue]] = deque(maxlen=AT_ONCE)
        self._held: Sequence[Cue] = ()
        """What is done when the result of the turn's call is there."""
        self._waits = False
        self._heard = ""
        self._pictures = 0
        self._seconds = -1.0
        self._now = 0.0

    # ---- what happens

    def observe(self, what: Observation, now: float) -> None:
        """Something has happened."""
        self._now = now
        match what:
            case Opened(resumed):
                self._open(resumed, now)
            case Heard():
                self._hear(what)
            case SpeechBegan():
                self._fire(lambda when: when.speech is not None)
            case Shown(pictures):
                seen, self._pictures = self._pictures, pictures
                self._fire(lambda when: when.shown is not None and seen < when.shown <= pictures)
            case Voiced(seconds):
                sent, self._seconds = self._seconds, max(seconds, self._seconds)
                self._fire(lambda when: when.spoken is not None and sent < when.spoken <= seconds)
            case Returned():
                self._take(what)
            case Completed(turn, broken):
                self._seconds, self._held, self._waits = -1.0, (), False
                self._fire(lambda when: when.turn in (0, turn) or (when.interrupted is not None and broken))

    def _open(self, resumed: bool, now: float) -> None:
        self._connection, self._resumed = self._directors.connect(), resumed
        self._due = {
            number: now + rule.when.after
            for number, rule in enumerate(self._script.rules)
            if rule.when.after is not None and self._may(number)
        }
        self._fire(lambda when: when.connected is not None)

    def _hear(self, what: Heard) -> None:
        self._heard = what.text
        self._said.append(what)
        for number, rule in enumerate(self._script.rules):
            if not rule.speaks and (words := self._hears(number, what)) is not None:
                self._begin(number, words)

    def _take(self, what: Returned) -> None:
        self._returned = True
        words = {"heard": self._heard, **result_words(what.response)}
        answered = False
        for number, rule in enumerate(self._script.rules):
            if rule.when.returned not in ("", what.name) or not self._may(number):
                continue
            if not rule.speaks:
                self._begin(number, words)
            elif not answered:
                answered = True
                self._results.append(self._perform(number, words))

    def _fire(self, fits: Fits) -> None:
        for number, rule in enumerate(self._script.rules):
            if fits(rule.when) and self._may(number):
                self._begin(number, {"heard": self._heard})

    # ---- what is to be done

    def answer(self, now: float) -> Sequence[Cue] | None:
        """The cues that are the answer to what was said, or to what has returned; None leaves it to the mind."""
        results, returned = [one for cues in self._results for one in cues], self._returned
        self._results.clear()
        self._returned = False
        cues: Sequence[Cue] | None
        if self._waits and returned:
            cues = [*results, *self._held]  # the turn goes on; what was said meanwhile is answered after it
        elif returned and not self._said:
            cues = results
        else:
            reply = self._reply(self._said or [Heard("", typed=True)])
            self._said.clear()
            cues = results or None if reply is None else [*reply, *results]
        if not cues and returned:
            cues = None if self._script.otherwise is None else [Say("", silent=True)]
        if cues is None:
            return None
        now_due, self._held = before_result(cues)
        self._waits = waits(now_due)
        return now_due

    def _reply(self, said: Sequence[Heard]) -> Sequence[Cue] | None:
        """The answer of the first rule that fits the last that was said, or what was said before it; otherwise the script's."""
        for what in reversed(said):
            for number, rule in enumerate(self._script.rules):
                if rule.speaks and (words := self._hears(number, what)) is not None:
                    return self._perform(number, words)
        if self._script.otherwise is None:
            return None
        return self._filled(self._script.otherwise, {"heard": said[-1].text})

    def cues(self) -> Sequence[Cue]:
        """What one rule wants done now; empty when there is no more."""
        if not self._ready:
            return ()
        first, held = before_result(self._ready.popleft())
        self._held = [*self._held, *held]
        self._waits = self._waits or waits(first)
        return first

    def timer(self) -> float | None:
        """When `handle_timer` is due."""
        return self._now if self._ready else min(self._due.values(), default=None)

    def handle_timer(self, now: float) -> None:
        """Do what has become due."""
        self._now = now
        for number in sorted((number for number, due in self._due.items() if due <= now), key=lambda number: self._due[number]):
            del self._due[number]
            if self._may(number):
                self._begin(number, {"heard": self._heard})

    # ---- small steps

    def _may(self, number: int) -> bool:
        """Whether the rule holds in this connection, and may fire once more."""
        rule = self._script.rules[number]
        return (
            rule.connection in (None, self._connection)
            and rule.resumed in (None, self._resumed)
            and self._directors.ready(number)
            and self._firings[number] < self._directors.limits.script_firings
        )

    def _hears(self, number: int, what: Heard) -> dict[str, str] | None:
        rule: Rule = self._script.rules[number]
        listens = rule.when.heard is not None and rule.typed in (None, what.typed)
        return find(rule.when.heard or [], what.text) if listens and self._may(number) else None

    def _begin(self, number: int, words: Mapping[str, str]) -> None:
        self._ready.append(self._perform(number, words))

    def _perform(self, number: int, words: Mapping[str, str]) -> Sequence[Cue]:
        self._directors.fire(number)
        self._firings[number] += 1
        return self._filled(self._script.rules[number].do, words)

    def _filled(self, lines: Sequence[CueLine], words: Mapping[str, str]) -> Sequence[Cue]:
        return [cue(line, words, paced=self._script.paced) for line in lines]
