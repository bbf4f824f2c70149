"""How good predictions are: plain functions of targets, predictions and weights.

Every metric takes ``y`` as the loss prepared it, ``prediction`` as ``Network.predict`` returns it for one network, and
``weight`` of shape (n,) or None, and returns a float.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["GREATER_IS_BETTER", "METRICS", "Metric", "accuracy", "binary_accuracy", "mae", "r2", "rmse"]

Metric = Callable[[np.ndarray, np.ndarray, "np.ndarray | None"], float]


def _mean(values: np.ndarray, weight: np.ndarray | None) -> float:
    """Return the weighted mean over rows of per-row values, in double precision."""
    per_row = values.reshape(len(values), -1).mean(axis=1, dtype=np.float64)
    return float(np.average(per_row, weights=weight))


def accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of rows whose most probable class is the true one.

    Examples
    --------
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    codes = y if y.ndim == 1 else y.argmax(axis=-1)
    return _mean(prediction.argmax(axis=-1) == codes, weight)


def binary_accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of yes/no answers that are right when probabilities are cut at 0.5; several answers per row are averaged.

    Examples
    --------
    >>> binary_accuracy(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.9, 0.2], [0.4, 0.6]]))
    0.75
    """
    return _mean((prediction > 0.5) == (y > 0.5), weight)


def mae(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean absolute error: ``mean(|y - prediction|)``."""
    return _mean(np.abs(y - prediction), weight)


def rmse(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Root of the mean squared error: ``sqrt(mean((y - prediction)**2))``."""
    return float(np.sqrt(_mean(np.square(y.astype(np.float64) - prediction), weight)))


def r2(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of the variance that is explained: ``1 - sum((y - prediction)**2) / sum((y - mean(y))**2)``.

    Outputs are averaged. Where the target is constant it is 1 for a perfect prediction and 0 otherwise.

    Examples
    --------
    >>> r2(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [4.0]]))
    0.5
    """
    y = y.astype(np.float64)
    rows = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    rest = rows @ np.square(y - prediction)
    total = rows @ np.square(y - np.average(y, axis=0, weights=rows))
    constant = total == 0.0
    scores = np.where(constant, np.where(rest == 0.0, 1.0, 0.0), 1.0 - rest / np.where(constant, 1.0, total))
    return float(np.mean(scores))


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "mae": mae,
    "r2": r2,
    "rmse": rmse,
}

GREATER_IS_BETTER = frozenset({"accuracy", "binary_accuracy", "r2"})
