"""The eyes as the engine knows them: one picture in, what it shows in words out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from genmedia_live.engine.mind.eyes.description import described
from genmedia_live.engine.mind.eyes.objects import Thing, ThingFinder
from genmedia_live.engine.mind.eyes.picture import opened
from genmedia_live.engine.mind.eyes.reading import TextReader
from genmedia_live.engine.mind.eyes.scene import SceneGuesser
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import EYES, IMAGENET_NAMES, OBJECTS, SCENE, TEXT_DETECTOR, TEXT_READER
from genmedia_live.ports import Cancelled

log = logging.getLogger(__name__)

_DARK, _LEGIBLE = 45, 3
"""The mean brightness, of 255, below which it is dark, unless this many lines can be read: then it is a page in dark colours."""
_SCREENS = ("monitor", "laptop")
_ALL = 0.8
"""A screen that fills this much of the picture is the shared screen itself, not a thing on it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The models that there are. What is never looked for is never said not to be there."""

    reader: TextReader | None = None
    finder: ThingFinder | None = None
    guesser: SceneGuesser | None = None

    @property
    def sought(self) -> tuple[str, ...]:
        parts = {"text": self.reader, "object": self.finder, "scene": self.guesser}
        return tuple(name for name, part in parts.items() if part)


class LocalEyes:
    """Text, objects and scene, each by a model of its own.

    The models are loaded at the first look, for most conversations show nothing. One picture is looked at at a time, which bounds
    memory.
    """

    def __init__(self, load: Callable[[], Parts]) -> None:
        self._load = load
        self._parts: Parts | None = None
        self._alone = threading.Lock()

    def look(self, picture: bytes, cancelled: Cancelled = lambda: False) -> str:
        """What there is to be told of a JPEG, PNG or WebP, in at most 1,200 characters; nothing when cancelled.

        Raises:
            ValueError: it is no such picture, it is damaged, or it is too large to be opened.
            GenmediaError: `engine_unavailable` or `model_damaged`, at the first look.
        """
        with self._alone:
            if cancelled():
                return ""
            image = opened(picture)
            parts = self._parts = self._parts or self._load()
            things = _things(parts.finder, image)
            scene = parts.guesser.guess(image) if parts.guesser and not cancelled() else None
            lines = parts.reader.read(image, cancelled) if parts.reader and not cancelled() else []
        if cancelled():
            return ""
        dark = len(lines) < _LEGIBLE and _brightness(image) < _DARK
        return described(lines, things, scene, dark=dark, sought=parts.sought)


def local_eyes(folder: Path, threads: int = 2) -> LocalEyes | None:
    """Eyes with those models whose weights are right in `folder`; None when none is."""
    lacking = WeightsFolder(folder).missing(EYES)
    if lacking:
        log.warning("the eyes lack model files", extra={"files": ", ".join(weight.name for weight in lacking)})
    reads = not {TEXT_DETECTOR, TEXT_READER}.intersection(lacking)
    guesses = not {SCENE, IMAGENET_NAMES}.intersection(lacking)
    finds = OBJECTS not in lacking

    def load() -> Parts:
        return Parts(
            TextReader(folder / TEXT_DETECTOR.name, folder / TEXT_READER.name, threads) if reads else None,
            ThingFinder(folder / OBJECTS.name, threads) if finds else None,
            SceneGuesser(folder / SCENE.name, folder / IMAGENET_NAMES.name, threads) if guesses else None,
        )

    return LocalEyes(load) if reads or finds or guesses else None


def _things(finder: ThingFinder | None, image: Image.Image) -> list[Thing]:
    found = finder.find(image) if finder else []
    return [thing for thing in found if not (thing.kind in _SCREENS and thing.area > _ALL)]


def _brightness(image: Image.Image) -> float:
    """The mean, of 255."""
    return float(np.asarray(image.convert("L").reduce(max(1, min(image.size) // 64))).mean())
