"""Statistics of rows with weights: a row of weight 2 counts as two equal rows, one of weight 0 as none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.utils.checks import check_weights

__all__ = ["as_counts", "category_counts", "counted_rows", "mean_of", "quantiles_of"]

_MOST_COPIES = 4  # times as many rows as there are
_MOST_COUNTED = 1e12  # rows; more are no numbers of rows
_LARGEST_RATIO = 1e6  # of weights that are multiples of the smallest


def as_counts(where: str, weight: Any, n_rows: int, what: str = "") -> np.ndarray:
    """Return the weights of ``n_rows`` rows as numbers of rows, float64; ``what`` is a word before their name.

    Whole numbers stay as they are. Others are divided by the smallest above 0 if that makes whole numbers of them, or
    else scaled to a mean of 1 over the rows of a weight above 0.

    Examples
    --------
    >>> as_counts("fit", [2, 0, 1], 3).tolist(), as_counts("fit", [0.1, 0.0, 0.3], 3).tolist()
    ([2.0, 0.0, 1.0], [1.0, 0.0, 3.0])
    """
    scaled = check_weights(where, weight)
    if scaled.shape != (n_rows,):
        message = f"{where}: {what}sample_weight has shape {scaled.shape}; it must have shape ({n_rows},)."
        raise DataError(message, expected=(n_rows,), got=scaled.shape)
    counts: np.ndarray = np.asarray(weight, dtype=np.float64)
    if (counts == np.floor(counts)).all() and counts.max() * n_rows <= _MOST_COUNTED:
        return counts
    with np.errstate(over="ignore"):
        ratios = scaled / scaled[scaled > 0.0].min()
    whole: np.ndarray = np.round(ratios)
    if ratios.max() <= _LARGEST_RATIO and np.allclose(ratios, whole, rtol=1e-9, atol=0.0):
        return whole
    return scaled * (np.count_nonzero(scaled) / n_rows)


def mean_of(values: np.ndarray, counts: np.ndarray | None) -> float:
    """Return the mean, weighted if there are ``counts``.

    Examples
    --------
    >>> mean_of(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    2.0
    """
    return float(values.mean() if counts is None else np.dot(values, counts) / counts.sum())


def quantiles_of(values: np.ndarray, shares: Sequence[float] | np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """Return the quantiles of values of which each stands for ``counts`` equal rows.

    With ``N = sum(counts)`` rows in ascending order, the quantile of share p lies at position ``p (N - 1)``, counted
    from 0, between two rows, as in `numpy.quantile`.

    References
    ----------
    Hyndman & Fan (1996), "Sample quantiles in statistical packages", definition 7.

    Examples
    --------
    >>> quantiles_of(np.array([3.0, 1.0]), [0.0, 0.5, 1.0], np.array([3.0, 1.0])).tolist()
    [1.0, 3.0, 3.0]
    """
    if counts is None:
        return np.asarray(np.quantile(values, shares))
    order = np.argsort(values, kind="stable")
    ordered, upto = values[order], np.cumsum(counts[order])
    position = np.asarray(shares, dtype=np.float64) * max(upto[-1] - 1.0, 0.0)
    before = np.floor(position)
    places = [np.searchsorted(upto, rows, side="right") for rows in (before, np.ceil(position))]
    low, high = (ordered[np.minimum(place, len(ordered) - 1)] for place in places)
    part, step = position - before, high - low
    # As in NumPy: exact at both ends.
    return np.asarray(np.where(part < 0.5, low + step * part, high - step * (1.0 - part)))


def counted_rows(counts: np.ndarray) -> np.ndarray:
    """Return row numbers in which each row stands about as often as it counts, without anything random.

    Whole numbers give exactly that, if there are at most four times as many rows as before.

    Examples
    --------
    >>> counted_rows(np.array([2.0, 0.0, 1.0])).tolist(), counted_rows(np.array([1.5, 0.5, 1.0])).tolist()
    ([0, 0, 2], [0, 0, 2])
    """
    n, total = len(counts), counts.sum()
    if (counts == np.floor(counts)).all() and total <= _MOST_COPIES * n:
        return np.repeat(np.arange(n), counts.astype(np.int64))
    upto = np.cumsum(counts)
    places = np.searchsorted(upto, (np.arange(n) + 0.5) * (upto[-1] / n))
    return np.asarray(np.minimum(places, n - 1))


def category_counts(values: np.ndarray, counts: np.ndarray | None) -> dict[str, float]:
    """Return how many rows each category has.

    Examples
    --------
    >>> category_counts(np.array(["a", "b", "a"], dtype=object), np.array([1.0, 5.0, 2.0]))
    {'a': 3.0, 'b': 5.0}
    """
    if counts is None:
        return dict(Counter(values.tolist()))
    found: dict[str, float] = {}
    for category, count in zip(values.tolist(), counts.tolist(), strict=True):
        found[category] = found.get(category, 0.0) + count
    return found
