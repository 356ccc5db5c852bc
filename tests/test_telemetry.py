"""Logs hold no secrets, whatever level is asked for, and metrics are one table."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from genmedia_live.telemetry import METRICS, QUIET, Metrics, set_up_logging


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.parametrize("form", ["json", "console"])
def test_libraries_that_print_secrets_stay_quiet_at_debug(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG", form)  # type: ignore[arg-type]
    for name in QUIET:
        logging.getLogger(name).debug("Authorization: Bearer canary")
        logging.getLogger(name).info("auth {'token': 'canary'}")
    logging.getLogger("genmedia_live.x").debug("ours")
    said = capsys.readouterr().err
    assert "canary" not in said
    assert "ours" in said


def test_a_json_line_holds_the_callers_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json")
    logging.getLogger("genmedia_live.x").info("state", extra={"conversation": "c\n1", "state": "speaking"})
    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert (fields["severity"], fields["message"], fields["conversation"]) == ("INFO", "state", "c\n1")


def test_a_console_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "console")
    logging.getLogger("genmedia_live.x").info("state", extra={"conversation": "c 1\nforged"})
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_metric_of_the_table_is_made() -> None:
    names = {metric.name for metric in Metrics().registry.collect()}
    assert names == {f"genmedia_{name.removesuffix('_total')}" for name in METRICS}
