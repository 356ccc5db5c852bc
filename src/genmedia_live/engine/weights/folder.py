"""The folder of weights on this machine: which files are there, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from genmedia_live.core.errors import error
from genmedia_live.engine.weights.manifest import WeightFile

State = Literal["present", "missing", "damaged"]

_STAMPS = ".verified.json"
_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, read a mebibyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class WeightsFolder:
    """Weight files below one path, shared by every checkout and process of this user.

    Hashing a gigabyte takes seconds, so a file that was found right is stamped with its size and time of change;
    while these stay, `state` trusts the stamp. `full=True` hashes whatever the stamp says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, weight: WeightFile) -> Path:
        """Where the file lies, or would."""
        return self.path / weight.name

    def state(self, weight: WeightFile, *, full: bool = False) -> State:
        """Whether the file is here and has the manifest's hash."""
        path = self.file(weight)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        if found.st_size != weight.bytes:
            return "damaged"
        if not full and self._stamps().get(weight.name) == _stamp(weight, found):
            return "present"
        if sha256_of(path) != weight.sha256:
            return "damaged"
        self.trust(weight)
        return "present"

    def trust(self, weight: WeightFile) -> None:
        """Stamp a file whose hash has just been found right. A folder that can't be written to is hashed at every start."""
        new = self.path / f"{_STAMPS}.{os.getpid()}"
        try:
            stamps = {**self._stamps(), weight.name: _stamp(weight, self.file(weight).stat())}
            new.write_text(json.dumps(stamps, indent=1))
            new.replace(self.path / _STAMPS)
        except OSError:
            new.unlink(missing_ok=True)

    def missing(self, weights: Iterable[WeightFile]) -> list[WeightFile]:
        """Those that are not here as they should be, damaged ones included."""
        return [weight for weight in weights if self.state(weight) != "present"]

    def verify(self, weights: Iterable[WeightFile]) -> dict[str, State]:
        """The state of each by a full hash."""
        return {weight.name: self.state(weight, full=True) for weight in weights}

    def require(self, weights: Iterable[WeightFile]) -> None:
        """Return when all are present.

        Raises:
            GenmediaError: `model_damaged` or `models_missing`, naming the files.
        """
        states = {weight.name: self.state(weight) for weight in weights}
        mend = "Run `genmedia-live models pull`."
        if damaged := [name for name, state in states.items() if state == "damaged"]:
            raise error("model_damaged", f"Damaged model file: {', '.join(damaged)}. {mend}")
        if missing := [name for name, state in states.items() if state == "missing"]:
            raise error("models_missing", f"Missing model file: {', '.join(missing)}. {mend}")

    def _stamps(self) -> dict[str, list[int | str]]:
        try:
            stamps = json.loads((self.path / _STAMPS).read_bytes())
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}


def _stamp(weight: WeightFile, found: os.stat_result) -> list[int | str]:
    return [found.st_size, found.st_mtime_ns, weight.sha256]
