"""Whether one gradient is another one times a number, and how that number depends on how many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Fit", "Law", "fit", "law"]

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


def fit(
    found: Sequence[np.ndarray], first: Sequence[np.ndarray], rows: Sequence[int], second: Sequence[np.ndarray] = ()
) -> Fit | None:
    """Return how gradients at several points come from one or two columns, None if they do not."""
    scales, extras, counted = [], [], []
    for t, vector in enumerate(found):
        columns = [first[t], *([second[t]] if second else [])]
        sizes = [float(np.linalg.norm(column)) for column in columns]
        size = float(np.linalg.norm(vector))
        if size == 0.0 and sizes == [0.0]:
            continue  # no slope here either way: the other points decide
        if size == 0.0 or min(sizes) == 0.0 or not np.isfinite([size, *sizes]).all():
            return None
        if len(columns) == 2 and len(vector) < 3:
            return None
        matrix = np.stack([column / s for column, s in zip(columns, sizes, strict=True)], axis=1)
        coefficients, _, rank, _ = np.linalg.lstsq(matrix, vector, rcond=1e-9)
        if rank < len(columns) or float(np.linalg.norm(vector - matrix @ coefficients)) > _RESIDUAL * size:
            return None
        scales.append(float(coefficients[0]) / sizes[0])
        counted.append(rows[t])
        extras += [float(coefficients[1]) / sizes[1]] if second else []
    found_law = law(scales, counted) if len(counted) > 1 else None
    return None if found_law is None else Fit(found_law, tuple(extras))
