"""The browser wire, version 1, as pure functions: maps in, core events out; core messages in, maps out. See `docs/wire.md`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.audio import MIC_RATE, AudioChunk, duration_ms
from genmedia_live.core.errors import ClientFault, Problem
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings, Turn
from genmedia_live.core.text import is_clean
from genmedia_live.gateway import jpeg as jpeg_header
from genmedia_live.gateway import mulaw
from genmedia_live.gateway.wire_settings import read_settings
from genmedia_live.gateway.wire_text import shown, text

VERSION = 1

Fields = Mapping[str, Any]
"""The one argument of an event."""

_EXACT = 2**53 - 1
"""The largest integer that JavaScript keeps exact."""

_DAY_MS = 86_400_000.0

_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a conversation, or continue one. `changes` are the settings that the client named."""

    changes: Mapping[str, Any]
    conversation: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Settings to change in the running conversation."""

    changes: Mapping[str, Any]


Heard = ev.Mic | ev.MicEnd | ev.Frame | ev.Text | ev.Activity | ev.Interrupt | ev.Played | ev.Stop | Start | Change


def parse(event: str, fields: object, limits: Limits) -> Heard:
    """What a browser said.

    Raises:
        ClientFault: it is not of the wire; its code says how, its `ref` which one when that can be read.
    """
    parser = _PARSERS.get(event)
    if parser is None:
        raise ClientFault("unknown_event")
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise ClientFault("bad_event", f"`{event}` takes one map.")
    allowed, read = parser
    if unknown := next((name for name in fields if name not in allowed), None):
        raise ClientFault("bad_event", f"`{event}` has no field `{shown(unknown)}`.")
    try:
        return read(fields, limits)
    except ClientFault as fault:
        raise ClientFault(fault.code, str(fault), ref=fault.problem.ref or ref_of(fields)) from None


def ref_of(fields: object) -> str | int | None:
    """The event's own mark, by which its sender can tell what an error is about."""
    if not isinstance(fields, dict):
        return None
    ref, seq = fields.get("ref"), fields.get("seq")
    if isinstance(ref, str) and len(ref) <= 64 and is_clean(ref):
        return ref
    return seq if type(seq) is int and 0 <= seq <= _EXACT else None


# ---- fields


def _bad(name: str, wanted: str) -> ClientFault:
    return ClientFault("bad_event", f"`{name}` is {wanted}.")


