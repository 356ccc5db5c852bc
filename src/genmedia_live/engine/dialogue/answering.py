"""The engine's side of a conversation: its turn, from the question to `turnComplete`, functions included. Pure.

One turn at a time. It is generated, perhaps in several runs with the results of functions between them, then it plays, then it is
complete. What is to be answered meanwhile is owed, and answered when the turn is over and the user is silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from genmedia_live.core.audio import VOICE_RATE, duration_ms
from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.calls import Calls, Fate, Pending
from genmedia_live.engine.dialogue.context import Context, written
from genmedia_live.engine.dialogue.cues import Completed, Returned
from genmedia_live.engine.dialogue.effects import Effect, Generate, Look, Note, Send, Stop, Tell
from genmedia_live.engine.dialogue.sight import Shown, Sight
from genmedia_live.engine.dialogue.speech import Playback
from genmedia_live.engine.protocol.messages import (
    Audio,
    Close,
    FunctionResponse,
    GenerationComplete,
    InteractionStatus,
    Interrupted,
    ModelText,
    OutputTranscription,
    Scheduling,
    ServerMessage,
    Setup,
    ToolCall,
    ToolCallCancellation,
    TurnComplete,
    Usage,
)
from genmedia_live.engine.protocol.profiles import Profile
from genmedia_live.engine.protocol.refusals import refuse_response
from genmedia_live.ports import FunctionCall, Message, Picture

UNASKED = Close(1007, "Request contains an invalid argument: function_responses answer no function call.")


class _Turn:
    """One turn of the engine."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.playback = Playback()
        self.kept_chars = 0
        self.kept_seconds = 0.0
        """How much of the playback is in the context already."""
        self.results = False
        """Results of functions have come that the model has not read."""
        self.generating = True
        self.asked = 0.0
        """When the run was asked for, of which there is one more with each result;"""
        self.endpoint_ms: float | None = None
        self.shown: tuple[Shown, ...] = ()
        """the pictures that are new to it,"""
        self.held: float | None = None
        """and until when it waits to know what they show."""
        self.complete = False
        """All is generated: only playing is left."""
        self.usage = Usage()
        self.answer_tokens = 0


