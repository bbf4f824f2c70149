"""Cheap predictors of a target: from one column by its neighbours, from several by random features."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.sampling import spread

__all__ = ["by_neighbours", "explained_by", "quick_ranks", "trimmed"]

_BESIDE = 3  # neighbours on each side
_FEATURES = 60
_MOST_COLUMNS = 60
_TOGETHER = 50  # columns that are ranked at a time: more need more memory
_KEPT = 0.9  # share of the residuals that count: cells may be missing


def by_neighbours(x: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the mean of Y (n, k) over the rows whose x is next to each row's own, without that row."""
    n = len(x)
    order = np.argsort(x, kind="stable")
    steps = np.concatenate([np.arange(-_BESIDE, 0), np.arange(1, _BESIDE + 1)])
    places = np.arange(n)[:, None] + steps
    # At the ends there are neighbours on one side only.
    places = np.where(places < 0, places + 2 * _BESIDE + 1, np.where(places >= n, places - 2 * _BESIDE - 1, places))
    found = np.empty_like(Y)
    total = np.zeros_like(Y)
    for beside in places.T:
        total += Y[order[beside]]
    found[order] = total / len(steps)
    return found


def trimmed(residuals: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each column the size of all but the largest residuals, as a share of the spread of y."""
    kept = np.sort(np.abs(residuals), axis=0)[: max(1, int(_KEPT * len(residuals)))]
    width = y.std(axis=0)
    found: np.ndarray = np.sqrt((kept**2).mean(axis=0)) / np.where(width > 0.0, width, np.inf)
    return np.where(width > 0.0, found, np.inf)


def explained_by(X: np.ndarray, Y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return which share of the variance of Y (n, k) columns explain on held-out rows, and their answers for these.

    A ridge regression on the columns and on rectified sums of them, fitted on the first half of the rows.
    """
    n, d = X.shape
    half = n // 2
    if not d:
        return 0.0, np.tile(Y[:half].mean(axis=0), (n - half, 1))
    X = X[:, spread(d, _MOST_COLUMNS)]
    widths = X[:half].std(axis=0)
    Z = np.clip((X - X[:half].mean(axis=0)) / np.where(widths > 0.0, widths, 1.0), -5.0, 5.0)
    rng = np.random.default_rng(0)
    d = Z.shape[1]
    few = rng.standard_normal((d, _FEATURES)) * (rng.random((d, _FEATURES)) < min(1.0, 3.0 / d))
    hidden = np.maximum(Z @ few + rng.standard_normal(_FEATURES), 0.0)
    F = np.column_stack([Z, hidden])
    F = F - F[:half].mean(axis=0)
    centre = Y[:half].mean(axis=0)
    gram = F[:half].T @ F[:half]
    gram[np.diag_indices_from(gram)] += 0.02 * half + 1e-9
    answers = F[half:] @ np.linalg.solve(gram, F[:half].T @ (Y[:half] - centre)) + centre
    left = ((Y[half:] - answers) ** 2).sum()
    return float(1.0 - left / max(((Y[half:] - Y[half:].mean(axis=0)) ** 2).sum(), 1e-300)), answers


def quick_ranks(X: np.ndarray) -> np.ndarray:
    """Return the ranks of all columns (m, d), centred; equal numbers share their mean rank.

    Examples
    --------
    >>> quick_ranks(np.array([[5.0], [1.0], [5.0], [9.0]])).ravel()
    array([ 0. , -1.5,  0. ,  1.5])
    """
    m, d = X.shape
    found = np.empty((d, m))
    for start in range(0, d, _TOGETHER):
        columns = np.ascontiguousarray(X[:, start : start + _TOGETHER].T)
        order = np.argsort(columns, axis=1)  # ties in any order: they get one rank, and a stable sort takes longer
        order += np.arange(len(columns))[:, None] * m
        ordered = columns.reshape(-1)[order]
        differ = ordered[:, 1:] != ordered[:, :-1]
        places = np.broadcast_to(np.arange(m, dtype=np.float64), order.shape)
        tied = ~differ.all(axis=1)
        if tied.any():
            places = places.copy()
            places[tied] = _mean_places(differ[tied])
        found[start : start + _TOGETHER].reshape(-1)[order] = places
    found -= 0.5 * (m - 1)
    return found.T


def _mean_places(differ: np.ndarray) -> np.ndarray:
    """Return the mean place of each value's group in sorted rows, given where a value differs from the one before."""
    numbers = np.arange(differ.shape[1] + 1, dtype=np.float64)
    first, last = np.zeros((2, len(differ), len(numbers)))
    np.multiply(differ, numbers[1:], out=first[:, 1:])
    np.maximum.accumulate(first, axis=1, out=first)
    last[:, -1] = numbers[-1]
    last[:, :-1] = np.where(differ, numbers[:-1], numbers[-1])
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(0.5 * (first + last))
