import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.mind.calling import UNREADABLE
from genmedia_live.engine.mind.llm_remote import RemoteLlm
from genmedia_live.ports import FunctionCall, FunctionDeclaration, Message, Picture
from tests.engine.talking import picture
from tests.fakes import FakeEyes


class Server(ThreadingHTTPServer):
    """Answers as OpenAI's chat completions do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.models: Any = {"data": [{"id": "first"}, {"id": "second"}]}
        self.words = ["Bon", "jour", "."]
        self.calls: list[Any] = []
        self.endless = self.stalls = False
        self.reader_left = threading.Event()
        self.asked: dict[str, Any] = {}
        self.requests: list[dict[str, Any]] = []
        self.says: dict[str, Any] = {}
        """What it answers under other paths."""
        self.blind: int | None = None
        """The status that it answers pictures with."""
        self.key: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        document = self.server.models if self.path == "/v1/models" else self.server.says.get(self.path)
        self._head(404 if document is None else 200)
        if document is not None:
            self.wfile.write(json.dumps(document).encode())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self.do_GET()
            return
        self.server.key, self.server.asked = self.headers["Authorization"], asked
        self.server.requests.append(asked)
        shown = any(isinstance(line["content"], list) for line in asked["messages"])
        status = (self.server.blind if shown else None) or self.server.status
        self._head(status)
        if status != 200:
            return
        self._event('{"choices":[{"delta":{"role":"assistant"}}]}')
        self._event(": a comment keeps the connection alive")
        try:
            while True:
                for word in self.server.words:
                    self._event(json.dumps({"choices": [{"delta": {"content": word}}]}))
                for call in self.server.calls:
                    self._event(json.dumps({"choices": [{"delta": {"content": None, "tool_calls": call}}]}))
                if self.server.stalls and self.connection.recv(1) == b"":
                    raise OSError
                if not self.server.endless:
                    break
        except OSError:
            self.server.reader_left.set()
            return
        self._event('{"choices":[],"usage":{}}')
        self._event("[DONE]")

    def _head(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(llm: RemoteLlm, *messages: Message, tools: tuple[FunctionDeclaration, ...] = ()) -> list[str | FunctionCall]:
    dialogue = messages or [Message("user", "Hi")]
    return list(llm.stream(dialogue, temperature=0.2, max_tokens=7, cancelled=lambda: False, tools=tools))


def test_pieces_as_they_come(server: Server) -> None:
    llm = RemoteLlm(server.url, "mine", "secret")
    assert ask(llm, Message("system", "Be brief."), Message("tool", "16:42")) == ["Bon", "jour", "."]
    assert server.key == "Bearer secret"
    assert server.asked == {
        "model": "mine",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "[tool result] 16:42"}],
        "temperature": 0.2,
        "max_tokens": 7,
        "stream": True,
    }


ORDER = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
TOOLS = (FunctionDeclaration("get_order", "Look up an order.", ORDER), FunctionDeclaration("stop"))


def test_functions_and_results_as_the_server_takes_them(server: Server) -> None:
    call = FunctionCall("get_order", {"id": "5"}, "c1")
    dialogue = [
        Message("user", "Where is it?"),
        Message("assistant", "One moment.", calls=(call,)),
        Message("tool", '{"status":"sent"}', call="c1"),
        Message("tool", "{}", call="forgotten"),
    ]
    ask(RemoteLlm(server.url, "mine"), *dialogue, tools=TOOLS)
    assert server.asked["tools"] == [
        {"type": "function", "function": {"name": "get_order", "description": "Look up an order.", "parameters": ORDER}},
        {
            "type": "function",
            "function": {"name": "stop", "description": "", "parameters": {"type": "object", "properties": {}}},
        },
    ]
    asked = {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": '{"id": "5"}'}}
    assert server.asked["messages"] == [
        {"role": "user", "content": "Where is it?"},
        {"role": "assistant", "content": "One moment.", "tool_calls": [asked]},
        {"role": "tool", "content": '{"status":"sent"}', "tool_call_id": "c1"},
        {"role": "user", "content": "[tool result] {}"},
    ]


def part(arguments: str | None = None, name: str | None = None, id: str | None = None, **place: int) -> list[dict[str, Any]]:
    """A piece of a call as servers stream it; what is None is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return [{**place, **({"id": id} if id else {}), "function": function}]


