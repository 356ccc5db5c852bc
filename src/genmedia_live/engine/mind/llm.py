"""The embedded language model: a GGUF file run by llama.cpp, in this process."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from genmedia_live.core.errors import error
from genmedia_live.engine.mind.bridge import Push, pulled
from genmedia_live.engine.mind.calling import section, told, written
from genmedia_live.engine.mind.callreader import CallReader
from genmedia_live.engine.mind.onnx import MISSING_EXTRA
from genmedia_live.ports import Cancelled, FunctionCall, FunctionDeclaration, Message

FIRST_TOKEN_S = 60.0
"""Reading the longest prompt that fits takes about this long on two busy cores."""
NEXT_TOKEN_S = 20.0
SETTLE_S = 5.0
"""A slot that is given up is waited for: the next prompt would begin in another one, which has read nothing of the dialogue."""

_BATCH = 128
"""Tokens of a prompt that are read between two looks at whether anybody still wants the answer."""

_PROMPT_CACHE_MIB = 256
"""Memory for the beginnings of dialogues that others have pushed out of the slots."""

_TOKENIZE_TIMEOUT_S = 5.0

CALL_ROUNDS = 5
"""Calls and results that may follow each other without a word of the user's: a small model may never stop by itself."""


class LlamaLlm:
    """One model, shared by all sessions. llama.cpp queues requests by itself: `slots` answers grow at once, the rest wait.

    Each slot remembers the tokens that it has read, so the next turn of a dialogue costs only what is new in it.
    """

    sees = False

    def __init__(
        self, path: Path, *, threads: int | None = None, slots: int = 2, slot_tokens: int = 4096, repack: bool = True
    ) -> None:
        """Load the model.

        Args:
            path: The GGUF file.
            threads: Cores to use; None takes all of up to two, and leaves one free of more.
            slots: Answers that are made at the same time.
            slot_tokens: The longest dialogue, in tokens, instructions and answer included.
            repack: Hold a second copy of the weights, ordered for this CPU's instructions: up to 1.7 times as fast.

        Raises:
            GenmediaError: `engine_unavailable` without the library, `model_damaged` when it can't read the file.
        """
        self._key = secrets.token_urlsafe()
        runtime = _runtime()
        parameters = runtime.CommonParams()
        parameters.model.path = str(path)
        parameters.n_parallel = slots
        parameters.n_ctx = slots * slot_tokens
        parameters.n_batch = parameters.n_ubatch = _BATCH
        parameters.cache_ram_mib = _PROMPT_CACHE_MIB
        parameters.no_extra_bufts = not repack
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads or _cores()
        parameters.n_gpu_layers = 0
        parameters.verbosity = -1
        # It opens a port on loopback that can't be turned off; nobody but us knows the key.
        parameters.api_keys = [self._key]
        parameters.ui = False
        try:
            self._server = runtime.Server(parameters)
        except RuntimeError as problem:
            raise error("model_damaged", f"The model file {path.name} can't be read.") from problem

    def stream(
        self,
        messages: Sequence[Message],
        *,
        temperature: float,
        max_tokens: int,
        cancelled: Cancelled,
        tools: Sequence[FunctionDeclaration] = (),
    ) -> Iterator[str | FunctionCall]:
        """Pieces of the answer as they are made, then its calls; stops within a token of `cancelled()` or of `close()`.

        A dialogue that is longer than the model can read loses its older half, again and again until it fits; the
        instructions and the last message stay.

        Raises:
            GenmediaError: `too_large` when these two alone don't fit; `upstream_timeout` when the first word takes too
                long; `internal` when the model fails.
        """
        if not tools:
            yield from self._answer(messages, "", temperature, max_tokens, cancelled)
            return
        reader = CallReader(tools, allowed=_rounds(messages) < CALL_ROUNDS)
        with closing(self._answer(messages, section(tools), temperature, max_tokens, cancelled)) as pieces:
            for piece in pieces:
                yield from reader.feed(piece)
                if reader.over:
                    break
        yield from reader.finish()

    def _answer(
        self, messages: Sequence[Message], functions: str, temperature: float, max_tokens: int, cancelled: Cancelled
    ) -> Generator[str, None, None]:
        dialogue = list(messages)
        while True:
            request = _request(lines(dialogue, functions), temperature, max_tokens)
            try:
                yield from pulled(
                    partial(self._generate, request),
                    first_s=FIRST_TOKEN_S,
                    between_s=NEXT_TOKEN_S,
                    cancelled=cancelled,
                    settle_s=SETTLE_S,
                )
                return
            except _TooLong:
                dialogue = shortened(dialogue)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` in this model's vocabulary."""
        address = urlsplit(self._server.listening_address)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TOKENIZE_TIMEOUT_S)
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            link.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            return len(json.loads(link.getresponse().read())["tokens"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as problem:
            raise error("internal", "The language model can't count tokens.") from problem
        finally:
            link.close()

    def _generate(self, request: dict[str, Any], push: Push[str]) -> None:
        failure: list[Mapping[str, Any]] = []

        def heard(chunk: Any) -> bool:
            """Take what llama.cpp has made; True stops it."""
            for part in chunk if isinstance(chunk, list) else [chunk]:
                if "error" in part:
                    failure.append(part["error"])
                for choice in part.get("choices", ()):
                    if not push((choice.get("delta") or {}).get("content") or None):
                        return True
            return not push(None)

        self._server.handle_chat_completions(request, heard)
        if failure:
            if failure[0].get("type") == "exceed_context_size_error":
                raise _TooLong
            raise error("internal", "The language model failed.")


class _TooLong(Exception):
    """The dialogue has more tokens than a slot."""


def shortened(dialogue: Sequence[Message]) -> list[Message]:
    """The dialogue without the older half of what lies between its instructions and its last message.

    A call and its results stay or go together.

    Raises:
        GenmediaError: `too_large` when there is nothing between them.
    """
    start = next((at for at, message in enumerate(dialogue) if message.role != "system"), len(dialogue))
    last = max((at for at, message in enumerate(dialogue) if message.role != "tool"), default=0)
    if last <= start:
        raise error("too_large", "The instructions or the message are longer than the local model can read.")
    rest = start + (last - start + 1) // 2
    while dialogue[rest].role == "tool":
        rest += 1
    return [*dialogue[:start], *dialogue[rest:]]


def lines(dialogue: Sequence[Message], functions: str = "") -> list[dict[str, str]]:
    """The dialogue as the chat template takes it, with what is said of the `functions` at the end of the instructions.

    Results are told as a user's line: with the template's own role the smaller model calls again instead of answering.
    """
    if functions and (not dialogue or dialogue[0].role != "system"):
        dialogue = [Message("system", ""), *dialogue]
    names = {call.id: call.name for message in dialogue for call in message.calls}
    shown: list[dict[str, str]] = []
    for tool, group in groupby(dialogue, lambda message: message.role == "tool"):
        if tool:
            shown.append({"role": "user", "content": told(list(group), names)})
        else:
            shown += [{"role": message.role, "content": written(message)} for message in group]
    if functions:
        shown[0]["content"] += functions
    return shown


def _rounds(dialogue: Sequence[Message]) -> int:
    """How often functions have been called since the user's last words."""
    since = takewhile(lambda message: message.role != "user", reversed(dialogue))
    return sum(bool(message.calls) for message in since)


def _request(messages: Sequence[Mapping[str, str]], temperature: float, max_tokens: int) -> dict[str, Any]:
    return {
        "messages": messages,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "top_p": 0.9,
        "repeat_penalty": 1.08,
        "cache_prompt": True,
        "stream": True,
        # Also report while the prompt is read, so that a cancelled request ends there.
        "return_progress": True,
    }


def _runtime() -> Any:
    """The library. OpenMP reads these two when it is loaded: threads that spin at a barrier cost others 15 s and more."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    try:
        import xllamacpp
    except ImportError as problem:
        raise error("engine_unavailable", MISSING_EXTRA) from problem
    return xllamacpp


def _cores() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return available if available <= 2 else min(available - 1, 8)
