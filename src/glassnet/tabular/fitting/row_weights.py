"""Weights of rows, times those of their classes, as networks take them."""

from __future__ import annotations

import numpy as np

from glassnet.errors import DataError

__all__ = ["weights_of_rows"]


def weights_of_rows(y: np.ndarray, weight: np.ndarray | None, factors: np.ndarray | None) -> np.ndarray | None:
    """Return the weights of rows times those of their classes, float32 (n,); None without either.

    Parameters
    ----------
    y : ndarray of shape (n,)
        The codes of the classes, if there are ``factors``.
    weight : ndarray of shape (n,), optional
        Weights of the rows, some above 0.
    factors : ndarray of shape (k,), optional
        Factors of the classes, by code.

    Raises
    ------
    DataError
        All of these rows have weight 0, or a weight is beyond the range of float32.

    Examples
    --------
    >>> weights_of_rows(np.array([0, 1]), np.array([2.0, 1.0]), np.array([1.0, 3.0])).tolist()
    [2.0, 3.0]
    >>> weights_of_rows(np.array([0, 0]), None, np.array([0.0, 1.0]))  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
    ...
    glassnet.errors.DataError: fit: class_weight is 0 for all of 2 rows; it must leave some of the rows that are
    trained on, and of those that choose the epoch, a weight above 0.
    """
    if factors is None and weight is None:
        return None
    found = np.ones(len(y)) if weight is None else weight
    with np.errstate(over="ignore", under="ignore"):
        found = found if factors is None else found * factors[y]
        single = np.asarray(found, dtype=np.float32)
    names = (
        "class_weight" if weight is None else "sample_weight" if factors is None else "class_weight times sample_weight"
    )
    if not np.isfinite(single).all():
        most = float(np.finfo(np.float32).max)
        message = f"fit: {names} is {np.max(found):.3g}; it must not exceed {most:.2g}, what float32 holds."
        raise DataError(message, expected=most, got=float(np.max(found)))
    if len(single) and factors is not None and not single.any():
        must = "it must leave some of the rows that are trained on, and of those that choose the epoch, a weight"
        message = f"fit: {names} is 0 for all of {len(single):,} rows; {must} above 0."
        raise DataError(message, expected=must, got=0.0)
    return single
