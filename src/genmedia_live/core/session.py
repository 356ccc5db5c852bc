"""One conversation as a machine, and the only door to it.

Events and `now` (seconds on any clock that only grows) come in; `actions()` come out; `get_timer()` asks to be called back.
It owns no socket, task or clock. What each event means for the turn is in `exchange.py`, for the connection in `reconnect.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.calls import Calls
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS, Problem
from genmedia_live.core.exchange import Exchange
from genmedia_live.core.initiative import Initiative
from genmedia_live.core.limits import Limits
from genmedia_live.core.reconnect import Phase, Reconnect
from genmedia_live.core.record import SessionRecord, SessionSettings, Turn
from genmedia_live.core.turns import Floor
from genmedia_live.core.uplink import Uplink

TOKEN_CODES = frozenset({"token_expired", "token_invalid", "token_scope", "sign_in_needed"})


class LiveSession:
    """One browser's conversation with one model, through any number of connections on either side."""

    def __init__(self, record: SessionRecord, limits: Limits, jitter: Callable[[], float]) -> None:
        """Continue `record`, which may be new. `jitter()` is uniform in [0, 1)."""
        self._limits = limits
        self._record = record
        self._settings = self._opened_with = record.settings
        self._actions: list[act.Action] = []
        self._timers: dict[str, float] = {}
        self._attached = False
        self._holding = False
        """True between the marks of push-to-talk."""
        self._status: act.Status | None = None
        self._status_at = 0.0
        self._ended = False
        self._saved_turns = 0
        self._calls = Calls(limits.tool_detail_chars)
        self._initiative = Initiative(limits.nudges)
        self._link = Reconnect(limits, jitter, record.handle)
        self._uplink = Uplink(limits.mic_ring_ms)
        self._exchange = Exchange(record, limits, self._say)

    # ---- what the shell asks

    def actions(self) -> list[act.Action]:
        """What is to be done now, in order; asking empties the list."""
        out, self._actions = self._actions, []
        return out

    def get_timer(self) -> float | None:
        """When to call `handle_timer`; None means not at all."""
        if self._ended:
            return None
        parts = (self._link.due, self._exchange.due, *((self._uplink.due, self._initiative.due) if self._attached else ()))
        return min((*self._timers.values(), *(due for due in parts if due is not None)), default=None)

    def record(self) -> SessionRecord:
        """All that another process needs to carry on."""
        return replace(
            self._record,
            settings=self._settings,
            turns=self._exchange.transcript.turns(),
            handle=self._link.handle,
            next_turn=self._exchange.turn + 1,
        )

    def turns(self) -> tuple[Turn, ...]:
        """What was said so far, for a page that has just come."""
        return self._exchange.transcript.turns()

    @property
    def settings(self) -> SessionSettings:
        """The settings in force."""
        return self._settings

    @property
    def reaches_model(self) -> bool:
        """Whether what is shown now goes to the model: without a live link a picture is dropped."""
        return self._link.live and not self._ended

    @property
    def ended(self) -> bool:
        """True after `Finish`: the machine does nothing any more."""
        return self._ended

    # ---- the browser

    def start(self, now: float) -> None:
        """A browser is there: open the model."""
        if self._ended:
            return
        self._attached = True
        self._open(now)
        self._settle(now)

    def browser_attached(self, now: float) -> None:
        """A browser has come back, or another has taken its place."""
        if self._ended:
            return
        self._attached = True
        self._timers.pop("grace", None)
        self._uplink.restart()
        self._exchange.presume_heard(now)
        self._status = None
        if self._link.phase in (Phase.GIVEN_UP, Phase.CLOSED):
            self._link.retry()
            self._open(now)
        self._settle(now)

    def browser_gone(self, now: float) -> None:
        """The browser is away. It has `grace_ms` to come back before the model is let go."""
        if self._ended:
            return
        self._attached = False
        if self._holding:  # the page that held the button comes back with the rest of what was said, or not at all
            self._timers["let_go"] = now + self._limits.hold_ms / 1000
        self._timers["grace"] = now + self._limits.grace_ms / 1000
        self._to_model(act.SendAudioEnd())
        self._settle(now)

    def browser_event(self, event: ev.BrowserEvent, now: float) -> None:
        """Something that the person did."""
        if self._ended:
            return
        match event:
            case ev.Mic(chunk):
                self._initiative.mute(False)
                if self._uplink.is_new(chunk):
                    self._to_model(act.SendAudio(chunk))
            case ev.MicEnd(reason):
                self._initiative.mute(reason == "muted")
                self._to_model(act.SendAudioEnd())
            case ev.Frame(source, seq, jpeg):
                self._to_model(act.SendFrame(source, seq, jpeg))
            case ev.Text(text):
                self._initiative.heard()
                self._exchange.typed(text, now)
                self._to_model(act.SendText(text))
            case ev.Activity(started):
                self._activity(started, now)
            case ev.Interrupt(turn):
                self._initiative.heard()
                self._exchange.interrupt_by_hand(turn, now)
            case ev.Played(turn, ms, flushed):
                self._exchange.played(turn, ms, flushed, now)
            case ev.Configure(settings):
                self._configure(settings, now)
            case ev.Stop():
                self._finish("stopped", now)
        self._settle(now)

    def _activity(self, started: bool, now: float) -> None:
        """Push-to-talk: each mark once, and a beginning only while the settings are for it."""
        self._timers.pop("let_go", None)
        if started == self._holding or (started and not self._settings.manual_activity):
            return
        self._holding = started
        self._initiative.heard()
        self._exchange.user_activity(started, now)
        self._to_model(act.SendActivity(started))

    def _configure(self, settings: SessionSettings, now: float) -> None:
        if settings == self._settings:
            return
        if settings.model != self._settings.model:
            # A handle belongs to its model; another one is told the transcript.
            self._link.handle = None
        self._settings = settings
        self._actions.append(act.Save(self.record()))
        self._link.rotate_by(now + self._limits.configure_wait_ms / 1000)

    # ---- the model

    def model_opened(self, link: act.LinkId, capabilities: Capabilities, now: float) -> None:
        """Connection `link` is set up."""
        resumed_from = self._link.handle
        if self._ended or not self._link.opened(link, now):
            return
        if self._settings != self._opened_with:
            # Changed while it opened. Nothing was said on it yet, so nothing is lost with it.
            self._rotate(now)
            self._settle(now)
            return
        self._exchange.capabilities = capabilities
        self._exchange.interruptible = self._settings.interruptible
        history = self._exchange.transcript.history(self._limits.history_chars)
        if history and resumed_from is None:
            self._send(act.SendHistory(history))
        waiting = self._uplink.drain()
        marks = [held.started for held in waiting if isinstance(held, act.SendActivity)]
        if not marks[0] if marks else self._holding:  # it began on another connection
            self._send(act.SendActivity(True))
        # A microphone sends silence too: only what somebody typed or marked as speech is known to be said.
        spoken = bool(self.turns() or marks) or self._holding or any(isinstance(held, act.SendText) for held in waiting)
        for message in waiting:
            self._send(message)
        if greeting := self._initiative.greeting(self._settings, spoken=spoken):
            self._prompt(greeting, now)
        self._settle(now)

    def model_event(self, link: act.LinkId, event: ev.ModelEvent, now: float) -> None:
        """Something that the model did. A word from an old connection is ignored."""
        if self._ended or link != self._link.link or not self._link.live:
            return
        match event:
            case ev.GoAway(time_left):
                margin = self._limits.go_away_margin_ms / 1000
                self._link.rotate_by(now + max(0.0, time_left - margin))
            case ev.Resumption(handle, resumable, _):
                # A model that is about to be replaced still makes handles; the next one could not read them.
                if resumable and handle and self._opened_with.model == self._settings.model:
                    self._link.handle = handle
                    self._actions.append(act.Save(self.record()))
            case ev.Usage(tokens):
                self._say(act.Tokens(tokens))
            case ev.ToolCall(call, name, args):
                self._say(self._calls.begin(event, self._exchange.asking))
                self._actions.append(act.RunTool(call, name, args))
            case ev.ToolCancelled(ids):
                for call in ids:
                    self._cancel_tool(call)
            case _:
                if isinstance(event, ev.ModelAudio | ev.OutputCaption):
                    self._uplink.answered()
                elif isinstance(event, ev.InputCaption | ev.UserActivity | ev.Interrupted):
                    self._initiative.heard()
                self._exchange.model(event, now)
        self._settle(now)

    def model_closed(self, link: act.LinkId, problem: Problem, now: float) -> None:
        """Connection `link` is gone, or could not be opened: `problem` says why."""
        if self._ended or not self._link.lost(link, problem, now):
            return
        self._link_gone()
        if problem.code == "handle_refused" or self._link.phase is Phase.GIVEN_UP:
            self._say(act.ErrorNotice(problem))
        self._settle(now)

    def tool_finished(self, call: str, response: Mapping[str, Any], now: float) -> None:
        """A tool has answered: `{"output": …}` or `{"error": …}`."""
        state = self._calls.finish(call, response)
        if self._ended or state is None:
            return
        self._say(state)
        self._to_model(act.SendToolResult(call, state.name, response))
        self._settle(now)

    def _cancel_tool(self, call: str) -> None:
        if state := self._calls.cancel(call):
            self._actions.append(act.CancelTool(call))
            self._say(state)

    # ---- time, and the end

    def handle_timer(self, now: float) -> None:
        """What was due at `now` happens."""
        if self._ended:
            return
        if self._timers.get("grace", now + 1) <= now:
            self._finish("abandoned", now)
            return
        if self._timers.get("let_go", now + 1) <= now:
            self._activity(False, now)
        if self._link.due is not None and self._link.due <= now:
            if self._link.phase is Phase.ROTATING:
                self._rotate(now)
            else:
                self._open(now)
        self._exchange.handle_timer(now)
        if self._attached and (nudge := self._initiative.nudge(now)):
            self._prompt(nudge, now)
        self._settle(now)

    def drain(self, now: float) -> None:
        """The server stops: say goodbye, keep the record, let go of the model."""
        if self._ended:
            return
        self._show("draining", now)
        self._exchange.close(now)  # a page that has heard goodbye hears no more
        self._say(act.Goodbye("draining", retry_after_ms=self._limits.drain_retry_ms))
        self._finish("draining", now)

    def _finish(self, why: str, now: float) -> None:
        self._exchange.close(now)
        if why != "draining":
            self._show("ended", now)
        self._actions.append(act.Save(self.record()))
        if self._link.phase in (Phase.OPENING, Phase.LIVE, Phase.ROTATING):
            self._actions.append(act.CloseModel(self._link.link))
        self._link.close()
        self._timers.clear()
        self._actions.append(act.Finish(why))
        self._ended = True

    # ---- inside

    def _open(self, now: float) -> None:
        link = self._link.open()
        self._opened_with = self._settings
        self._actions.append(act.OpenModel(link, self._settings, self._link.handle))

    def _link_gone(self) -> None:
        for call in self._calls.ids:
            self._cancel_tool(call)
        self._uplink.recall()
        self._exchange.model_lost()

    def _rotate(self, now: float) -> None:
        self._link_gone()
        self._actions.append(act.CloseModel(self._link.link))
        self._open(now)

    def _prompt(self, words: str, now: float) -> None:
        """Tell the model something that nobody has said."""
        self._exchange.prompted(now)
        self._to_model(act.SendText(words))

    def _settle(self, now: float) -> None:
        """After every event: rotate if it is quiet, let voice out, tell the page what changed."""
        if self._ended:
            return
        quiet = self._exchange.quiet and not self._calls  # a new connection would know nothing of a tool that runs
        self._initiative.watch(self._settings, quiet=quiet and self._link.phase is Phase.LIVE and self._attached, now=now)
        if self._link.phase is Phase.ROTATING and quiet:
            self._rotate(now)
        if self._attached:
            self._exchange.release(now)
            if report := self._uplink.report(now):
                self._say(report)
        if self._exchange.ended_turns != self._saved_turns:
            self._saved_turns = self._exchange.ended_turns
            self._actions.append(act.Save(self.record()))
        self._show_state(now)

    def _show_state(self, now: float) -> None:
        phase, problem = self._link.phase, self._link.problem
        if phase is Phase.GIVEN_UP:
            code = problem.code if problem else PROBLEMS["upstream_lost"].code
            self._show("needs_token" if code in TOKEN_CODES else "held", now, code)
        elif phase is Phase.BACKING_OFF:
            wait_ms = round(1000 * max(0.0, (self._link.due or now) - now))
            self._show("reconnecting", now, problem.code if problem else None, wait_ms)
        elif phase is Phase.OPENING and not self._link.ever_live:
            self._show("connecting", now)
        elif phase is Phase.OPENING and problem is not None:
            self._show("resuming", now, problem.code)
        elif self._exchange.floor is Floor.MODEL_SPEAKING:
            self._show("speaking", now)
        elif self._exchange.floor is Floor.THINKING:
            self._show("thinking", now)
        else:
            # A planned rotation shows nothing: what the person says meanwhile is kept.
            self._show("listening", now)

    def _show(self, state: act.State, now: float, code: str | None = None, retry_ms: int | None = None) -> None:
        lost_ms = self._uplink.declare_lost() if self._link.live else None
        if self._status is not None and (self._status.state, self._status.code) == (state, code) and lost_ms is None:
            return
        if self._status is None or self._status.state != state:
            self._status_at = now
        self._status = act.Status(state, now - self._status_at, code, retry_ms, lost_ms)
        self._say(self._status)

    def _to_model(self, message: act.ModelInput) -> None:
        if self._link.live:
            self._send(message)
        elif self._link.phase is not Phase.CLOSED:
            self._uplink.hold(message)

    def _send(self, message: act.ModelInput) -> None:
        # A model that listens for speech itself closes at the client's marks; one that does not takes no end of voice. A
        # connection keeps the way that it was opened with when the person has chosen the other already.
        if isinstance(message, act.SendAudioEnd if self._opened_with.manual_activity else act.SendActivity):
            return
        self._uplink.sent(message)
        self._actions.append(act.SendModel(self._link.link, message))

    def _say(self, message: act.BrowserMessage) -> None:
        if self._attached:
            self._actions.append(act.ToBrowser(message))
