"""Checks of targets: columns of numbers, codes of classes, probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DataError, ShapeError
from glassnet.utils.checks import check_matrix

__all__ = [
    "as_class_targets", "as_codes", "as_columns", "check_probabilities", "check_range", "count_classes",
    "count_columns",
]  # fmt: skip

_LABELS = "Code labels from 0: labels, y = np.unique(y, return_inverse=True). TabularClassifier takes them as they are."


def count_columns(y: Any) -> int:
    """Return the number of columns of targets; those of shape (n,) are one."""
    shape = np.shape(y)
    return 1 if len(shape) < 2 else int(shape[1])


def count_classes(y: Any) -> int:
    """Return the number of classes of codes from 0, or of rows of probabilities."""
    y = np.asarray(y)
    return int(y.max()) + 1 if y.ndim < 2 or y.shape[1] == 1 else int(y.shape[1])


def as_columns(where: str, y: Any, n_columns: int, dtype: np.dtype[Any], advice: str = "") -> np.ndarray:
    """Return numeric targets of shape (n, n_columns); (n,) becomes (n, 1)."""
    values = check_matrix(where, "y", y, dtype, min_ndim=1)
    if values.ndim == 1:
        values = values.reshape(-1, 1)
    if values.shape[1:] == (n_columns,):
        return values
    must = f"it must be (n, {n_columns})" + (" or (n,)" if n_columns == 1 else "")
    advice = advice or "Give the last layer as many units as y has columns."
    message = f"{where}: y has shape {np.shape(y)}; {must}. {advice}"
    raise ShapeError(message, expected=must, got=np.shape(y))


def check_range(where: str, values: np.ndarray, low: float, high: float, must: str, advice: str) -> np.ndarray:
    """Return the values if all lie from ``low`` to ``high``."""
    lowest, highest = values.min(), values.max()
    if lowest >= low and highest <= high:
        return values
    got = f"values from {lowest:g} to {highest:g}"
    message = f"{where}: y has {got}; {must}. {advice}"
    raise DataError(message, expected=must, got=got)


def as_class_targets(where: str, y: Any, n_outputs: int, one_output: str) -> np.ndarray:
    """Return codes (n,) of integers, or numbers (n, n_outputs) still to be checked.

    ``one_output`` is the loss for two classes in one output, which the message suggests where there is only one.
    """
    if n_outputs < 2:
        message = (
            f"{where}: the last layer has 1 output; it must have at least 2, one per class. "
            f"For two classes in one output use loss={one_output!r}."
        )
        raise ShapeError(message, expected="at least 2 outputs", got=n_outputs)
    values = check_matrix(where, "y", y, np.dtype(np.float64), min_ndim=1, labels_advice=_LABELS)
    if values.ndim == 1 or values.shape[1:] == (1,):
        return as_codes(where, values.reshape(-1), n_outputs)
    if values.shape[1:] != (n_outputs,):
        must = f"it must be class codes of shape (n,) or probabilities of shape (n, {n_outputs})"
        message = f"{where}: y has shape {values.shape}; {must}."
        raise ShapeError(message, expected=must, got=values.shape)
    return values


def as_codes(where: str, values: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return class codes from 0 to ``n_outputs - 1`` as integers."""
    codes = values.astype(np.int64)
    lowest, highest = codes.min(), codes.max()
    if (codes == values).all() and lowest >= 0 and highest < n_outputs:
        return codes
    must = f"it must hold class codes, whole numbers from 0 to {n_outputs - 1}"
    got = f"values from {values.min():g} to {values.max():g}"
    advice = f"Give the last layer {highest + 1} units." if lowest >= 0 else "Code the classes from 0 upwards."
    if lowest == 1 and highest == n_outputs:
        advice = "Subtract 1: classes are counted from 0."
    if (codes != values).any():
        got, advice = "fractions", "For numbers that are not classes use loss='squared_error'."
    message = f"{where}: y has {got}; {must}. {advice}"
    raise DataError(message, expected=must, got=got)


def check_probabilities(where: str, values: np.ndarray) -> np.ndarray:
    """Return rows of probabilities, scaled to sums of exactly 1."""
    sums = values.sum(axis=1)
    if values.min() >= 0.0 and np.allclose(sums, 1.0, atol=1e-3):
        # With sums that are off by rounding, as in 0.333, the gradient would not be that of the loss.
        return np.asarray(values / sums[:, None])
    row = int(np.argmax(np.maximum(np.abs(sums - 1.0), np.where(values.min(axis=1) < 0.0, np.inf, 0.0))))
    must = "each row of y must hold probabilities that sum to 1"
    got = f"row {row} with sum {sums[row]:g} and smallest value {values[row].min():g}"
    message = f"{where}: y has {got}; {must}. For several labels per row use loss='binary_cross_entropy'."
    raise DataError(message, expected=must, got=got)
