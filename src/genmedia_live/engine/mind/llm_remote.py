"""A language model elsewhere, behind any address that speaks OpenAI's chat completions (Ollama, vLLM, llama.cpp's server)."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.core.pictures import size
from genmedia_live.engine.mind.bridge import Push, pulled
from genmedia_live.engine.mind.completions import Answer, chat, functions
from genmedia_live.engine.mind.shown import told
from genmedia_live.engine.mind.vision import Vision, entry, says
from genmedia_live.ports import Cancelled, Eyes, FunctionCall, FunctionDeclaration, Message, Picture

log = logging.getLogger(__name__)

CONNECT_S = 5.0
FIRST_TOKEN_S = 30.0
NEXT_TOKEN_S = 20.0

_CHARS_PER_TOKEN = 4
"""What English text has in the vocabularies in use; the remote one is not known here."""

_NOT_FOR_A_PICTURE = frozenset({401, 403, 408, 429})
"""These refusals have nothing to do with what was sent."""

_CODES = {401: "upstream_refused", 403: "upstream_refused", 404: "model_unavailable", 408: "upstream_timeout", 429: "quota"}
"""HTTP status -> our code; the other 4xx are refusals, the 5xx an unreachable model."""


class _Refused(Exception):
    """The server has answered with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RemoteLlm:
    """A client of one model, shared by all sessions: each request has a connection of its own, nothing is kept."""

    def __init__(
        self, url: str, model: str | None = None, key: str | None = None, vision: Vision = "auto", eyes: Eyes | None = None
    ) -> None:
        """Reach the server, to know that it is there and what it says of the model.

        Args:
            url: The address up to and with `/v1`.
            model: Its name there; None takes the first that the server lists.
            key: Sent as a bearer token, when there is one.
            vision: Whether the model is sent pictures. What it refuses is told in words; if it has never taken any, from then on.
            eyes: What describes a picture that was refused.

        Raises:
            GenmediaError: `bad_settings` for another kind of address; `upstream_unreachable` and its like.
        """
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise error("bad_settings", "GENMEDIA_LLM_URL is not an http(s) address, such as http://localhost:11434/v1.")
        self._address = address
        self._path = address.path.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._eyes = eyes
        self.model = model or self._first_model()
        said = self._said_to_see() if vision == "auto" else vision == "on"
        self._sees = said is not False
        self._sure = said is not None

    @property
    def sees(self) -> bool:
        """Whether pictures are sent: until the server refuses one, where it has not said that it takes none."""
        return self._sees

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
            "messages": [],
            "temperature": temperature,
            "max_tokens": max_tokens,
            "stream": True,
        } | ({"tools": functions(tools)} if tools else {})
        shown = any(message.pictures for message in messages)
        refused: int | None = None
        try:
            if shown and self._sees:
                try:
                    for piece in self._answer(body | {"messages": chat(messages)}, tools, cancelled):
                        self._sure = True
                        yield piece
                    return
                except _Refused as problem:
                    if problem.status in _NOT_FOR_A_PICTURE:
                        raise
                    refused = problem.status
            words = [self._in_words(message, cancelled) for message in messages] if shown else messages
            for piece in self._answer(body | {"messages": chat(words)}, tools, cancelled):
                if refused is not None:
                    self._learn(refused, messages)
                    refused = None
                yield piece
        except _Refused as problem:
            raise self._refusal(problem.status) from None

    def _learn(self, status: int, messages: Sequence[Message]) -> None:
        """What was refused with pictures is answered without: the model takes none, unless these were too large or broken."""
        whole = all(size(picture.data) is not None for message in messages for picture in message.pictures)
        if not self._sure and whole and status != http.client.REQUEST_ENTITY_TOO_LARGE:
            log.info("the language model takes no pictures", extra={"status": status})
            self._sees, self._sure = False, True

    def _in_words(self, message: Message, cancelled: Cancelled) -> Message:
        return told(replace(message, pictures=tuple(self._looked_at(picture, cancelled) for picture in message.pictures)))

    def _looked_at(self, picture: Picture, cancelled: Cancelled) -> Picture:
        if picture.description is not None or self._eyes is None:
            return picture
        with contextlib.suppress(ValueError):
            return replace(picture, description=self._eyes.look(picture.data, cancelled))
        return picture

    def _answer(
        self, body: dict[str, Any], tools: Sequence[FunctionDeclaration], cancelled: Cancelled
    ) -> Iterator[str | FunctionCall]:
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
        try:
            return str(self._get("/models")["data"][0]["id"])
        except _Refused as problem:
            raise self._refusal(problem.status) from problem
        except (ValueError, KeyError, IndexError, TypeError) as problem:
            raise error("model_unavailable", f"{self._where} lists no model: set GENMEDIA_LLM_MODEL.") from problem

    def _said_to_see(self) -> bool | None:
        """What the server says, in one of the ways that are known; where it says nothing, pictures are tried."""
        root = self._path.removesuffix("/v1")
        asked = (
            lambda: entry(self._get("/models"), self.model),
            lambda: self._get("/props", root),
            lambda: self._get("/api/show", root, json.dumps({"model": self.model})),
        )
        with contextlib.suppress(GenmediaError):
            for ask in asked:
                with contextlib.suppress(_Refused, ValueError):
                    if (answer := says(ask())) is not None:
                        return answer
        return None

    def _get(self, path: str, root: str | None = None, body: str | None = None) -> Any:
        """A document of the server."""
        link = self._connected()
        link.sock.settimeout(CONNECT_S)
        try:
            with self._ask(link, "GET" if body is None else "POST", path, body, root) as answer:
                return json.loads(answer.read())
        except (OSError, http.client.HTTPException) as problem:
            raise error("upstream_lost", f"The connection to the language model at {self._where} was lost.") from problem
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

    def _ask(
        self, link: http.client.HTTPConnection, method: str, path: str, body: str | None = None, root: str | None = None
    ) -> http.client.HTTPResponse:
        try:
            link.request(method, (self._path if root is None else root) + path, body, self._headers)
            answer = link.getresponse()
        except TimeoutError as problem:
            raise error("upstream_timeout", f"The language model at {self._where} did not answer in time.") from problem
        except (OSError, http.client.HTTPException) as problem:
            raise error("upstream_lost", f"The connection to the language model at {self._where} was lost.") from problem
        if answer.status != http.client.OK:
            answer.close()
            raise _Refused(answer.status)
        return answer

    def _refusal(self, status: int) -> GenmediaError:
        code = _CODES.get(status, "upstream_unreachable" if status >= 500 else "upstream_refused")
        return error(code, f"The language model at {self._where} answered with HTTP status {status}.")

    @property
    def _where(self) -> str:
        return self._address.hostname or ""