class Answering:
    """Runs the engine's turns."""

    def __init__(
        self,
        setup: Setup,
        profile: Profile,
        voice: str,
        calls: Calls,
        context: Context,
        sight: Sight,
        effects: list[Effect],
        limits: Limits,
        temperature: float,
        max_tokens: int,
    ) -> None:
        self._setup = setup
        self._profile = profile
        self._text_only = setup.modalities == ("TEXT",)
        self._voice = None if self._text_only else voice
        self._calls = calls
        self._context = context
        self._sight = sight
        self._effects = effects
        self._temperature = temperature if setup.temperature is None else min(max(setup.temperature, 0.0), 2.0)
        self._max_tokens = min(max(setup.max_output_tokens or max_tokens, 1), limits.live_answer_tokens)
        self._turn: _Turn | None = None
        self._turns = 0
        self._owed = False
        self._waiting: deque[tuple[Message, float]] = deque()
        self._waiting_chars = 0
        self._limits = limits

    # ---- what there is

    @property
    def answering(self) -> bool:
        """Whether there is a turn: being generated, waiting for functions, or playing."""
        return self._turn is not None

    @property
    def playing(self) -> bool:
        """Whether all of the turn has been generated."""
        return self._turn is not None and self._turn.complete

    @property
    def waiting(self) -> bool:
        """Whether the turn waits for the results of functions."""
        return self._turn is not None and not self._turn.generating and not self._turn.complete

    @property
    def turn(self) -> int:
        """The number of the last turn that was begun."""
        return self._turns

    @property
    def ends(self) -> float | None:
        """When the turn will have been played; None before all of it is generated."""
        return self._turn.playback.ends if self._turn is not None and self._turn.complete else None

    # ---- what the user does

    def say(self, message: Message, spoken_ms: float = 0.0) -> None:
        """The user or a function says this. During a turn it waits, so that the context keeps its order."""
        if self._turn is None:
            self._context.add(message, spoken_ms=spoken_ms)
            return
        self._waiting.append((message, spoken_ms))
        self._waiting_chars += len(message.text)
        while len(self._waiting) > self._limits.live_waiting_lines or self._waiting_chars > self._limits.live_waiting_chars:
            self._waiting_chars -= len(self._waiting.popleft()[0].text)

    def owe(self) -> None:
        """Answer when the user is silent."""
        self._owed = True

    @property
    def owing(self) -> bool:
        """Whether something waits to be answered."""
        return self._owed

    def answer(self, now: float, endpoint_ms: float | None = None) -> None:
        """Answer now, or after the turn that there is."""
        if self._turn is not None:
            self._owed = True
            return
        self._owed = False
        self._turns += 1
        self._turn = _Turn(self._turns)
        self._turn.endpoint_ms = endpoint_ms
        self._turn.shown = self._sight.current()
        self._generate(self._turn, now)

    def _generate(self, turn: _Turn, now: float) -> None:
        """Have the answer made, or what comes next of it. What is shown is looked at first."""
        turn.generating, turn.results, turn.asked = True, False, now
        if self._sight.waits(turn.shown):
            turn.held = now + self._limits.live_look_ms / 1000
            self.look()
        else:
            self._run(turn)

    def _run(self, turn: _Turn, waited_ms: float | None = None) -> None:
        endpoint_ms, turn.endpoint_ms, turn.held = turn.endpoint_ms, None, None
        if turn.shown:
            self._context.show(self._sight.told(turn.shown), self._sight.uncounted(turn.shown))
            turn.shown = ()
        tokens = self._context.tokens
        turn.usage = Usage(tokens.text, tokens.audio, tokens.video, tokens.tool)
        self._effects.append(
            Generate(
                turn.number,
                self._context.messages,
                self._context.system,
                self._context.tools,
                self._voice,
                self._temperature,
                self._max_tokens,
                endpoint_ms if endpoint_ms is None else endpoint_ms + (waited_ms or 0.0),
                waited_ms,
            )
        )

    # ---- what is shown

    @property
    def held(self) -> float | None:
        """Until when the turn waits to know what is shown."""
        return self._turn.held if self._turn is not None else None

    def look(self) -> None:
        """Have somebody look at what the question shows, or at what is shown now."""
        turn = self._turn
        shown = self._sight.current() if turn is None or turn.held is None else turn.shown
        if (picture := self._sight.look(shown)) is not None:
            self._effects.append(Look(picture))

    def unhold(self, now: float) -> None:
        """A look is over, or time has passed: a turn that has waited for it goes on."""
        turn = self._turn
        if turn is None or turn.held is None:
            return
        if now < turn.held and self._sight.waits(turn.shown):
            self.look()
        else:
            self._run(turn, (now - turn.asked) * 1000)

    # ---- the end of a turn

    def interrupt(self, now: float) -> bool:
        """Break off the turn, if there is one. Only what has been heard of it stays in the context."""
        turn = self._turn
        if turn is None:
            return False
        self._effects.append(Stop(turn.number))
        self._send(Interrupted())
        self._cancel(turn.number)
        said = turn.playback.text if self._text_only else turn.playback.heard(now)
        self._finish(turn, said, broken=True)
        return True

    def cancel(self, now: float) -> None:
        """Give up all calls; a turn that waits for them goes on without their results."""
        self._cancel()
        if (turn := self._turn) is not None and self.waiting:
            self._generate(turn, now)

    def _cancel(self, turn: int | None = None) -> None:
        """Give up the calls of a turn, or all; the model is told that there will be no result."""
        if ids := self._calls.cancel(turn):
            for id in ids:
                self._context.add(Message("tool", '{"error":"cancelled"}', call=id))
            self._send(ToolCallCancellation(ids))

    # ---- what the mind does

    def _current(self, number: int) -> _Turn | None:
        """The turn of that number while it is being generated; models may speak late of one that is over."""
        turn = self._turn
        return turn if turn is not None and turn.number == number and turn.generating else None

    def clause(self, number: int, text: str, tokens: int, now: float) -> None:
        """A clause of the answer; its voice follows."""
        if (turn := self._current(number)) is None:
            return
        if turn.playback.text and not text.startswith(" "):  # it goes on: after a function's result, or as a script's next line
            text = f" {text}"
        turn.playback.clause(text, now)
        turn.answer_tokens += tokens
        if self._text_only:
            self._send(ModelText(text))
        elif self._setup.output_transcription:
            self._send(OutputTranscription(text))

    def voice(self, number: int, pcm: bytes, now: float) -> None:
        """Some voice of the clause (PCM16 mono, 24 kHz)."""
        if (turn := self._current(number)) is not None:
            turn.playback.voice(duration_ms(len(pcm), VOICE_RATE) / 1000, now)
            self._send(Audio(number, pcm))

    def called(self, number: int, calls: Sequence[FunctionCall], blocking: bool | None = None) -> None:
        """The model asks for functions; `blocking` overrides what was declared."""
        if (turn := self._current(number)) is None or not calls:
            return
        asked = tuple(self._calls.ask(call, number, blocking=self._waits_for(call, blocking)) for call in calls)
        self._keep(turn, turn.playback.text, asked)
        self._send(ToolCall(asked))

    def _keep(self, turn: _Turn, said: str, calls: tuple[FunctionCall, ...] = ()) -> None:
        """Put what the turn has said since the last time into the context."""
        text, seconds = said[turn.kept_chars :].strip(), turn.playback.seconds - turn.kept_seconds
        turn.kept_chars, turn.kept_seconds = max(turn.kept_chars, len(said)), turn.playback.seconds
        if text or calls:
            self._context.add(Message("assistant", text, calls=calls), spoken_ms=seconds * 1000)

    def _waits_for(self, call: FunctionCall, blocking: bool | None) -> bool:
        declared = next((tool.blocking for tool in self._context.tools if tool.name == call.name), None)
        chosen = (blocking, declared, self._profile.blocking)
        return next(choice for choice in chosen if choice is not None)

    def generated(self, number: int, now: float) -> bool:
        """All has been given to `clause`, `voice` and `called`. True when the turn is over with that."""
        if (turn := self._current(number)) is None:
            return False
        turn.generating = False
        if self._calls.waited_for(number):
            return False
        if turn.results:
            self._generate(turn, now)
            return False
        turn.complete = True
        turn.playback.finish()
        self._send(GenerationComplete())
        return now >= turn.playback.ends and self.complete()

    def complete(self) -> bool:
        """The turn has been played to its end."""
        turn = self._turn
        if turn is None:
            return False
        self._finish(turn, turn.playback.text, broken=False)
        return True

    def _finish(self, turn: _Turn, said: str, *, broken: bool) -> None:
        self._turn = None
        self._keep(turn, said)
        for message, spoken_ms in self._waiting:
            self._context.add(message, spoken_ms=spoken_ms)
        self._waiting.clear()
        self._waiting_chars = 0
        spoken = turn.playback.seconds > 0
        answer = 0 if spoken else turn.answer_tokens
        usage = replace(turn.usage, answer_text=answer, answer_audio=round(turn.playback.seconds * 25))
        self._send(TurnComplete(usage, status=self._status))
        self._effects.append(Tell(Completed(turn.number, broken)))

    @property
    def _status(self) -> InteractionStatus | None:
        if not self._profile.status:
            return None
        return "IN_PROGRESS" if self._calls.pending or self._owed else "IDLE"

    # ---- what the client's functions do

    def returned(self, responses: Sequence[FunctionResponse], now: float) -> Close | set[Scheduling]:
        """Results of functions. The turn that waits for them goes on; of the others it says when the model is to be told."""
        wishes: set[Scheduling] = set()
        for response in responses:
            if close := refuse_response(response, self._profile):
                return close
            fate, pending = self._calls.find(response)
            if fate is Fate.UNASKED:
                return UNASKED
            if pending is None:
                self._effects.append(Note("the result of a function came after its call was over"))
                continue
            self._calls.answer(pending, response)
            self._show(response.pictures, now)
            result = self._told(pending, response)
            turn = self._turn
            if pending.blocking and turn is not None and turn.number == pending.turn:
                self._context.add(result)
                turn.results = True
                turn.shown = self._sight.current() if response.pictures else turn.shown
            else:
                self.say(result)
                wishes.add(response.scheduling or "WHEN_IDLE")
        turn = self._turn
        if turn is not None and turn.results and not turn.generating and not self._calls.waited_for(turn.number):
            self._generate(turn, now)
        return wishes

    def _show(self, pictures: Sequence[Picture], now: float) -> None:
        """What a function returns is shown as if the user did it."""
        if pictures:
            self._context.see(len(pictures))
            self._sight.show(pictures, now, counted=True)

    def _told(self, pending: Pending, response: FunctionResponse) -> Message:
        self._effects.append(Tell(Returned(pending.call.name, response.response)))
        return Message("tool", written(response.response), call=pending.call.id)

    def _send(self, message: ServerMessage) -> None:
        self._effects.append(Send(message))
