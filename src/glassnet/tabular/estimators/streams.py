"""What an estimator for tables asks of rows that stay in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.tabular.estimators.inputs import as_table
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.reading.options import python_spelling
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.streaming.cell_checks import check_cells, check_labels, named_in_files
from glassnet.tabular.streaming.stream import Stream, look_over
from glassnet.utils.parquet_rows import ParquetRows

__all__ = ["held_out_names", "named_rows", "stream_of", "streamed", "table_of_sample"]

_ALONE = "A random part of the rows is held out without it"
_ADVICE = {
    "y": "Name its column: ParquetRows(..., target='y').",
    "sample_weight": "Name the column: ParquetRows(..., weight='w').",
    "validation_data": f"{_ALONE}; score other rows after the fit.",
    "n_folds": f"{_ALONE}; for the mean of several networks use n_ensemble.",
    "cv": f"{_ALONE}; for the mean of several networks use n_ensemble.",
    "groups": f"{_ALONE}, whatever their group; to hold out whole groups, read a sample of them into memory.",
}


def stream_of(where: str, rows: Any, given: Mapping[str, Any], seed: int) -> Stream | None:
    """Return what one pass over `ParquetRows` finds out, None for a table in memory.

    What the rows have themselves is refused, and what needs all of them at once.

    Parameters
    ----------
    where : str
        Start of messages.
    rows
        What was given as X.
    given : mapping
        Other arguments by name; None for those that were left out.
    seed : int
        Decides which rows are held out.
    """
    if not isinstance(rows, ParquetRows):
        return None
    for name, value in given.items():
        if value is not None:
            got = value if isinstance(value, (int, str)) else type(value).__name__
            message = f"{where}: {name} is {got!r}; with ParquetRows it must be left out. {_ADVICE[name]}"
            raise ConfigError(message, got=value)
    return look_over(rows, seed, where)


def table_of_sample(estimator: Any, X: Any, stream: Stream | None) -> Table:
    """Return X, in memory, as the table that an estimator learns from; messages name rows of files if it is a sample.

    Parameters
    ----------
    estimator : TabularEstimator
        Which records the columns.
    X
        All rows, or the sample.
    stream : Stream or None
        Whose sample it is.
    """
    with nullcontext() if stream is None else named_in_files(stream.sample.names):
        return as_table(estimator, X, reset=True)


def named_rows(stream: Stream | None, table: Table, column: Column) -> tuple[Table, Column]:
    """Return the rows of a sample, and their targets, named by their places in the files; without a stream as they are.

    Text of other rows, which cannot be read as the sample is, is refused.

    Parameters
    ----------
    stream : Stream or None
        Whose sample they are.
    table, column : Table, Column
        Inputs and targets.
    """
    if stream is None:
        return table, column
    check_cells(stream, [*table.columns, column], _spelled(stream.where))
    return table.named_by(stream.sample.names), replace(column, rows=stream.sample.names)


def _spelled(where: str) -> Callable[[str, Any], str]:
    """Return what writes an option as one of the estimator's."""
    return lambda name, value: f"{where.partition('.')[0]}({python_spelling(name, value)})"


def held_out_names(stream: Stream | None, rows: Rows) -> Rows:
    """Return the rows that are held out named by their places in the files; without a stream as they are.

    Parameters
    ----------
    stream : Stream or None
        Whose rows they are.
    rows : Rows
        All that are held out.
    """
    if stream is None or len(rows.target) != len(stream.held_out.target):
        return rows
    names = stream.held_out.names
    return replace(rows, inputs=rows.inputs.named_by(names), target=replace(rows.target, rows=names))


def streamed(
    stream: Stream | None, rows: Rows, values: np.ndarray, options: FitOptions, as_column: Callable[..., Column]
) -> tuple[Rows, tuple[np.ndarray, Column], FitOptions]:
    """Return the rows in memory, the labels as values and as a column, and the options of the fit.

    Without a stream they are as they were given. Otherwise the rows are a sample: their columns know how often each
    category is in all rows, the labels are those of all rows unless too many differ, and the options have the stream.

    Parameters
    ----------
    stream : Stream or None
        Where the other rows are.
    rows, values
        Rows in memory, and their targets as they were passed.
    options : FitOptions
        Without the stream.
    as_column : callable
        Returns targets as a column.
    """
    if stream is None:
        return rows, (values, rows.target), options
    stream = replace(stream, as_column=as_column)
    labels, column = values, rows.target
    if stream.labels is not None:
        labels = stream.label_values(values)
        column = as_column(labels)
        check_labels(stream, column)
    column = stream.of_all(column)
    counted = replace(rows, inputs=stream.counted(rows.inputs))
    return counted, (labels, column), replace(options, stream=stream)
