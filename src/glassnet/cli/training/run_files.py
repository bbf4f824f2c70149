"""``--checkpoint`` and ``--resume``: the files of a training that can go on, and whether it is the same training."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.arguments import declared, flag_of
from glassnet.cli.output.outputs import check_model_output
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError, FormatError
from glassnet.saving.locks import refuse_locked
from glassnet.saving.model_file import model_description
from glassnet.tabular import Column
from glassnet.tabular.fitting.deadline import Planned
from glassnet.tabular.fitting.options import NOTES, RunFile
from glassnet.utils.wording import few

__all__ = ["as_refused", "check_run_file", "resumed"]

# Options that do not change what is trained. With --max-seconds the epochs are those that the run was begun with.
_WITHOUT_EFFECT = ("out", "report", "checkpoint", "resume", "max_seconds", "jobs", "executor")


def check_run_file(options: TrainOptions, outputs: Iterable[Path | None]) -> RunFile | None:
    """Return the file of ``--checkpoint``; raise an error, before any work, if it cannot be written.

    ``outputs`` are the other files that the command writes.
    """
    if options.checkpoint is None:
        if options.resume:
            fact = "--resume is given without --checkpoint, the file to continue from"
            message = f"{WHERE}: {fact}. Add --checkpoint run.safetensors."
            raise ConfigError(message)
        return None
    path = check_model_output(WHERE, "--checkpoint", options.checkpoint, [options.data])
    if path in outputs:
        message = f"{WHERE}: --checkpoint is {options.checkpoint!r}, as --out or --report is; it must be another file."
        raise ConfigError(message, got=options.checkpoint)
    run_file = RunFile(path, options.resume)
    for each in run_file.paths(_n_networks(options)):
        given = options.checkpoint if each == path else os.path.join(os.path.dirname(options.checkpoint), each.name)
        check_model_output(WHERE, "--checkpoint", given, [options.data])
        refuse_locked(WHERE, each)
    return run_file


def _n_networks(options: TrainOptions) -> int:
    return (options.ensemble or 1) * (options.folds or 1)


def resumed(run_file: RunFile | None, options: TrainOptions, data: Prepared) -> RunFile | None:
    """Return the file with the notes by which the run is known again.

    Where it is resumed, a run that began with other options or other data is refused.
    """
    if run_file is None:
        return None
    notes = {"options": _options(options), "columns": _prints(data)}
    there = [path for path in run_file.paths(_n_networks(options)) if path.exists() and path.stat().st_size]
    if not run_file.resumes or not there:
        return RunFile(run_file.path, run_file.resumes, notes)
    given = str(options.checkpoint)
    found = model_description(f"load({given!r})", there[0])["metadata"].get(NOTES)
    if not _is_whole(found):
        message = f"{WHERE}: {given!r} is another model; --resume needs a file that glassnet train --checkpoint wrote."
        raise FormatError(message, got=given)
    _compare_options(given, found["options"], notes["options"])
    _compare_data(given, found["columns"], notes["columns"])
    return RunFile(run_file.path, True, notes, Planned(found["epochs"], *found.get("steps", ())))


def _is_whole(found: Any) -> bool:
    """Return whether notes are made as `resumed` makes them."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("options"), dict)
        and isinstance(found.get("columns"), dict)
        and all(isinstance(text, str) for text in found["columns"].values())
        and type(found.get("epochs")) is int
        and found["epochs"] > 0
        and _are_steps(found.get("steps", [None, None]))
    )


def _are_steps(found: Any) -> bool:
    """Return whether these are the steps of an epoch, and the rows that it is evaluated on; None for all of either."""
    is_pair = isinstance(found, list) and len(found) == 2
    return is_pair and all(number is None or (type(number) is int and number > 0) for number in found)


def _options(options: TrainOptions) -> dict[str, Any]:
    """Return the options that decide what is trained, JSON-able."""
    names = [name for name in declared(TrainOptions) if name not in _WITHOUT_EFFECT]
    return {name: _plain(getattr(options, name)) for name in names}


def _compare_options(given: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise an error that names every option which is another than it was."""
    known = {name: default for name, (_, default) in declared(TrainOptions).items()}
    names = [name for name in now if before.get(name, _plain(known[name])) != now[name]]
    if names:
        words = [f"{flag_of(name)} was {_shown(before.get(name))} and is {_shown(now[name])}" for name in names]
        fact = f"{given!r} was begun with other options: {few(words, between='; ')}"
        message = f"{WHERE}: {fact}. Repeat those, or leave --resume out to begin anew."
        raise ConfigError(message, expected=before, got=now)


def _plain(value: Any) -> Any:
    """Return a value as it comes back from a file."""
    return json.loads(json.dumps(value, default=str))


def _shown(value: Any) -> str:
    """Return the value of an option as it is typed."""
    if value is None or value == []:
        return "left out"
    return ",".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _prints(data: Prepared) -> dict[str, str]:
    """Return a fingerprint of every column, by name."""
    return {column.name: _print(column) for column in (*data.inputs.columns, data.column)}


def _print(column: Column) -> str:
    """Return a text that is another for other cells."""
    found = hashlib.blake2b(f"{column.kind} {len(column)} ".encode(), digest_size=8)
    found.update(np.packbits(column.missing).tobytes())
    values = column.values
    if values.dtype.kind == "O":
        present = map(str, values[~column.missing].tolist())
        found.update("\0".join(present).encode(errors="surrogatepass"))
    else:
        cells = values.copy()
        cells[column.missing] = np.zeros((), cells.dtype)
        found.update(cells.tobytes())
    return found.hexdigest()


def _compare_data(given: str, before: dict[str, str], now: dict[str, str]) -> None:
    """Raise an error that names every column which is another than it was."""
    problems = [f"the column {name!r} is new" for name in now if name not in before]
    problems += [f"the column {name!r} is missing" for name in before if name not in now]
    problems += [f"the column {name!r} has other cells" for name in now if before.get(name, now[name]) != now[name]]
    if problems:
        fact = f"{given!r} was begun with another table: {few(problems, between='; ')}"
        message = f"{WHERE}: {fact}. Leave --resume out to begin anew."
        raise ConfigError(message, got=problems)


def as_refused(error: ConfigError, run_file: RunFile) -> ConfigError:
    """Return the error of `Network.fit` about another run in the words of the command line; any other as it is."""
    text = str(error)
    differing = text.partition(", which resume=True needs: ")[2].partition(". To train on")[0].rstrip(".")
    if not differing and "with resume=True" not in text:
        return error
    fact = differing or text.partition(": ")[2].partition("; ")[0]
    must = f"--resume needs data, options and a release of glassnet as {str(run_file.path)!r} was begun with"
    message = f"{WHERE}: {fact}; {must}. Leave out --resume to begin anew."
    return ConfigError(message, expected=error.expected, got=error.got)
