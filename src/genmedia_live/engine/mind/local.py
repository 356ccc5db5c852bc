"""The local engine's mind: every part loaded from the weights and warmed up, so that the first word is as quick as the next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from genmedia_live.core.errors import error
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.llm import LlamaLlm
from genmedia_live.engine.mind.llm_remote import RemoteLlm
from genmedia_live.engine.mind.onnx import MISSING_EXTRA
from genmedia_live.engine.mind.prompt import system_prompt
from genmedia_live.engine.mind.stt import RATE, MoonshineStt
from genmedia_live.engine.mind.tts import HibariTts
from genmedia_live.engine.mind.turn import SmartTurn
from genmedia_live.engine.mind.vad import SileroVad
from genmedia_live.engine.mind.vision import Vision
from genmedia_live.engine.weights.folder import WeightsFolder
from genmedia_live.engine.weights.manifest import MODELS, MOONSHINE, SILERO, SMART_TURN, LlmSize, needed
from genmedia_live.ports import Eyes, Llm, Message

log = logging.getLogger(__name__)

MEMORY_BYTES: dict[LlmSize | None, int] = {"default": 2_000_000_000, "small": 1_250_000_000, None: 500_000_000}
"""What the process grows to, measured after a long dialogue, with the language model of that size or with none."""

EYES_BYTES = 500_000_000
"""What the eyes take on top, while they look at a still of four megapixels. With less the engine converses, and can't see."""

REPACK_BYTES = 800_000_000
"""What the second, faster copy of the default model's weights takes."""

Report = Callable[[str, float], None]
"""Told what is loading, and the share that is done, 0 to 1."""


def load_mind(
    folder: Path,
    *,
    llm: LlmSize = "default",
    llm_url: str | None = None,
    llm_model: str | None = None,
    llm_key: str | None = None,
    llm_vision: Vision = "auto",
    progress: Report = lambda _what, _share: None,
) -> Mind:
    """Load every part and warm it up; takes 3 to 6 s. Blocks: call it in a worker thread or before the loop runs.

    Args:
        folder: Where the weights are.
        llm: Which embedded language model.
        llm_url: Use the language model behind this OpenAI-compatible address instead (`/v1` included).
        llm_model: Its name there.
        llm_key: Its key.
        llm_vision: Whether it is sent pictures.
        progress: Told what is loading.

    Raises:
        GenmediaError: `models_missing` or `model_damaged`, naming the files; `insufficient_memory`, with what is needed
            and had; `engine_unavailable` without the extra `genmedia-live[engine]`; for a remote language model also
            `bad_settings` and `upstream_unreachable`.
    """
    size: LlmSize | None = None if llm_url else llm
    progress("checking the models", 0.0)
    WeightsFolder(folder).require(needed(size))
    spare = spare_memory(size, free_memory())
    eyes = local_eyes(folder, spare)
    spare -= EYES_BYTES if eyes else 0

    progress("loading the ears", 0.1)
    net = SileroVad.load(folder / SILERO.name)
    end_of_turn = SmartTurn(folder / SMART_TURN.name)
    stt = MoonshineStt((folder / MOONSHINE[0].name).parent)
    progress("loading the voice", 0.2)
    tts = HibariTts()
    progress("loading the language model", 0.3)
    model: Llm
    if llm_url:
        name, model = "remote", RemoteLlm(llm_url, llm_model, llm_key, llm_vision, eyes)
    else:
        name, model = llm, LlamaLlm(folder / MODELS[llm].name, repack=spare > REPACK_BYTES)

    progress("warming up", 0.7)
    mind = Mind(name, lambda: SileroVad(net), end_of_turn, stt, model, tts, eyes=eyes)
    _warm_up(mind, thinks=not llm_url)  # a remote model has been reached already, and its tokens may cost money
    progress("ready", 1.0)
    return mind


def _warm_up(mind: Mind, *, thinks: bool) -> None:
    """Let every part work once, so that the first conversation finds it ready, and its instructions read if the mind `thinks`."""
    silence = np.zeros(RATE, np.float32)
    mind.stt.transcribe(silence)
    mind.end_of_turn.probability(silence)
    for _ in mind.tts.synthesize("Hello there.", next(iter(mind.tts.voices))):
        pass
    if thinks:
        greeting = [Message("system", system_prompt(None)), Message("user", "Hi")]
        for _ in mind.llm.stream(greeting, temperature=0.0, max_tokens=1, cancelled=lambda: False):
            pass


def local_eyes(folder: Path, spare: int) -> Eyes | None:
    """Eyes that load their models at the first look; None without their weights, or with less bytes to `spare` than they take."""
    try:
        from genmedia_live.engine.mind.eyes import looking
    except ImportError as problem:
        raise error("engine_unavailable", MISSING_EXTRA) from problem
    if spare < EYES_BYTES:
        log.warning("too little memory to see with", extra={"needed": EYES_BYTES, "spare": spare})
        return None
    return looking.local_eyes(folder)


def spare_memory(size: LlmSize | None, have: int) -> int:
    """Bytes that will be left of `have`. Raises GenmediaError `insufficient_memory` when they are too few to load at all."""
    need = MEMORY_BYTES[size]
    if have < need:
        raise error(
            "insufficient_memory",
            f"The local engine's models need {need / 1e9:.1f} GB of memory, and {have / 1e9:.1f} GB are free.",
        )
    return have - need


def free_memory() -> int:
    """Bytes that this process may still take: the machine's, or less where a container sets a bound."""
    try:
        import psutil
    except ImportError as problem:
        raise error("engine_unavailable", MISSING_EXTRA) from problem
    return min(int(psutil.virtual_memory().available), container_memory())


def container_memory(group: Path = Path("/sys/fs/cgroup")) -> int:
    """What this container may still take (Linux control groups, version 2); a great deal where nothing bounds it."""
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return 1 << 62
    return limit - used + int(stat.get("inactive_file", 0))
