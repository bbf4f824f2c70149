"""Which files a model may be written to: new ones, and those that glassnet wrote."""

from __future__ import annotations

import os
from pathlib import Path

from glassnet.errors import ConfigError, DataError, FormatError
from glassnet.saving.locks import refuse_locked
from glassnet.saving.safetensors_reader import read_texts
from glassnet.saving.writing import check_target, sweep_parts

__all__ = ["MODEL_SUFFIX", "check_model_target", "is_model_file", "prepare_target"]

MODEL_SUFFIX = ".safetensors"
"""How the names of model files end."""


def is_model_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a model that glassnet wrote, in any version of its format."""
    try:
        return "glassnet" in read_texts("load", path)
    except (FormatError, OSError):
        return False


def check_model_target(where: str, path: str | os.PathLike[str], advice: str = "") -> Path:
    """Return the path of a model to write, links resolved, if nothing of others is lost by it.

    It may be new, and then its name ends in ``.safetensors``, or lead to a model of glassnet, or to an empty file.
    ``advice`` is added to the message for a file that is something else.

    Raises
    ------
    ConfigError
        The name ends otherwise, or is none that a file can be written under; see `check_target`.
    DataError
        Somebody else's file has it.
    """
    target = check_target(path)
    if target.exists() and target.stat().st_size:
        if is_model_file(target):
            return target
        lost = f"{os.fspath(path)!r} is a file that glassnet did not write, and would be lost"
        message = f"{where}: {lost}. Choose another name{advice}."
        raise DataError(message, got=path)
    if not os.fspath(path).lower().endswith(MODEL_SUFFIX):
        message = f"{where}: the name is {os.fspath(path)!r}; that of a model file must end in {MODEL_SUFFIX}."
        raise ConfigError(message, expected=MODEL_SUFFIX, got=path)
    return target


def prepare_target(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where ``save`` is to write; with ``overwrite`` under any name and over any ordinary file.

    A file that a run is writing its checkpoints to is refused all the same. What killed processes left half written of
    it is removed.
    """
    target = check_target(path) if overwrite else check_model_target("save", path, ", or pass overwrite=True")
    refuse_locked("save", target)
    sweep_parts(target)
    return target
