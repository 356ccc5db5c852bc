"""What a conversation would run on here, and what is missing for it. Looks only: nothing is started, fetched or signed in."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import genmedia_live
from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.engine.mind.local import MEMORY_BYTES
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import EYES, WeightFile, needed
from genmedia_live.engine.weights.pull import disk_needed
from genmedia_live.gateway.catalogue import known_names
from genmedia_live.personas import Personas
from genmedia_live.settings import Settings
from genmedia_live.tools.loading import load_tools
from genmedia_live.upstream.credentials import DEFAULT_LOCATION, SCOPE, detect, signed_in_file, target_from_settings
from genmedia_live.upstream.profiles import Api, check_settings, default_settings

ENGINE_PARTS = ("PIL", "hibari", "onnxruntime", "psutil", "xllamacpp")
"""What the extra `genmedia-live[engine]` brings."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not there, and how to mend it."""

    code: str
    message: str
    mend: str


@dataclass(slots=True)
class Findings:
    """What was found; a conversation can start when nothing is missing."""

    engine: str
    why: str
    credentials: str = "none needed"
    model: str | None = None
    voice: str | None = None
    region: str | None = None
    weights: dict[str, Any] | None = None
    personas: dict[str, Any] = field(default_factory=dict)
    tools: dict[str, Any] = field(default_factory=dict)
    memory_free_bytes: int | None = None
    disk_free_bytes: int | None = None
    python: str = field(default_factory=platform.python_version)
    version: str = genmedia_live.__version__
    missing: list[Missing] = field(default_factory=list)
    """What keeps a conversation from starting."""
    optional: list[Missing] = field(default_factory=list)
    """What a conversation can start without."""

    @property
    def ok(self) -> bool:
        return not self.missing


def examine(settings: Settings) -> Findings:
    """Look at everything that a conversation needs."""
    if settings.engine == "auto":
        engine, why = detect(settings)
        found = Findings(engine, why)
    else:
        found = Findings(settings.engine, f"{settings.engine} was asked for.")
    found.disk_free_bytes = _disk_free(settings.models_path)
    found.memory_free_bytes = _memory_free()
    match found.engine:
        case "vertex" | "gemini":
            _examine_google(found, settings)
        case "local":
            _examine_engine(found, settings)
    _examine_model(found, settings)
    _examine_personas(found, settings)
    _examine_page(found)
    return found


def _examine_google(found: Findings, settings: Settings) -> None:
    try:
        target = target_from_settings(settings.model_copy(update={"engine": found.engine}))
    except GenmediaError as problem:
        found.credentials = "not found"
        found.missing.append(Missing(problem.code, str(problem), "Set it in the environment or in .env."))
        return
    if target.project is not None:
        found.region = target.location
        found.credentials = f"{_account(found, settings)} (project {target.project})"
    elif target.api_key is not None:
        found.region = DEFAULT_LOCATION if found.engine == "vertex" else None
        found.credentials = "an API key in the environment"


def _account(found: Findings, settings: Settings) -> str:
    """Whose credentials Vertex AI is reached with."""
    if settings.google_credentials_file is not None:
        return "the file that GOOGLE_APPLICATION_CREDENTIALS names"
    if signed_in_file(settings).is_file():
        return "what gcloud has signed this machine in with"
    import google.auth

    try:
        google.auth.default(scopes=[SCOPE])
    except google.auth.exceptions.DefaultCredentialsError:
        mend = "Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS."
        found.missing.append(Missing("sign_in_needed", "There are no Google credentials on this machine.", mend))
        return "not found"
    return "the service account of this machine"


def _examine_engine(found: Findings, settings: Settings) -> None:
    if absent := [name for name in ENGINE_PARTS if find_spec(name) is None]:
        message = f"The local engine is not installed (without {', '.join(absent)})."
        found.missing.append(Missing("engine_unavailable", message, "Run `pip install 'genmedia-live[engine]'`."))
    _examine_weights(found, settings)
    memory = MEMORY_BYTES[None if settings.llm_url else "default"]
    if found.memory_free_bytes is not None and found.memory_free_bytes < memory:
        message = f"{memory / 1e9:.1f} GB of memory are needed, and {found.memory_free_bytes / 1e9:.1f} GB are free."
        mend = "Close other programs, or set GENMEDIA_LLM_URL to a language model elsewhere."
        found.missing.append(Missing("insufficient_memory", message, mend))


