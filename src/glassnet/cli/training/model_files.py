"""Reads a model file, and a table with the columns that the model needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.cli.input_files import Source, shown_name
from glassnet.cli.reading_options import option_words
from glassnet.cli.training.preparation import check_column, is_model_file, is_without_names, load_table
from glassnet.datasets import dataset_names
from glassnet.errors import ConfigError, DataError
from glassnet.network import read_network
from glassnet.reports.kept_notes import notes_of_training
from glassnet.reports.reading_facts import notes_of
from glassnet.saving.model_file import model_description
from glassnet.tabular import Table, TableModel
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling
from glassnet.tabular.reading.renamed import ask_for_renamed
from glassnet.utils.paths import typed_path
from glassnet.utils.suggestions import did_you_mean, nearest_file
from glassnet.utils.wording import few

__all__ = [
    "check_model_path",
    "load_any_model",
    "load_model",
    "model_warnings",
    "reading_of",
    "table_for",
]

_LAYOUT = ("separator", "encoding", "header", "skip_lines")  # options that are true of one file, maybe not of the next
_TABLES = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".gz")


def check_model_path(where: str, model: str) -> None:
    """Raise an error for a file that does not exist, and for a table in the place of the model."""
    if model in dataset_names() or model.lower().endswith(_TABLES):
        advice = "" if where in ("export", "serve", "show") else f" The model comes first: glassnet {where} MODEL DATA"
        message = f"{where}: MODEL is the table {model!r}; it must be a model file.{advice}"
        raise ConfigError(message, expected="a model file", got=model)
    path = typed_path(model)
    if not path.is_file():
        if path.is_dir():
            message = f"{where}: MODEL is the folder {model!r}; it must be a model file."
        else:
            message = f"{where}: no such file: {model}. {_near_file(model)}".rstrip()
        raise ConfigError(message, expected="a model file", got=model)


def _near_file(path: str) -> str:
    """Return a suggestion with the file whose name is nearest, or ""."""
    folder = typed_path(path).parent
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return ""
    near = nearest_file(Path(path).name, names)
    return did_you_mean(None if near is None else str(Path(path).parent / near), str)


def model_warnings(model: TableModel, table: Table, kept: Collection[str] = ()) -> list[str]:
    """Return what was made of a table's file, and the warnings of a model about its rows.

    Columns that training left out as it was told are no surprise; ``kept`` has others that are there on purpose.
    """
    notes = notes_of_training(model.network) or {}
    split, dropped = notes.get("split"), notes.get("dropped")
    known = [split.get("column")] if isinstance(split, dict) else []
    known += dropped if isinstance(dropped, list) else []
    names = {name for name in (*known, *kept) if isinstance(name, str) and name in table}
    return notes_of([], table.notes) + model.warnings(table.drop(names - set(model.encoder.column_names)))


def load_model(where: str, model: str) -> TableModel:
    """Return the model in a file with its encoder."""
    check_model_path(where, model)
    return TableModel.load(typed_path(model))


def load_any_model(where: str, model: str) -> Any:
    """Return the model in a file: that of a table, an estimator of `glassnet.sklearn`, or a network."""
    check_model_path(where, model)
    path = typed_path(model)
    # The file says what it is: losses of an estimator are unknown to `load`, which names what is wrong with others.
    notes = model_description(where, path).get("metadata")
    kinds = notes if isinstance(notes, dict) else {}
    if "table" in kinds:
        return TableModel.load(path)
    if "sklearn" in kinds:
        from glassnet.sklearn import load as load_estimator

        return load_estimator(path)
    return read_network(path)


def reading_of(model: TableModel, given: ReadOptions | None = None, where: str = "") -> ReadOptions:
    """Return the options for reading a table as the training table was read, but for what is ``given``."""
    given = given or ReadOptions(spelled=command_line_spelling)
    return replace(given.like(where, model.reading, model.forms), others="text")


def _read_like_training(where: str, model: TableModel, data: str | Source, given: ReadOptions | None) -> Table:
    """Return a table; an error says so if options of training, which nobody typed now, may not fit the file."""
    options = reading_of(model, given, where)
    kept = {name: getattr(options, name) for name in _LAYOUT if given is None or getattr(given, name) is None}
    kept = {name: value for name, value in kept.items() if value is not None}
    try:
        return load_table(where, data, options)
    except (ConfigError, DataError) as error:
        path = data if isinstance(data, str) else data.path
        if not kept or not Path(path).expanduser().is_file():
            raise
        fact = str(error).removesuffix(" Leave the option out.")
        message = f"{fact} It was read with {option_words(kept)}, as in training; options for this file go before that."
        raise type(error)(message, expected=error.expected, got=error.got) from error


def table_for(
    where: str, model: TableModel, data: str | Source, given: ReadOptions | None = None, *, with_target: bool
) -> Table:
    """Return a table, read as the training table was but for the options that are ``given``.

    An error says which columns that the model needs are not there.
    """
    name = shown_name(data) if isinstance(data, str) else data.name
    if is_model_file(name):
        message = f"{where}: DATA is the model file {name!r}; it must be a table. The table comes second."
        raise ConfigError(message, expected="a table", got=name)
    table = _read_like_training(where, model, data, given)
    for column in [column for column, kind in given.read.items() if kind != "drop"] if given else []:
        check_column(where, "--read", column, table.names)
    needed = [*model.encoder.column_names, *([model.target.name] if with_target else [])]
    absent = [name for name in needed if name not in table]
    if absent:
        question = ask_for_renamed(absent, [column for column in table.names if column not in needed])
        count = f"all {len(needed)}" if len(absent) == len(needed) else f"{len(absent)} of {len(needed)}"
        noun = "the column" if len(absent) == 1 else f"{count} columns"
        lacks = f"{name} lacks {noun} that the model needs: {few(map(repr, absent))}."
        question = question or _advice_on_header(table)
        message = f"{where}: {lacks} {question}".rstrip()
        raise DataError(message, expected=needed, got=absent)
    return table


def _advice_on_header(table: Table) -> str:
    """Return what to do where columns have numbers for names, "" where they have names."""
    if not is_without_names(table.names):
        return ""
    header = command_line_spelling("header", True)
    return (
        f"The file seems to have no line of names: write one above its rows, or pass {header} if its first line is one."
    )
