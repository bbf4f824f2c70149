"""Files that a command writes: checked before the work begins, and never half written."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from glassnet.errors import ConfigError, DataError

__all__ = ["check_model_output", "check_output", "is_model_file"]


def check_output(where: str, option: str, given: str, suffixes: Iterable[str], inputs: Iterable[str] = ()) -> Path:
    """Return the path to write to, or say now why that would fail after the work is done.

    Parameters
    ----------
    where, option : str
        How messages begin, and the option they are about.
    given : str
        As the user typed it.
    suffixes : iterable of str
        What it may end in.
    inputs : iterable of str
        Files that the command reads: they must not be overwritten.

    Returns
    -------
    Path
        Without symbolic links, so that the file they lead to is the one that is replaced.
    """
    endings = tuple(suffixes)
    path = Path(given).expanduser()
    if not path.name.lower().endswith(endings):
        must = f"{option} must end in {', '.join(endings[:-1])}{' or ' * (len(endings) > 1)}{endings[-1]}"
        message = f"{where}: {must}, got {given!r}."
        raise ConfigError(message, expected=endings, got=given)
    folder = path.parent
    if not folder.is_dir():
        kind = "a file" if folder.exists() else "no such folder"
        advice = "" if folder.exists() else f" Create it: mkdir -p {shlex.quote(str(folder))}"
        message = f"{where}: {option} must lie in a folder that exists, got {kind} {str(folder)!r}.{advice}"
        raise ConfigError(message, expected="a folder", got=str(folder))
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a device"
        message = f"{where}: {option} must be a file, got {kind} {given!r}."
        raise ConfigError(message, expected="a file", got=given)
    for name in inputs:
        if path.exists() and os.path.exists(name) and os.path.samefile(path, name):
            message = f"{where}: {option} must not be a file that is read, got {given!r}. Choose another name."
            raise ConfigError(message, got=given)
    _try_writing(where, option, given, path)
    return path


def _try_writing(where: str, option: str, given: str, path: Path) -> None:
    """Write a file beside the one to come, and remove it."""
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent):
            pass
    except OSError as error:
        message = f"{where}: {option} must be writable, got {given!r}: {error.strerror}. Choose another folder."
        raise ConfigError(message, got=given) from error


def is_model_file(path: Path) -> bool:
    """Return whether there is a file that glassnet wrote as a model."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return "glassnet" in (file.metadata() or {})
    except (SafetensorError, OSError, TypeError, ValueError):
        return False


def check_model_output(where: str, option: str, given: str, inputs: Iterable[str] = ()) -> Path:
    """Do the same for a model: what it replaces, if anything, must be a glassnet model too.

    ``model.safetensors`` is also the usual name of other programs' models, which may be worth more than a new one.
    """
    path = check_output(where, option, given, [".safetensors"], inputs)
    if path.exists() and not is_model_file(path):
        must = f"{option} must not replace a file that glassnet did not write"
        message = f"{where}: {must}, got {given!r}. Choose another name."
        raise DataError(message, got=given)
    return path
