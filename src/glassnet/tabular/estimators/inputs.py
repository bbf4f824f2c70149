"""Convert the X of scikit-learn's estimators to a table: columns are found by name in frames, by position in arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import is_frame, table_of
from glassnet.tabular.reading.options import ReadAs, ReadOptions
from glassnet.tabular.reading.rows import are_rows, columns_of
from glassnet.tabular.reading.table import Table
from glassnet.utils.block_sources import BlockSource
from glassnet.utils.callers import stacklevel_outside

__all__ = ["as_array", "as_table", "read_options"]


def as_table(estimator: Any, X: Any, *, reset: bool) -> Table:
    """Return X as a table; with ``reset``, in training, the estimator records its columns, which later must be there.

    Columns of a frame are found by name, in any order and among others. If training or X has no names, they are taken
    by position, with scikit-learn's warning if the other has names.
    """
    name = type(estimator).__name__
    if hasattr(X, "toarray"):
        message = f"{name}: X is a sparse matrix; it must be a table or a dense array. Call X.toarray()."
        raise TypeError(message)
    if isinstance(X, BlockSource):
        must = "it must be a table in memory"
        advice = "Pass parts of it, one after the other: for _, part in rows.read_tables(range(rows.n_blocks)): ..."
        message = f"{name}: X is {type(X).__name__}, which stays in its files; {must}. {advice}"
        raise DataError(message, expected=must, got=type(X).__name__)
    if isinstance(X, (str, os.PathLike)):
        message = f"{name}: X is the text {str(X)!r}; it must be a table. Read the file first: read_table({str(X)!r})"
        raise DataError(message, got=X)
    X = columns_of(X, name) or X if are_rows(X) else X
    names, forms = ([], []) if reset else (estimator._columns[1], estimator._forms)
    if is_frame(X):
        others: ReadAs | None = None if reset else "text"
        options = read_options(estimator, dict(zip(names, forms, strict=True)))
        options = _for_columns(options, _every_name(X)) if options.read else options
        if options.read and isinstance(X, Table):
            X = {column.name: column for column in X.columns}
        table = table_of(X, replace(options, others=others), name)
    else:
        table = _from_matrix(name, X, estimator, forms)
    labels = _labels(X)
    if reset:
        _learn(estimator, table, labels, _every_name(X), by_name=is_frame(X))
        return table
    by_name, names = estimator._columns
    if by_name and is_frame(X):
        return table
    if len(table.columns) != len(names):
        got = f"X has {len(table.columns)} features, but {name} is expecting {len(names)} features as input"
        message = f"{name}: {got}; it must have the columns of training."
        raise DataError(message, expected=len(names), got=len(table.columns))
    _warn_of_names(name, labels is not None, hasattr(estimator, "feature_names_in_"))
    renamed = zip(names, table.columns, strict=True)
    return Table([replace(c, name=n) for n, c in renamed])


def read_options(estimator: Any, forms: Mapping[str, Form]) -> ReadOptions:
    """Return how text is read: as the parameters say, and like training, which read columns in these ``forms``."""
    given = {name: getattr(estimator, name) for name in ("decimal", "thousands", "missing", "day_first", "read")}
    return ReadOptions.checked(type(estimator).__name__, like=forms, **given)


def _for_columns(options: ReadOptions, names: Sequence[str]) -> ReadOptions:
    """Return the options without what ``read`` says of the target, which is no column of X."""
    return replace(options, read={name: kind for name, kind in options.read.items() if name in names})


def _learn(estimator: Any, table: Table, labels: list[str] | None, names: list[str], *, by_name: bool) -> None:
    """Record the columns of training on the estimator; ``names`` are those of all, dropped ones too."""
    if not table.n_rows or not table.columns:
        n, d = table.n_rows, len(table.columns)
        got = f"{n} sample(s) and {d} feature(s) (shape=({n}, {d})) while a minimum of 1 is required"
        message = f"{type(estimator).__name__}.fit: X has {got}; it must have at least one row and one column."
        raise DataError(message, got=(n, d))
    estimator.n_features_in_ = len(names)
    estimator._names = names
    estimator._columns = (by_name, table.names)
    estimator._forms = [column.form or Form(column.kind) for column in table.columns]
    if labels is not None:
        estimator.feature_names_in_ = np.array(labels, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def _every_name(X: Any) -> list[str]:
    """Return the names of all columns of a frame or matrix."""
    if not is_frame(X):
        array = as_array(X)
        assert array is not None
        return [f"x{j}" for j in range(array.shape[1])]
    return [str(label) for label in _found_labels(X)]


def _found_labels(X: Any) -> list[Any]:
    """Return the labels of a frame's columns as they are."""
    fields = X.dtype.names if isinstance(X, np.ndarray) else None
    return X.names if isinstance(X, Table) else list(fields or getattr(X, "column_names", getattr(X, "columns", X)))


def _labels(X: Any) -> list[str] | None:
    """Return the names of the columns, or None unless all are str, as in scikit-learn."""
    if not is_frame(X):
        return None
    labels = _found_labels(X)
    return labels if all(isinstance(label, str) for label in labels) else None


def _warn_of_names(name: str, has_names: bool, had_names: bool) -> None:
    """Issue scikit-learn's warning if only one of training and X has names."""
    if has_names and not had_names:
        warnings.warn(
            f"X has feature names, but {name} was fitted without feature names",
            UserWarning,
            stacklevel=stacklevel_outside("sklearn"),
        )
    if had_names and not has_names:
        message = f"X does not have valid feature names, but {name} was fitted with feature names"
        warnings.warn(message, UserWarning, stacklevel=stacklevel_outside("sklearn"))


def _from_matrix(name: str, X: Any, estimator: Any, forms: Sequence[Form]) -> Table:
    """Return the columns of a matrix, called x0, x1, ...; ``forms`` are those of training, in order."""
    array = as_array(X)
    if array is None or array.ndim != 2:
        got = "rows of different lengths" if array is None else f"shape {array.shape}"
        message = f"{name}: X has {got}; it must be a table, with shape (n, d). Reshape your data."
        raise DataError(message, expected="(n, d)", got=got)
    if array.dtype.kind == "c":
        message = f"{name}: X holds complex numbers; it must hold real ones. Complex data not supported."
        raise DataError(message, got=array.dtype)
    names = [f"x{j}" for j in range(array.shape[1])]
    options = read_options(estimator, dict(zip(names, forms, strict=False)))
    cells = {n: _cells(array[:, j]) for j, n in enumerate(names)}
    return table_of(cells, _for_columns(options, names), name)


def as_array(values: Any) -> np.ndarray | None:
    """Return lists and arrays as an array with unchanged cells; None if rows differ in length.

    Examples
    --------
    >>> as_array([[1, "a"], [2, "b"]]).tolist()
    [[1, 'a'], [2, 'b']]
    """
    if isinstance(values, np.ma.MaskedArray):
        return values
    try:
        array = np.asarray(values)
    except TypeError:  # dates beside numbers
        array = np.array(values, dtype=object)
    except ValueError:
        return None
    if array.dtype.kind not in "US" or hasattr(values, "dtype"):
        return array
    objects = np.array(values, dtype=object)
    # NumPy makes text of the numbers beside text.
    return array if all(isinstance(cell, (str, bytes)) for cell in objects.flat) else objects


def _cells(values: np.ndarray) -> Any:
    """Return objects as a list, so that the column's kind follows from their types."""
    is_plain = values.dtype.kind != "O" or isinstance(values, np.ma.MaskedArray)
    return values if is_plain else values.tolist()
