"""How often answers are right, beside how sure they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Bin", "calibration_error", "reliability_bins"]

_BINS, _FEWEST = 10, 20  # rows in a bin


class Bin(NamedTuple):
    """Some rows of about the same confidence: its mean, the share of right predictions, and their share of all rows."""

    confidence: float
    accuracy: float
    share: float


def reliability_bins(
    P: np.ndarray, codes: np.ndarray, weight: np.ndarray | None = None, bins: int | None = None
) -> tuple[Bin, ...]:
    """Return ``bins`` groups of as many rows each, by the probability of the most probable class.

    Parameters
    ----------
    P : ndarray of shape (n, k)
        Probabilities.
    codes : ndarray of shape (n,)
        The true classes.
    weight : ndarray of shape (n,), optional
        How many rows each stands for.
    bins : int, optional
        By default 10, or fewer so that each has 20 rows: the gap of a few rows is mostly chance.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), arXiv:1706.04599, section 2.

    Examples
    --------
    >>> P = np.array([[0.6, 0.4], [0.6, 0.4], [0.9, 0.1], [0.9, 0.1]])
    >>> reliability_bins(P, np.array([0, 1, 0, 0]), bins=2)
    (Bin(confidence=0.6, accuracy=0.5, share=0.5), Bin(confidence=0.9, accuracy=1.0, share=0.5))
    """
    sure, right = P.max(axis=1), P.argmax(axis=1) == codes
    counts = np.ones(len(P)) if weight is None else np.asarray(weight, dtype=np.float64)
    n_bins = min(_BINS, max(len(P) // _FEWEST, 1)) if bins is None else min(bins, len(P))
    found = []
    for rows in np.array_split(np.argsort(sure, kind="stable"), n_bins):
        total = counts[rows].sum()
        if total > 0.0:
            confidence, accuracy = (float(values[rows] @ counts[rows] / total) for values in (sure, right))
            found.append(Bin(confidence, accuracy, float(total / counts.sum())))
    return tuple(found)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Return the mean gap between confidence and share of right predictions: the expected calibration error.

    Examples
    --------
    >>> round(calibration_error((Bin(0.6, 0.5, 0.5), Bin(0.9, 1.0, 0.5))), 3)
    0.1
    """
    return sum(each.share * abs(each.confidence - each.accuracy) for each in bins)
