"""From a table to training, validation and test rows, and to the arrays that a network sees of them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from glassnet.cli.input_files import Source, open_source
from glassnet.errors import ConfigError, DataError
from glassnet.tabular import Column, Table, TableModel, TargetEncoder
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.reading.files import read_file
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling
from glassnet.tabular.splitting.division import Division, SplitBy, divide_table, equal_inputs
from glassnet.tabular.splitting.suggestions import suggest_divisions
from glassnet.tabular.streaming.stream import Stream
from glassnet.utils.paths import typed_path
from glassnet.utils.short_text import count
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few

__all__ = [
    "MODEL_SUFFIX", "MOST_SCORED", "Encoded", "Prepared", "check_column", "is_model_file", "is_without_names",
    "load_table", "prepare", "refuse_model", "without_missing",
]  # fmt: skip

MODEL_SUFFIX = ".safetensors"
MOST_SCORED = 50_000
"""Rows of a part that scores, importance and pictures are made from: an accuracy of so many is good to 0.004."""


@dataclass(frozen=True)
class Prepared:
    """The table split into parts, before its columns are encoded.

    ``inputs`` and ``column`` have all rows with a target, ``division`` the rows of each part: training and, unless
    their share is 0, validation and test. ``target`` is fitted on the training rows; only its list of classes is that
    of all rows.
    """

    inputs: Table
    column: Column
    target: TargetEncoder
    division: Division
    notes: list[str] = field(default_factory=list)  # how else they could be divided
    stream: Stream | None = None  # where the training rows are, if those in memory are only a sample of them

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """The row numbers of each part."""
        return self.division.rows

    @property
    def scored_on(self) -> str:
        """The name of the part whose scores are reported."""
        return "test" if "test" in self.rows else "validation"

    def part(self, name: str) -> Rows:
        """Return the rows of one part."""
        return Rows(self.inputs, self.column, groups=self.division.groups).take(self.rows[name])

    def count(self, name: str) -> int:
        """Return the number of rows of one part, in memory or not."""
        return self.stream.n_train if self.stream is not None and name == "training" else len(self.rows[name])

    @property
    def class_counts(self) -> np.ndarray | None:
        """The number of training rows of each class; None for numbers."""
        if not self.target.labels:
            return None
        if self.stream is not None:
            return self.stream.label_counts(self.target)
        codes = self.target.transform(self.part("training").target)
        return np.bincount(codes, minlength=self.target.n_outputs)

    def sample(self, name: str, most: int | None = None) -> Rows:
        """Return the rows of one part, of more than 50,000 (or ``most``) so many at even distances."""
        rows, most = self.rows[name], MOST_SCORED if most is None else most
        if len(rows) > most:
            rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
        return Rows(self.inputs, self.column, groups=self.division.groups).take(rows)

    @property
    def truth(self) -> np.ndarray:
        """True class codes of the rows that scores are reported on, or their numbers in the target's units."""
        column = self.sample(self.scored_on).target
        return self.target.transform(column) if self.target.labels else column.values.astype(np.float64)


class Encoded:
    """A `Prepared.sample` of each part as a model sees it, encoded when it is first needed."""

    def __init__(self, model: TableModel, data: Prepared) -> None:
        self.model = model
        self._data = data
        self._X: dict[str, np.ndarray] = {}

    def features(self, part: str) -> np.ndarray:
        """Return the features of the sample of a part, of shape (n, d)."""
        if part not in self._X:
            self._X[part] = self.model.encoder.transform(self._data.sample(part).inputs)
        return self._X[part]

    def targets(self, part: str) -> np.ndarray:
        """Return the encoded targets of the sample of a part."""
        return self.model.target.transform(self._data.sample(part).target)


def is_model_file(data: str) -> bool:
    """Return whether a file has the ending of model files and, if it is there, begins like one."""
    if not data.lower().endswith(MODEL_SUFFIX):
        return False
    try:
        with typed_path(data).open("rb") as file:
            return file.read(9)[8:] == b"{"  # after the length of the header
    except OSError:
        return True


def refuse_model(where: str, data: str) -> None:
    """Raise an error for a model file in the place of a table."""
    if is_model_file(data):
        advice = f"To use it: glassnet predict {data} new.csv"
        message = f"{where}: DATA is the model file {data!r}; it must be a table. {advice}"
        raise ConfigError(message, expected="a table", got=data)


def load_table(
    where: str, data: str | Source, options: ReadOptions | None = None, dropped: Collection[str] = ()
) -> Table:
    """Return the table in a file or on standard input, read with ``options``.

    ``dropped`` has columns that were dropped by name, for messages, also if they are read.
    """
    if isinstance(data, str):
        refuse_model(where, data)
    try:
        with open_source(data) as source:
            place = f"read_table({source.name!r})"
            return read_file(place, source.path, options or ReadOptions(spelled=command_line_spelling))
    except (RuntimeError, DataError) as error:
        # DuckDB turns Ctrl-C into an error of its own.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    except ConfigError as error:
        # The names are only known once the file is open, and the message is that of other options.
        kind = None if options is None else options.read.get(str(error.got))
        if kind is None or not isinstance(error.expected, list):
            raise
        check_column(
            where, "--drop" if kind == "drop" or error.got in dropped else "--read", str(error.got), error.expected
        )
        raise


