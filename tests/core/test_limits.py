"""The table of bounds is complete, and its rows agree with each other."""

from dataclasses import FrozenInstanceError, fields

import pytest

from genmedia_live.core.limits import Limits, table


def test_each_bound_is_positive_and_says_its_unit_and_what_happens_past_it() -> None:
    rows = table()
    assert [row[0] for row in rows] == [f.name for f in fields(Limits)]
    for name, value, unit, rule in rows:
        assert value > 0, name
        assert unit.strip(), name
        assert rule.strip(), name


def test_the_table_shows_the_limits_that_it_is_given() -> None:
    rows = {name: value for name, value, _, _ in table(Limits(grace_ms=7))}
    assert rows["grace_ms"] == 7
    assert rows["drain_ms"] == Limits().drain_ms


def test_the_longest_text_may_be_sent() -> None:
    limits = Limits()
    assert 1 + limits.text_chars // limits.event_chars <= limits.event_burst


def test_limits_do_not_change_while_they_hold() -> None:
    with pytest.raises(FrozenInstanceError):
        Limits().grace_ms = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("mic_min_ms", "mic_max_ms"),
        ("mic_max_ms", "mic_ring_ms"),
        ("playout_window_ms", "playout_backlog_ms"),
        ("flush_answer_ms", "played_timeout_ms"),
        ("reconnect_first_ms", "reconnect_longest_ms"),
        ("reconnect_longest_ms", "grace_ms"),
        ("events_per_second", "event_burst"),
        ("frame_bytes", "message_bytes"),
        ("message_bytes", "polling_body_bytes"),
        ("sessions_per_owner", "max_sessions"),
        ("drain_retry_ms", "drain_ms"),
    ],
)
def test_a_bound_inside_another_is_the_smaller(smaller: str, larger: str) -> None:
    assert getattr(Limits(), smaller) <= getattr(Limits(), larger)
