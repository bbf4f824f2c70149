"""Rows and columns to look at: the same ones each time, none that weighs nothing; and what columns are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from glassnet.utils.row_sources import read_rows
from glassnet.utils.wording import few

__all__ = [
    "Data", "SampledRows", "column_names", "every_nth", "listed_columns", "names_of_frame", "read_sample",
    "rows_that_count", "sampled", "sampled_rows", "spread", "take_sample",
]  # fmt: skip

Data = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Checked inputs, targets as the loss wants them, weights."""


def rows_that_count(weight: Any) -> np.ndarray | None:
    """Return the numbers of the rows whose weight is not 0; None if these are all, or if none is."""
    if weight is None:
        return None
    found: np.ndarray = np.flatnonzero(weight[:])
    return None if len(found) in (0, len(weight)) else found


def sampled_rows(data: Sequence[Any], most: int) -> np.ndarray | None:
    """Return the numbers of at most so many rows that weigh something, in their order; None for all rows.

    One row is drawn from each of so many parts of equal size: rows may be sorted, or repeat with a period.
    """
    counted = rows_that_count(data[2])
    n = len(data[0]) if counted is None else len(counted)
    if n <= most:
        return counted
    edges = np.arange(most + 1) * n // most
    places = edges[:-1] + (np.random.default_rng(0).random(most) * np.diff(edges)).astype(np.int64)
    return places if counted is None else counted[places]


def read_sample(data: Sequence[Any], rows: np.ndarray | None) -> Data:
    """Return rows of checked data as arrays, each read when it is first asked for; all of them for None."""
    return cast("Data", SampledRows(data, rows))


class SampledRows(Sequence[Any]):
    """The three arrays of some rows, each read when it is first asked for: the targets are, more often than X.

    Parameters
    ----------
    data : sequence
        Checked inputs, targets and weights.
    rows : ndarray of int, optional
        The numbers of the rows; None for all.
    """

    def __init__(self, data: Sequence[Any], rows: np.ndarray | None) -> None:
        self._data, self._rows = data, rows
        self._read: dict[int, Any] = {}

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        if index not in self._read:
            array = self._data[index]
            if array is not None:
                array = np.asarray(array[:] if self._rows is None else read_rows(array, self._rows))
            self._read[index] = array
        return self._read[index]


def sampled(data: Sequence[Any], most: int) -> Data:
    """Return at most so many rows of checked data that weigh something, the same ones each time, in their order."""
    return read_sample(data, sampled_rows(data, most))


def take_sample(data: Data, rows: np.ndarray) -> Data:
    """Return some rows of data that are arrays already."""
    X, y, weight = data
    return X[rows], y[rows], None if weight is None else weight[rows]


def every_nth(data: Data, most: int) -> Data:
    """Return at most so many rows, evenly spread: rows may be sorted."""
    return read_sample(data, spread(len(data[0]), most))


def spread(n: int, most: int) -> np.ndarray:
    """Return at most so many whole numbers below ``n``, evenly spread."""
    return np.arange(n) if n <= most else np.arange(most) * n // most


def names_of_frame(X: Any) -> list[str] | None:
    """Return the column names of a frame of pandas, polars or the like; None for anything else."""
    columns: Any = getattr(X, "columns", None)
    shape: Any = getattr(X, "shape", ())
    if columns is None or callable(columns) or len(shape) != 2 or len(columns) != shape[1]:
        return None
    return [str(name) for name in columns]


class _Numbered(Sequence[str]):
    """Names of columns without names, made when they are read."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Any) -> Any:
        numbers = range(self._size)[index]
        return [self._name(each) for each in numbers] if isinstance(numbers, range) else self._name(numbers)

    @staticmethod
    def _name(number: int) -> str:
        return f"column {number} (counted from 0)"


def column_names(shape: tuple[int, ...], names: Sequence[str] | None) -> Sequence[str]:
    """Return what the columns are called: the names given, in quotes, or their numbers."""
    return _Numbered(math.prod(shape)) if names is None else [f"{name!r}" for name in names]


def listed_columns(names: Sequence[str], which: Sequence[int] | np.ndarray, most: int = 3) -> str:
    """Return several columns as a part of a sentence, given what all are called.

    Examples
    --------
    >>> listed_columns(column_names((9,), None), [2, 5, 6, 7])
    'columns 2, 5, 6 and 1 more (counted from 0)'
    >>> listed_columns(column_names((2,), ["age", "town"]), [0, 1])
    "'age', 'town'"
    >>> listed_columns(["'age'", "'town'", "'town'"], [1, 2])  # one per category
    "'town'"
    """
    if len(which) == 1 or not isinstance(names, _Numbered):
        return few(dict.fromkeys(names[int(index)] for index in which), most)
    return f"columns {few((str(int(index)) for index in which), most)} (counted from 0)"
