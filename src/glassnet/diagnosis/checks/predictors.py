"""Cheap predictors of a target: from one column by its neighbours, from several by random features."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.sampling import spread

__all__ = ["by_neighbours", "explained_by", "quick_ranks", "trimmed"]

_BESIDE = 3  # neighbours on each side
_FEATURES = 60
_MOST_COLUMNS = 60
_PENALTIES = (0.02, 0.3, 3.0)  # per row, of columns of unit spread
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
    """Return which share of the variance of Y (n, k) columns explain on held-out rows, and their answers.

    Ridge regressions on the columns and on rectified sums of them: each half of the rows is answered by one fitted on
    the other half, with the best of some penalties.
    """
    n, d = X.shape
    half = n // 2
    parts = (slice(None, half), slice(half, None))
    constant = np.empty((n, Y.shape[1]))
    constant[parts[0]], constant[parts[1]] = Y[parts[1]].mean(axis=0), Y[parts[0]].mean(axis=0)
    if not d:
        return 0.0, constant
    F = _features(X[:, spread(d, _MOST_COLUMNS)])
    total = max(float(((Y - Y.mean(axis=0)) ** 2).sum()), 1e-300)
    best, answers = 0.0, constant
    products = [(rows, F[rows].T @ F[rows], F[rows].T @ (Y[rows] - Y[rows].mean(axis=0))) for rows in parts]
    for penalty in _PENALTIES:
        found = constant.copy()
        for (_, gram, right), rows in zip(products, parts[::-1], strict=True):
            penalised = gram + penalty * half * np.eye(len(gram))
            found[rows] += F[rows] @ np.linalg.solve(penalised, right)
        explained = 1.0 - float(((Y - found) ** 2).sum()) / total
        if explained > best:
            best, answers = explained, found
    return best, answers


def _features(X: np.ndarray) -> np.ndarray:
    """Return scaled columns and rectified sums of some of them, fewer where there are few rows."""
    n, d = X.shape
    widths = X.std(axis=0)
    Z = np.clip((X - X.mean(axis=0)) / np.where(widths > 0.0, widths, 1.0), -5.0, 5.0)
    rng = np.random.default_rng(0)
    n_sums = min(_FEATURES, n // 8)
    weights = rng.standard_normal((d, n_sums)) * (rng.random((d, n_sums)) < min(1.0, 3.0 / d))
    sums = np.maximum(Z @ weights + rng.standard_normal(n_sums), 0.0)
    return np.column_stack([Z, sums - sums.mean(axis=0)])


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
