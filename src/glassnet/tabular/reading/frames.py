"""Convert DataFrames of any library, and plain arrays, to a `Table`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Never

import numpy as np

from glassnet.errors import DataError, TableWarning
from glassnet.tabular.reading.cells.reader import CellReader, Draft, with_own_markers
from glassnet.tabular.reading.kept_options import check_read_names, in_changed_forms
from glassnet.tabular.reading.options import ReadAs, ReadOptions
from glassnet.tabular.reading.rows import are_rows, columns_of
from glassnet.tabular.reading.table import Column, Table, check_names
from glassnet.tabular.reading.values import as_texts, native_column
from glassnet.utils.checks import require_extra
from glassnet.utils.keywords import refuse_unknown

__all__ = ["column_from_values", "draft_column", "is_frame", "table_of", "to_table", "warn_of_notes"]


# What to do with an object that has one of these, and is no table.
_ADVICE = {
    "collect": "Call its collect() first.",
    "to_frame": "One row has the names of the columns as its index; of one column, pass to_frame().",
    "model_dump": "Pass its model_dump().",
    "__dataclass_fields__": "Pass dataclasses.asdict of it.",
    "_asdict": "Pass its _asdict().",
    "__next__": "Pass a list of them.",
}


def is_frame(X: Any) -> bool:
    """Return whether X has named columns, as `to_table` needs, unlike a matrix or a list of lists.

    Examples
    --------
    >>> is_frame({"size": [1, 2]}), is_frame(np.ones((2, 1)))
    (True, False)
    """
    # On the class, since `columns` of a LazyFrame itself would be computed, with a warning.
    has_names = any(hasattr(type(X), name) for name in ("columns", "column_names"))
    return isinstance(X, (Table, Mapping)) or has_names or _has_fields(X) or are_rows(X)


def _has_fields(X: Any) -> bool:
    return isinstance(X, np.ndarray) and X.dtype.names is not None


def to_table(
    frame: Any,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    missing: Sequence[Any] | None = None,
    day_first: bool | None = None,
    read: Mapping[str, ReadAs] | None = None,
    like: Any = None,
    **unknown: Never,
) -> Table:
    """Return any kind of table as a `Table`.

    Parameters
    ----------
    frame : Table, DataFrame of pandas, polars or pyarrow, mapping from names to arrays, structured array, or rows
        A row is a dict with one value for each column, a Series of pandas with the names of columns as its index, or a
        row of a structured array; several are a list of these, and a name that some lack is a missing value there.
        None, NaN, NaT, masked entries and blank text are missing values; ``"NA"`` is text. Whole numbers, decimals
        and nullable numbers become float64 (exact up to 2**53); dates and times UTC without a zone; durations seconds;
        categorical columns and columns of mixed types categories by their text, without the blanks around it.
    decimal, thousands, missing, day_first, read, like
        How text is read; see `read_table`.

    Raises
    ------
    DataError
        Two columns have the same name, a cell holds a list or an object instead of one value, a date is hundreds of
        thousands of years away, or ``frame`` is no table.

    Examples
    --------
    >>> table = to_table({"size": [1, 2, None], "colour": ["red", None, "blue"]})
    >>> table["size"].values.tolist(), table["colour"].values.tolist()
    ([1.0, 2.0, nan], ['red', '', 'blue'])
    >>> to_table([{"size": 1, "colour": "red"}, {"size": 2}])["colour"].values.tolist()
    ['red', '']
    """
    refuse_unknown(to_table, unknown)
    given = {"decimal": decimal, "thousands": thousands, "missing": missing, "day_first": day_first, "read": read}
    table = table_of(frame, ReadOptions.checked("to_table", like=like, **given), knows_all=True)
    warn_of_notes("to_table", table)
    return table


def table_of(frame: Any, options: ReadOptions, where: str = "to_table", *, knows_all: bool = False) -> Table:
    """Return any kind of table as a `Table`, without a `TableWarning`: see its notes.

    ``knows_all`` says that options may name columns of this table only, and not, say, a target that is elsewhere.
    """
    if isinstance(frame, Table):
        return frame
    if _has_fields(frame) and frame.ndim:
        frame = {name: frame[name] for name in frame.dtype.names}
    reader = CellReader(where, options)
    cells = columns_of(frame, where)
    named = _series_of(frame, where) if cells is None else [(str(name), values) for name, values in cells.items()]
    check_names(where, [name for name, _ in named])
    if knows_all:
        check_read_names(where, options, [name for name, _ in named])
    drafts = [draft_column(name, values, reader) for name, values in named if name not in options.dropped]
    return in_changed_forms(where, Table(reader.settle(drafts), where, _index_notes(frame)), options)


def _index_notes(frame: Any) -> list[str]:
    """Return a sentence about the index of a pandas DataFrame if it has a name, as a column has."""
    index = getattr(frame, "index", None) if hasattr(type(frame), "columns") else None
    names = [name for name in getattr(index, "names", None) or [] if name is not None]
    return [f"The index of the DataFrame is left out: {', '.join(map(repr, names))}."] if names else []


def warn_of_notes(where: str, table: Table) -> None:
    """Issue one `TableWarning` with all notes on the reading of a table, if there are some."""
    notes = [*table.notes, *(note for column in table.columns for note in column.notes)]
    if notes:
        warnings.warn(f"{where}: {' '.join(notes)}", TableWarning, stacklevel=3)


def _series_of(frame: Any, where: str) -> list[tuple[str, Any]]:
    """Return the columns of a DataFrame as narwhals series, by name."""
    narwhals = require_extra("narwhals", "tabular", "Tables from DataFrames")
    if not hasattr(frame, "collect"):
        labels: Any = getattr(frame, "column_names", getattr(frame, "columns", ()))
        check_names(where, [str(label) for label in labels])
    try:
        wrapped = narwhals.from_native(frame, eager_only=True)
    except (TypeError, ValueError) as error:
        must = "it must be a DataFrame of pandas, polars or pyarrow, a dict of arrays, or rows as dicts"
        advice = next((words for method, words in _ADVICE.items() if hasattr(frame, method)), "")
        message = f"{where}: frame is of type {type(frame).__name__}; {must}. {advice}".rstrip()
        raise DataError(message, expected=must, got=type(frame)) from error
    return [(str(series.name), series) for series in wrapped.iter_columns()]


def column_from_values(name: str, values: Any, where: str = "to_table", options: ReadOptions | None = None) -> Column:
    """Return one column from an array, a masked array, a Series or a list.

    Examples
    --------
    >>> column_from_values("x", np.array([1, 2], dtype=np.int8)).kind
    'number'
    >>> column_from_values("x", [1, "a", None]).values.tolist()
    ['1', 'a', '']
    """
    reader = CellReader(where, options or ReadOptions())
    return reader.settle([draft_column(name, values, reader)])[0]


def draft_column(name: str, values: Any, reader: CellReader) -> Draft:
    """Return one column, or what is left open about its text."""
    found = values if isinstance(values, Column) else native_column(name, values, reader.where)
    if isinstance(found, Column):
        form = reader.options.forms.get(name)
        wanted = reader.options.read.get(name) or ("category" if form and form.kind == "category" else None)
        if wanted is None or wanted == found.kind or (found.kind == "category" and wanted == "text"):
            return with_own_markers(found, reader.options)
        found = as_texts(values, found)
    return reader.read(name, found)
