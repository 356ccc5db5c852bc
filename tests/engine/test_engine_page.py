"""The page on the engine says what the engine does."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import genmedia_live.engine
from genmedia_live.core.voices import ENGINE_VOICES
from genmedia_live.engine.protocol.messages import Close
from genmedia_live.engine.protocol.profiles import PROFILES, RETIRED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")

CLOSES = {
    (f"{module.name}.{name}", close)
    for module in pkgutil.walk_packages(genmedia_live.engine.__path__, "genmedia_live.engine.")
    for name, value in vars(import_module(module.name)).items()
    for close in (value.values() if isinstance(value, dict) else [value])
    if isinstance(close, Close)
}


def test_there_are_closes_to_look_for() -> None:
    assert len({close for _, close in CLOSES}) >= 15


@pytest.mark.parametrize(("name", "close"), sorted(CLOSES, key=str), ids=lambda value: value if isinstance(value, str) else "")
def test_every_close_is_on_the_page(name: str, close: Close) -> None:
    assert f"| {close.code} | `{close.reason}` |" in PAGE


def test_models_and_voices_are_on_the_page() -> None:
    names = [*(profile.name for profile in PROFILES), *RETIRED, *ENGINE_VOICES]
    assert [name for name in names if f"`{name}`" not in PAGE] == []
