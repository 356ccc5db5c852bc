"""The tools that come with the package."""

from __future__ import annotations

from datetime import datetime

import pytest

from genmedia_live.tools import ToolError
from genmedia_live.tools.builtin.clock import current_time
from genmedia_live.tools.builtin.orders import look_up_order, open_return


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_the_time(zone: str | None) -> None:
    told = current_time(zone)
    datetime.strptime(f"{told['date']} {told['time']} {told['weekday']}", "%Y-%m-%d %H:%M %A")
    assert zone in (None, told["zone"])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "\0", "x" * 5_000])
def test_no_such_zone(zone: str) -> None:
    with pytest.raises(ToolError, match="no time zone"):
        current_time(zone)


@pytest.mark.parametrize("number", ["1042", "#1042", "order 1042", "1-0-4-2"])
def test_an_order_as_it_is_said(number: str) -> None:
    told = look_up_order(number)
    assert told["number"] == "1042"
    assert told["status"] == "on its way"
    assert "arrives" in told


def test_no_such_order() -> None:
    with pytest.raises(ToolError, match="no order 9999"):
        look_up_order("9999")


def test_a_return_is_opened_once_and_only_when_it_can_be() -> None:
    assert open_return("1043", "too small")["return"] == open_return("1043", "again")["return"]
    for number in ("1042", "1044", "1045"):
        with pytest.raises(ToolError, match="can't be returned"):
            open_return(number, "why not")
