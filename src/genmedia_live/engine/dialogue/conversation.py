"""One Live session as a machine: what the client says and what the models answer come in, effects come out.

It owns no socket, thread or clock; `now` comes in as seconds. Two things run side by side: the user's utterance (being spoken, or
waiting for its transcript) and the engine's turn (`answering.py`). What the pair of them means is `state`.

    IDLE -> USER_SPEAKING    speech, or `activityStart`
    USER_SPEAKING -> GENERATING    the utterance is complete and has words; typed words go there directly
    GENERATING -> TOOL_WAIT -> GENERATING    functions are called; their results are in
    GENERATING -> PLAYING    all is generated and sent; the client is still playing it
    PLAYING -> IDLE    its playing time is over: `turnComplete`
    GENERATING, TOOL_WAIT, PLAYING -> USER_SPEAKING    barge-in: `interrupted`, `turnComplete`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Literal

from genmedia_live.engine.dialogue.answering import Answering
from genmedia_live.engine.dialogue.calls import Calls
from genmedia_live.engine.dialogue.checkpoints import NOT_FOUND, REFUSED, Checkpoints
from genmedia_live.engine.dialogue.context import Context
from genmedia_live.engine.dialogue.context import written as written_result
from genmedia_live.engine.dialogue.cues import Heard, Opened, Shown, SpeechBegan
from genmedia_live.engine.dialogue.effects import Deafen, Effect, End, Listen, Note, Send, Stop, Tell, Transcribe, Warm
from genmedia_live.engine.dialogue.gate import Gate, OpenGate, Terms
from genmedia_live.engine.dialogue.lifespan import Lifespan
from genmedia_live.engine.dialogue.listening import Began, Guessed, Listening, Outcome, Said
from genmedia_live.engine.dialogue.microphone import Microphone, audio_ms
from genmedia_live.engine.dialogue.resumption import Handles, Refused, Snapshot
from genmedia_live.engine.dialogue.rules import Rules
from genmedia_live.engine.dialogue.sight import Sight
from genmedia_live.engine.mind.casting import cast
from genmedia_live.engine.protocol.messages import (
    Blob,
    ClientContent,
    ClientMessage,
    Close,
    Content,
    ContextUpdate,
    Coverage,
    InterimInputTranscription,
    Interrupted,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    SetupComplete,
    ToolResponse,
    VoiceActivity,
)
from genmedia_live.engine.protocol.refusals import late_refusal
from genmedia_live.engine.protocol.transcripts import written
from genmedia_live.ports import FunctionCall, Message, Picture, Samples

SECOND_SETUP = Close(1007, "setup must be the first message, and only the first.")
NO_SETUP = Close(1007, "The first message must be setup.")
NOT_MANUAL = Close(1007, "Explicit activity control is not supported when automatic activity detection is enabled.")
NO_SYSTEM_TURN = Close(1007, "Request contains an invalid argument: content of role system is not supported.")
FULL_CONTEXT = Close(1007, "The input token count exceeds the maximum number of tokens allowed.")


class State(Enum):
    """Where the conversation stands."""

    IDLE = auto()
    USER_SPEAKING = auto()
    GENERATING = auto()
    TOOL_WAIT = auto()
    PLAYING = auto()


class Conversation:
    """One session, from `setup` to its close. Feed it, then perform `effects()`; re-arm one timer with `timer()`."""

    def __init__(
        self,
        session_id: str,
        handles: Handles,
        rules: Rules,
        now: float,
        gate: Gate | None = None,
        count: Callable[[str], int] = len,
        looks: Callable[[], bool] = lambda: False,
    ) -> None:
        self.id = session_id
        """Names the connection in the log."""
        self._points = Checkpoints(handles, session_id)
        self._rules = rules
        self._gate = gate or OpenGate()
        self._count = count
        self._looks = looks
        self._effects: list[Effect] = []
        self._lifespan = Lifespan(now, rules.limits.live_setup_ms / 1000)
        self._started = self._closed = self._changed = False
        self._late: Close | None = None
        self._received = -1
        self._last_audio = now
        self._microphone = Microphone()
        self._unspoken_ms = 0.0
        self.pictures = 0
        """How many pictures the client has shown."""
        self._take(Terms(Setup()), None)

    def _take(self, terms: Terms, snapshot: Snapshot | None) -> None:
        """Begin with these terms, and with what the snapshot knows."""
        setup, profile, limits = terms.setup, terms.profile, self._rules.limits
        name = setup.voice if setup.voice is not None or snapshot is None else snapshot.voice
        window = self._rules.context_window or profile.window
        if snapshot is None:
            self._context = Context(self._count, window=window, compression=setup.compression, limits=limits)
        else:
            self._context = Context.thaw(
                snapshot.context, self._count, window=window, compression=setup.compression, limits=limits
            )
        self._sight = Sight(limits, self._looks, snapshot.shown if snapshot is not None else ())
        self._terms, self._setup, self._voice = terms, setup, name
        self._context.instruct(setup.system, setup.tools)
        self._seeding = setup.initial_history and profile.seeds and snapshot is None
        self._listening = Listening(setup.detection, interim=setup.input_transcription)
        self._calls = Calls(self._points.lineage, self.id, limits)
        self._answering = Answering(
            setup,
            profile,
            cast(name) or cast(None) or "",
            self._calls,
            self._context,
            self._sight,
            self._effects,
            limits,
            self._rules.temperature,
            self._rules.max_tokens,
        )

    # ---- what the shell asks

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        answering = self._answering
        if answering.answering:
            return State.PLAYING if answering.playing else State.TOOL_WAIT if answering.waiting else State.GENERATING
        return State.USER_SPEAKING if self._listening.speaking else State.IDLE

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said, as the model reads it."""
        return self._context.messages

    def effects(self) -> list[Effect]:
        """What is to be done now, in order; each is handed out once, and nothing behind the end."""
        effects = self._effects[:]
        self._effects.clear()
        if self._closed:
            last = next((at for at, effect in enumerate(effects) if isinstance(effect, End)), -1)
            return effects[: last + 1]
        return effects

    def timer(self) -> float | None:
        """When `handle_timer` is due; None when nothing waits for time to pass."""
        return None if self._closed else min(self._dues(), default=None)

    def _dues(self) -> list[float]:
        dues = [due for due in (self._lifespan.due, self._answering.held, self._answering.ends) if due is not None]
        if self._listening.starving:
            dues.append(self._starved)
        return dues

    @property
    def _starved(self) -> float:
        return self._last_audio + self._rules.limits.live_starved_ms / 1000

    def handle_timer(self, now: float) -> None:
        """Do what has become due."""
        if self._closed:
            return
        match self._lifespan.pass_time(now):
            case Close() as close:
                self._close(close)
                return
            case None:
                pass
            case notice:
                self._send(notice)
        if (held := self._answering.held) is not None and now >= held:
            self._answering.unhold(now)
        ends = self._answering.ends
        if ends is not None and now >= ends and self._answering.complete():
            self._completed(now)
        if self._listening.starving and now >= self._starved:
            self.stream_ended(now)

    def go_away(self, seconds: float, close: Close, now: float) -> None:
        """Tell the client that the connection ends in so many seconds; it does, with that close."""
        if self._started and not self._closed:
            self._send(self._lifespan.leave(now, seconds, close))

    def ended(self) -> None:
        """The client is gone: its session may be resumed."""
        if not self._closed:
            self._closed = True
            self._points.end()

    # ---- what the client says

    def receive(self, message: ClientMessage | Close, now: float) -> None:
        """Take in one message of the client, or the close that its frame was worth."""
        if self._closed:
            return
        self._received += 1
        if isinstance(message, Close):
            self._close(message)
        elif isinstance(message, Setup):
            self._close(SECOND_SETUP) if self._started else self._start(message, now)
        elif not self._started:
            self._close(NO_SETUP)
        elif self._late:
            self._close(self._late)
        else:
            self._heed(message, now)
            # Only now: a turn that the message broke off was remembered without it.
            self._points.consumed.received(self._received, self._listening.heard_ms, audio_ms(message))
            if self._changed:
                self._checkpoint(now)

    def _heed(self, message: ClientContent | RealtimeInput | ToolResponse | ContextUpdate, now: float) -> None:
        match message:
            case RealtimeInput():
                self._realtime(message, now)
            case ClientContent():
                self._content(message, now)
            case ContextUpdate(system, tools):
                self._context.instruct(system, tools)
                self._changed = True
            case ToolResponse():
                self._returned(message, now)

    def _start(self, setup: Setup, now: float) -> None:
        terms = self._gate.admit(setup, now)
        if isinstance(terms, Close):
            self._close(terms)
            return
        snapshot = self._points.recall(terms, now)
        if isinstance(snapshot, Refused):
            self._effects.append(Note(f"resumption refused: the handle is {snapshot.name.lower()}"))
            snapshot = REFUSED.get(snapshot, NOT_FOUND)
        if isinstance(snapshot, Close):
            self._close(snapshot)
            return
        self._started = True
        self._take(terms, snapshot)
        self._late = late_refusal(terms.setup, terms.profile)
        self._points.begin(terms)
        self._lifespan.begin(now, self._rules.connection_limit, self._rules.go_away_notice)
        self._send(SetupComplete(self._points.lineage if terms.named else None))
        self._tell_warm()
        self._effects.append(Tell(Opened(resumed=snapshot is not None)))

    def _content(self, message: ClientContent, now: float) -> None:
        if not self._seeding:
            self._interrupt(now)
        for turn in message.turns:
            if turn.role == "system":  # on Vertex this replaces the instructions for the rest of the session
                if not self._terms.named:
                    self._close(NO_SYSTEM_TURN)
                    return
                self._context.instruct(turn.text, None)
            else:
                self._remember(turn, now)
        typed = [turn.text for turn in message.turns if turn.role == "user" and turn.text]
        if typed and not self._seeding:
            self._effects.append(Tell(Heard(typed[-1], typed=True)))
        self._changed = True
        if message.turn_complete and self._seeding:
            self._seeding = False
        elif message.turn_complete:
            self._answer(now)

    def _remember(self, turn: Content, now: float) -> None:
        """A turn of content becomes lines of the context, as if it had been said here. A picture without words is a line too."""
        user = turn.role != "model"
        if seen := turn.media + len(turn.pictures):
            self._context.see(seen)
        if user:
            self._keep(turn.pictures, now, counted=True)
        if turn.text or turn.calls or (user and turn.pictures):
            self._context.add(Message("user" if user else "assistant", turn.text, calls=turn.calls))
        for response in turn.responses:
            self._context.add(Message("tool", written_result(response.response), call=response.id))

    def _returned(self, message: ToolResponse, now: float) -> None:
        """Results that no turn waits for are told when the client wishes, but never into the user's speech."""
        wishes = self._answering.returned(message.responses, now)
        if isinstance(wishes, Close):
            self._close(wishes)
            return
        if "INTERRUPT" in wishes and not self._listening.speaking:
            self._interrupt(now)
        if wishes - {"SILENT"}:
            self._answering.owe()
        self._changed = True
        self._catch_up(now)

    def _realtime(self, message: RealtimeInput, now: float) -> None:
        manual = self._setup.detection.disabled
        if (message.activity_start or message.activity_end) and not manual:
            self._close(NOT_MANUAL)
            return
        if message.activity_start:
            if self._points.marked is None:  # begun again before the last words were known, it is one utterance
                self._points.marked = self._received
            self._heard(self._listening.begin(now), now)
        if message.video:
            self._show(message.video, now)
        for blob in message.audio:
            self._audio(blob)
        if message.text:
            self._text(message.text, now)
        if (message.activity_end if manual else message.audio_stream_end) and not self._closed:
            self._effects.append(Deafen())

    def _show(self, media: Sequence[Blob], now: float) -> None:
        """What the turn covers is counted as it comes; the rest when it is in view as the user begins to speak, or asks."""
        self.pictures += len(media)
        covered = self._coverage != "ONLY_ACTIVITY" or self._listening.speaking
        if covered:
            self._context.see(len(media))
        self._keep([picture for blob in media if (picture := blob.picture) is not None], now, counted=covered)
        self._effects.append(Tell(Shown(self.pictures)))

    def _keep(self, pictures: Sequence[Picture], now: float, *, counted: bool) -> None:
        """The first of a stream is looked at as it comes: it is likely to be asked about, and the eyes may have to wake up."""
        if any(len(picture.data) > self._rules.limits.live_picture_bytes for picture in pictures):
            self._effects.append(Note("a picture was too large to be looked at"))
        if self._sight.show(pictures, now, counted=counted):
            self._answering.look()

    @property
    def _coverage(self) -> Coverage:
        return self._setup.coverage or self._terms.profile.coverage

    def _cover(self) -> None:
        """Where the user's turn covers all input, what was heard without words belongs to it."""
        if self._coverage == "ALL_INPUT":
            unspoken = self._listening.heard_ms - self._listening.activity_ms
            self._context.hear(max(0.0, unspoken - self._unspoken_ms))
            self._unspoken_ms = unspoken

    def _text(self, text: str, now: float) -> None:
        """Typed words are activity: they break in, if speech may; while the user speaks, they wait for the speech.

        A blank asks for an answer (Pipecat sends one to have the model begin), and for no other where there is one.
        """
        if not text.strip() and self._answering.answering:
            return
        if self._setup.interrupts:
            self._interrupt(now)
        self._cover()
        self._answering.say(Message("user", text))
        self._effects.append(Tell(Heard(text, typed=True)))
        if self._listening.speaking:
            self._answering.owe()
        else:
            self._answer(now)

    # ---- the user's voice

    def _audio(self, blob: Blob) -> None:
        match self._microphone.take(blob):
            case Close() as close:
                self._close(close)
            case Listen() as listen if not self._closed:
                self._effects.append(listen)

    def frames(self, frames: Sequence[tuple[Samples, float]], now: float) -> None:
        """Frames of the user's voice, each with the probability that it holds speech."""
        self._last_audio = now
        for samples, probability in frames:
            guarded = self._answering.answering
            self._heard(self._listening.frame(samples, probability, now, guarded=guarded), now)
        if self._points.due(self._listening.heard_ms):
            self._checkpoint(now)

    def stream_ended(self, now: float) -> None:
        """`Deafen` is done: the last frames of the stream have been heard."""
        self._heard(self._listening.end(now), now)

    def judged(self, ticket: int, probability: float, now: float) -> None:
        """How surely the utterance of that `Transcribe` is complete."""
        self._heard(self._listening.judged(ticket, probability, now), now)

    def transcribed(self, ticket: int, words: str | None, now: float) -> None:
        """The words of that `Transcribe`; None when an interim transcript gave way to other work."""
        self._heard(self._listening.transcribed(ticket, words, now), now)

    def _heard(self, outcomes: Iterable[Outcome], now: float) -> None:
        if self._closed:
            return
        for outcome in outcomes:
            match outcome:
                case Transcribe():
                    self._effects.append(outcome)
                    if not outcome.interim:
                        self._answering.look()
                case Began():
                    self._activity("ACTIVITY_START")
                    self._effects.append(Tell(SpeechBegan()))
                    if self._setup.interrupts:
                        self._interrupt(now)
                    self._answering.look()
                case Guessed(words):
                    self._guessed(words)
                case Said():
                    self._said(outcome, now)

    def _guessed(self, words: str) -> None:
        if self._terms.profile.transcripts == "interim":
            self._send(InterimInputTranscription(words))
        if not self._answering.answering:
            self._tell_warm(words)  # most of what will be asked is known before the pause that ends it

    def _said(self, said: Said, now: float) -> None:
        self._points.marked = None
        self._activity("ACTIVITY_END")
        self._cover()
        if said.words:
            if self._setup.input_transcription:
                for transcription in written(said.words, self._terms.profile.transcripts):
                    self._send(transcription)
            self._answering.say(Message("user", said.words), spoken_ms=said.spoken_ms)
            self._effects.append(Tell(Heard(said.words, typed=False)))
        if said.words or self._answering.owing:
            self._answer(now, said.endpoint_ms)

    # ---- the engine's answer

    def _answer(self, now: float, endpoint_ms: float | None = None) -> None:
        self._seeding = False
        if self._context.full and self._setup.compression is None:
            self._close(FULL_CONTEXT)
            return
        if self._points.wanted and not self._answering.answering:
            self._send(ResumptionUpdate())
        self._answering.answer(now, endpoint_ms)

    def looked(self, picture: Picture, description: str, now: float) -> None:
        """What there is to be told of the picture of that `Look`; an empty text when nothing was recognised."""
        if self._closed:
            return
        self._sight.looked(picture, description)
        self._answering.unhold(now)
        if self._listening.speaking:
            self._answering.look()
            if not self._answering.answering:
                self._tell_warm()

    def prompt(self, now: float) -> None:
        """Begin a turn that nobody asked for; not into the user's words."""
        if self._started and not self._closed:
            self._answering.owe()
            self._catch_up(now)

    def clause(self, turn: int, text: str, tokens: int, now: float) -> None:
        """A clause of the answer; its voice follows."""
        if not self._closed:
            self._answering.clause(turn, text, tokens, now)

    def voice(self, turn: int, pcm: bytes, now: float) -> None:
        """Some voice of the clause (PCM16 mono, 24 kHz)."""
        if not self._closed:
            self._answering.voice(turn, pcm, now)

    def called(self, turn: int, calls: Sequence[FunctionCall], blocking: bool | None, now: float) -> None:
        """The model asks for functions; `blocking` overrides what was declared."""
        if not self._closed:
            self._answering.called(turn, calls, blocking)

    def generated(self, turn: int, now: float) -> None:
        """The whole answer has been given to `clause`, `voice` and `called`."""
        if not self._closed and self._answering.generated(turn, now):
            self._completed(now)

    def break_off(self, now: float) -> None:
        """Interrupt as if the user had spoken; without an answer to break off, only say so."""
        if not self._started or self._closed:
            return
        if not self._interrupt(now):
            self._send(Interrupted())
        self._catch_up(now)

    def cancel_calls(self, now: float) -> None:
        """Cancel every call whose result is awaited."""
        if not self._closed:
            self._answering.cancel(now)
            self._checkpoint(now)

    def _interrupt(self, now: float) -> bool:
        broken = self._answering.interrupt(now)
        if broken:
            self._over(now)
        return broken

    def _completed(self, now: float) -> None:
        self._over(now)
        self._catch_up(now)

    def _catch_up(self, now: float) -> None:
        """Answer what is owed, when neither side speaks."""
        if self._answering.owing and not self._answering.answering and not self._listening.speaking:
            self._answer(now)

    def _over(self, now: float) -> None:
        """A turn is over: the window slides, and the session can be resumed from here."""
        if gone := self._context.slide():
            self._effects.append(Note(f"the context window slid: {gone} lines went"))
        self._checkpoint(now)
        self._tell_warm()

    # ---- small steps

    def _checkpoint(self, now: float) -> None:
        """Send a handle of what the context holds now, unless functions are being executed."""
        self._changed = False
        if self._answering.answering or self._answering.owing:  # what is owed would not be answered after a resumption
            return
        if self._calls.pending and self._points.wanted:
            self._send(ResumptionUpdate())
        elif (update := self._points.mark(self._context, self._sight, self._voice, self._listening, now)) is not None:
            self._send(update)

    def _tell_warm(self, words: str = "") -> None:
        """The model may read what is known of the next question: what is shown with it, and how it begins."""
        shown = tuple(picture for picture in self._sight.told(self._sight.current()) if picture.description is not None)
        question = (Message("user", words, pictures=shown),) if words or shown else ()
        self._effects.append(Warm((*self._context.messages, *question), self._context.system, self._context.tools))

    def _activity(self, kind: Literal["ACTIVITY_START", "ACTIVITY_END"]) -> None:
        if self._setup.explicit_vad:
            self._send(VoiceActivity(kind, self._listening.heard_ms / 1000))

    def _send(self, message: ServerMessage) -> None:
        self._effects.append(Send(message))

    def _close(self, close: Close) -> None:
        if not self._closed:
            self._closed = True
            if self._answering.answering:
                self._effects.append(Stop(self._answering.turn))
            self._points.end()
            self._effects.append(End(close))
