"""One HTTP request and its answer, as the door passes them on. What may hold a secret is in no `repr`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

_ORIGIN = re.compile(r"https?://[^/?]*", re.IGNORECASE)


class Unreadable(ValueError):
    """The body is not what its type says. The message names no word of it."""


class Header(NamedTuple):
    """A line of a response's head."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose body, if it has one, is here."""

    method: str
    path: str
    """Unquoted, without the query, doubled slashes made one."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By lower-case name; a repeated one joined with commas."""
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Request:
        """Read a request line's target and a list of headers."""
        path, _, query = _ORIGIN.sub("", target, count=1).partition("?")
        joined: dict[str, str] = {}
        for name, value in headers:
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return cls(method, re.sub("//+", "/", unquote(path)) or "/", dict(parse_qsl(query)), joined, body)

    def document(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one when there is no body. Raises Unreadable."""
        if not self.body:
            return {}
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Unreadable("Invalid JSON payload received. Unexpected token.") from None
        if not isinstance(document, dict):
            raise Unreadable("Invalid JSON payload received. Root element must be a message.")
        return document

    def parameters(self) -> dict[str, str]:
        """Of the query and of a form or JSON body, as OAuth's endpoints take them. Raises Unreadable."""
        if "json" in self.headers.get("content-type", ""):
            body = {name: value for name, value in self.document().items() if isinstance(value, str)}
        else:
            body = dict(parse_qsl(self.body.decode("latin-1")))
        return {**self.query, **body}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. The door adds what the connection needs."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: tuple[Header, ...] = ()
    why: str = ""
    """For the log: what a refusal is called."""


def answer(document: object, status: int = 200, *headers: Header, why: str = "") -> Response:
    """A response of JSON. Nothing that the engine answers is to be kept by a cache."""
    kind = Header("Content-Type", "application/json; charset=UTF-8")
    return Response(status, orjson.dumps(document), (kind, Header("Cache-Control", "no-store"), *headers), why)
