"""Arrays as they were given: what nothing can be learned from is refused in a sentence before it is used."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.utils.checks import check_matrix

__all__ = ["checked_arrays"]

_EXACT = np.dtype(np.float64)
_GAPS = ("NAType", "NaTType")  # of pandas


def checked_arrays(where: str, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and targets as arrays of the types that they have; refuse text in X, gaps, and other lengths.

    Parameters
    ----------
    where : str
        Name of what was called, for messages.
    X : array of shape (n, ...)
        Numbers.
    y : array of shape (n,) or (n, k)
        Numbers, or labels of one kind.
    """
    check_matrix(where, "X", X, _EXACT)
    X, y = np.asarray(X), _targets(where, y)
    if len(X) != len(y):
        must = "X must have shape (n, ...) and y as many rows"
        message = f"{where}: X has shape {X.shape} and y {y.shape}; {must}."
        raise DataError(message, got=(X.shape, y.shape))
    return X, y


def _targets(where: str, y: Any) -> np.ndarray:
    try:
        found = np.asarray(y)
    except ValueError:
        message = f"{where}: y has rows of different lengths; it must be an array."
        raise DataError(message) from None
    if found.ndim == 0:
        must = "it must have shape (n,) or (n, k)"
        message = f"{where}: y is of type {type(y).__name__}; {must}. Give a target for each row."
        raise DataError(message, got=y)
    if found.dtype.kind in "biuf":
        check_matrix(where, "y", found, _EXACT, 1)
    elif found.dtype.kind == "O":
        kinds = {_kind(value) for value in found.reshape(-1)}
        if len(kinds) > 1 or not kinds <= {"text", "number"}:
            must = "it must hold numbers, or labels of one kind, without gaps"
            message = f"{where}: y holds {' and '.join(sorted(kinds))}; {must}. Fill or drop what is missing."
            raise DataError(message, got=sorted(kinds))
    return found


def _kind(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value) or type(value).__name__ in _GAPS:
        return "missing values"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, numbers.Real) else type(value).__name__
