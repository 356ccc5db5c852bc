"""Plays scripts against a LiveSession in virtual time and keeps what it asked the shell to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.audio import MIC_RATE, VOICE_RATE, AudioChunk, size_of
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionRecord, SessionSettings
from genmedia_live.core.session import LiveSession

ENGINE = Capabilities(aligned_captions=True, reports_activity=True)
SETTINGS = SessionSettings(model="m", voice="v")


def voice(ms: float, value: int = 0) -> ev.ModelAudio:
    return ev.ModelAudio(bytes([value]) * size_of(ms, VOICE_RATE))


def mic(seq: int, ms: float = 40) -> ev.Mic:
    return ev.Mic(AudioChunk(bytes(size_of(ms, MIC_RATE)), MIC_RATE, seq))


@dataclass
class Play:
    """A session, a clock, and everything that was asked for so far."""

    capabilities: Capabilities = ENGINE
    limits: Limits = field(default_factory=Limits)
    record: SessionRecord = field(default_factory=lambda: SessionRecord("c", "o", SETTINGS))
    now: float = 100.0

    def __post_init__(self) -> None:
        self.session = LiveSession(self.record, self.limits, lambda: 0.5)
        self.asked: list[act.Action] = []

    def started(self) -> Play:
        self.session.start(self.now)
        self.session.model_opened(self.link(), self.capabilities, self.now)
        self.take()
        return self

    def take(self) -> list[act.Action]:
        new = self.session.actions()
        self.asked += new
        return new

    def link(self) -> int:
        self.take()
        return max((a.link for a in self.asked if isinstance(a, act.OpenModel)), default=0)

    def model(self, *events: ev.ModelEvent) -> list[act.Action]:
        link = self.link()
        for event in events:
            self.session.model_event(link, event, self.now)
        return self.take()

    def browser(self, *events: ev.BrowserEvent) -> list[act.Action]:
        self.take()
        for event in events:
            self.session.browser_event(event, self.now)
        return self.take()

    def lose(self, code: str = "upstream_lost") -> list[act.Action]:
        self.session.model_closed(self.link(), PROBLEMS[code], self.now)
        return self.take()

    def wait(self, seconds: float) -> list[act.Action]:
        """Let time pass, calling back whenever the session asked for it."""
        self.take()
        end = self.now + seconds
        before = len(self.asked)
        while (due := self.session.get_timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.session.handle_timer(self.now)
            self.take()
        self.now = end
        return self.asked[before:]

    def said(self, kind: type[act.BrowserMessage] | None = None) -> list[act.BrowserMessage]:
        self.take()
        words = [a.message for a in self.asked if isinstance(a, act.ToBrowser)]
        return [w for w in words if kind is None or isinstance(w, kind)]

    def to_model(self) -> list[act.ModelInput]:
        self.take()
        return [a.message for a in self.asked if isinstance(a, act.SendModel)]

    def sound_ms(self, turn: int) -> float:
        return sum(a.chunk.ms for a in self.said(act.Audio) if isinstance(a, act.Audio) and a.turn == turn)

    def state(self) -> str:
        last = self.said(act.Status)[-1]
        assert isinstance(last, act.Status)
        return last.state


def messages(actions: list[act.Action]) -> list[act.BrowserMessage]:
    return [a.message for a in actions if isinstance(a, act.ToBrowser)]
