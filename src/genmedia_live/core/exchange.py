"""What each event means for the exchange under way: whose words are these, which voice may sound, where was it cut.

An exchange is the person's words and the agent's answer to them; both carry its number. It ends when the model says so, or when
the person interrupts: then the voice is flushed at once, and the answer's text is cut where the ear stopped hearing it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.limits import Limits
from genmedia_live.core.playout import Playout
from genmedia_live.core.record import SessionRecord, Turn
from genmedia_live.core.transcript import Transcript
from genmedia_live.core.turns import Cue, Floor, Turns

STALE_S = 1.0
"""Voice of an interrupted answer may still arrive until the model closes its turn. It is not believed for longer than this."""

Why = Literal["barge_in", "typed", "by_hand", "ended"]


class Exchange:
    """Follows the exchange under way, and the tail of the one before it."""

    def __init__(self, record: SessionRecord, limits: Limits, say: Callable[[act.BrowserMessage], None]) -> None:
        self._limits = limits
        self._say = say
        self.capabilities = Capabilities()
        self.interruptible = True
        """False: the agent says its answer to the end, whoever speaks."""
        self.transcript = Transcript(record.turns)
        self.turn = record.next_turn - 1
        self.ended_turns = 0
        """Counts the ends of turns: news for whoever keeps the record."""
        self._floor = Turns()
        self._playout = Playout(limits.playout_window_ms, limits.playout_backlog_ms)
        self._timers: dict[str, float] = {}
        # Of the exchange under way.
        self._answering = False
        self._over = True
        self._generated = False
        # Of those before it.
        self._closing: dict[int, str | None] = {}
        """Turns that the model has ended, whose voice has not all left: turn -> why it ended."""
        self._cutting: dict[int, Why] = {}
        """Interrupted turns, while the page has not said how much of them it played."""
        self._stale = False
        """True while what the model says is still the answer that was silenced."""
        self._swallow = False
        """True when the next end of turn belongs to an answer that has been closed here already."""

    @property
    def floor(self) -> Floor:
        """Who holds the floor."""
        return self._floor.floor

    @property
    def quiet(self) -> bool:
        """True when nobody speaks and nothing is owed."""
        return self.floor is Floor.LISTENING and not self._closing and not self._cutting and self._playout.unheard_ms <= 0

    @property
    def due(self) -> float | None:
        """When `handle_timer` has something to do."""
        return min(self._timers.values(), default=None)

    # ---- the person

    def typed(self, text: str, now: float) -> None:
        """Typed words: they end the agent's voice as spoken ones would."""
        self._interrupt("typed", now)
        turn = self._users_turn()
        before = self.transcript.get(turn, "user")
        self._caption(self.transcript.add(turn, "user", f"\n{text}" if before and before.text else text))
        self._user_ends(now)

    def prompted(self, now: float) -> None:
        """The model is asked to speak, and nobody has said a word."""
        self._user_ends(now)

    @property
    def asking(self) -> int:
        """The exchange that a tool is asked for in: the one under way, or the one that the agent begins by asking."""
        return self.turn + 1 if self._over else self.turn

    def user_activity(self, started: bool, now: float) -> None:
        """The person begins or ends to speak, by the model's ear or by their own hand."""
        if not started:
            self._user_ends(now)
            return
        self._timers.pop("thinking", None)
        if self._over and self.interruptible:
            # The model takes its turn for over; what still sounds is ours to silence.
            self._interrupt("barge_in", now)
        self._floor.take(Cue.USER_BEGINS)

    def interrupt_by_hand(self, turn: int, now: float) -> None:
        """The person silences the agent; an old turn's number does nothing."""
        if turn in (self.turn, self._voiced):
            self._interrupt("by_hand", now)

    def played(self, turn: int, ms: float, flushed: bool, now: float) -> None:
        """The page tells how much of a turn has sounded."""
        self._playout.played(turn, ms)
        if flushed:
            self._cut(turn)
        self._watch_page(now)

    def presume_heard(self, now: float) -> None:
        """Another page is here: it will not report what the one before it was sent."""
        self._playout.presume_heard()
        self._cut(self.turn)
        self._watch_page(now)

    def _user_ends(self, now: float) -> None:
        self._floor.take(Cue.USER_ENDS)
        if self.floor is Floor.THINKING:
            self._timers["thinking"] = now + self._limits.thinking_ms / 1000

    def _users_turn(self) -> int:
        if self._over:
            self._next()
        words = self.transcript.get(self.turn, "user")
        # Said under the voice, and the answer to what came before is sounding: it belongs to the next exchange.
        return self.turn + 1 if words and words.final else self.turn

    # ---- the model

    def model(self, event: ev.ModelEvent, now: float) -> None:
        """What the model says, hears, or has done with its turn."""
        match event:
            case ev.ModelAudio(pcm):
                if not self._stale:
                    self._playout.offer(self._agents_turn(), pcm)
            case ev.OutputCaption(text):
                if not self._stale:
                    turn = self._agents_turn()
                    self._caption(self.transcript.add(turn, "agent", text, self._playout.received_ms(turn)))
            case ev.InputCaption():
                self._heard(event, now)
            case ev.UserActivity(started):
                self.user_activity(started, now)
            case ev.GenerationComplete():
                self._generated, self._stale = True, False
                if self._answering:
                    self._playout.end(self.turn)
            case ev.Interrupted():
                self._interrupted(now)
            case ev.TurnComplete(reason):
                self._completed(reason)
            case _:
                pass

    def _heard(self, caption: ev.InputCaption, now: float) -> None:
        turn = self._users_turn()
        if caption.interim:
            self._caption(self.transcript.guess(turn, "user", caption.text))
            return
        self._caption(self.transcript.add(turn, "user", caption.text))
        if caption.final and not self.capabilities.reports_activity and not self._answering:
            self._user_ends(now)

    def _agents_turn(self) -> int:
        if self._over:
            self._next()
        if not self._answering:
            self._answering = True
            self._swallow = False
            self._timers.pop("thinking", None)
            self._floor.take(Cue.MODEL_BEGINS)
            if self.capabilities.aligned_captions:
                # Such a model has said all that it heard before it answers.
                self._caption(self.transcript.finish(self.turn, "user"))
        return self.turn

    def _interrupted(self, now: float) -> None:
        if self._stale and not self._answering_now:
            self._stale = False
            return
        if not self._over and not self._answering:
            # The model dropped an answer before its first word. The person goes on in the same exchange.
            self._swallow = True
        self._interrupt("barge_in", now)
        if self._answering and self._swallow:
            self._stale = True
            self._timers["stale"] = now + STALE_S

    def _completed(self, reason: str | None) -> None:
        self._timers.pop("stale", None)
        self._stale = False
        if self._swallow:
            self._swallow = False
        elif not self._over:
            if self.floor is Floor.THINKING:
                self._floor.take(Cue.MODEL_ENDS)
            self._end(reason if self._answering else reason or "no_answer")

    def model_lost(self) -> None:
        """The connection is gone, or is replaced: what of the answer has come will be played, no more of it comes."""
        self._stale = self._swallow = False
        self._timers.pop("stale", None)
        if self._answering_now:
            self._end("upstream_lost")

    @property
    def _voiced(self) -> int:
        # Before its first word, an exchange has no voice: what sounds is the one before it.
        return self.turn if self._answering else self.turn - 1

    @property
    def _answering_now(self) -> bool:
        return self._answering and not self._over

    # ---- ends

    def _next(self) -> None:
        self._caption(self.transcript.finish(self.turn, "user"))
        self.turn += 1
        self._answering = self._over = self._generated = False

    def _end(self, why: str | None) -> None:
        self._over = True
        self._timers.pop("thinking", None)
        self._playout.end(self.turn)
        self._closing[self.turn] = why
        self._close_sent()

    def _close_sent(self) -> None:
        for turn in [turn for turn in self._closing if self._playout.all_sent(turn)]:
            why = self._closing.pop(turn)
            self._caption(self.transcript.finish(turn, "user"))
            self._caption(self.transcript.finish(turn, "agent", self._playout.received_ms(turn)))
            self._turn_ended(act.TurnEnd(turn, "complete", why))
        self._yield_floor()

    def _interrupt(self, why: Why, now: float) -> None:
        sounding = self._answering_now or self._closing or self._playout.unheard_ms > 0
        if not sounding:
            self._floor.take(Cue.INTERRUPTED)
            return
        if self._answering_now:
            # The model's turn is open: its end is still to come, and until all is made, its voice too.
            self._swallow, self._stale = True, not self._generated
            self._cutting[self.turn] = why
        self._cutting |= dict.fromkeys(self._closing, why)
        self._closing.clear()
        self._over = self._over or self._answering
        self._playout.flush(self._voiced)
        self._say(act.Flush(self._voiced))
        self._timers["flush"] = now + self._limits.flush_answer_ms / 1000
        self._timers.pop("heard", None)
        self._floor.take(Cue.INTERRUPTED)

    def _cut(self, up_to: int) -> None:
        for turn in sorted(number for number in self._cutting if number <= up_to):
            why = self._cutting.pop(turn)
            self._caption(self.transcript.finish(turn, "user"))
            heard, received = self._playout.heard_ms(turn), self._playout.received_ms(turn)
            complete, aligned = turn != self.turn or self._generated, self.capabilities.aligned_captions
            self._caption(self.transcript.cut(turn, heard, received, aligned=aligned, complete=complete))
            self._turn_ended(act.TurnEnd(turn, "interrupted", why))
        self._playout.forget(up_to)
        if not self._cutting:
            self._timers.pop("flush", None)

    def close(self, now: float) -> None:
        """The conversation ends: nothing stays open."""
        self._interrupt("ended", now)
        self._cut(self.turn)
        for turn in (self.turn, self.turn + 1):
            self._caption(self.transcript.finish(turn, "user"))
        self._timers.clear()

    def _turn_ended(self, end: act.TurnEnd) -> None:
        self.ended_turns += 1
        self._say(end)

    # ---- time and the page

    def release(self, now: float) -> None:
        """Let out the voice that may leave, and close the turns whose last voice has left."""
        out = self._playout.release()
        for audio in out:
            self._say(audio)
        if out:
            self._watch_page(now)
        self._close_sent()

    def handle_timer(self, now: float) -> None:
        """What was due at `now` happens."""
        for name in [name for name, due in self._timers.items() if due <= now]:
            self._timers.pop(name, None)
            match name:
                case "flush":
                    self._cut(self.turn)
                    self._watch_page(now)
                case "stale":
                    self._stale = False
                case "heard":
                    self._playout.presume_heard()
                    self._yield_floor()
                case "thinking":
                    self._floor.take(Cue.MODEL_ENDS)
                    if not self._over and not self._answering:
                        self._end("no_answer")

    def _watch_page(self, now: float) -> None:
        """A page that stops reporting must not hold the voice for ever."""
        if self._playout.in_flight_ms > 0 and not self._cutting:
            self._timers["heard"] = now + (self._playout.in_flight_ms + self._limits.played_timeout_ms) / 1000
        else:
            self._timers.pop("heard", None)
        self._yield_floor()

    def _yield_floor(self) -> None:
        if self._over and not self._closing and self._playout.unheard_ms <= 0 and self.floor is Floor.MODEL_SPEAKING:
            self._floor.take(Cue.MODEL_ENDS)

    def _caption(self, turn: Turn | None) -> None:
        if turn is not None:
            self._say(act.Caption(turn.id, turn.speaker, turn.text, turn.final, turn.cut))
