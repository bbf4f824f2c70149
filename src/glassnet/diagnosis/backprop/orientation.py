"""Finds out how a learner's samples lie, by giving forward one more."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.backprop.layouts import Layout, Samples, with_first_again
from glassnet.diagnosis.backprop.learner import Learner
from glassnet.errors import GlassnetError, ShapeError

__all__ = ["check_same_number", "orient"]

WHERE = "check_my_backprop"


def orient(learner: Learner, X: np.ndarray, y: np.ndarray) -> Samples:
    """Return the samples as the check has them, and set the learner's layout.

    Raises
    ------
    ShapeError
        If X and y do not have the same number of samples.
    """
    P = learner.predict(learner.tree.arrays, X, y)[0]
    axes = (0,) if X.ndim != 2 else (0, 1)
    grown = {axis: _grown_axis(learner, X, y, axis, P) for axis in axes}
    ways = {a: b for a, b in grown.items() if b is not None and (X.shape[a] == 1 or X.shape[a] in (y.shape or (1,)))}
    if X.ndim == 1 and not (ways and y.size == X.size):
        learner.layout = Layout(flat=True, shape_of_y=y.shape)
        return Samples(X.reshape(-1, 1), y.reshape(-1, 1), False, 1, False)
    by_shape = _axis_by_shape(X, y)
    axis = by_shape if by_shape in ways or not ways else next(iter(ways))
    if axis is None:
        raise ShapeError(_refusal(X, y))
    n = X.shape[axis]
    rows = _in_rows(P, n, axis, ways.get(axis))
    along_y = _axis_of_y(y, P, n, axis, rows)
    turn_X, turn_y = X.ndim == 2 and (axis == 0) != rows, y.ndim == 2 and (along_y == 0) != rows
    single = y.shape if n == 1 and y.ndim < 2 else None
    learner.layout = Layout(turn_X, turn_y, False, single)
    outside = y.reshape(-1, 1) if y.ndim == 0 else y
    return Samples(X.T if turn_X else X, outside.T if turn_y else outside, rows, n, axis in ways)


def check_same_number(X: np.ndarray, y: np.ndarray) -> None:
    """Refuse answers of which there are as many as there are neither rows nor columns of X."""
    if X.ndim > 1 and y.ndim > 0 and 1 not in X.shape[:2] and not set(X.shape) & set(y.shape):
        raise ShapeError(_refusal(X, y))


def _refusal(X: np.ndarray, y: np.ndarray) -> str:
    return f"{WHERE}: X has shape {X.shape}, y {y.shape}; they must have the same number of rows."


def _grown_axis(learner: Learner, X: np.ndarray, y: np.ndarray, axis: int, P: np.ndarray) -> int | None:
    """Return along which axis the predictions grow if X does along another, None if they do not or it fails."""
    more_y = with_first_again(y, 0) if y.ndim and y.shape[0] == X.shape[axis] else y
    try:
        more = learner.predict(learner.tree.arrays, with_first_again(X, axis), more_y)[0]
    except GlassnetError:
        return None
    if more.ndim != P.ndim:
        return None
    grown = [i for i, (a, b) in enumerate(zip(P.shape, more.shape, strict=True)) if a != b]
    return grown[0] if len(grown) == 1 and more.shape[grown[0]] == P.shape[grown[0]] + 1 else None


def _axis_by_shape(X: np.ndarray, y: np.ndarray) -> int | None:
    """Return along which axis X has as many entries as y has answers, by their shapes alone."""
    if y.ndim == 0:
        return int(np.argmin(X.shape))
    by_row = X.shape[0] == y.shape[0]
    by_column = X.shape[-1] == y.shape[-1]
    if by_row and not (by_column and y.ndim > 1 and y.shape[0] == 1):
        return 0
    if by_column:
        return 1
    crossed = [axis for axis in range(min(X.ndim, 2)) if X.shape[axis] in y.shape or X.shape[axis] == 1]
    return crossed[0] if len(crossed) == 1 else None


def _in_rows(P: np.ndarray, n: int, axis: int, grown: int | None) -> bool:
    """Return whether the predictions have one sample per row."""
    if P.ndim < 2:
        return axis == 0
    if grown is not None:
        return grown == 0
    return axis == 0 if P.shape[axis] == n else axis != 0


def _axis_of_y(y: np.ndarray, P: np.ndarray, n: int, axis: int, rows: bool) -> int:
    """Return along which axis the answers lie."""
    fits = [i for i, size in enumerate(y.shape) if size == n]
    if y.ndim < 2 or len(fits) == 1:
        return fits[0] if fits else 0
    if y.shape == P.shape and (n == 1 or y.shape[0] != y.shape[1]):
        return 0 if rows else 1
    return axis
