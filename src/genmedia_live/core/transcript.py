"""What was said, turn by turn; an interrupted answer ends where the ear stopped hearing it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from genmedia_live.core.record import Speaker, Turn

MS_PER_CHARACTER = 60.0
"""Of English speech, about: 15 characters a second. Used only for a clause whose voice has not all arrived."""


@dataclass(slots=True)
class _Words:
    """One side of a turn while it grows."""

    turn: Turn
    text: str = ""
    interim: str = ""
    clauses: list[tuple[int, float]] = field(default_factory=list)
    """Where each clause begins: (index in `text`, ms of the turn's voice that had arrived before it)."""


def words_within(text: str, share: float) -> str:
    """The whole words that fit into `share` (0 to 1) of the text."""
    limit = share * len(text)
    if limit >= len(text):
        return text
    end = text.rfind(" ", 0, int(limit) + 1)
    return text[: max(end, 0)]


class Transcript:
    """Folds deltas into turns. A final turn never changes again."""

    def __init__(self, turns: tuple[Turn, ...] = ()) -> None:
        self._words: dict[tuple[int, Speaker], _Words] = {(t.id, t.speaker): _Words(t, t.text) for t in turns}

    def get(self, turn: int, speaker: Speaker) -> Turn | None:
        """One side of a turn as it stands."""
        words = self._words.get((turn, speaker))
        return words.turn if words else None

    def turns(self) -> tuple[Turn, ...]:
        """All that was said, in order: by turn, the person first."""
        ordered = sorted(self._words, key=lambda key: (key[0], key[1] != "user"))
        return tuple(self._words[key].turn for key in ordered if self._words[key].turn.text)

    def add(self, turn: int, speaker: Speaker, delta: str, at_ms: float = 0.0) -> Turn | None:
        """Append words; None when that side is final, or shows what it showed before.

        `at_ms`: how much of the turn's voice had arrived before them.
        """
        words = self._open(turn, speaker)
        if words is None:
            return None
        if not words.clauses or words.clauses[-1][1] != at_ms:
            words.clauses.append((len(words.text), at_ms))
        words.text += delta
        words.interim = ""
        return self._shown(words)

    def guess(self, turn: int, speaker: Speaker, text: str) -> Turn | None:
        """Show words that may still change after those that won't; None as with `add`."""
        words = self._open(turn, speaker)
        if words is None:
            return None
        words.interim = text
        return self._shown(words)

    def finish(self, turn: int, speaker: Speaker, heard_ms: float = 0.0) -> Turn | None:
        """Make that side final; None when it is already, or holds no words."""
        words = self._words.get((turn, speaker))
        if words is None or words.turn.final:
            return None
        words.interim = ""
        words.turn = replace(words.turn, text=words.text.strip(), final=True, heard_ms=heard_ms)
        return words.turn if words.turn.text else None

    def cut(self, turn: int, heard_ms: float, received_ms: float, *, aligned: bool, complete: bool = False) -> Turn | None:
        """Make the agent's side final, ending at what was heard; None when it is already, or was never there.

        With `aligned` captions each delta's voice follows it, so the cut falls inside the clause that was sounding. Without,
        captions run ahead of the voice by an unknown time, and the cut is the share of the milliseconds heard. `complete` says
        that all of the voice has come; else the last clause is taken to be as long as its words need.
        """
        words = self._words.get((turn, "agent"))
        if words is None or words.turn.final:
            return None
        kept = self._heard_text(words, heard_ms, received_ms, complete) if aligned else None
        if kept is None:
            kept = words_within(words.text, heard_ms / received_ms if received_ms else 0.0)
        kept = kept.strip()
        cut = len(kept) < len(words.text.strip())
        words.turn = replace(words.turn, text=kept, final=True, cut=cut, heard_ms=heard_ms)
        return words.turn

    @staticmethod
    def _heard_text(words: _Words, heard_ms: float, received_ms: float, complete: bool) -> str | None:
        starts = words.clauses
        for number in reversed(range(len(starts))):
            index, begin_ms = starts[number]
            if heard_ms < begin_ms:
                continue
            last = number + 1 == len(starts)
            clause = words.text[index:] if last else words.text[index : starts[number + 1][0]]
            end_ms = received_ms if last else starts[number + 1][1]
            if last and not complete:
                end_ms = max(end_ms, begin_ms + MS_PER_CHARACTER * len(clause))
            if end_ms <= begin_ms:
                continue
            return words.text[:index] + words_within(clause, (heard_ms - begin_ms) / (end_ms - begin_ms))
        return None

    def history(self, max_chars: int) -> tuple[tuple[Speaker, str], ...]:
        """The newest final turns that fit, in order: what a model that knows nothing is told.

        What is not final is still on its way to the model, or from it.
        """
        kept: list[tuple[Speaker, str]] = []
        for turn in reversed([turn for turn in self.turns() if turn.final]):
            max_chars -= len(turn.text)
            if max_chars < 0:
                break
            kept.append((turn.speaker, turn.text))
        return tuple(reversed(kept))

    def _open(self, turn: int, speaker: Speaker) -> _Words | None:
        words = self._words.setdefault((turn, speaker), _Words(Turn(turn, speaker)))
        return None if words.turn.final else words

    @staticmethod
    def _shown(words: _Words) -> Turn | None:
        before = words.turn
        joint = " " if words.text and words.interim and not words.text.endswith(" ") else ""
        words.turn = replace(before, text=(words.text + joint + words.interim.strip()).strip())
        return None if words.turn == before else words.turn
