"""One Live session as a machine: what the client says and what the models answer come in, effects come out.

It owns no socket, thread or clock; `now` comes in as seconds. Two things run side by side: the user's utterance (being spoken, or
waiting for its transcript) and the engine's turn (being generated, or playing). What the pair of them means is `state`.

    IDLE -> USER_SPEAKING    speech, or `activityStart`
    USER_SPEAKING -> GENERATING    the utterance is complete and has words; typed words go there directly
    GENERATING -> PLAYING    all is generated and sent; the client is still playing it
    PLAYING -> IDLE    its playing time is over: `turnComplete`
    GENERATING, PLAYING -> USER_SPEAKING    barge-in: `interrupted`, `turnComplete`
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from genmedia_live.core.audio import VOICE_RATE, duration_ms
from genmedia_live.core.limits import Limits
from genmedia_live.engine.casting import cast
from genmedia_live.engine.effects import Deafen, Effect, End, Generate, Listen, Note, Send, Stop, Transcribe, Warm
from genmedia_live.engine.listening import Began, Guessed, Listening, Outcome, Said
from genmedia_live.engine.messages import (
    Audio,
    Blob,
    ClientContent,
    ClientMessage,
    Close,
    ContextUpdate,
    Detection,
    GenerationComplete,
    GoAway,
    InputTranscription,
    InterimInputTranscription,
    Interrupted,
    ModelText,
    OutputTranscription,
    RealtimeInput,
    ResumptionUpdate,
    ServerMessage,
    Setup,
    SetupComplete,
    ToolResponse,
    TurnComplete,
    Usage,
    VoiceActivity,
)
from genmedia_live.engine.resumption import Handles, Snapshot
from genmedia_live.engine.speech import Playback
from genmedia_live.ports import Message, Samples


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator may choose about a session. Seconds, unless they say otherwise."""

    connection_limit: float | None = None
    """How long a connection may last; None for ever. Google's lasts about ten minutes."""
    go_away_notice: float = 60.0
    temperature: float = 0.5
    max_tokens: int = 160
    limits: Limits = field(default_factory=Limits)


class State(Enum):
    """Where the conversation stands."""

    IDLE = auto()
    USER_SPEAKING = auto()
    GENERATING = auto()
    PLAYING = auto()