FIVE, SIX = FunctionCall("get_order", {"id": "5"}), FunctionCall("get_order", {"id": "6"})


@pytest.mark.parametrize(
    ("words", "parts", "given"),
    [
        ([], [part("", "get_order", "a", index=0), part('{"id":', index=0), part(' "5"}', index=0)], [FIVE]),
        (["Wait."], [part('{"id": "5"}', "get_order", "a", index=0)], ["Wait.", FIVE]),
        (
            [],
            [part('{"id":', "get_order", "a", index=0), part('{"id": "6"}', "get_order", "b", index=1), part('"5"}', index=0)],
            [FIVE, SIX],
        ),
        ([], [part('{"id":"5"}', "get_order", "a", index=0), part('{"id":"6"}', "get_order", "b", index=0)], [FIVE, SIX]),
        ([], [part('{"id":"5"}', "get_order", "a"), part('{"id":"6"}', "get_order", "b")], [FIVE, SIX]),
        ([], [part('{"id":"5"}', "get_order", "a", index=0) + part("", "stop", "b", index=1)], [FIVE, FunctionCall("stop")]),
        ([], [part(None, "stop", "a", index=0)], [FunctionCall("stop")]),
        ([], [[{"index": 0, "function": {"name": "get_order", "arguments": {"id": "5"}}}]], [FIVE]),
        # what can't be called is said, or left out
        ([], [part('{"id": "5', "get_order", "a", index=0)], [UNREADABLE]),
        ([], [part("[5]", "get_order", "a", index=0)], [UNREADABLE]),
        ([], [part("{}", "drop_table", "a", index=0)], [UNREADABLE]),
        (["Wait."], [part("{}", "drop_table", "a", index=0)], ["Wait."]),
        ([], [part("{}", "nope", "a", index=0) + part("", "stop", "b", index=1)], [FunctionCall("stop")]),
        (["Hm."], ["nonsense", [None], [{"index": {}}], {"a": 1}], ["Hm."]),
    ],
)
def test_calls_are_gathered(server: Server, words: list[str], parts: list[Any], given: list[str | FunctionCall]) -> None:
    server.words, server.calls = words, parts
    assert ask(RemoteLlm(server.url, "mine"), tools=TOOLS) == given


def test_without_a_name_the_first_model_is_taken(server: Server) -> None:
    llm = RemoteLlm(server.url + "/")
    assert llm.model == "first"
    ask(llm)
    assert (server.asked["model"], server.key) == ("first", None)


@pytest.mark.parametrize("models", [{"data": []}, [], {"data": [{}]}])
def test_a_server_without_models_asks_for_a_name(server: Server, models: Any) -> None:
    server.models = models
    with pytest.raises(GenmediaError, match="GENMEDIA_LLM_MODEL") as caught:
        RemoteLlm(server.url)
    assert caught.value.code == "model_unavailable"


def test_cancelled_while_nothing_comes(server: Server) -> None:
    server.stalls = True
    got: list[str | FunctionCall] = []
    request = [Message("user", "Hi")]
    for piece in RemoteLlm(server.url, "m").stream(request, temperature=0, max_tokens=9, cancelled=lambda: len(got) == 3):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert server.reader_left.wait(10), "the thread that waits for the next word lets go of the socket"


