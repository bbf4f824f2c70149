"""What a learner's functions returned: one number, or structures that a call may have changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.errors import ShapeError

__all__ = ["is_unchanged", "single_number"]

WHERE = "check_my_backprop"


def single_number(value: Any) -> float:
    """Return what a loss returned as a number.

    Raises
    ------
    ShapeError
        If it is none.
    """
    if isinstance(value, (tuple, list)):
        # A function that returns the gradients as well.
        numbers = [each for each in value if np.ndim(each) == 0 and isinstance(each, (float, np.floating, np.ndarray))]
        value = numbers[0] if len(numbers) == 1 else value
    try:
        array = np.asarray(value)
    except ValueError:  # a list of arrays that differ in shape
        array = np.asarray(None)
    if array.size != 1 or array.dtype.kind not in "fiu":
        got = f"shape {array.shape}" if array.dtype.kind in "fiu" else type(value).__name__
        message = f"{WHERE}: loss returned {got}; it must return one number. Take the mean over the samples."
        raise ShapeError(message)
    return float(array.reshape(()))


def is_unchanged(before: Any, after: Any) -> bool:
    """Return whether two structures hold the same numbers."""
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(is_unchanged(before[key], after[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(is_unchanged, before, after))
    return True
