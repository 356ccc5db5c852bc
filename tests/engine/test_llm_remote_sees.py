"""llama.cpp's own server, with a tiny model that sees: what we say of pictures is what a real server takes."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from genmedia_live.engine.mind.completions import chat
from genmedia_live.engine.mind.llm_remote import RemoteLlm
from genmedia_live.engine.mind.scripted import scripted_mind
from genmedia_live.ports import Message, Picture
from tests.engine.test_session import Room
from tests.engine.tinyvlm import PATCHES, write_model, write_projector
from tests.fakes import FakeEyes

pytest.importorskip("xllamacpp")


def drawn(kind: str = "JPEG") -> Picture:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(out, kind)
    return Picture(out.getvalue(), f"image/{kind.lower()}", "A gradient.")


QUESTION = Message("user", "What is it?", pictures=(drawn(),))


@contextmanager
def served(*files: Path) -> Iterator[str]:
    """The address of a server with these files."""
    call = [sys.executable, "-m", "tests.engine.tinyvlm", *map(str, files)]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tiny")
    write_model(folder / "tiny.gguf")
    write_projector(folder / "eye.gguf")
    return folder / "tiny.gguf", folder / "eye.gguf"


@pytest.fixture(scope="module")
def seeing(files: tuple[Path, Path]) -> Iterator[str]:
    with served(*files) as address:
        yield address


@pytest.fixture(scope="module")
def blind(files: tuple[Path, Path]) -> Iterator[str]:
    with served(files[0]) as address:
        yield address


def asked(address: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address + path, data, {"Content-Type": "application/json"})) as answer:
        return json.load(answer)


def said(llm: RemoteLlm, question: Message, most: int = 20) -> list[str]:
    pieces = llm.stream([question], temperature=0.5, max_tokens=most, cancelled=lambda: False)
    return [piece for piece in pieces if isinstance(piece, str)]


def test_it_says_that_it_sees_and_answers_a_picture_in_pieces(seeing: str) -> None:
    llm = RemoteLlm(f"{seeing}/v1")
    assert llm.sees
    assert len(said(llm, QUESTION)) > 5
    assert len(said(llm, replace(QUESTION, pictures=(drawn("PNG"), drawn())))) > 5
    assert llm.sees


def test_it_reads_as_many_tokens_more_as_the_picture_has(seeing: str) -> None:
    def tokens(*pictures: Picture) -> int:
        body = {"messages": chat([replace(QUESTION, pictures=pictures)]), "max_tokens": 1}
        return int(asked(seeing, "/v1/chat/completions", body)["usage"]["prompt_tokens"])

    none, one, two = tokens(), tokens(drawn()), tokens(drawn(), drawn("PNG"))
    assert PATCHES <= one - none <= PATCHES + 2
    assert one < two <= none + 2 * (PATCHES + 2)


def test_given_up_it_stops(seeing: str) -> None:
    got: list[object] = []
    for piece in RemoteLlm(f"{seeing}/v1").stream(
        [QUESTION], temperature=0.5, max_tokens=100_000, cancelled=lambda: len(got) > 2
    ):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    deadline = time.monotonic() + 10
    while any(slot["is_processing"] for slot in asked(seeing, "/slots")):
        assert time.monotonic() < deadline, "the server goes on with an answer that nobody reads"


def test_a_picture_that_it_can_t_decode_is_told_in_words(seeing: str) -> None:
    llm = RemoteLlm(f"{seeing}/v1")
    assert said(llm, replace(QUESTION, pictures=(Picture(drawn().data[:300], "image/jpeg"),)))
    assert llm.sees


def test_one_that_is_blind_says_so_and_is_told(blind: str) -> None:
    llm = RemoteLlm(f"{blind}/v1")
    assert not llm.sees
    assert said(llm, QUESTION)
    stubborn = RemoteLlm(f"{blind}/v1", vision="on")
    assert said(stubborn, QUESTION)


async def test_a_conversation_with_it(seeing: str) -> None:
    eyes = FakeEyes()
    room = Room(replace(scripted_mind(1), llm=RemoteLlm(f"{seeing}/v1"), eyes=eyes))
    room.socket.say(realtimeInput={"video": {"mimeType": "image/jpeg", "data": base64.b64encode(drawn().data).decode()}})
    room.socket.say(realtimeInput={"text": "What is it?"})
    await room.socket.has("outputTranscription")
    await room.socket.has("turnComplete")
    assert eyes.looked_at == []
    await room.leave()
