import asyncio
import json
import os
import sys
import wave
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from genmedia_live.cli import main
from tests.cli.room import VOICE, Room, open_room
from tests.cli.test_talk_inputs import JPEG, WHOLE


async def talk(room: Room, *args: str, data: Path | None = None) -> tuple[int, list[dict[str, Any]]]:
    """Run the command beside the room; its exit code and its JSON lines."""
    env = {"GENMEDIA_DATA_DIR": str(data)} if data else {"GENMEDIA_DATA_DIR": "/nonexistent"}
    result = await asyncio.to_thread(run, ["--url", room.origin, "--timeout", "20", "--json", *args], env)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def run(args: list[str], env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["talk", *args], env=env)


def speech(path: Path, *loud: bool) -> str:
    """A WAV of 300 ms pieces, loud or silent."""
    samples = np.concatenate([np.full(4_800, 8_000 if piece else 0, "<i2") for piece in loud])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
    return str(path)


def names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines if line["event"] != "status"]


TURN = ["caption", "audio", "caption", "caption", "turn_complete"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_inputs_are_said_in_the_order_given(tmp_path: Path, transport: str):
    async with open_room(Room()) as room:
        wav = speech(tmp_path / "a.wav", True)
        out = tmp_path / "out.wav"
        code, lines = await talk(
            room, "--transport", transport, "--text", "one", "--wav", wav, "--text", "two", "--out", str(out)
        )
    assert code == 0
    assert names(lines) == ["started", *3 * ["input_start", "input_end", *TURN]]
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    assert [fields["text"] for fields in room.times("text")] == ["one", "two"]
    assert room.transports == [transport]
    assert room.cookies == ["genmedia=owner-1"]
    with wave.open(str(out)) as file:
        assert (file.getframerate(), file.getnchannels()) == (24_000, 1)
        assert file.readframes(10**6) == VOICE * 3


async def test_voice_leaves_in_real_time_and_silence_follows_until_the_turn_ends(tmp_path: Path):
    async with open_room(Room()) as room:
        code, lines = await talk(room, "--transport", "websocket", "--wav", speech(tmp_path / "a.wav", True, True))
    assert code == 0
    edges = {line["event"]: line["t"] for line in lines if line["event"].startswith("input")}
    assert edges["input_end"] - edges["input_start"] >= 0.6
    mic = room.times("mic")
    assert [fields["seq"] for fields in mic] == list(range(len(mic)))
    assert {len(fields["pcm"]) for fields in mic} == {1_280}
    assert sum(np.frombuffer(fields["pcm"], "<i2").any() for fields in mic) == 15
    assert room.times("mic_end") == [{"reason": "ended"}]


async def test_polling_sends_longer_pieces(tmp_path: Path):
    async with open_room(Room()) as room:
        code, _ = await talk(room, "--transport", "polling", "--wav", speech(tmp_path / "a.wav", True))
    assert code == 0
    assert {len(fields["pcm"]) for fields in room.times("mic")} == {3_200}


async def test_what_was_heard_is_reported_up_to_the_end():
    async with open_room(Room()) as room:
        await talk(room, "--text", "one")
    reports = [fields["ms"] for fields in room.times("played")]
    assert reports == sorted(reports)
    assert reports[-1] == 200.0


async def test_an_interruption_is_answered_and_the_files_own_next_words_are_waited_for(tmp_path: Path):
    room = Room()

    async def interrupted_once(sid: str, turn: int) -> None:
        if turn > 1:
            return await room.complete(sid, turn)
        await room.say(sid, "audio", {"turn": 1, "seq": 0, "pcm": VOICE * 20})
        await room.say(sid, "flush", {"turn": 1})
        await room.say(sid, "caption", {"turn": 1, "role": "agent", "text": "Good d", "final": True, "cut": True})
        await room.say(sid, "turn", {"turn": 1, "state": "interrupted", "why": "barge_in"})

    room.answer = interrupted_once
    async with open_room(room):
        code, lines = await talk(room, "--wav", speech(tmp_path / "a.wav", True, False, True))
    assert code == 0
    assert [name for name in names(lines) if name in ("interrupted", "turn_complete")] == ["interrupted", "turn_complete"]
    (flushed,) = [fields for fields in room.times("played") if fields.get("flushed")]
    assert flushed["turn"] == 1
    assert flushed["ms"] < 4_000


async def test_the_last_turn_decides_the_exit_code():
    room = Room()

    async def interrupted(sid: str, turn: int) -> None:
        await room.say(sid, "turn", {"turn": turn, "state": "interrupted"})

    room.answer = interrupted
    async with open_room(room):
        code, lines = await talk(room, "--text", "one")
    assert code == 1
    assert names(lines)[-1] == "interrupted"


async def test_each_caption_is_final_once():
    room = Room()

    async def twice(sid: str, turn: int) -> None:
        await room.complete(sid, turn)
        await room.say(sid, "caption", {"turn": turn, "role": "agent", "text": "Good day.", "final": True, "cut": False})

    room.answer = twice
    async with open_room(room):
        _, lines = await talk(room, "--text", "one")
    finals = [(line["role"], line["text"]) for line in lines if line["event"] == "caption" and line["final"]]
    assert finals == [("user", "hello"), ("agent", "Good day.")]


async def test_it_waits_while_the_server_gets_ready():
    async with open_room(Room()) as room:
        room.not_ready = ["loading_models"]
        room.refusals = ["loading_models"]
        code, lines = await talk(room, "--text", "one")
    assert code == 0
    assert lines[0]["event"] == "started"
    assert len(room.times("start")) == 2


async def test_a_refused_start_is_told_by_its_code():
    async with open_room(Room()) as room:
        room.not_ready = ["full"]
        room.refusals = ["full"]
        code, lines = await talk(room, "--text", "one")
    assert code == 1
    assert [(line["event"], line["code"]) for line in lines] == [("error", "full")]


async def test_settings_and_the_picture_go_before_the_words(tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(JPEG)
    async with open_room(Room()) as room:
        settings = ["--system", "Be brief.", "--voice", "Puck", "--model", "m1"]
        await talk(room, "--text", "what is this", "--image", str(picture), *settings)
    said = [name for name, _ in room.heard]
    assert said.index("frame") < said.index("text")
    assert room.times("frame") == [{"source": "picture", "seq": 0, "jpeg": JPEG}]
    assert room.times("start")[0]["settings"] == {"instructions": "Be brief.", "voice": "Puck", "model": "m1"}


@pytest.mark.parametrize("large", [False, True])
async def test_a_picture_that_no_model_took_is_sent_again(tmp_path: Path, large: bool):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(WHOLE + bytes(300_000 if large else 0))
    room = Room()
    room.unsent = 2
    async with open_room(room):
        code, _ = await talk(room, "--text", "what is this", "--image", str(picture))
    assert code == 0
    if large:
        assert room.stills == 3 * [("c-1", "image/jpeg", picture.read_bytes())]
        assert room.times("frame") == []
    else:
        assert [fields["jpeg"] for fields in room.times("frame")] == 3 * [WHOLE]
        assert room.stills == []


async def test_a_picture_waits_for_a_model_for_pictures_are_counted(tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(WHOLE + bytes(300_000))

    class Slow(Room):
        async def _on_start(self, sid: str, fields: dict[str, Any]) -> dict[str, Any]:
            answer = await super()._on_start(sid, fields)
            await self.say(sid, "status", {"state": "connecting", "since": 0})
            asyncio.get_running_loop().call_later(0.1, self.reach, sid)
            self.unsent = 1
            return answer

        def reach(self, sid: str) -> None:
            self.unsent = 0
            self.sio.start_background_task(self.say, sid, "status", {"state": "listening", "since": 0})

    async with open_room(room := Slow()):
        code, _ = await talk(room, "--text", "what is this", "--image", str(picture))
    assert code == 0
    assert len(room.stills) == 1


async def test_a_refused_picture_ends_the_conversation_with_its_reason(tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(WHOLE + bytes(300_000))
    room = Room()
    room.still_refusals = ["too_many"]
    async with open_room(room):
        code, lines = await talk(room, "--text", "what is this", "--image", str(picture))
    assert code == 1
    assert [(line["code"], line["message"]) for line in lines if line["event"] == "error"] == [("too_many", "No.")]


async def test_a_conversation_is_continued_by_its_owner(tmp_path: Path):
    async with open_room(Room()) as room:
        await talk(room, "--text", "one", data=tmp_path)
        code, lines = await talk(room, "--text", "two", "--conversation", "c-1", data=tmp_path)
    assert code == 0
    assert lines[0]["conversation"] == "c-1"
    assert lines[0]["resumed"]
    assert room.cookies == ["genmedia=owner-1", "genmedia=owner-1"]
    (kept,) = (tmp_path / "talk").iterdir()
    assert kept.stat().st_mode & 0o077 == 0


async def test_it_comes_back_when_the_connection_goes(tmp_path: Path):
    room = Room()

    async def drop_once(sid: str, turn: int) -> None:
        if turn == 1:
            await room.sio.disconnect(sid)
        else:
            await room.complete(sid, turn)

    room.answer = drop_once
    async with open_room(room):
        code, lines = await talk(room, "--text", "one")
    assert code == 0
    assert names(lines).count("started") == 1
    assert [fields.get("conversation") for fields in room.times("start")] == [None, "c-1"]
    assert [fields["ref"] for fields in room.times("text")] == ["input-0", "input-0"]


async def test_a_state_without_a_way_out_ends_it():
    room = Room()

    async def held(sid: str, turn: int) -> None:
        await room.say(sid, "status", {"state": "held", "since": 0, "code": "upstream_unreachable"})

    room.answer = held
    async with open_room(room):
        code, lines = await talk(room, "--text", "one")
    assert code == 1
    assert lines[-1]["code"] == "upstream_unreachable"


async def test_it_gives_up_after_the_timeout():
    room = Room()

    async def silence(sid: str, turn: int) -> None:
        return None

    room.answer = silence
    async with open_room(room):
        code, lines = await talk(room, "--text", "one", "--timeout", "0.5")
    assert code == 4
    assert lines[-1]["code"] == "timeout"


async def test_words_of_another_wire_end_it():
    room = Room()

    async def nonsense(sid: str, turn: int) -> None:
        await room.say(sid, "audio", {"sound": 1})

    room.answer = nonsense
    async with open_room(room):
        code, lines = await talk(room, "--text", "one")
    assert code == 1
    assert lines[-1]["code"] == "bad_event"


async def test_a_person_reads_the_final_captions():
    async with open_room(Room()) as room:
        result = await asyncio.to_thread(run, ["--url", room.origin, "--text", "one"], {"GENMEDIA_DATA_DIR": "/nonexistent"})
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [" user  hello", "agent  Good day."]


async def test_it_ends_quietly_when_nobody_reads_on():
    room = Room()
    async with open_room(room):
        args = ["talk", "--url", room.origin, "--text", "one", "--text", "two", "--json"]
        ours, its = os.pipe()
        program = await asyncio.create_subprocess_exec(sys.executable, "-m", "genmedia_live", *args, stdout=its, stderr=PIPE)
        os.close(its)
        await asyncio.to_thread(os.read, ours, 1)
        os.close(ours)
        _, errors = await program.communicate()
    assert errors == b""
    assert program.returncode == 1
    assert len(room.times("text")) <= 1


async def test_no_server_is_exit_code_3(unused_tcp_port: int):
    args = ["--url", f"http://127.0.0.1:{unused_tcp_port}", "--text", "hi", "--json"]
    result = await asyncio.to_thread(run, args)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["code"] == "unreachable"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([], "Say something"),
        (["--text", " "], "no words"),
        (["--wav", "/nonexistent.wav"], "does not exist"),
        (["--wav", __file__], "not a WAV file"),
        (["--text", "x", "--image", __file__], "not a JPEG"),
        (["--text", "x", "--url", "ftp://h"], "is wanted"),
        (["--text", "x", "--url", "http://[::1"], "is wanted"),
        (["--text", "x", "--url", "http://127.0.0.1:99999"], "is wanted"),
        (["--text", "x", "--conversation", "../x"], "conversation's id"),
        (["--text", "x", "--timeout", "0"], "range"),
        (["--text", "x", "--transport", "pigeon"], "transport"),
        (["--text", "x", "--api-key", "k"], "cannot present credentials"),
        (["--text", "x", "--google-project", "p", "--google-token", "t"], "cannot present credentials"),
        (["--text", "x", "--access-token", "t"], "cannot present credentials"),
    ],
)
def test_wrong_usage_is_exit_code_2(args: list[str], why: str):
    result = run(args)
    assert result.exit_code == 2
    assert why in result.stderr