def is_without_names(names: Sequence[str]) -> bool:
    """Return whether these are the names of the columns of a file without a line of names."""
    return list(names) == [f"column_{i}" for i in range(1, len(names) + 1)]


def check_column(where: str, option: str, name: str, names: Sequence[str]) -> str:
    """Return ``name`` if the table has it; otherwise raise an error that suggests the nearest."""
    if name in names:
        return name
    parts = [part.strip() for part in name.split(",")]
    advice = did_you_mean(nearest(name, names))
    if option in ("--drop", "--keep") and len(parts) > 1 and set(parts) <= set(names):
        advice = f"Repeat it: {' '.join(f'{option} {shlex.quote(part)}' for part in parts)}"
    if is_without_names(names):
        header = command_line_spelling("header", True)
        advice = f"The file seems to have no line of names; {header} takes its first line for one."
    advice = advice or f"The columns are {few(map(repr, names), 12)}."
    message = f"{where}: unknown column {name!r} for {option}. {advice}"
    raise ConfigError(message, expected=list(names), got=name)


def without_missing(where: str, table: Table, target: str, skip: bool) -> Table:
    """Return the rows whose target is known; raise an error if there are others and ``skip`` is False."""
    column = table[check_column(where, "--target", target, table.names)]
    if not column.n_missing:
        return table
    if column.n_missing == table.n_rows:
        message = f"{where}: the target {target!r} has no value in any row. Name another column."
        raise DataError(message, got=column.n_missing)
    if skip:
        return table.take(~column.missing)
    first = column.rows(int(column.missing.argmax()))
    markers = [repr(text) for text in column.form.missing if text] if column.form is not None else []
    cells = f" (empty, or {few(markers, 3)})" if markers else ""
    where_missing = f"in {column.n_missing:,} of {table.n_rows:,} rows, first in {first}"
    advice = "To leave them out, add --skip-missing."
    if column.kind == "category":
        as_text = command_line_spelling("read", {target: "text"})
        advice += f" If a cell such as NA is a class, add {as_text}."
    message = f"{where}: the target {target!r} has no value{cells} {where_missing}. {advice}"
    raise DataError(message, got=column.n_missing)


def prepare(
    where: str,
    table: Table,
    target: str,
    task: str | None,
    shares: tuple[float, float],
    drop: Sequence[str],
    seed: int,
    by: SplitBy | None = None,
) -> Prepared:
    """Split the rows of a table, without the columns in ``drop``; a task of None is inferred from the target.

    The target has no missing values. Either of ``shares``, of validation and test rows, may be 0. Rows are divided at
    random, or as ``by`` says; a column of groups or words is no input, since new rows have other groups and no words.
    """
    for name in drop:
        check_column(where, "--drop", name, table.names)
    if target in drop:
        message = f"{where}: --drop names the target, {target!r}; it must be another column."
        raise ConfigError(message, got=target)
    by_name = [] if by is None or by.how == "time" else [by.column.name]
    inputs = table.drop(dict.fromkeys([target, *drop, *by_name]))
    if not inputs.names:
        others = f" and {by_name[0]!r}" if by_name else ""
        message = f"{where}: there is no column beside the target {target!r}{others}; there must be at least one."
        raise DataError(message, got=[target])
    coder = TargetEncoder().fit(table[target], task)
    codes = coder.transform(table[target]) if coder.labels else None
    parts = _parts(where, table.n_rows, shares)
    division = divide_table(where, equal_inputs(inputs, table[target]), parts, seed, codes, by)
    reason = coder.reason
    if coder.task == "regression":
        # The scale is learned, so it comes from the training rows; the list of classes is known beforehand.
        coder = TargetEncoder().fit(table[target].take(division.rows["training"]), "regression")
        coder.reason = reason
    prepared = Prepared(inputs, table[target], coder, division)
    if by is not None:
        return prepared
    train, scored = division.rows["training"], division.rows[prepared.scored_on]
    notes = suggest_divisions(table, target, train, scored, command_line_spelling)
    return replace(prepared, notes=notes)


def _parts(where: str, n: int, shares: tuple[float, float]) -> dict[str, float]:
    """Return the share of each part that has rows."""
    validation, test = shares
    if validation + test >= 1.0:
        given = f"--validation {validation:g} and --test {test:g}"
        message = f"{where}: {given} leave no rows to train on. Lower one of them."
        raise ConfigError(message, got=shares)
    parts = {"training": 1.0 - validation - test, "validation": validation, "test": test}
    kept = {part: share for part, share in parts.items() if share}
    if n < 2 * len(kept):
        must = f"it must have at least {2 * len(kept)} for its {len(kept)} parts"
        message = f"{where}: the table has {count(n, 'row')}; {must}."
        raise DataError(message, expected=2 * len(kept), got=n)
    return kept