def test_cancelled_closes_the_connection(server: Server) -> None:
    server.endless = True
    got: list[str | FunctionCall] = []
    request = [Message("user", "Hi")]
    for piece in RemoteLlm(server.url, "m").stream(request, temperature=0, max_tokens=9, cancelled=lambda: len(got) == 2):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert got == ["Bon", "jour"]
    assert server.reader_left.wait(30)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "upstream_refused"),
        (400, "upstream_refused"),
        (404, "model_unavailable"),
        (429, "quota"),
        (503, "upstream_unreachable"),
    ],
)
def test_refusals_are_told_by_their_status(server: Server, status: int, code: str) -> None:
    llm = RemoteLlm(server.url, "m", "secret")
    server.status = status
    with pytest.raises(GenmediaError, match=str(status)) as caught:
        ask(llm)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_nobody_there() -> None:
    with pytest.raises(GenmediaError, match=r"127\.0\.0\.1") as caught:
        RemoteLlm("http://127.0.0.1:9/v1")
    assert caught.value.code == "upstream_unreachable"
    with pytest.raises(GenmediaError) as caught:
        ask(RemoteLlm("http://127.0.0.1:9/v1", "m"))
    assert caught.value.code == "upstream_unreachable"


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://x/v1", "file:///etc/passwd", "http://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(GenmediaError) as caught:
        RemoteLlm(url, "m")
    assert caught.value.code == "bad_settings"


# ---- pictures

JPEG, PNG = replace(picture(640, 480), mime="image/jpeg"), replace(picture(1_024, 576), description="A page.")
URLS = [f"data:{shown.mime};base64,{base64.b64encode(shown.data).decode()}" for shown in (JPEG, PNG)]


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def words(request: dict[str, Any]) -> str:
    """The user's last line, which is text."""
    content = request["messages"][-1]["content"]
    assert isinstance(content, str)
    return content


def test_pictures_go_as_they_came_before_the_words(server: Server) -> None:
    llm = RemoteLlm(server.url, "mine")
    assert llm.sees
    assert ask(llm, Message("user", "What is it?", pictures=(JPEG, PNG))) == ["Bon", "jour", "."]
    assert server.asked["messages"] == [
        {"role": "user", "content": [*map(image, URLS), {"type": "text", "text": "What is it?"}]},
    ]


def test_only_the_newest_two_pictures_go(server: Server) -> None:
    dialogue = [Message("user", "One?", pictures=(PNG, PNG)), Message("assistant", "Yes."), Message("user", "", pictures=(JPEG,))]
    ask(RemoteLlm(server.url, "mine"), *dialogue)
    first, _, last = server.asked["messages"]
    assert first["content"] == [image(URLS[1]), {"type": "text", "text": "One?"}]
    assert last["content"] == [image(URLS[0])]


@pytest.mark.parametrize("status", [400, 404, 415, 422, 500, 501])
def test_a_model_that_refuses_pictures_is_told_of_them_from_then_on(server: Server, status: int) -> None:
    server.blind = status
    eyes = FakeEyes({JPEG.data: "A cup."})
    llm = RemoteLlm(server.url, "mine", eyes=eyes)
    question = Message("user", "What is it?", pictures=(JPEG, PNG))
    assert ask(llm, question) == ["Bon", "jour", "."]
    assert not llm.sees
    refused, told = server.requests
    assert isinstance(refused["messages"][-1]["content"], list)
    assert "A cup." in words(told)
    assert "A page." in words(told)
    assert words(told).endswith("What is it?")
    assert eyes.looked_at == [JPEG.data]
    ask(llm, question)
    assert len(server.requests) == 3
    assert "A cup." in words(server.asked)


def test_a_broken_picture_blinds_nobody(server: Server) -> None:
    server.blind = 400
    llm = RemoteLlm(server.url, "mine", eyes=FakeEyes())
    assert ask(llm, Message("user", "Hm?", pictures=(Picture(b"?"),))) == ["Bon", "jour", "."]
    assert words(server.asked).endswith("Hm?")
    assert llm.sees


def test_who_has_taken_a_picture_may_refuse_another(server: Server) -> None:
    llm = RemoteLlm(server.url, "mine")
    ask(llm, Message("user", "Hm?", pictures=(PNG,)))
    server.blind = 400
    assert ask(llm, Message("user", "Hm?", pictures=(PNG,))) == ["Bon", "jour", "."]
    assert llm.sees


