"""Intervals of shares that were counted."""

from __future__ import annotations

import math

__all__ = ["wilson"]

_Z = 1.959964  # of 95 %


def wilson(right: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of which ``right`` of ``n`` were counted.

    Parameters
    ----------
    right : float
        How many had the property.
    n : float
        How many there were, above 0.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Examples
    --------
    >>> [round(edge, 3) for edge in wilson(9, 10)]
    [0.596, 0.982]
    """
    share, z = right / n, _Z * _Z / n
    middle, half = share + z / 2, _Z * math.sqrt(share * (1 - share) / n + z / (4 * n))
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))
