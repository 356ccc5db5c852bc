"""What `engine` makes of its options, and of a script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from websockets.asyncio.client import connect

from genmedia_live.cli import engine as command
from tests.cli.test_engine import PATH, report, running

STORM = "version: 1\npace: 3\nrules:\n  - when: {heard: storm}\n    do: [{close: {code: 1011, reason: Thunder.}}]\n"


class Ended(Exception):
    """Stands for the end of the process."""


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> command.Start:
    """What the command would run with these arguments."""
    starts: list[command.Start] = []

    async def run(start: command.Start, settings: Any) -> int:
        starts.append(start)
        return 0

    def leave(code: int) -> None:
        raise Ended

    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr("os._exit", leave)
    assert isinstance(CliRunner().invoke(command.engine, arguments).exception, Ended)
    (start,) = starts
    return start


def refused(*arguments: str) -> Result:
    result = CliRunner().invoke(command.engine, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    return result


def test_what_sessions_may_do_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    options = called(
        monkeypatch,
        *("--connection-limit", "600", "--go-away-notice", "50", "--handle-life", "30", "--context-window", "4096"),
        "--require-credentials",
    ).options
    rules = options.rules
    assert (rules.connection_limit, rules.go_away_notice, rules.handle_life, rules.context_window) == (600, 50, 30, 4096)
    assert options.require_credentials


def test_without_options_google_s_and_the_model_s_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    start = called(monkeypatch)
    assert start.script is None
    assert not start.options.require_credentials
    assert (start.options.rules.handle_life, start.options.rules.context_window) == (None, None)


@pytest.mark.parametrize("option", ["--connection-limit=0", "--handle-life=-1", "--context-window=0", "--context-window=many"])
def test_what_makes_no_sense_is_refused(option: str) -> None:
    refused(option)


def test_a_script_and_the_scripted_mind_are_said_once(tmp_path: Path) -> None:
    (tmp_path / "storm.yaml").write_text(STORM)
    assert "leave out --scripted" in refused("--script", str(tmp_path / "storm.yaml"), "--scripted").output


def test_a_mistake_in_a_script_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "storm.yaml"
    path.write_text(STORM.replace("1011", "1006"))
    assert refused("--script", str(path)).output == (
        "storm.yaml, line 5: `rules[0].do[0].close.code`: 1006 is what a client calls a lost connection; "
        "write the cue `drop` instead.\n"
    )
    assert refused("--script", str(tmp_path / "none.yaml")).output == "none.yaml can't be read: No such file or directory.\n"


def test_a_supervisor_reads_the_mistake_as_an_event(tmp_path: Path) -> None:
    (tmp_path / "storm.yaml").write_text("version: 2")
    event = json.loads(refused("--script", str(tmp_path / "storm.yaml"), "--supervised").output)
    assert (event["event"], event["code"]) == ("error", "bad_script")


async def test_a_script_is_played(tmp_path: Path) -> None:
    (tmp_path / "storm.yaml").write_text(STORM)
    async with running("--script", str(tmp_path / "storm.yaml"), "--supervised", "--plain-port", "0") as process:
        ready = await report(process)
        async with connect(f"ws://127.0.0.1:{ready['plain_port']}{PATH}", proxy=None) as socket:
            await socket.send('{"setup": {"generationConfig": {"responseModalities": ["AUDIO"]}}}')
            await socket.recv()
            await socket.send('{"realtimeInput": {"text": "fair"}}')
            sizes = 0
            while b"turnComplete" not in (frame := bytes(await socket.recv(decode=False))):
                sizes += len(frame)
            assert 0 < sizes < 10_000, "the script's pace, not the scripted mind's"
            await socket.send('{"realtimeInput": {"text": "storm"}}')
            await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (1011, "Thunder.")
