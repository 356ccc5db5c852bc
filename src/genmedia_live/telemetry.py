"""Logs and metrics: every metric in one table, and the levels of libraries whose logs would hold secrets."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pythonjsonlogger.json import JsonFormatter

_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0, 10.0, 30.0)

METRICS: dict[str, tuple[type, str, tuple[str, ...]]] = {
    "sessions_active": (Gauge, "Conversations that are in memory.", ()),
    "sessions_capacity": (Gauge, "Conversations that fit.", ()),
    "sessions_total": (Counter, "Conversations that ended, by why.", ("end",)),
    "sockets_active": (Gauge, "Connected browsers and terminal clients.", ("transport",)),
    "events_total": (Counter, "Events from clients, by name; `unknown` for those that are none of ours.", ("event",)),
    "errors_total": (Counter, "Errors told to clients, by code.", ("code",)),
    "queue_dropped_total": (Counter, "Messages that a full queue let go.", ("queue", "rule")),
    "upstream_closes_total": (Counter, "Connections to the model that ended or never opened, by code.", ("code",)),
    "tool_calls_total": (Counter, "Calls of tools, by how they ended: `done`, `failed` or `cancelled`.", ("tool", "end")),
    "tool_seconds": (Histogram, "Time that a call of a tool took, however it ended.", ("tool",)),
    "http_requests_total": (Counter, "Answered HTTP requests, by class of status.", ("status",)),
    "http_seconds": (Histogram, "Time to answer an HTTP request; long-polls are not counted.", ()),
}
"""name without its prefix -> kind, help, labels. No label names a person or a conversation."""


class Metrics:
    """One process's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {}
        for name, (kind, text, labels) in METRICS.items():
            options = {"buckets": _SECONDS} if kind is Histogram else {}
            made[name] = kind(f"genmedia_{name}", text, labels, registry=self.registry, **options)
        self.sessions: Gauge = made["sessions_active"]
        self.capacity: Gauge = made["sessions_capacity"]
        self.ended: Counter = made["sessions_total"]
        self.sockets: Gauge = made["sockets_active"]
        self.events: Counter = made["events_total"]
        self.errors: Counter = made["errors_total"]
        self.dropped: Counter = made["queue_dropped_total"]
        self.upstream_closes: Counter = made["upstream_closes_total"]
        self.tool_calls: Counter = made["tool_calls_total"]
        self.tool_seconds: Histogram = made["tool_seconds"]
        self.requests: Counter = made["http_requests_total"]
        self.request_seconds: Histogram = made["http_seconds"]


QUIET = {
    "engineio": logging.ERROR,
    "engineio.server": logging.ERROR,
    "engineio.client": logging.ERROR,
    "socketio": logging.ERROR,
    "socketio.server": logging.ERROR,
    "socketio.client": logging.ERROR,
    "websockets": logging.WARNING,
    "websockets.client": logging.WARNING,
    "websockets.server": logging.WARNING,
    "google_genai": logging.WARNING,
    "google.auth": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "urllib3": logging.WARNING,
    "asyncio": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "werkzeug": logging.WARNING,
}
"""Libraries that print tokens, headers or the words of events below these levels. They stay there whatever `LOG_LEVEL` says."""


class _Console(logging.Formatter):
    """For a person at a terminal: time, level, message, and the fields that the caller gave."""

    _KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for name, value in vars(record).items():
            if name not in self._KNOWN and value is not None:
                text = str(value)
                line += f" {name}={text}" if text.isprintable() and " " not in text else f" {name}={text!r}"
        return line


def set_up_logging(level: str = "INFO", form: Literal["auto", "json", "console"] = "auto") -> None:
    """Send every log line to standard error: one JSON object a line, or plain lines on a terminal.

    Raises:
        ValueError: there is no such level.
    """
    handler = logging.StreamHandler(sys.stderr)
    if form == "json" or (form == "auto" and not sys.stderr.isatty()):
        names = {"levelname": "severity", "asctime": "time", "name": "logger"}
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=names))
    else:
        handler.setFormatter(_Console("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    pin_library_levels()


def pin_library_levels() -> None:
    """Hold the libraries above the levels at which they print secrets."""
    for name, least in QUIET.items():
        logger = logging.getLogger(name)
        logger.setLevel(least)
        if name.startswith(("engineio", "socketio")):
            logger.handlers[:] = []
