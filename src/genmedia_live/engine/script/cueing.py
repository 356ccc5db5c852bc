"""The cues that a line of a script stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.cues import (
    Call,
    Cancel,
    Cue,
    Drop,
    Garbage,
    Hangup,
    Interrupt,
    Leave,
    Refuse,
    Repeat,
    Say,
    Stall,
    Wait,
)
from genmedia_live.engine.script.lines import CallLine, CueLine, RefuseLine, SayLine
from genmedia_live.engine.script.templates import fill, fill_all

LONGEST = Limits().script_say_chars


def cue(line: CueLine, words: Mapping[str, str], *, paced: bool = False) -> Cue:
    """The cue of that line, its holes filled with `words`; `paced` is for a `say` that does not tell."""
    match line:
        case CueLine(say=SayLine() as say):
            text = fill(say.text, words, LONGEST).strip()
            return Say(text, paced if say.paced is None else say.paced, silent=not text)
        case CueLine(call=CallLine() as call):
            return Call(call.name, {name: fill_all(value, words, LONGEST) for name, value in call.args.items()}, call.blocking)
        case CueLine(refuse=RefuseLine() as refusing):
            return refusal(refusing)
        case CueLine(wait=float() as seconds):
            return Wait(seconds)
        case CueLine(go_away=float() as seconds):
            return Leave(seconds)
        case CueLine(repeat=int() as times):
            return Repeat(times)
    if line.close:
        return Hangup(line.close.code, line.close.reason)
    if line.stall:
        return Stall(line.stall.seconds)
    if line.send:
        return Garbage(line.send.frame)
    return Cancel() if line.cancel else Interrupt() if line.interrupt else Drop()


def refusal(line: RefuseLine) -> Refuse:
    """The cue that refuses set-ups."""
    return Refuse(*line.close, line.times, line.resumes_only)


def result_words(response: Mapping[str, Any]) -> dict[str, str]:
    """What of a function's result can be said: its plain values by their names, those in `result` or `output` too."""
    inner = [response.get(name) for name in ("output", "result")]
    named = [(name, value) for one in (*inner, response) if isinstance(one, Mapping) for name, value in one.items()]
    return {str(name): _spelled(value) for name, value in named if isinstance(value, str | int | float)}


def _spelled(value: str | int | float) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value).removesuffix(".0")


def waits(cues: Sequence[Cue]) -> bool:
    """Whether what follows these cues waits for a result."""
    return any(isinstance(one, Call) and one.blocking for one in cues)


def before_result(cues: Sequence[Cue]) -> tuple[Sequence[Cue], Sequence[Cue]]:
    """What can be done at once, and what waits for the results of the first calls that are waited for.

    A call that is cancelled later on is not waited for.
    """
    begin = next((at for at in range(len(cues)) if waits(cues[at : at + 1])), len(cues))
    end = next((at for at in range(begin, len(cues)) if not isinstance(cues[at], Call)), len(cues))
    return (cues, ()) if any(isinstance(one, Cancel) for one in cues[end:]) else (cues[:end], cues[end:])
