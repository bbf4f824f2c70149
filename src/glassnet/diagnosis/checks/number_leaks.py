"""Search for columns that give a number away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.diagnosis.checks.leaks import Leak
from glassnet.diagnosis.checks.predictors import by_neighbours, explained_by, quick_ranks, trimmed
from glassnet.diagnosis.checks.robust import ranks
from glassnet.utils.distinct_values import counted

__all__ = ["leaked_numbers"]

_FEW = 128  # rows for a first look
_CORRELATED = 0.8  # ranks, in these
_SUSPECTS = 8
_EXACT = 0.07  # what is left of the spread of y, all but the largest tenth
_COPY = 0.15  # what is left of another column's spread where it says the same as the leaking one
_SAME = 0.3  # of what is left of y: two columns that say the same are as near to one another
_FARTHER = 3.0  # what all others leave, in units of what the column leaves
_BEYOND = 0.3  # share of what the column leaves that others explain, where it is one part of a law
_MOST_EQUAL = 0.3  # share of the rows with one value of y
_LINEAR = 5e-4  # share of the variance that a sum may leave
_PART, _MOST_PARTS = 0.05, 4
_ALIKE = 0.01  # factors of parts of one sum
_AS_GOOD = 0.95  # share of y that all others explain, where parts of it are no secret: columns may follow from others
_ROUNDED = 1e-9  # share of the variance that rounding leaves


def leaked_numbers(
    read: Callable[[int], np.ndarray], columns: np.ndarray, y: np.ndarray, *, looks_for_parts: bool
) -> Leak | None:
    """Return the columns from which a number follows, if there are some.

    Parameters
    ----------
    read : callable
        Returns these columns of so many rows, in the order of y.
    columns : ndarray
        The numbers of those that are looked at.
    y : ndarray of shape (n,)
    looks_for_parts : bool
        Whether to look for columns that add up to y, too.
    """
    counts = counted(y)[1]
    if len(counts) < 3 or counts.max() > _MOST_EQUAL * len(y):
        return None
    first = read(min(_FEW, len(y)))
    R, r = quick_ranks(first), quick_ranks(y[:_FEW, None])
    norms = np.sqrt((R**2).sum(axis=0) * (r**2).sum())
    alike = np.abs((R * r).sum(axis=0)) / np.where(norms > 0.0, norms, np.inf)
    places = np.argsort(-alike, kind="stable")[:_SUSPECTS]
    places = places[alike[places] >= _CORRELATED]
    if not len(places):
        return _parts(read(len(y)), columns, y) if looks_for_parts else None
    target = ranks(y)[:, None]
    chosen = read(len(y))
    left = [float(trimmed(target - by_neighbours(chosen[:, j], target), target)[0]) for j in places]
    best = int(places[int(np.argmin(left))])
    if min(left) > _EXACT:
        return _parts(chosen, columns, y) if looks_for_parts else None
    return _single(chosen, columns, target, best, dict(zip(places.tolist(), left, strict=True)))


def _single(X: np.ndarray, columns: np.ndarray, target: np.ndarray, best: int, left: dict[int, float]) -> Leak | None:
    """Return the leak of one column, or of several that say the same, unless there is another reason for it."""
    own = left[best]
    ranked = quick_ranks(X) / len(X)
    copies = trimmed(ranked - by_neighbours(X[:, best], ranked), ranked)
    leaking = [best, *(j for j in left if j != best and left[j] <= _EXACT)]
    # Each of the last values of a slow series is near to the next one, and farther from it the older it is.
    is_doubtful = any(copies[j] > _SAME * max(left[j], 0.02) and left[j] > own for j in leaking[1:])
    rest = [j for j in range(X.shape[1]) if copies[j] > _COPY and j not in leaking]
    others, answers = explained_by(ranked[:, rest], target)
    if float(trimmed(target - answers, target)[0]) < _FARTHER * own:
        return None
    residuals = target - by_neighbours(X[:, best], target)
    kept = np.abs(residuals[:, 0]) <= np.quantile(np.abs(residuals[:, 0]), 0.9)
    if own > 0.01 and explained_by(ranked[kept][:, rest], residuals[kept])[0] > _BEYOND:
        return None  # one part of a law, and others bring the rest
    score, n = 1.0 - own**2, len(X)
    left_of_all = float((residuals**2).mean() / target.var())
    # Where cells are missing it does not hold for all rows.
    is_whole = left_of_all <= _EXACT**2
    rows = f"in {n} rows" if is_whole else f"in nine of ten of {n} rows"
    kept_score = 1.0 - left_of_all if is_whole else score
    how = f"the order of y follows from {'each' if len(leaking) > 1 else 'it'} to {_percent(kept_score)} {rows}"
    words = f"all other columns together explain {max(others, 0.0):.0%} of it"
    return Leak([int(columns[j]) for j in leaking], True, how, score, others, words, is_doubtful)


def _percent(share: float) -> str:
    """Return a share near 1 in percent, never rounded up to all."""
    return "100%" if share > 1.0 - _ROUNDED else f"{min(share, 0.9999):.2%}"


def _parts(X: np.ndarray, columns: np.ndarray, y: np.ndarray) -> Leak | None:
    """Return few columns that add up to y, while others are related to it too."""
    half, d = len(X) // 2, X.shape[1]
    if d < 4 or half < 2 * d:
        return None
    spread = X[:half].std(axis=0)
    Z = (X - X[:half].mean(axis=0)) / np.where(spread > 0.0, spread, np.inf)
    target = (y - y[:half].mean())[:, None]
    gram = Z[:half].T @ Z[:half]
    gram[np.diag_indices_from(gram)] += 1e-9 * half
    factors = np.linalg.solve(gram, Z[:half].T @ target[:half])[:, 0]
    if _left(Z[half:] @ factors, target[half:, 0]) > _LINEAR:
        return None
    active = np.flatnonzero(np.abs(factors) > _PART * y.std())
    if not 2 <= len(active) <= min(_MOST_PARTS, d - 2):
        return None
    fitted = np.linalg.lstsq(Z[:half, active], target[:half, 0], rcond=None)[0]
    left = _left(Z[half:, active] @ fitted, target[half:, 0])
    if left > _LINEAR:
        return None
    rest = [j for j in range(d) if j not in active]
    ranked = quick_ranks(X[:, rest]) / len(X)
    others, _ = explained_by(ranked, quick_ranks(y[:, None]) / len(X))
    if others > _AS_GOOD:
        return None
    raw = np.abs(fitted / spread[active])
    is_sum = float(np.ptp(raw)) <= _ALIKE * float(raw.max())
    how = f"y is a sum of them, each times a number, to {_percent(1.0 - left)} of its variance in {len(X)} rows"
    words = f"all other columns together explain {max(others, 0.0):.0%} of it"
    which = [int(columns[j]) for j in active]
    return Leak(which, False, how, 1.0 - left, others, words, is_doubtful=not is_sum)


def _left(answers: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance that answers leave."""
    return float(((y - answers) ** 2).mean() / y.var())
