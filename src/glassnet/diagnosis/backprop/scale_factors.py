"""Whether one gradient is another one times a number, and how that number depends on how many rows there are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Fit", "Law", "fit", "fit_two", "law"]

_RESIDUAL = 1e-6  # share of a gradient that may stay unexplained: what finite differences leave
_CONSTANT = 1e-4  # how much a factor may vary from point to point and still be one factor


class Law(NamedTuple):
    """A factor ``constant * n ** exponent`` for n rows.

    Examples
    --------
    >>> Law(1.0, 0).is_one, Law(-1.0, 1).is_one
    (True, False)
    """

    constant: float
    exponent: int

    @property
    def is_one(self) -> bool:
        """Whether it changes nothing."""
        return self.exponent == 0 and abs(self.constant - 1.0) < _CONSTANT

    def __call__(self, n: int) -> float:
        return float(self.constant * float(n) ** self.exponent)


class Fit(NamedTuple):
    """``found = scale * first + extra * second``; there is one extra for each point, none without a second column."""

    scale: Law
    extras: tuple[float, ...]


def law(scales: Sequence[float], rows: Sequence[int]) -> Law | None:
    """Return the simplest law that a factor follows over several points, None if there is none.

    Examples
    --------
    >>> law([8.0, 8.0, 9.0], [8, 8, 9])
    Law(constant=1.0, exponent=1)
    """
    best = None
    for exponent in (0, 1, -1, 2, -2):
        constants = np.asarray(scales) / np.asarray(rows, dtype=np.float64) ** exponent
        middle = float(constants.mean())
        varies = float(np.abs(constants - middle).max()) > _CONSTANT * abs(middle)
        if not np.isfinite(middle) or abs(middle) < 1e-12 or varies:
            continue
        nice = round(middle) if abs(middle) > 0.75 else 1 / round(1 / middle)
        close = abs(middle - nice) <= _CONSTANT * abs(middle)
        found = Law(float(nice if close else middle), exponent)
        # Where all points have the same number of rows, several exponents fit: the one with the plainest factor counts.
        if abs(found.constant) == 1.0:
            return found
        best = best or found
    return best


def fit(found: Sequence[np.ndarray], expected: Sequence[np.ndarray], rows: Sequence[int]) -> Fit | None:
    """Return by which factor gradients at several points are others, None if they are not.

    ``expected`` is read point by point, and no further than to the first that differs.
    """
    scales, counted = [], []
    for t, vector in enumerate(found):
        other = expected[t]
        size, length = _length(vector), _length(other)
        if size == length == 0.0:
            continue  # no slope here either way: the other points decide
        if size == 0.0 or length == 0.0 or not size + length < np.inf:
            return None
        scale = float(vector @ other) / length / length
        if _length(vector - scale * other) > _RESIDUAL * size:
            return None
        scales.append(scale)
        counted.append(rows[t])
    if len(counted) == 1:  # all others are 0 on both sides: a factor could be chance
        return Fit(Law(1.0, 0), ()) if abs(scales[0] - 1.0) < _RESIDUAL else None
    found_law = law(scales, counted) if counted else None
    return None if found_law is None else Fit(found_law, ())


def fit_two(
    found: Sequence[np.ndarray], first: Sequence[np.ndarray], rows: Sequence[int], second: Sequence[np.ndarray]
) -> Fit | None:
    """Return how gradients at several points come from two others, None if they do not.

    Each factor follows a law of its own: it is constant, or grows or falls with the rows. All points are fitted
    together, so that a bias of one number is enough.
    """
    if not _is_sum_of(found[0], first[0], second[0]):
        return None
    vector, counts = np.concatenate(list(found)), np.repeat(rows, [len(each) for each in found]).astype(np.float64)
    columns = [np.concatenate([part[t] for t in range(len(found))]) for part in (first, second)]
    size = float(np.linalg.norm(vector))
    if len(vector) < 4 or not np.isfinite([size, *(float(np.linalg.norm(column)) for column in columns)]).all():
        return None
    for a, b in itertools.product((0, 1, -1), (0, -1, 1)):
        matrix = np.stack([columns[0] * counts**a, columns[1] * counts**b], axis=1)
        sizes = np.linalg.norm(matrix, axis=0)
        if not sizes.all():
            return None
        coefficients, _, rank, _ = np.linalg.lstsq(matrix / sizes, vector, rcond=1e-9)
        if rank == 2 and float(np.linalg.norm(vector - matrix @ (coefficients / sizes))) <= _RESIDUAL * size:
            scale, extra = (float(each) for each in coefficients / sizes)
            if min(abs(coefficients)) <= 1e-5 * size:
                return None  # one of them alone
            law_of_first = law([scale * float(n) ** a for n in rows], rows)
            if law_of_first is not None:
                return Fit(law_of_first, tuple(extra * float(n) ** b for n in rows))
    return None


def _is_sum_of(vector: np.ndarray, first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether a single point is the only evidence for two factors."""
    if len(vector) < 3:
        return True
    one = float(first @ first)
    if not 0.0 < one < np.inf:
        return False
    rest = vector - float(first @ vector) / one * first
    other = second - float(first @ second) / one * first
    two = float(other @ other)
    if not 1e-18 * float(second @ second) < two < np.inf:
        return False
    rest = rest - float(other @ rest) / two * other
    return float(rest @ rest) <= (10 * _RESIDUAL) ** 2 * float(vector @ vector)


def _length(vector: np.ndarray) -> float:
    return math.sqrt(float(vector @ vector))
