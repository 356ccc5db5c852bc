"""The Python side of the browser wire against the golden files, and against garbage."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core import actions as act
from genmedia_live.core.audio import AudioChunk
from genmedia_live.core.errors import PROBLEMS, ClientFault, Problem
from genmedia_live.core.limits import Limits
from genmedia_live.core.record import SessionSettings, Turn
from genmedia_live.gateway import wire
from tests.golden.golden import rows

LIMITS = Limits()


def name_of(row: dict[str, Any]) -> str:
    return f"{row['event']}-{row.get('code', 'ok')}-{row.get('why', '')}"


@pytest.mark.parametrize("row", rows("client"), ids=name_of)
def test_a_browsers_words_are_parsed_or_refused_by_name(row: dict[str, Any]) -> None:
    if row["ok"]:
        wire.parse(row["event"], row["map"], LIMITS)
        return
    with pytest.raises(ClientFault) as refused:
        wire.parse(row["event"], row["map"], LIMITS)
    assert refused.value.code == row["code"]


def test_every_event_has_golden_rows_of_both_kinds() -> None:
    for event in wire.CLIENT_EVENTS:
        assert {row["ok"] for row in rows("client") if row["event"] == event} == {True, False}


def test_values_arrive_as_they_were_sent() -> None:
    start = wire.parse("start", {"version": 1, "settings": {"voice": "Puck", "language": None}, "conversation": "abc"}, LIMITS)
    assert start == wire.Start({"voice": "Puck"}, "abc")
    mic = wire.parse("mic", {"seq": 4, "pcm": b"\1\0" * 320}, LIMITS)
    assert mic == wire.ev.Mic(AudioChunk(b"\1\0" * 320, 16_000, 4))
    assert wire.parse("activity", {"state": "end"}, LIMITS) == wire.ev.Activity(started=False)
    assert wire.parse("played", {"turn": 3, "ms": 40, "flushed": True}, LIMITS) == wire.ev.Played(3, 40.0, flushed=True)


def test_an_error_names_what_it_answers() -> None:
    with pytest.raises(ClientFault) as refused:
        wire.parse("mic", {"seq": 41, "pcm": b"\0"}, LIMITS)
    assert refused.value.problem.ref == 41
    with pytest.raises(ClientFault) as refused:
        wire.parse("text", {"text": "", "ref": "t-9"}, LIMITS)
    assert refused.value.problem.ref == "t-9"


problem = PROBLEMS["upstream_lost"]
MESSAGES: list[act.BrowserMessage] = [
    *(act.Status(state, 0.0) for state in act.State.__args__),  # type: ignore[attr-defined]
    act.Status("reconnecting", 1.25, code="upstream_lost", retry_ms=500),
    act.Status("listening", 0.0, lost_ms=320),
    act.Audio(1, AudioChunk(b"\1\0" * 960, 24_000, 0)),
    act.Flush(1),
    act.Caption(2, "agent", "Once upon", final=True, cut=True),
    act.TurnEnd(1, "complete"),
    act.TurnEnd(3, "complete", why="safety"),
    act.Received(24, 20),
    act.Received(24, 24, handle=11),
    act.Tokens({"prompt_audio": 250, "response_audio": 125}),
    act.ToolState("fc-1", "clock", "running", turn=3, detail='{"zone":"UTC"}'),
    act.ErrorNotice(problem),
    act.ErrorNotice(Problem("bad_audio", "client", False, PROBLEMS["bad_audio"].message, ref=3)),
    act.Goodbye("ended"),
    act.Goodbye("draining", retry_after_ms=1000),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: f"{type(message).__name__}")
def test_the_servers_words_are_golden(message: act.BrowserMessage) -> None:
    golden = [(row["event"], row["map"]) for row in rows("server") if row["ok"]]
    assert wire.encode(message) in golden


def test_every_message_of_the_core_has_a_golden_row() -> None:
    assert {wire.encode(message)[0] for message in MESSAGES} == {row["event"] for row in rows("server") if row["ok"]}


def test_what_an_acknowledgement_is_made_of_is_golden() -> None:
    golden = rows("acks")[1]["ack"]
    settings = SessionSettings("gemini-live-2.5-flash-native-audio", "Aoede", language="de", manual_activity=True)
    assert wire.settings_fields(settings) == golden["settings"] | {"tools": ()}
    assert wire.turn_fields(Turn(1, "agent", "Hi, how", final=True, cut=True)) == golden["turns"][1]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=700),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["version", "settings", "conversation", "seq", "pcm", "reason", "source", "jpeg", "text", "ref", "state", "turn", "ms"]


@given(
    event=st.sampled_from(sorted(wire.CLIENT_EVENTS)) | st.text(max_size=10),
    fields=ANYTHING | st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4),
)
def test_garbage_is_parsed_or_refused_and_nothing_else(event: str, fields: object) -> None:
    with suppress(ClientFault):
        wire.parse(event, fields, LIMITS)


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_reader_of_picture_sizes(tail: bytes) -> None:
    wire.jpeg_header.size(b"\xff\xd8" + tail)
