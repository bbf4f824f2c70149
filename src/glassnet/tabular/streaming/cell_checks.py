"""Cells in any row of files that cannot be read as the sample was, found before the training and named by their row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.rereading import reread
from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.table import Column
from glassnet.tabular.streaming.stream import RowsOfFiles, Stream
from glassnet.utils.parquet_columns import decoded, numbers_of
from glassnet.utils.parquet_files import arrow
from glassnet.utils.parquet_rows import ParquetRows

__all__ = ["check_cells", "check_labels", "first_row_with", "named_in_files"]

_ROW = re.compile(r"\brow (\d+) \(counted from 0\)")

Spelled = Callable[[str, Any], str]


def check_cells(stream: Stream, columns: Iterable[Column], spelled: Spelled) -> None:
    """Refuse text in any row that cannot be read in the form in which the columns of the sample were.

    Parameters
    ----------
    stream : Stream
        Which has the cells of all rows; of a column of too many different ones those that are no plain numbers.
    columns : iterable of Column
        Columns of the sample; the target may be one.
    spelled : callable
        Returns an option of the caller and its value as it is written, for advice.

    Raises
    ------
    DataError
        The message names the column, a cell, and the file and row where it is first.
    """
    for column in columns:
        tally = stream.labels if column.name == stream.rows.target else stream.texts.get(column.name)
        if tally is None or column.kind == "category" or column.form is None:
            continue
        given = [cell for cell in tally.rows if isinstance(cell, str)]
        cells = Distinct.of(given)
        bad = reread(cells, column.form)[2][cells.place] if given else np.zeros(0, dtype=bool)
        if bad.any():
            cell, name = given[int(bad.argmax())], column.name
            must = f"it must hold {column.form.must()}, as in the rows that show how it is read"
            advice = f"If that means no value, write {spelled('missing', [cell])}"
            if name != stream.rows.target:
                advice += f"; if the column is text, {spelled('read', {name: 'text'})}"
            found = f"column {name!r} holds {cell!r} in {first_row_with(stream.rows, name, cell)}"
            message = f"{stream.where}: {found}; {must}. {advice}."
            raise DataError(message, expected=column.form.kind, got=cell)


def check_labels(stream: Stream, labels: Column) -> None:
    """Refuse a text that is no label, such as an empty one.

    Parameters
    ----------
    stream : Stream
        Where the labels are from.
    labels : Column
        Labels, as ``stream.label_values`` has them.

    Raises
    ------
    DataError
        The message names the file and row where it is first.
    """
    if stream.labels is None or not labels.missing.any():
        return
    cell = stream.label_values(stream.sample.target)[int(labels.missing.argmax())]
    must = "it must have a value in every row"
    found = f"{cell!r} in {first_row_with(stream.rows, stream.rows.target, cell)}"
    message = f"{stream.where}: the target {stream.rows.target!r} has {found}, which is no label; {must}."
    message += " Write the files without such rows."
    raise DataError(message, expected=must, got=cell)


@contextmanager
def named_in_files(names: RowNames) -> Iterator[None]:
    """Let errors about some rows in memory name where these are in their files.

    Parameters
    ----------
    names : RowNames
        Names of these rows in their files.

    Examples
    --------
    >>> with named_in_files(RowNames(lambda row: row + 2)):
    ...     raise DataError("fit: column 'v' holds 'many' in row 3 (counted from 0).")
    Traceback (most recent call last):
    ...
    glassnet.errors.DataError: fit: column 'v' holds 'many' in line 5.
    """
    try:
        yield
    except DataError as error:
        message = _ROW.sub(lambda found: names(int(found[1])), str(error))
        if isinstance(names, RowsOfFiles):
            message = message.replace(": it holds ", f": a sample of {len(names.numbers):,} rows holds ", 1)
        if message == str(error):
            raise
        raise DataError(message, expected=error.expected, got=error.got) from error


def first_row_with(rows: ParquetRows, name: str, cell: Any) -> str:
    """Return how messages name the first row that has a cell and a weight above 0; the files are read up to there.

    Parameters
    ----------
    rows : ParquetRows
        All rows.
    name : str
        A column of text.
    cell : str
        What some row has there.
    """
    for block, table in rows.read_tables(range(rows.n_blocks)):
        column = decoded(table.column(name))
        found = arrow("pyarrow.compute").equal(column, cell).fill_null(False).to_numpy()
        if rows.weight is not None:
            found = found & (numbers_of(table.column(rows.weight)) > 0)
        if found.any():
            return rows.row_name(int(rows.starts[block]) + int(found.argmax()))
    return "a row"
