"""Different values and the middle of an array, without NumPy's own functions: their first call loads masked arrays."""

from __future__ import annotations

import numpy as np

__all__ = ["counted", "distinct", "median", "numbered"]


def distinct(values: np.ndarray) -> np.ndarray:
    """Return the different values of an array without NaN, sorted, as `numpy.unique` does.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    ordered: np.ndarray = np.sort(values, axis=None)
    found: np.ndarray = ordered[_first(ordered)]
    return found


def counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values, and how often each occurs.

    Examples
    --------
    >>> counted(np.array([3, 1, 3]))
    (array([1, 3]), array([1, 2]))
    """
    ordered = np.sort(values, axis=None)
    first = np.flatnonzero(_first(ordered))
    return ordered[first], np.diff(first, append=len(ordered))


def median(values: np.ndarray) -> float:
    """Return the median of the values of an array without NaN.

    Examples
    --------
    >>> median(np.array([3.0, 1.0, 7.0, 4.0]))
    3.5
    """
    n = values.size
    middle = np.partition(values, (n // 2, (n - 1) // 2), axis=None)
    return 0.5 * (float(middle[n // 2]) + float(middle[(n - 1) // 2]))


def numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the different values of (n,), the place of each row's among them, and how often each occurs.

    Examples
    --------
    >>> numbered(np.array([3, 1, 3]))
    (array([1, 3]), array([1, 0, 1]), array([1, 2]))
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = _first(ordered)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    return ordered[starts], places, np.diff(starts, append=len(ordered))


def _first(ordered: np.ndarray) -> np.ndarray:
    """Return where a value stands for the first time among sorted ones."""
    found = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found
