"""The features of one column, written some rows at a time: what they take in between does not grow with the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import BooleanCoder, Coder, LeftOut, NumberCoder
from glassnet.tabular.encoding.robust_scaling import RobustScale, bounded
from glassnet.tabular.reading.table import Column

__all__ = ["bounds_of", "write_features"]

_NUMBERS_TOGETHER = 2**20


def _parts(n: int, width: int) -> Iterator[slice]:
    """Yield the rows that are encoded together; all of a small table."""
    together = max(1, _NUMBERS_TOGETHER // max(width, 1))
    yield from (slice(start, min(start + together, n)) for start in range(0, max(n, 1), together))


def write_features(out: np.ndarray, coder: Coder, column: Column, bounds: Sequence[RobustScale | None] = ()) -> None:
    """Write the features of a column to ``out`` (n, number of features); those with bounds are rounded behind these.

    Parameters
    ----------
    out : ndarray of shape (n, width)
        Where the features stand, of any float type.
    coder : Coder
        Coder of the column.
    column : Column
        In the form of training, without infinite values.
    bounds : sequence of RobustScale or None
        The scale of each feature beyond the coder's own, if it has one.
    """
    for rows in _parts(*out.shape):
        part = column if len(column) == rows.stop - rows.start else column.take(rows)
        if not any(bounds):
            coder.write(out[rows], part)
            continue
        exact: np.ndarray = np.empty(out[rows].shape)
        coder.write(exact, part)
        out[rows] = bounded(exact, bounds)


def bounds_of(coder: Coder, column: Column, counts: np.ndarray | None) -> list[RobustScale | None]:
    """Return the scale of each feature of a column beyond its coder's own; None for numbers and codes, which have one.

    Parameters
    ----------
    coder : Coder
        Coder of the column.
    column : Column
        Column of the training rows, in the form of training, without infinite values.
    counts : ndarray of shape (n,), optional
        How many rows each row stands for.
    """
    direct = isinstance(coder, (NumberCoder, CodeCoder))
    width = len(coder.features)
    if width <= direct:
        return [None] * width
    are_signs = isinstance(coder, (BooleanCoder, CategoryCoder, LeftOut))  # -1, 0 and 1: an eighth of the memory
    X: np.ndarray = np.empty((width, len(column)), dtype=np.int8 if are_signs else np.float64)
    write_features(X.T, coder, column)
    bounds: list[RobustScale | None] = [RobustScale.bound(x.astype(np.float64), counts) for x in X[direct:]]
    return [None] * direct + bounds