def _examine_weights(found: Findings, settings: Settings) -> None:
    """The files that a conversation needs, and those without which the engine can't see."""
    necessary = needed(None if settings.llm_url else "default")
    folder = WeightsFolder(settings.models_path)
    states = {weight.name: folder.state(weight) for weight in (*necessary, *EYES)}
    lacking, blind = ([weight for weight in weights if states[weight.name] != "present"] for weights in (necessary, EYES))
    count = {"present": len(necessary) - len(lacking), "needed": len(necessary)}
    found.weights = {"folder": str(folder.path), **count, "files": states}
    mend = "Run `genmedia-live models pull`" + ("; `serve` does it by itself." if settings.models == "auto" else ".")
    if blind:
        message = f"{_lacking(blind, EYES, 'model files of the eyes')} The engine converses without, and can't see."
        found.optional.append(Missing("models_missing", message, mend))
    if not lacking:
        return
    damaged = [weight.name for weight in lacking if states[weight.name] == "damaged"]
    message = _lacking(lacking, necessary) + (f" Damaged: {', '.join(damaged)}." if damaged else "")
    found.missing.append(Missing("model_damaged" if damaged else "models_missing", message, mend))
    disk = disk_needed(folder, [*lacking, *blind])
    if found.disk_free_bytes is not None and found.disk_free_bytes < disk:
        message = f"{disk / 1e9:.1f} GB are needed in {folder.path}, and {found.disk_free_bytes / 1e9:.1f} GB are free."
        found.missing.append(Missing("insufficient_disk", message, "Free some, or set GENMEDIA_MODELS_DIR."))


def _lacking(lacking: Sequence[WeightFile], weights: Sequence[WeightFile], sort: str = "model files") -> str:
    size = sum(weight.bytes for weight in lacking)
    return f"{len(lacking)} of {len(weights)} {sort} are missing or damaged ({size / 1e6:,.0f} MB)."


def _examine_model(found: Findings, settings: Settings) -> None:
    api: Api = "engine" if found.engine in ("local", "scripted") else "vertex" if found.engine == "vertex" else "gemini"
    try:
        chosen = default_settings(api, settings.model, settings.voice)
        check_settings(chosen, api)
    except GenmediaError as problem:
        found.model, found.voice = settings.model, settings.voice
        found.missing.append(Missing(problem.code, str(problem), "Change GENMEDIA_MODEL or GENMEDIA_VOICE."))
    else:
        found.model, found.voice = chosen.model, chosen.voice


def _examine_personas(found: Findings, settings: Settings) -> None:
    """Who the agent can be and what it may use. A mistake there keeps no conversation from starting."""
    loaded = load_tools(settings.tool_sources)
    found.tools = {"names": sorted(loaded.tools), "problems": [asdict(problem) for problem in loaded.problems]}
    folder, known = settings.personas_path, known_names(frozenset(loaded.tools))
    personas = Personas(folder, known, Limits(), expected=settings.personas_dir is not None)
    problems = [asdict(problem) for problem in personas.problems]
    found.personas = {"folder": str(folder), "names": list(personas.names), "problems": problems}


def _examine_page(found: Findings) -> None:
    client = Path(genmedia_live.__file__).parent / "web" / "vendor" / "socket.io.msgpack.min.js"
    if not client.is_file():
        message = "The page's Socket.IO client is missing: it comes when the package is installed."
        found.missing.append(Missing("internal", message, "Run `pip install --force-reinstall --no-deps .` (or `-e .`) again."))


def _disk_free(path: Path) -> int | None:
    for folder in (path, *path.parents):
        if folder.is_dir():
            return shutil.disk_usage(folder).free
    return None


def _memory_free() -> int | None:
    if find_spec("psutil") is None:
        return None
    import psutil

    return int(psutil.virtual_memory().available)
