"""One way to open an ONNX model: few threads, no spinning, so that hearing never starves the language model of its cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genmedia_live.core.errors import error


def session(path: Path, threads: int = 1) -> Any:
    """An onnxruntime session of the model at `path`; its `run` may be called from several threads at once.

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
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime's exceptions share no base but this one
        raise error("model_damaged", f"The model file {path.name} can't be read.") from problem


MISSING_EXTRA = "The local engine is not installed: install the extra `genmedia-live[engine]`."
