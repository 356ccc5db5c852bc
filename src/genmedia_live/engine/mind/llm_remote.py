"""A language model elsewhere, behind any address that speaks OpenAI's chat completions (Ollama, vLLM, llama.cpp's server)."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.engine.mind.bridge import Push, pulled
from genmedia_live.engine.mind.completions import Answer, chat, functions
from genmedia_live.ports import Cancelled, FunctionCall, FunctionDeclaration, Message

CONNECT_S = 5.0
FIRST_TOKEN_S = 30.0
NEXT_TOKEN_S = 20.0

_CHARS_PER_TOKEN = 4
"""What English text has in the vocabularies in use; the remote one is not known here."""

_CODES = {401: "upstream_refused", 403: "upstream_refused", 404: "model_unavailable", 408: "upstream_timeout", 429: "quota"}
"""HTTP status -> our code; the other 4xx are refusals, the 5xx an unreachable model."""


class RemoteLlm:
    """A client of one model, shared by all sessions: each request has a connection of its own, nothing is kept."""

    sees = False

    def __init__(self, url: str, model: str | None = None, key: str | None = None) -> None:
        """Reach the server once, to know that it is there.

        Args:
            url: The address up to and with `/v1`.
            model: Its name there; None takes the first that the server lists.
            key: Sent as a bearer token, when there is one.

        Raises:
            GenmediaError: `bad_settings` for another kind of address; `upstream_unreachable` and its like.
        """
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise error("bad_settings", "GENMEDIA_LLM_URL is not an http(s) address, such as http://localhost:11434/v1.")
        self._address = address
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self.model = model or self._first_model()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        """Pieces of the answer as they arrive, then its calls.

        The connection is closed when `cancelled()` or the iterator's `close()` says so.

        Raises:
            GenmediaError: `upstream_unreachable`, `upstream_refused`, `model_unavailable`, `quota`, `upstream_timeout` or
                `upstream_lost`.
        """
        body = {
            "model": self.model,
            "messages": chat(messages),
            "temperature": temperature,
            "max_tokens": max_tokens,
            "stream": True,
        } | ({"tools": functions(tools)} if tools else {})
        link = self._connected()
        wire = link.sock  # the link forgets it when the answer ends with the connection
        try:
            yield from pulled(
                partial(self._read, link, body, Answer(tools)),
                first_s=FIRST_TOKEN_S,
                between_s=NEXT_TOKEN_S,
                cancelled=cancelled,
            )
        finally:
            # The thread that reads from it may be waiting: it ends when the socket does.
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            link.close()

    def count_tokens(self, text: str) -> int:
        """An estimate: the vocabulary is the server's own."""
        return -(-len(text) // _CHARS_PER_TOKEN)

    def _read(
        self, link: http.client.HTTPConnection, body: dict[str, Any], answer: Answer, push: Push[str | FunctionCall]
    ) -> None:
        with self._ask(link, "POST", "/chat/completions", json.dumps(body)) as events:
            try:
                for line in events:
                    data = line.strip().removeprefix(b"data:").strip()
                    if data == b"[DONE]":
                        break
                    if not push(answer.take(data)):
                        return
            except (OSError, http.client.HTTPException, AttributeError) as problem:
                raise error("upstream_lost", f"The connection to the language model at {self._where} was lost.") from problem
        for piece in answer.finish():
            push(piece)

    def _first_model(self) -> str:
        link = self._connected()
        try:
            with self._ask(link, "GET", "/models") as answer:
                return str(json.loads(answer.read())["data"][0]["id"])
        except (ValueError, KeyError, IndexError, TypeError) as problem:
            raise error("model_unavailable", f"{self._where} lists no model: set GENMEDIA_LLM_MODEL.") from problem
        finally:
            link.close()

    def _connected(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        link = kind(self._address.hostname or "", self._address.port, timeout=CONNECT_S)
        try:
            link.connect()
        except OSError as problem:
            raise error("upstream_unreachable", f"The language model at {self._where} can't be reached.") from problem
        link.sock.settimeout(FIRST_TOKEN_S)
        return link

    def _ask(self, link: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
        try:
            link.request(method, self._address.path.rstrip("/") + path, body, self._headers)
            answer = link.getresponse()
        except TimeoutError as problem:
            raise error("upstream_timeout", f"The language model at {self._where} did not answer in time.") from problem
        except (OSError, http.client.HTTPException) as problem:
            raise error("upstream_lost", f"The connection to the language model at {self._where} was lost.") from problem
        if answer.status != http.client.OK:
            answer.close()
            raise self._refusal(answer.status)
        return answer

    def _refusal(self, status: int) -> GenmediaError:
        code = _CODES.get(status, "upstream_unreachable" if status >= 500 else "upstream_refused")
        return error(code, f"The language model at {self._where} answered with HTTP status {status}.")

    @property
    def _where(self) -> str:
        return self._address.hostname or ""
