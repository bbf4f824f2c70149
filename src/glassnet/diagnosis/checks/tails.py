"""Values that lie apart from all others of their column, however wide its tails are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Lone", "Tails", "lone_values"]

_GROUP = 3  # values that may lie apart together
# A value lies apart if the logarithm of its distance from the median exceeds the next one's by this many times the mean
# excess of the values that follow. In a tail that falls by any power this exceeds 15 in less than one of 10,000 samples
# of 50 rows, and hardly ever in larger ones: at most 12.6 in 30,000 samples of 12 distributions up to Cauchy's.
_APART = 15.0
_RATIO = 8.0  # of the two distances, at least
_FLOOR = 0.15  # mean excess, at least
_FLOOR_OF_TIES = 0.5  # where most of the values that follow are the same few numbers, as counts are
_FEWEST, _MOST = 10, 50  # values that follow
_SUSPECTED = 8.0  # of a few rows


class Lone(NamedTuple):
    """Values that lie apart.

    Attributes
    ----------
    places : ndarray
        Where they are, the farthest first.
    middle, next : float
        The median of all, and the value farthest from it among the others on that side.
    share : float
        Their share of the sum of the squared distances from the median.
    """

    places: np.ndarray
    middle: float
    next: float
    share: float


def lone_values(values: np.ndarray) -> Lone | None:
    """Return the values that lie farthest apart from the others on their side of the median, if any do."""
    middle = float(np.median(values))
    distances = values - middle
    best: tuple[float, np.ndarray, float] | None = None
    for side in (distances, -distances):
        n_here = int(np.count_nonzero(side > 0.0))
        if not n_here:
            continue
        # A side of its own with hardly any values is compared with both.
        pool = side if n_here >= _FEWEST + _GROUP + 1 else np.abs(distances)
        n = n_here if pool is side else int(np.count_nonzero(pool > 0.0))
        k = min(max(n // 5, _FEWEST), _MOST)
        if n <= k + 1:
            continue
        top = np.argpartition(pool, -min(k + _GROUP + 1, len(pool)))[-min(k + _GROUP + 1, len(pool)) :]
        top = top[np.argsort(-pool[top], kind="stable")]
        for size in range(1, min(_GROUP, n - k - 1) + 1):
            if (side[top[:size]] <= 0.0).any():
                break
            apart = _apart(pool[top], size, k)
            if apart is not None and (best is None or apart > best[0]):
                best = apart, top[:size], float(values[top[size]])
    if best is None:
        return None
    share = float(np.square(distances[best[1]]).sum() / np.square(distances).sum())
    return Lone(best[1], middle, best[2], share)


def _apart(distances: np.ndarray, size: int, k: int) -> float | None:
    """Return how far the first ``size`` of sorted distances lie from the ``k`` that follow, if that is far."""
    following = distances[size : size + k + 1]
    if len(following) < k + 1 or following[-1] <= 0.0 or distances[size - 1] < _RATIO * following[0]:
        return None
    excess = float(np.log(following[:-1] / following[-1]).mean())
    floor = _FLOOR_OF_TIES if len(np.unique(following)) <= k // 2 else _FLOOR
    apart = float(np.log(distances[size - 1] / following[0])) / max(excess, floor)
    return apart if apart >= _APART else None


class Tails:
    """What a few rows say about the tails of columns, for comparison with the extremes of all rows.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
        Some of them.
    """

    def __init__(self, rows: np.ndarray) -> None:
        self.ordered = np.sort(rows, axis=0)
        self._m = len(rows)

    def suspected(self, low: np.ndarray, high: np.ndarray, n: int) -> np.ndarray:
        """Return the columns, the most suspect first, whose extremes over ``n`` rows these rows do not let expect."""
        m, middle = self._m, self.ordered[self._m // 2]
        k = min(max(m // 12, 4), 20)
        skipped = min(_GROUP, m // 8)
        scores = np.zeros(len(middle))
        unknown = np.ones(len(middle), dtype=bool)
        farthest = np.maximum(high - middle, middle - low)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for tail, reach in ((self.ordered[::-1] - middle, high - middle), (middle - self.ordered, middle - low)):
                following = tail[skipped : skipped + k + 1]
                excess = np.maximum(np.log(following[:-1] / following[-1]).mean(axis=0), _FLOOR)
                expected = np.log(following[0]) + excess * np.log((skipped + 1) * n / m)
                found = (np.log(reach) - expected) / excess
                known = following[-1] > 0.0
                scores = np.where(known & np.isfinite(found), np.maximum(scores, found), scores)
                unknown &= ~known
            # Of columns that are nearly always the same, those that reach much farther than columns usually do.
            wide = farthest / np.median(high - low)
            scores = np.where(unknown & (wide > 1000.0), np.maximum(scores, np.log(wide) / _FLOOR), scores)
        order = np.argsort(-scores, kind="stable")
        return order[scores[order] > _SUSPECTED]
