"""What an estimator for tables asks of rows that stay in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.streaming.stream import Stream, look_over
from glassnet.utils.parquet_rows import ParquetRows

__all__ = ["named_rows", "stream_of", "streamed"]

_ADVICE = {"sample_weight": " Name the column: ParquetRows(..., weight='w')."}


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
            message = f"{where}: {name} must be left out with ParquetRows, got {got!r}.{_ADVICE.get(name, '')}"
            raise ConfigError(message, got=value)
    return look_over(rows, seed, where)


def named_rows(stream: Stream | None, table: Table, column: Column) -> tuple[Table, Column]:
    """Return the rows of a sample, and their targets, named by their places in the files; without a stream as they are.

    Parameters
    ----------
    stream : Stream or None
        Whose sample they are.
    table, column : Table, Column
        Inputs and targets.
    """
    if stream is None:
        return table, column
    return table.named_by(stream.sample.names), replace(column, rows=stream.sample.names)


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
    labels = stream.label_values(values)
    column = rows.target if labels is values else as_column(labels)
    counted = replace(rows, inputs=stream.counted(rows.inputs))
    return counted, (labels, column), replace(options, stream=stream)
