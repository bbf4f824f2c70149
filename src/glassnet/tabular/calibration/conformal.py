"""Quantiles that hold as many rows as they say: each is moved by what held-out rows lie above or below it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["fit_shifts"]


def fit_shifts(residuals: np.ndarray, levels: Sequence[float], weight: np.ndarray | None = None) -> np.ndarray:
    """Return what is added to each quantile, float64 (number of levels,), in the units of the residuals.

    For a level q of at least 0.5 it is the residual of rank ``ceil((n + 1) * q)`` from below, for one under 0.5 that of
    rank ``ceil((n + 1) * (1 - q))`` from above: then at least a share of q, or 1 - q, of new rows is expected below or
    above the moved quantile, if they come from where the held-out ones do. Where there is no such rank, because rows
    are few, it is the last one.

    Parameters
    ----------
    residuals : ndarray of shape (n, number of levels)
        Held-out targets minus predicted quantiles.
    levels : sequence of float
        Their levels, ascending.
    weight : ndarray of shape (n,), optional
        How many rows each stands for.

    References
    ----------
    Romano, Patterson & Candès (2019), arXiv:1905.03222, section 3, with a shift of its own for each end.

    Examples
    --------
    >>> fit_shifts(np.arange(-9.0, 10.0)[:, None] * np.ones(3), (0.1, 0.5, 0.9)).tolist()
    [-8.0, 0.0, 8.0]
    """
    counts = np.ones(len(residuals)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(residuals) or not counts.sum() > 0.0:
        return np.zeros(len(levels))
    upper = [
        (column, level, 1.0) if level >= 0.5 else (-column, 1.0 - level, -1.0)
        for column, level in zip(residuals.T, levels, strict=True)
    ]
    return np.array([sign * _ranked(column, share, counts) for column, share, sign in upper])


def _ranked(values: np.ndarray, share: float, counts: np.ndarray) -> float:
    """Return the value of rank ``ceil((n + 1) * share)`` from below, or the last; each stands for ``counts`` rows."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[order])
    rank = math.ceil(round((reached[-1] + 1.0) * share, 9))
    place = min(int(np.searchsorted(reached, rank - 1e-9)), len(order) - 1)
    return float(values[order[place]])
