"""One way to open an ONNX model: few threads, no spinning, so that hearing never starves the language model of its cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genmedia_live.core.errors import error


def session(model: Path | bytes, threads: int = 1, *, arena: bool = True) -> Any:
    """An onnxruntime session of the model, in a file or in memory; its `run` may be called from several threads at once.

    `arena`: memory is kept from one run to the next. Not for a model whose input is of ever another size: it would keep the
    largest, and more.

    Raises:
        GenmediaError: `engine_unavailable` without onnxruntime, `model_damaged` when it can't read the file.
    """
    try:
        import onnxruntime as ort
    except ImportError as problem:
        raise error("engine_unavailable", MISSING_EXTRA) from problem
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = arena
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        source = model if isinstance(model, bytes) else str(model)
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime's exceptions share no base but this one
        what = f"file {model.name}" if isinstance(model, Path) else "made of a weight file"
        raise error("model_damaged", f"The model {what} can't be read.") from problem


MISSING_EXTRA = "The local engine is not installed: install the extra `genmedia-live[engine]`."