def _whole(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value <= _EXACT:
        raise _bad(name, "a whole number from 0")
    return value


def _number(fields: Fields, name: str, highest: float) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        raise _bad(name, f"a number from 0 to {highest:.0f}")
    return float(value)


def _choice(fields: Fields, name: str, choices: Sequence[str]) -> Any:
    value = fields.get(name)
    if not isinstance(value, str) or value not in choices:
        raise _bad(name, "one of " + ", ".join(choices))
    return value


def _binary(fields: Fields, name: str) -> bytes:
    value = fields.get(name)
    if not isinstance(value, bytes):
        raise _bad(name, "binary")
    return value


# ---- events


def _start(fields: Fields, limits: Limits) -> Start:
    version, conversation = fields.get("version"), fields.get("conversation")
    if type(version) is not int:
        raise _bad("version", "a whole number")
    if version != VERSION:
        raise ClientFault("unsupported_version")
    if conversation is not None and not (isinstance(conversation, str) and _CONVERSATION.fullmatch(conversation)):
        raise _bad("conversation", "the id that the server gave")
    return Start(read_settings(fields.get("settings"), limits), conversation)


def _mic(fields: Fields, limits: Limits) -> ev.Mic:
    seq, pcm = _whole(fields, "seq"), _voice(fields)
    if len(pcm) % 2 or not limits.mic_min_ms <= duration_ms(len(pcm), MIC_RATE) <= limits.mic_max_ms:
        raise ClientFault("bad_audio")
    return ev.Mic(AudioChunk(pcm, MIC_RATE, seq))


def _voice(fields: Fields) -> bytes:
    """PCM16, sent as it is or as mu-law."""
    if (fields.get("pcm") is None) == (fields.get("mulaw") is None):
        raise ClientFault("bad_event", "`mic` has either `pcm` or `mulaw`.")
    return _binary(fields, "pcm") if fields.get("mulaw") is None else mulaw.decoded(_binary(fields, "mulaw"))


def _mic_end(fields: Fields, limits: Limits) -> ev.MicEnd:
    return ev.MicEnd(_choice(fields, "reason", ("muted", "ended")))


def _frame(fields: Fields, limits: Limits) -> ev.Frame:
    source = _choice(fields, "source", ("camera", "screen", "picture"))
    seq, jpeg = _whole(fields, "seq"), _binary(fields, "jpeg")
    if len(jpeg) > limits.frame_bytes:
        raise ClientFault("too_large", f"A picture has at most {limits.frame_bytes} bytes.")
    size = jpeg_header.size(jpeg)
    if size is None:
        raise ClientFault("bad_image")
    if max(size) > limits.frame_side:
        raise ClientFault("too_large", f"A picture has at most {limits.frame_side} pixels a side.")
    return ev.Frame(source, seq, jpeg)


def _typed(fields: Fields, limits: Limits) -> ev.Text:
    if fields.get("ref") is not None:
        text(fields["ref"], "ref", 10**6, "bad_event")
        if len(fields["ref"]) > 64:
            raise _bad("ref", "text of at most 64 characters")
    words = text(fields.get("text"), "text", limits.text_chars, "bad_event")
    if not words.strip():
        raise _bad("text", "not empty")
    return ev.Text(words)


def _activity(fields: Fields, limits: Limits) -> ev.Activity:
    return ev.Activity(_choice(fields, "state", ("start", "end")) == "start")


def _interrupt(fields: Fields, limits: Limits) -> ev.Interrupt:
    return ev.Interrupt(_whole(fields, "turn"))


def _played(fields: Fields, limits: Limits) -> ev.Played:
    flushed = fields.get("flushed")
    if flushed is not None and type(flushed) is not bool:
        raise _bad("flushed", "true or false")
    return ev.Played(_whole(fields, "turn"), _number(fields, "ms", _DAY_MS), bool(flushed))


def _configure(fields: Fields, limits: Limits) -> Change:
    return Change(read_settings(fields.get("settings"), limits))


def _stop(fields: Fields, limits: Limits) -> ev.Stop:
    return ev.Stop()


_PARSERS: Mapping[str, tuple[frozenset[str], Callable[[Fields, Limits], Heard]]] = {
    "start": (frozenset({"version", "settings", "conversation"}), _start),
    "mic": (frozenset({"seq", "pcm", "mulaw"}), _mic),
    "mic_end": (frozenset({"reason"}), _mic_end),
    "frame": (frozenset({"source", "seq", "jpeg"}), _frame),
    "text": (frozenset({"text", "ref"}), _typed),
    "activity": (frozenset({"state"}), _activity),
    "interrupt": (frozenset({"turn"}), _interrupt),
    "played": (frozenset({"turn", "ms", "flushed"}), _played),
    "configure": (frozenset({"settings"}), _configure),
    "stop": (frozenset(), _stop),
}

CLIENT_EVENTS = frozenset(_PARSERS)

# ---- to the browser


def problem_fields(problem: Problem) -> dict[str, Any]:
    """A problem as a map: of an `error` event, or under `error` in an acknowledgement."""
    return _without_none(asdict(problem))


def settings_fields(settings: SessionSettings) -> dict[str, Any]:
    """Settings as a map, all fields present."""
    return asdict(settings)


def turn_fields(turn: Turn) -> dict[str, Any]:
    """One line of the transcript as a map."""
    return {"turn": turn.id, "role": turn.speaker, "text": turn.text, "final": turn.final, "cut": turn.cut}


def encode(message: act.BrowserMessage) -> tuple[str, dict[str, Any]]:
    """The event's name and its map."""
    match message:
        case act.Audio(turn, chunk):
            return "audio", {"turn": turn, "seq": chunk.seq, "pcm": chunk.pcm}
        case act.Status(state, since, code, retry_ms, lost_ms):
            fields = {"state": state, "since": round(since * 1000), "code": code, "retry_ms": retry_ms, "lost_ms": lost_ms}
            return "status", _without_none(fields)
        case act.Flush(turn):
            return "flush", {"turn": turn}
        case act.Caption(turn, role, text, final, cut):
            return "caption", {"turn": turn, "role": role, "text": text, "final": final, "cut": cut}
        case act.TurnEnd(turn, state, why):
            return "turn", _without_none({"turn": turn, "state": state, "why": why})
        case act.Received(seq, model, handle):
            return "received", _without_none({"seq": seq, "model": model, "handle": handle})
        case act.Tokens(tokens):
            return "usage", {"tokens": dict(tokens)}
        case act.ToolState(call, name, state, turn, detail):
            return "tool", {"id": call, "name": name, "state": state, "turn": turn, "detail": detail}
        case act.ErrorNotice(problem):
            return "error", problem_fields(problem)
        case act.Goodbye(why, retry_after_ms):
            return "goodbye", _without_none({"why": why, "retry_after_ms": retry_after_ms})


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
