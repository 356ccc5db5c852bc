"""The person speaks while the agent does: what happened, and when. All times are ms since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from tests.e2e.harness.tab import Line, Tab


@dataclass(frozen=True)
class BargeIn:
    """Beginning of the agent's voice, beginning of the person's, word to stop (`flush`), silence; and the line that was cut."""

    began: float
    spoke: float
    flush: float
    silent: float
    cut: Line


def barge_in(tab: Tab, question: str) -> BargeIn:
    """Ask, let the agent begin, then open the microphone, whose file begins at that moment."""
    tab.ready()
    tab.say(question)
    began = tab.hears("sound", timeout=60)
    tab.page.click("#mute")
    spoke = tab.hears("sound", stream="in")
    flush = tab.wire_has("flush", turn=1)
    silence = tab.is_silent()
    return BargeIn(began.at, spoke.at, flush.at, silence.at, tab.answered())
