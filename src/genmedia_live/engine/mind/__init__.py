"""What the engine hears, thinks and speaks with: one bundle of parts, real or scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genmedia_live.ports import EndOfTurn, Eyes, Llm, Stt, Tts, Vad


@dataclass(frozen=True, slots=True)
class Mind:
    """The parts behind the engine's wire. All but `new_vad()`'s results are shared by every session."""

    name: str
    new_vad: Callable[[], Vad]
    end_of_turn: EndOfTurn
    stt: Stt
    llm: Llm
    tts: Tts
    quick: bool = False
    """Speech is detected and tokens are counted in less time than a thread takes to be asked: no model does it."""
    eyes: Eyes | None = None
    """Tell a language model that can't see what is shown; None where nobody can."""

    @property
    def looks(self) -> bool:
        """Whether pictures are put into words."""
        return self.eyes is not None and not self.llm.sees
