"""What scikit-learn's users hand over, as a table and as labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_n_features, column_or_1d

from glassnet.errors import DataError
from glassnet.tabular.frames import column_from_values, to_table
from glassnet.tabular.table import Table

__all__ = ["as_labels", "as_table", "plain_cells"]


def as_labels(y: Any) -> np.ndarray:
    """Return labels as an array (n,)."""
    values = y.to_numpy() if hasattr(y, "to_numpy") else y
    found: np.ndarray = column_or_1d(np.asarray(values), warn=True)
    return found


def plain_cells(values: np.ndarray) -> Any:
    """Return labels as something that becomes a column of one kind."""
    return values.tolist() if values.dtype.kind in "OUS" else values


def as_table(estimator: Any, X: Any, *, reset: bool) -> Table:
    """Return inputs as a table; the estimator learns, or is held to, the number and the names of the columns."""
    name = type(estimator).__name__
    if hasattr(X, "toarray") or type(X).__name__.startswith(("csr_", "csc_", "coo_")):
        message = f"{name}: X must be a table or a dense array, got a sparse matrix. Call X.toarray()."
        raise TypeError(message)
    if isinstance(X, Table) or hasattr(X, "columns") or hasattr(X, "column_names") or hasattr(X, "items"):
        table = to_table(X)
        _note_names(estimator, X, table, reset=reset)
        return table
    array = np.asarray(X)
    if array.ndim != 2:
        message = f"{name}: X must be a table, with shape (n, d), got shape {array.shape}. Reshape your data."
        raise DataError(message, expected="(n, d)", got=array.shape)
    if array.dtype.kind == "c":
        message = f"{name}: X must hold real numbers. Complex data not supported."
        raise DataError(message)
    _check_n_features(estimator, array, reset=reset)
    _check_feature_names(estimator, array, reset=reset)
    if reset and (array.shape[0] < 1 or array.shape[1] < 1):
        message = f"{name}: Found array with {array.shape[1]} feature(s) (shape={array.shape}) while a minimum of 1 is required."  # noqa: E501
        raise DataError(message, got=array.shape)
    names = [f"x{j}" for j in range(array.shape[1])]
    columns = [plain_cells(array[:, j]) for j in range(array.shape[1])]
    return Table([column_from_values(n, c, name) for n, c in zip(names, columns, strict=True)], name)


def _note_names(estimator: Any, X: Any, table: Table, *, reset: bool) -> None:
    """Learn the columns of a frame, or let scikit-learn's own check compare them; other orders are no matter."""
    if reset:
        estimator.n_features_in_ = len(table.columns)
        estimator.feature_names_in_ = np.array(table.names, dtype=object)
