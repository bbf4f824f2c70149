"""Values that lie apart from all others of their column, however wide its tails are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.utils.distinct_values import distinct, median

__all__ = ["Lone", "Tails", "lone_values"]

_GROUP = 3  # values that may lie apart together, of a few rows
_SHARE, _MOST = 0.01, 50  # of many rows
# A value lies apart if the logarithm of its distance from the median exceeds the next one's by so many times the mean
# excess of the k values that follow as it does in one of 50,000 samples of a tail that falls by a power.
_CHANCE = 2e-5
_FOLLOWING = (10, 25, 50)  # values, as many as there are
_RATIO = 8.0  # of the two distances, at least
_FLOOR = 0.15  # mean excess, at least
_FLOOR_OF_TIES = 0.5  # where most of the values that follow are the same few numbers, as counts are
_SUSPECTED = 8.0  # of a few rows
_WIDE = 1000.0  # reach of a column beside that of others


class Lone(NamedTuple):
    """Values that lie apart.

    Attributes
    ----------
    places : ndarray
        Where they are, the farthest first.
    share : float
        Their share of the sum of the squared distances from the median.
    """

    places: np.ndarray
    share: float


def lone_values(values: np.ndarray, chance: float = _CHANCE) -> Lone | None:
    """Return the values that lie farthest apart from the others on their side of the median, if any do.

    Parameters
    ----------
    values : ndarray of shape (n,)
    chance : float
        How often this may happen in a tail that falls by a power.
    """
    distances = values - median(values)
    far = np.abs(distances)
    largest = min(max(_GROUP, int(_SHARE * len(values))), _MOST)
    best: tuple[float, np.ndarray] | None = None
    for side in (distances, -distances):
        # Values are compared with those on their side, and with all of them.
        for pool in (side, far):
            n = int(np.count_nonzero(pool > 0.0))
            ks = [k for k in _FOLLOWING if k <= n // 5 or k == _FOLLOWING[0]]
            most = min(ks[-1] + largest + 1, len(pool))
            top = np.argpartition(pool, -most)[-most:]
            top = top[np.argsort(-pool[top], kind="stable")]
            ordered = pool[top]
            with np.errstate(divide="ignore", invalid="ignore"):
                wide = np.flatnonzero(ordered[:-1] >= _RATIO * ordered[1:])[:largest] + 1
            for size in wide[wide <= largest].tolist():
                # A value at a time may be on either side.
                if n <= ks[0] + size or (pool is side and (side[top[:size]] <= 0.0).any()):
                    break
                squares = float(np.square(ordered[:size]).sum())
                if (best is None or squares > best[0]) and any(_is_apart(ordered, size, k, chance) for k in ks):
                    best = squares, top[:size]
    if best is None:
        return None
    return Lone(best[1], best[0] / float(np.square(distances).sum()))


def _is_apart(distances: np.ndarray, size: int, k: int, chance: float) -> bool:
    """Return whether the first ``size`` of sorted distances lie far from the ``k`` that follow."""
    following = distances[size : size + k + 1]
    if len(following) < k + 1 or following[-1] <= 0.0:
        return False
    excess = float(np.log(following[:-1] / following[-1]).mean())
    floor = _FLOOR_OF_TIES if len(distinct(following)) <= k // 2 else _FLOOR
    far = k * float(chance ** (-1.0 / k) - 1.0)
    return float(np.log(distances[size - 1] / following[0])) > max(excess, floor) * far


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

    def suspected(self, low: np.ndarray, high: np.ndarray, n: int, least: float = _SUSPECTED) -> np.ndarray:
        """Return the columns, the most suspect first, whose extremes over ``n`` rows these rows do not let expect."""
        m, middle = self._m, self.ordered[self._m // 2]
        k = min(max(m // 12, 4), 20)
        skipped = min(_GROUP, m // 8)
        scores = np.zeros(len(middle))
        unknown = np.ones(len(middle), dtype=bool)
        for tail, reach in ((self.ordered[::-1] - middle, high - middle), (middle - self.ordered, middle - low)):
            following = tail[skipped : skipped + k + 1]
            known = following[-1] > 0.0
            unknown &= ~known
            far = np.flatnonzero(known & (reach > 0.5 * _RATIO * following[0]))
            if len(far):
                logs = np.log(following[:, far])
                excess = np.maximum(logs[:-1].mean(axis=0) - logs[-1], _FLOOR)
                expected = logs[0] + excess * np.log((skipped + 1) * n / m)
                scores[far] = np.maximum(scores[far], (np.log(reach[far]) - expected) / excess)
        if unknown.any():
            # Of columns that are nearly always the same, those that reach much farther than columns usually do.
            usual = median(high - low)
            wide = np.maximum(high - middle, middle - low) / (usual if usual > 0.0 else np.inf)
            far = unknown & (wide > _WIDE)
            scores[far] = np.maximum(scores[far], np.log(wide[far]) / _FLOOR)
        order = np.argsort(-scores, kind="stable")
        return order[scores[order] > least]
