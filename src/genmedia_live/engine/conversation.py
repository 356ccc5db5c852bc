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

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from genmedia_live.core.audio import VOICE_RATE, duration_ms
from genmedia_live.engine.casting import cast
from genmedia_live.engine.effects import Deafen, Effect, End, Generate, Listen, Note, Send, Stop, Transcribe
from genmedia_live.engine.endpointing import FRAME_MS, Endpointer, Patience, Signal
from genmedia_live.engine.messages import (
    Audio,
    Blob,
    ClientContent,
    ClientMessage,
    Close,
    ContextUpdate,
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
    """The numbers of a session. Seconds, unless they say otherwise."""

    setup_deadline: float = 10.0
    connection_limit: float | None = None
    """How long a connection may last; None for ever. Google's lasts about ten minutes."""
    go_away_notice: float = 60.0
    complete: float = 0.5
    """An utterance that is more surely complete than this ends at its first pause."""
    interim_ms: float = 600.0
    starved: float = 1.0
    """Without audio for so long in the middle of an utterance, the stream counts as ended."""
    temperature: float = 0.5
    max_tokens: int = 160
    longest_answer: int = 400
    """Tokens; no client gets more."""
    history_chars: int = 24_000


class State(Enum):
    """Where the conversation stands."""

    IDLE = auto()
    USER_SPEAKING = auto()
    GENERATING = auto()
    PLAYING = auto()


@dataclass(slots=True)
class _Utterance:
    """What the user is saying. `ticket` numbers the transcript that is awaited; 0 for none."""

    manual: bool = False
    ticket: int = 0
    interim: int = 0
    heard_ms: float = 0.0
    words: str | None = None
    complete: bool = False
    last_speech: float = 0.0


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
        self._effects: list[Effect] = []
        self._setup: Setup | None = None
        self._closed = False
        self._deadline: float | None = now + rules.setup_deadline
        self._going_away: float | None = None
        self._system: str | None = None
        self._voice: str | None = None
        self._history: list[Message] = []
        self._seeding = False
        self._waiting: list[str] = []
        self._owed = False
        self._endpointer = Endpointer(Patience())
        self._utterance: _Utterance | None = None
        self._turn: _Turn | None = None
        self._turns = 0
        self._tickets = 0
        self._rate: int | None = None
        self._received = -1
        self._audio_ms = 0.0
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
        return State.USER_SPEAKING if self._utterance is not None else State.IDLE

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said, as the model reads it."""
        return tuple(self._history)

    @property
    def closed(self) -> bool:
        """Whether the machine has asked for the end."""
        return self._closed

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
        if self._starving:
            dues.append(self._last_audio + self._rules.starved)
        return dues

    @property
    def _starving(self) -> bool:
        """Whether an utterance needs more audio before its end can be told."""
        utterance = self._utterance
        return utterance is not None and not utterance.manual and not utterance.complete

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
        if self._starving and now >= self._last_audio + self._rules.starved:
            self._stream_end(now)

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
                self._system = system if system is not None else self._system
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
        self._setup, self._voice = setup, voice
        self._system = setup.system if setup.system is not None or snapshot is None else snapshot.system
        self._history = list(snapshot.history) if snapshot else []
        self._seeding = setup.initial_history
        self._endpointer = Endpointer(Patience.of(setup.detection))
        limit = self._rules.connection_limit
        self._deadline = None if limit is None else now + limit
        self._going_away = None if limit is None else now + max(0.0, limit - self._rules.go_away_notice)
        self._send(SetupComplete(self._session_id))

    def _content(self, message: ClientContent, now: float) -> None:
        if not self._seeding:
            self._interrupt(now)
        for turn in message.turns:
            if turn.role == "system":  # on Vertex this replaces the instructions for the rest of the session
                self._system = turn.text
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
        if message.activity_start and self._manual:
            self._activity_start(now)
        for blob in message.audio:
            self._audio(blob, now)
        if message.text:
            self._text(message.text, now)
        if message.activity_end and self._manual:
            self._activity_end()
        if message.audio_stream_end and not self._manual and not self._closed:
            self._effects.append(Deafen())

    @property
    def _manual(self) -> bool:
        return self._setup is not None and self._setup.detection.disabled

    def _text(self, text: str, now: float) -> None:
        """Typed words are activity: they break in, if speech may; while the user speaks, they wait for the speech."""
        if self._setup is not None and self._setup.interrupts:
            self._interrupt(now)
        self._say(text)
        if self._utterance is None:
            self._answer(now)
        else:
            self._owed = True

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
        rate = _rate(blob.mime)
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
        for samples, probability in frames:
            if self._closed:
                return
            self._last_audio = now
            self._audio_ms += FRAME_MS
            if not self._manual:
                self._frame(samples, probability, now)
            elif self._utterance is not None:
                self._endpointer.append(samples)

    def _frame(self, samples: Samples, probability: float, now: float) -> None:
        signal = self._endpointer.hear(samples, probability, guarded=self._turn is not None)
        if signal is Signal.STARTED:
            self._begin_utterance(now)
        utterance = self._utterance
        if utterance is None:
            return
        if self._endpointer.silent_ms == 0:
            utterance.last_speech = now
        if signal is Signal.PAUSED:
            self._ask(utterance, judge=True)
        elif signal is Signal.RESUMED:
            utterance.ticket, utterance.words, utterance.complete = 0, None, False
        elif signal is Signal.ENDED:
            utterance.complete = True
            if not utterance.ticket:
                self._ask(utterance)
            self._settle(now)
        elif utterance.last_speech == now:
            self._ask_interim(utterance)

    def _begin_utterance(self, now: float, *, manual: bool = False) -> None:
        self._utterance = _Utterance(manual=manual, last_speech=now)
        self._activity("ACTIVITY_START")
        if self._setup is not None and self._setup.interrupts:
            self._interrupt(now)

    def _ask(self, utterance: _Utterance, *, judge: bool = False) -> None:
        self._tickets += 1
        utterance.ticket, utterance.words = self._tickets, None
        self._effects.append(Transcribe(self._tickets, self._endpointer.audio(), judge=judge))

    def _ask_interim(self, utterance: _Utterance) -> None:
        wanted = self._setup is not None and self._setup.input_transcription
        spoken = self._endpointer.spoken_ms
        if not wanted or utterance.interim or spoken - utterance.heard_ms < self._rules.interim_ms:
            return
        self._tickets += 1
        utterance.interim, utterance.heard_ms = self._tickets, spoken
        self._effects.append(Transcribe(self._tickets, self._endpointer.audio(), interim=True))

    def judged(self, ticket: int, probability: float, now: float) -> None:
        """How surely the utterance of that ticket is complete."""
        utterance = self._utterance
        if utterance is not None and ticket == utterance.ticket and probability > self._rules.complete:
            utterance.complete = True
            self._settle(now)

    def transcribed(self, ticket: int, words: str | None, now: float) -> None:
        """The words of the utterance of that ticket; None when an interim transcript gave way to other work."""
        utterance = self._utterance
        if utterance is None or self._closed:
            return
        if ticket == utterance.interim:
            utterance.interim = 0
            if words and utterance.words is None:
                self._send(InterimInputTranscription(words))
        elif ticket == utterance.ticket:
            utterance.words = words or ""
            self._settle(now)

    def _settle(self, now: float) -> None:
        """End the utterance if it is complete and its words are known."""
        utterance = self._utterance
        if utterance is None or not utterance.complete or utterance.words is None or self._closed:
            return
        self._utterance = None
        self._endpointer.reset()
        self._activity("ACTIVITY_END")
        if utterance.words:
            if self._setup is not None and self._setup.input_transcription:
                self._send(InputTranscription(utterance.words))
            self._say(utterance.words)
        if utterance.words or self._owed:
            self._answer(now, endpoint_ms=(now - utterance.last_speech) * 1000)

    def stream_ended(self, now: float) -> None:
        """The stream's last frames have been heard, and `Deafen` is done."""
        self._stream_end(now)

    def _stream_end(self, now: float) -> None:
        """No more audio for now: what was said is complete."""
        utterance = self._utterance
        if utterance is None or utterance.complete:
            return
        utterance.complete = True
        if not utterance.ticket:
            self._ask(utterance)
        self._settle(now)

    def _activity_start(self, now: float) -> None:
        utterance = self._utterance
        if utterance is None:
            self._endpointer.reset()
            self._endpointer.begin()
            self._begin_utterance(now, manual=True)
        else:  # begun again before the words of the last one were known: one utterance
            utterance.ticket, utterance.words, utterance.complete = 0, None, False

    def _activity_end(self) -> None:
        utterance = self._utterance
        if utterance is not None and utterance.manual and not utterance.complete:
            self._effects.append(Deafen())

    # ---- the engine's answer

    def _answer(self, now: float, endpoint_ms: float | None = None) -> None:
        if self._turn is not None:
            self._owed = True
            return
        setup, rules = self._setup or Setup(), self._rules
        self._owed = False
        self._turns += 1
        self._turn = _Turn(self._turns)
        if setup.resumption:
            self._send(ResumptionUpdate())
        temperature = rules.temperature if setup.temperature is None else min(max(setup.temperature, 0.0), 2.0)
        tokens = min(max(setup.max_output_tokens or rules.max_tokens, 1), rules.longest_answer)
        voice = None if setup.modalities == ("TEXT",) else self._voice
        self._effects.append(Generate(self._turns, self.history, self._system, voice, temperature, tokens, endpoint_ms))

    def _current(self, turn: int) -> _Turn | None:
        current = self._turn
        return current if current is not None and current.number == turn and not self._closed else None

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
        setup = self._setup or Setup()
        if setup.modalities == ("TEXT",):
            self._send(ModelText(text))
        elif setup.output_transcription:
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
            self._send(GenerationComplete())
            if now >= current.playback.ends:
                self._complete(now)

    def _complete(self, now: float) -> None:
        """The answer has been played to its end."""
        turn = self._turn
        if turn is not None:
            self._finish(turn, turn.playback.text, now)
            if self._owed and self._utterance is None:
                self._answer(now)

    def _interrupt(self, now: float) -> None:
        """Break off the answer, if there is one. Only what has been heard of it stays in the history."""
        turn = self._turn
        if turn is not None:
            self._effects.append(Stop(turn.number))
            self._send(Interrupted())
            text_only = self._setup is not None and self._setup.modalities == ("TEXT",)
            self._finish(turn, turn.playback.text if text_only else turn.playback.heard(now), now)

    def _finish(self, turn: _Turn, said: str, now: float) -> None:
        self._turn = None
        if said.strip():
            self._remember("assistant", said.strip())
        for text in self._waiting:
            self._remember("user", text)
        self._waiting.clear()
        heard_ms, self._billed_ms = self._audio_ms - self._billed_ms, self._audio_ms
        usage = Usage(
            prompt_text=turn.prompt_tokens,
            prompt_audio=round(heard_ms * 25 / 1000),
            answer_text=0 if turn.playback.seconds else turn.answer_tokens,
            answer_audio=round(turn.playback.seconds * 25),
        )
        self._send(TurnComplete(usage))
        setup = self._setup
        if setup is not None and setup.resumption:
            handle = self._handles.keep(Snapshot(self.history, self._system, setup.voice or self._voice), now)
            self._send(ResumptionUpdate(handle, self._received if setup.transparent else None))

    # ---- small steps

    def _remember(self, role: str, text: str) -> None:
        self._history.append(Message("assistant" if role == "assistant" else "user", text))
        while len(self._history) > 1 and sum(len(line.text) for line in self._history) > self._rules.history_chars:
            del self._history[0]

    def _activity(self, kind: str) -> None:
        if self._setup is not None and self._setup.explicit_vad:
            offset = self._audio_ms / 1000
            self._send(VoiceActivity("ACTIVITY_START" if kind == "ACTIVITY_START" else "ACTIVITY_END", offset))

    def _send(self, message: ServerMessage) -> None:
        self._effects.append(Send(message))

    def _close(self, close: Close) -> None:
        if not self._closed:
            self._closed = True
            if self._turn is not None:
                self._effects.append(Stop(self._turn.number))
            self._effects.append(End(close))


_PCM = re.compile(r"audio/pcm(?:;[a-z]+=[^;]*)*")
_RATE = re.compile(r";rate=(\d{1,6})(?:;|$)")


def _rate(mime: str) -> int | None:
    """The rate that the media type of PCM names (16 kHz when it names none); None for what is not PCM of 8 to 96 kHz."""
    if not _PCM.fullmatch(mime):
        return None
    named = _RATE.search(mime)
    rate = int(named[1]) if named else 16_000
    return rate if 8_000 <= rate <= 96_000 else None
