"""The layout of samples in a learner's data, targets and predictions: in rows, in columns, or one alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Layout", "Samples", "with_first_again"]


class Samples(NamedTuple):
    """Data and answers as the check has them, both with one sample per row or both with one per column."""

    X: np.ndarray
    y: np.ndarray
    rows: bool
    n: int
    grows: bool = True  # whether the functions take one sample more

    def with_one_more(self) -> Samples:
        """Return the samples with the first of them once again behind the others."""
        axis = 0 if self.rows else 1
        more = [with_first_again(array, min(axis, array.ndim - 1)) for array in (self.X, self.y)]
        return self._replace(X=more[0], y=more[1], n=self.n + 1)


def with_first_again(array: np.ndarray, axis: int) -> np.ndarray:
    """Return an array with its first entry along an axis once again behind the others.

    Examples
    --------
    >>> with_first_again(np.arange(3), 0)
    array([0, 1, 2, 0])
    """
    return np.concatenate([array, np.take(array, [0], axis=axis)], axis=axis)


class Layout(NamedTuple):
    """How arrays are turned on their way to the learner's functions.

    Outside, X, y and predictions lie the same way, rows or columns; inside, as the learner has them.

    Examples
    --------
    >>> Layout(turn_X=True).X_inside(np.zeros((3, 8))).shape
    (8, 3)
    """

    turn_X: bool = False
    turn_y: bool = False
    flat: bool = False  # X is one sample, a vector
    shape_of_y: tuple[int, ...] | None = None  # where y belongs to one sample

    def X_inside(self, X: np.ndarray) -> np.ndarray:  # noqa: N802  # X is the matrix of the samples
        """Return data as the learner's functions have it."""
        if self.flat:
            return X.ravel().copy()
        return np.array(X.T, order="C") if self.turn_X else X.copy()

    def y_inside(self, y: np.ndarray) -> np.ndarray:
        """Return answers as the learner's functions have them."""
        if self.shape_of_y is not None and y.size == int(np.prod(self.shape_of_y)):
            return y.reshape(self.shape_of_y).copy()
        return np.array(y.T, order="C") if self.turn_y else y.copy()

    def predictions_outside(self, P: np.ndarray) -> np.ndarray:
        """Return predictions as the check has them."""
        return P.reshape(-1, 1) if self.flat or P.ndim == 0 else P

    def predictions_inside(self, P: np.ndarray, like: tuple[int, ...]) -> np.ndarray:
        """Return predictions as the learner's functions have them; ``like`` is their shape there."""
        return P.reshape(like).copy() if self.flat or not like else P.copy()
