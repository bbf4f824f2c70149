"""``glassnet playground``: a page to play with a network."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping
from typing import Any

from glassnet.cli.input_files import open_source
from glassnet.cli.playground_options import PlaygroundOptions
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.model_files import load_any_model
from glassnet.errors import ConfigError, DataError, GlassnetError
from glassnet.network import Network
from glassnet.playground.data.sources import data_from_file
from glassnet.playground.doors import experiment_with, experiment_with_model, experiment_with_network
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.saving.ownership import MODEL_SUFFIX, is_model_file
from glassnet.tabular import TableModel
from glassnet.utils.checks import require_extra
from glassnet.utils.paths import typed_path
from glassnet.utils.short_text import plain

__all__ = ["experiment_of", "run_playground"]

WHERE = "playground"
_ADVICE = ("Pass --port 0 for a free port.", "Pass --allow-remote to let others in.")
_OPEN = "warning: whoever gets to know this address can read your data and change your networks, unencrypted."


def run_playground(file: str | None, texts: Mapping[str, Any]) -> None:
    """Open the playground with the table or the model in a file, until Ctrl-C or the end that a page asks for."""
    for package in ("starlette", "uvicorn", "websockets"):
        require_extra(package, "playground", WHERE)
    options = PlaygroundOptions.from_texts(texts)
    options.check(WHERE)
    experiment = experiment_of(file, texts)
    playground = Playground(
        experiment, WHERE, host=options.host, port=options.port, allow_remote=options.allow_remote,
        advice=_ADVICE,
    )  # fmt: skip
    if playground.is_open:
        print(plain(_OPEN), file=sys.stderr, flush=True)
    # The address ends its line, so that no sign is copied with it.
    print(plain(f"The playground is at {playground.url}"), "Ctrl-C ends it.", sep="\n", flush=True)
    if not options.no_browser:
        webbrowser.open(playground.url)
    playground.run()
    print("Ended.", flush=True)


def experiment_of(file: str | None, texts: Mapping[str, Any]) -> Experiment:
    """Return an experiment with the table or the model in a file, or with a toy if there is none."""
    options, reading = PlaygroundOptions.from_texts(texts), ReadingOptions.from_texts(texts)
    for name, typed in (("DATA|MODEL", file), ("--data", options.data)):
        if typed is not None and not typed.strip():
            message = f"{WHERE}: {name} is {typed!r}; it must be the name of a file. Leave it out for a toy."
            raise ConfigError(message, got=typed)
    if file is not None and _is_model(file):
        return _of_model(file, options, reading)
    if options.data is not None:
        instead = f", but with {file}" if file else ""
        message = f"{WHERE}: --data is given without a MODEL{instead}. Write: glassnet playground DATA"
        raise ConfigError(message, got=file)
    return experiment_with(None if file is None else _rows(file, options, reading))


def _is_model(file: str) -> bool:
    """Return whether a file is a model, or one by its name: what is wrong with it is said of a model then."""
    path = typed_path(file)
    return is_model_file(path) or (path.is_file() and file.lower().endswith(MODEL_SUFFIX))


def _of_model(file: str, options: PlaygroundOptions, reading: ReadingOptions) -> Experiment:
    """Return an experiment that goes on with the network in a file."""
    model = load_any_model(WHERE, file)
    if isinstance(model, TableModel):
        if options.data is None:
            message = f"{WHERE}: there are no rows with {model.target.name!r} to play with. Add --data and a table."
            raise ConfigError(message, expected="--data")
        with open_source(options.data) as source:
            return experiment_with_model(model, source.path)
    if not isinstance(model, Network):
        message = f"{WHERE}: MODEL is an estimator of scikit-learn; it must be a network or a model of a table."
        raise ConfigError(message, got=type(model).__name__)
    data = None if options.data is None else _rows(options.data, options, reading)
    return experiment_with_network(model, data, "Add --data and a table with its target.")


def _rows(file: str, options: PlaygroundOptions, reading: ReadingOptions) -> PlayData:
    """Return a table as data."""
    if _is_model(file):
        message = f"{WHERE}: --data is the model file {file!r}; it must be a table. Name its rows."
        raise ConfigError(message, got=file)
    reading.check(WHERE)
    given = {name: value for name, value in vars(reading).items() if value not in (None, ())}
    if "read" in given:
        given["read"] = {column: kind for column, _, kind in (text.rpartition("=") for text in reading.read)}
    if "missing" in given:
        given["missing"] = list(reading.missing)
    try:
        with open_source(file) as source:
            return data_from_file(source.path, options.target, options=given)
    except GlassnetError as error:
        message = f"{WHERE}: {error}"
        raise DataError(message, expected=error.expected, got=error.got) from error
