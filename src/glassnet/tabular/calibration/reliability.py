"""How often answers are right, beside how sure they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Bin", "calibration_error", "reliability"]

_BINS = 10


class Bin(NamedTuple):
    """Some rows that are about as sure as each other: mean confidence, share of right answers, and share of all rows."""

    confidence: float
    accuracy: float
    share: float


def reliability(
    P: np.ndarray, codes: np.ndarray, weight: np.ndarray | None = None, bins: int = _BINS
) -> tuple[Bin, ...]:
    """Return up to ``bins`` groups of as many rows each, by the probability of the most probable class.

    Parameters
    ----------
    P : ndarray of shape (n, k)
        Probabilities.
    codes : ndarray of shape (n,)
        The true classes.
    weight : ndarray of shape (n,), optional
        How many rows each stands for.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), arXiv:1706.04599, section 2.

    Examples
    --------
    >>> P = np.array([[0.6, 0.4], [0.6, 0.4], [0.9, 0.1], [0.9, 0.1]])
    >>> reliability(P, np.array([0, 1, 0, 0]), bins=2)
    (Bin(confidence=0.6, accuracy=0.5, share=0.5), Bin(confidence=0.9, accuracy=1.0, share=0.5))
    """
    sure, right = P.max(axis=1), P.argmax(axis=1) == codes
    counts = np.ones(len(P)) if weight is None else np.asarray(weight, dtype=np.float64)
    found = []
    for rows in np.array_split(np.argsort(sure, kind="stable"), min(bins, len(P))):
        total = counts[rows].sum()
        if total > 0.0:
            means = [float(values[rows] @ counts[rows] / total) for values in (sure, right)]
            found.append(Bin(*means, float(total / counts.sum())))
    return tuple(found)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Return the mean gap between confidence and share of right answers: the expected calibration error.

    Examples
    --------
    >>> round(calibration_error((Bin(0.6, 0.5, 0.5), Bin(0.9, 1.0, 0.5))), 3)
    0.1
    """
    return sum(each.share * abs(each.confidence - each.accuracy) for each in bins)
