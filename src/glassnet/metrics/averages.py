"""The type of metrics, and means over rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

__all__ = ["Metric", "defined_mean", "row_mean", "row_weights"]

Metric = Callable[[np.ndarray, np.ndarray, "np.ndarray | None"], float]
"""``metric(y, prediction, weight) -> float``"""


def row_mean(values: np.ndarray, weight: np.ndarray | None) -> float:
    """Return the weighted mean over rows of per-row values, in double precision; columns are averaged first."""
    per_row = values.reshape(len(values), -1).mean(axis=1, dtype=np.float64)
    return float(np.average(per_row, weights=weight))


def row_weights(weight: np.ndarray | None, n: int) -> np.ndarray:
    """Return one weight per row in double precision: those given, or ones."""
    return np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)


def defined_mean(values: Iterable[float]) -> float:
    """Return the mean of the values that are not NaN; NaN if there is none."""
    defined = [value for value in values if not math.isnan(value)]
    return math.fsum(defined) / len(defined) if defined else math.nan
