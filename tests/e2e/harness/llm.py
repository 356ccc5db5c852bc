"""A language model elsewhere with answers ready: the real ears and the real voice then have the machine to themselves."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """An answer that uses a tool, and what is said before."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""


@contextmanager
def canned(answers: Mapping[str, str | Call]) -> Iterator[str]:
    """An OpenAI-compatible server that finds its answer by a word of the question, or of a tool's result; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._begin("application/json")
            self.wfile.write(json.dumps({"data": [{"id": "canned"}]}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "messages" not in body:  # some servers can do more than chat: this one can't
                self.send_error(404)
                return
            content = body["messages"][-1]["content"]
            asked = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
            answer = next((answer for word, answer in answers.items() if word in asked.lower()), "Pardon?")
            self._begin("text/event-stream")
            for word in re.findall(r"\S+\s*", answer.words if isinstance(answer, Call) else answer):
                self._say({"content": word})
            if isinstance(answer, Call):
                function = {"name": answer.name, "arguments": json.dumps(dict(answer.args))}
                self._say({"tool_calls": [{"index": 0, "id": answer.name, "function": function}]})
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(b"data: [DONE]\n\n")

        def _say(self, delta: Mapping[str, Any]) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # an answer that was interrupted
                self.wfile.write(f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n".encode())

        def _begin(self, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
