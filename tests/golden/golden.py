"""Reads the golden wire files; what the stand-ins mean is in README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of `client`, `server` or `acks`, stand-ins replaced."""
    loaded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return [_value(row) for row in loaded]


def _value(node: Any) -> Any:
    if isinstance(node, list):
        return [_value(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$hex" in node:
        return bytes.fromhex(node["$hex"]) * node.get("$times", 1)
    if "$text" in node:
        return node["$text"] * node["$times"]
    if "$number" in node:
        return float(node["$number"])
    return {name: _value(item) for name, item in node.items()}