class _Turn:
    """One answer of the engine."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.playback = Playback()
        self.generated = False
        self.prompt_tokens = 0
        self.answer_tokens = 0


class Conversation:
    """One session, from `setup` to its close. Feed it, then perform `effects()`; re-arm one timer with `timer()`."""

    def __init__(self, session_id: str, handles: Handles, rules: Rules, now: float) -> None:
        self._session_id = session_id
        self._handles = handles
        self._rules = rules
        self._limits = rules.limits
        self._effects: list[Effect] = []
        self._setup: Setup | None = None
        self._settings = Setup()
        self._closed = False
        self._deadline: float | None = now + rules.limits.live_setup_ms / 1000
        self._going_away: float | None = None
        self._system: str | None = None
        self._voice: str | None = None
        self._history: deque[Message] = deque()
        self._history_chars = 0
        self._seeding = False
        self._waiting: list[str] = []
        self._owed = False
        self._listening = Listening(Detection(), interim=False)
        self._turn: _Turn | None = None
        self._turns = 0
        self._rate: int | None = None
        self._received = -1
        self._billed_ms = 0.0
        self._last_audio = now
        self.pictures = 0
        """How many pictures the client has shown."""

    # ---- what the shell asks

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        if self._turn is not None:
            return State.PLAYING if self._turn.generated else State.GENERATING
        return State.USER_SPEAKING if self._listening.speaking else State.IDLE

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said, as the model reads it."""
        return tuple(self._history)

    def effects(self) -> list[Effect]:
        """What is to be done now, in order; each is handed out once."""
        effects, self._effects = self._effects, []
        return effects

    def timer(self) -> float | None:
        """When `handle_timer` is due; None when nothing waits for time to pass."""
        return None if self._closed else min(self._dues(), default=None)

    def _dues(self) -> list[float]:
        dues = [due for due in (self._deadline, self._going_away) if due is not None]
        if self._turn is not None and self._turn.generated:
            dues.append(self._turn.playback.ends)
        if self._listening.starving:
            dues.append(self._last_audio + self._limits.live_starved_ms / 1000)
        return dues

    def handle_timer(self, now: float) -> None:
        """Do what has become due."""
        if self._closed:
            return
        if self._deadline is not None and now >= self._deadline:
            expired = "Deadline expired before operation could complete."
            self._close(Close(1011, expired) if self._setup else Close(1008, "The setup message did not come in time."))
            return
        if self._going_away is not None and now >= self._going_away:
            self._going_away = None
            self._send(GoAway((self._deadline or now) - now))
        if self._turn is not None and self._turn.generated and now >= self._turn.playback.ends:
            self._complete(now)
        if self._listening.starving and now >= self._last_audio + self._limits.live_starved_ms / 1000:
            self.stream_ended(now)

    def go_away(self, seconds: float, now: float) -> None:
        """Tell the client that the server will close the connection soon."""
        if self._setup is not None and not self._closed:
            self._going_away = None
            self._send(GoAway(seconds))

    # ---- what the client says

    def receive(self, message: ClientMessage | Close, now: float) -> None:
        """Take in one message of the client, or the close that its frame was worth."""
        if self._closed:
            return
        self._received += 1
        if isinstance(message, Close):
            self._close(message)
        elif isinstance(message, Setup):
            self._start(message, now)
        elif self._setup is None:
            self._close(Close(1007, "The first message must be setup."))
        else:
            self._heed(message, now)

    def _heed(self, message: ClientContent | RealtimeInput | ToolResponse | ContextUpdate, now: float) -> None:
        match message:
            case RealtimeInput():
                self._realtime(message, now)
            case ClientContent():
                self._content(message, now)
            case ContextUpdate(system):
                self._instruct(system)
            case ToolResponse():
                self._effects.append(Note("tool response without a tool call"))

    def _start(self, setup: Setup, now: float) -> None:
        if self._setup is not None:
            self._close(Close(1007, "setup must be the first message, and only the first."))
            return
        snapshot = self._handles.recall(setup.handle, now) if setup.handle else None
        if setup.handle and snapshot is None:
            self._close(Close(1008, "BidiGenerateContent session not found"))
            return
        name = setup.voice if setup.voice is not None or snapshot is None else snapshot.voice
        if (voice := cast(name)) is None:
            model = setup.model.rsplit("/", 1)[-1]
            self._close(Close(1007, f"Requested voice api_name '{name}' is not available for model {model}"))
            return
        self._setup = self._settings = setup
        self._voice = voice
        self._instruct(setup.system if setup.system is not None or snapshot is None else snapshot.system)
        for line in snapshot.history if snapshot else ():
            self._remember(line.role, line.text)
        self._seeding = setup.initial_history
        self._listening = Listening(setup.detection, interim=setup.input_transcription)
        limit = self._rules.connection_limit
        self._deadline = None if limit is None else now + limit
        self._going_away = None if limit is None else now + max(0.0, limit - self._rules.go_away_notice)
        self._send(SetupComplete(self._session_id))
        self._effects.append(Warm(self.history, self._system))

    def _content(self, message: ClientContent, now: float) -> None:
        if not self._seeding:
            self._interrupt(now)
        for turn in message.turns:
            if turn.role == "system":  # on Vertex this replaces the instructions for the rest of the session
                self._instruct(turn.text)
            elif turn.text:
                self._remember("assistant" if turn.role == "model" else "user", turn.text)
        if not message.turn_complete:
            return
        if self._seeding:
            self._seeding = False
        else:
            self._answer(now)

    def _realtime(self, message: RealtimeInput, now: float) -> None:
        self.pictures += len(message.video)
        manual = self._settings.detection.disabled
        if message.activity_start and manual:
            self._heard(self._listening.begin(now), now)
        for blob in message.audio:
            self._audio(blob, now)
        if message.text:
            self._text(message.text, now)
        if (message.activity_end if manual else message.audio_stream_end) and not self._closed:
            self._effects.append(Deafen())

    def _text(self, text: str, now: float) -> None:
        """Typed words are activity: they break in, if speech may; while the user speaks, they wait for the speech."""
        if self._settings.interrupts:
            self._interrupt(now)
        self._say(text)
        if self._listening.speaking:
            self._owed = True
        else:
            self._answer(now)

    def _say(self, text: str) -> None:
        """The user said this. During an answer that can't be interrupted it waits, so that the history keeps its order."""
        if self._turn is None:
            self._remember("user", text)
        else:
            self._waiting.append(text)

    # ---- the user's voice

    def _audio(self, blob: Blob, now: float) -> None:
        if self._closed or not blob.data:
            return
        rate = blob.rate
        if rate is None:
            self._close(Close(1007, f"Audio of type '{blob.mime}' is not supported; send audio/pcm;rate=16000."))
            return
        if self._rate not in (None, rate):
            changed = f"Sample rate changed from previously {self._rate} to {rate}, which is not supported"
            self._close(Close(1007, changed))
            return
        self._rate = rate
        self._effects.append(Listen(blob.data, rate))

    def frames(self, frames: Sequence[tuple[Samples, float]], now: float) -> None:
        """Frames of the user's voice, each with the probability that it holds speech."""
        self._last_audio = now
        for samples, probability in frames:
            guarded = self._turn is not None
            self._heard(self._listening.frame(samples, probability, now, guarded=guarded), now)

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
                case Began():
                    self._activity("ACTIVITY_START")
                    if self._settings.interrupts:
                        self._interrupt(now)
                case Guessed(words):
                    self._send(InterimInputTranscription(words))
                    if self._turn is None:
                        # Most of what will be asked is known before the pause that ends it.
                        self._effects.append(Warm((*self.history, Message("user", words)), self._system))
                case Said():
                    self._said(outcome, now)

    def _said(self, said: Said, now: float) -> None:
        self._activity("ACTIVITY_END")
        if said.words:
            if self._settings.input_transcription:
                self._send(InputTranscription(said.words))
            self._say(said.words)
        if said.words or self._owed:
            self._answer(now, said.endpoint_ms)

    # ---- the engine's answer

    def _answer(self, now: float, endpoint_ms: float | None = None) -> None:
        if self._turn is not None:
            self._owed = True
            return
        setup, rules = self._settings, self._rules
        self._owed = False
        self._turns += 1
        self._turn = _Turn(self._turns)
        if setup.resumption:
            self._send(ResumptionUpdate())
        temperature = rules.temperature if setup.temperature is None else min(max(setup.temperature, 0.0), 2.0)
        tokens = min(max(setup.max_output_tokens or rules.max_tokens, 1), self._limits.live_answer_tokens)
        voice = None if self._text_only else self._voice
        self._effects.append(Generate(self._turns, self.history, self._system, voice, temperature, tokens, endpoint_ms))

    @property
    def _text_only(self) -> bool:
        return self._settings.modalities == ("TEXT",)

    def _current(self, turn: int) -> _Turn | None:
        """The answer of that number while it is being generated; models may speak late of one that is over."""
        current = self._turn
        fits = current is not None and current.number == turn and not current.generated
        return current if fits and not self._closed else None

    def thinking(self, turn: int, prompt_tokens: int, now: float) -> None:
        """The model reads a prompt of so many tokens."""
        if (current := self._current(turn)) is not None:
            current.prompt_tokens = prompt_tokens

    def clause(self, turn: int, text: str, tokens: int, now: float) -> None:
        """A clause of the answer; its voice follows."""
        if (current := self._current(turn)) is None:
            return
        current.playback.clause(text, now)
        current.answer_tokens += tokens
        if self._text_only:
            self._send(ModelText(text))
        elif self._settings.output_transcription:
            self._send(OutputTranscription(text))

    def voice(self, turn: int, pcm: bytes, now: float) -> None:
        """Some voice of the clause (PCM16 mono, 24 kHz)."""
        if (current := self._current(turn)) is not None:
            current.playback.voice(duration_ms(len(pcm), VOICE_RATE) / 1000, now)
            self._send(Audio(turn, pcm))

    def generated(self, turn: int, now: float) -> None:
        """The whole answer has been given to `clause` and `voice`."""
        if (current := self._current(turn)) is not None:
            current.generated = True
            current.playback.finish()
            self._send(GenerationComplete())
            if now >= current.playback.ends:
                self._complete(now)

    def _complete(self, now: float) -> None:
        """The answer has been played to its end."""
        turn = self._turn
        if turn is not None:
            self._finish(turn, turn.playback.text, now)
            if self._owed and not self._listening.speaking:
                self._answer(now)

    def _interrupt(self, now: float) -> None:
        """Break off the answer, if there is one. Only what has been heard of it stays in the history."""
        turn = self._turn
        if turn is not None:
            self._effects.append(Stop(turn.number))
            self._send(Interrupted())
            self._finish(turn, turn.playback.text if self._text_only else turn.playback.heard(now), now)

    def _finish(self, turn: _Turn, said: str, now: float) -> None:
        self._turn = None
        if said.strip():
            self._remember("assistant", said.strip())
        for text in self._waiting:
            self._remember("user", text)
        self._waiting.clear()
        heard_ms, self._billed_ms = self._listening.heard_ms - self._billed_ms, self._listening.heard_ms
        usage = Usage(
            prompt_text=turn.prompt_tokens,
            prompt_audio=round(heard_ms * 25 / 1000),
            answer_text=0 if turn.playback.seconds else turn.answer_tokens,
            answer_audio=round(turn.playback.seconds * 25),
        )
        self._send(TurnComplete(usage))
        setup = self._settings
        if setup.resumption:
            handle = self._handles.keep(Snapshot(self.history, self._system, setup.voice or self._voice), now)
            self._send(ResumptionUpdate(handle, self._received if setup.transparent else None))
        self._effects.append(Warm(self.history, self._system))

    # ---- small steps

    def _remember(self, role: str, text: str) -> None:
        """Add a line to the history; past its bounds the oldest are forgotten."""
        text = text[-self._limits.live_history_chars :]
        self._history.append(Message("assistant" if role == "assistant" else "user", text))
        self._history_chars += len(text)
        while self._history_chars > self._limits.live_history_chars or len(self._history) > self._limits.live_history_lines:
            self._history_chars -= len(self._history.popleft().text)

    def _instruct(self, system: str | None) -> None:
        if system is not None:
            self._system = system[: self._limits.live_instructions_chars]

    def _activity(self, kind: Literal["ACTIVITY_START", "ACTIVITY_END"]) -> None:
        if self._settings.explicit_vad:
            self._send(VoiceActivity(kind, self._listening.heard_ms / 1000))

    def _send(self, message: ServerMessage) -> None:
        self._effects.append(Send(message))

    def _close(self, close: Close) -> None:
        if not self._closed:
            self._closed = True
            if self._turn is not None:
                self._effects.append(Stop(self._turn.number))
            self._effects.append(End(close))