def test_a_picture_too_large_is_told_this_once(server: Server) -> None:
    server.blind = 413
    llm = RemoteLlm(server.url, "mine")
    assert ask(llm, Message("user", "Hm?", pictures=(PNG,))) == ["Bon", "jour", "."]
    assert llm.sees


@pytest.mark.parametrize(("status", "code"), [(401, "upstream_refused"), (429, "quota")])
def test_other_refusals_are_no_matter_of_pictures(server: Server, status: int, code: str) -> None:
    server.blind = status
    llm = RemoteLlm(server.url, "mine")
    with pytest.raises(GenmediaError, match=str(status)) as caught:
        ask(llm, Message("user", "Hm?", pictures=(PNG,)))
    assert caught.value.code == code
    assert len(server.requests) == 1
    assert llm.sees


def test_a_server_that_refuses_both_is_not_thought_blind(server: Server) -> None:
    llm = RemoteLlm(server.url, "mine")
    server.status = 500
    with pytest.raises(GenmediaError, match="500") as caught:
        ask(llm, Message("user", "Hm?", pictures=(PNG,)))
    assert caught.value.code == "upstream_unreachable"
    assert llm.sees


@pytest.mark.parametrize(
    ("models", "says", "sees"),
    [
        # Ollama
        ({"data": [{"id": "mine", "owned_by": "library"}]}, {"/api/show": {"capabilities": ["completion", "vision"]}}, True),
        ({"data": [{"id": "mine"}]}, {"/api/show": {"capabilities": ["completion", "tools"]}}, False),
        # llama.cpp's server
        ({"models": [{"name": "mine", "capabilities": ["completion", "multimodal"]}], "data": [{"id": "mine"}]}, {}, True),
        ({"models": [{"name": "mine", "capabilities": ["completion"]}], "data": [{"id": "mine"}]}, {}, False),
        ({"data": [{"id": "mine"}]}, {"/props": {"modalities": {"vision": True, "audio": False}}}, True),
        ({"data": [{"id": "mine"}]}, {"/props": {"modalities": {"vision": False, "audio": False}}}, False),
        # gateways
        ({"data": [{"id": "mine", "architecture": {"input_modalities": ["text", "image"]}}]}, {}, True),
        ({"data": [{"id": "mine", "architecture": {"input_modalities": ["text"]}}]}, {}, False),
        ({"data": [{"id": "mine", "capabilities": {"vision": False, "completion_chat": True}}]}, {}, False),
        # who says nothing of it, or of another model, or nonsense
        ({"data": [{"id": "other", "capabilities": ["completion"]}]}, {}, True),
        ({"data": ["mine", {"id": "mine", "capabilities": [1], "architecture": 5}]}, {"/props": [], "/api/show": 7}, True),
        ("nothing", {}, True),
    ],
)
def test_what_the_server_says_of_itself(server: Server, models: Any, says: dict[str, Any], sees: bool) -> None:
    server.models, server.says = models, says
    assert RemoteLlm(server.url, "mine").sees is sees
    assert RemoteLlm(server.url, "mine", vision="on").sees
    assert not RemoteLlm(server.url, "mine", vision="off").sees


def test_told_to_send_none_it_sends_none(server: Server) -> None:
    ask(RemoteLlm(server.url, "mine", vision="off"), Message("user", "Hm?", pictures=(PNG,)))
    assert "A page." in words(server.asked)
    assert len(server.requests) == 1


def test_cancelled_with_a_picture_closes_the_connection_too(server: Server) -> None:
    server.endless = True
    got: list[str | FunctionCall] = []
    request = [Message("user", "Hi", pictures=(JPEG,))]
    for piece in RemoteLlm(server.url, "m").stream(request, temperature=0, max_tokens=9, cancelled=lambda: len(got) == 2):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert got == ["Bon", "jour"]
    assert server.reader_left.wait(30)
