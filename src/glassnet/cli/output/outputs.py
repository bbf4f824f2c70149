"""Checks, before the work begins, of the files that a command will write."""

from __future__ import annotations

import csv
import os
import re
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from glassnet.errors import ConfigError, DataError
from glassnet.saving.ownership import MODEL_SUFFIX, is_model_file
from glassnet.saving.writing import sweep_parts
from glassnet.utils.paths import typed_path

__all__ = ["check_model_output", "check_output", "check_page_output", "check_predictions_output", "replaced_words"]

_HEAD = 2**18  # bytes in which a file shows what it is
_PREDICTION = re.compile(r"prediction_*")


def check_output(where: str, option: str, given: str, suffixes: Iterable[str], inputs: Iterable[str] = ()) -> Path:
    """Return the path to write to; raise an error now if writing would fail after the work is done.

    ``inputs`` are files that the command reads, which must not be overwritten. In the path symbolic links are resolved,
    so that the file they lead to is replaced.
    """
    endings = tuple(suffixes)
    path = _named(where, option, given)
    if not path.name.lower().endswith(endings):
        must = f"it must end in {', '.join(endings[:-1])}{' or ' * (len(endings) > 1)}{endings[-1]}"
        message = f"{where}: {option} is {given!r}; {must}."
        raise ConfigError(message, expected=endings, got=given)
    folder = path.parent
    if not folder.is_dir():
        create = f"Create it: mkdir -p {shlex.quote(str(folder))}"
        message = f"{where}: no such folder for {option}: {str(folder)!r}. {create}"
        if folder.exists():
            message = f"{where}: {option} is {given!r}, but {str(folder)!r} is a file; it must be a folder."
        raise ConfigError(message, expected="a folder", got=str(folder))
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a device"
        message = f"{where}: {option} is {kind}, {given!r}; it must be a file."
        raise ConfigError(message, expected="a file", got=given)
    for name in inputs:
        if path.exists() and os.path.exists(name) and os.path.samefile(path, name):
            message = f"{where}: {option} is {given!r}, which is read; it must be another file. Choose another name."
            raise ConfigError(message, got=given)
    _try_writing(where, option, given, path)
    sweep_parts(path)
    return path


def _named(where: str, option: str, given: str) -> Path:
    """Return the path, if a file can be called so."""
    path = typed_path(given)
    try:
        os.fsencode(path)
        os.path.realpath(path)
    except ValueError as error:
        message = f"{where}: {option} is {given!r}, which no file can be called. Choose another name."
        raise ConfigError(message, got=given) from error
    return path


def _try_writing(where: str, option: str, given: str, path: Path) -> None:
    """Create a file in the same folder and remove it; raise an error if that fails."""
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent):
            pass
    except OSError as error:
        message = f"{where}: {option} {given!r} cannot be written: {error.strerror}. Choose another folder."
        raise ConfigError(message, got=given) from error


def check_model_output(where: str, option: str, given: str, inputs: Iterable[str] = ()) -> Path:
    """Return the path of a model to write, as `check_output`; it may only replace a model of glassnet.

    Other programs name their models ``model.safetensors`` too, and those must not be lost.
    """
    path = check_output(where, option, given, [MODEL_SUFFIX], inputs)
    if path.exists() and path.stat().st_size and not is_model_file(path):
        must = f"{option} must not replace it"
        message = f"{where}: glassnet did not write the file {given!r}; {must}. Choose another name."
        raise DataError(message, got=given)
    return path


def check_page_output(where: str, option: str, given: str, inputs: Iterable[str] = ()) -> Path:
    """Return the path of a page to write, as `check_output`; it may only replace a page of glassnet."""
    path = check_output(where, option, given, [".html", ".htm"], inputs)
    head = _head(path)
    if head and 'class="glassnet ' not in head:
        must = f"{option} must not replace it"
        message = f"{where}: glassnet did not write the page {given!r}; {must}. Choose another name."
        raise DataError(message, got=given)
    return path


def check_predictions_output(
    where: str, option: str, given: str, suffixes: Iterable[str], inputs: Iterable[str] = ()
) -> Path:
    """Return the path of predictions to write, as `check_output`; it may only replace a table of predictions."""
    path = check_output(where, option, given, suffixes, inputs)
    if _head(path) and not _has_predictions(path):
        must = f"{option} must not replace such a table"
        message = f"{where}: {given!r} has no column 'prediction'; {must}. Choose another name, or remove it first."
        raise DataError(message, got=given)
    return path


def _head(path: Path) -> str:
    """Return how a file begins; nothing where there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return file.read(_HEAD).decode("utf-8", "replace")


def _has_predictions(path: Path) -> bool:
    """Return whether a table seems to have a column of predictions, in the formats that are written."""
    ending, head = path.suffix.lower(), _head(path)
    if ending == ".parquet":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _HEAD))  # the names are at the end
            return head.startswith("PAR1") and b"prediction" in file.read()
    if ending in (".json", ".jsonl"):
        return re.search(rf'"{_PREDICTION.pattern}":', head) is not None
    names = next(csv.reader(head.splitlines()[:1], delimiter="\t" if ending == ".tsv" else ","), [])
    return any(_PREDICTION.fullmatch(name) for name in names)


def replaced_words(path: Path) -> str:
    """Return what to say, after a file is written to this path, about one that is there now; "" if there is none."""
    return ", overwrote the old file" if path.exists() and path.stat().st_size else ""
