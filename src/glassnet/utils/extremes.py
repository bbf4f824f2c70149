"""Least and greatest value of every column, found in the same pass that finds out whether all values are finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["Extremes"]

_WIDE = 1024  # numbers: narrow rows are taken several at a time, which is 10 times faster for 24 columns
_BLOCK_BYTES = 2**19  # stays in the cache between its two passes


class Extremes:
    """The least and the greatest value of each column of an array, once it was measured.

    Twice the time of a sum, which alone would find NaN and infinity too (200,000 x 24: 1.3 against 0.8 ms).

    Attributes
    ----------
    values : (ndarray, ndarray) or None
        The least and the greatest values, each of shape (d,), for rows of d numbers; None before `measure`.

    Examples
    --------
    >>> extremes = Extremes()
    >>> extremes.measure(np.array([[1.0, 5.0], [3.0, -2.0]]))
    True
    >>> extremes.values
    (array([ 1., -2.]), array([3., 5.]))
    """

    values: tuple[np.ndarray, np.ndarray] | None = None

    def measure(self, array: np.ndarray) -> bool:
        """Return whether all numbers of an array (n, ...) are finite; if they are, keep the extremes of its columns.

        Parameters
        ----------
        array : ndarray
            With at least one row.
        """
        blocks = list(_blocks(array.reshape(len(array), -1)))
        with np.errstate(invalid="ignore"):
            low = np.minimum.reduce([low for low, _ in blocks])
            high = np.maximum.reduce([high for _, high in blocks])
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            return False
        self.values = low, high
        return True


def _blocks(X: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the extremes of the columns of some rows (n, d) after the others."""
    n, d = X.shape
    if X.flags.f_contiguous and not X.flags.c_contiguous:
        yield X.min(axis=0), X.max(axis=0)
        return
    # Where there are only a few wide rows, several of them side by side would leave nothing to reduce.
    together = max(1, min(_WIDE // max(d, 1), n // 4)) if X.flags.c_contiguous else 1
    whole = n - n % together
    wide = X[:whole].reshape(whole // together, together * d)
    rows = max(1, _BLOCK_BYTES // max(1, X.itemsize * wide.shape[1]))
    for start in range(0, len(wide), rows):
        block = wide[start : start + rows]
        low, high = np.minimum.reduce(block, axis=0), np.maximum.reduce(block, axis=0)
        yield low.reshape(together, d).min(axis=0), high.reshape(together, d).max(axis=0)
    if whole < n:
        yield X[whole:].min(axis=0), X[whole:].max(axis=0)
