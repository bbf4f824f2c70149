"""Rows of plain numbers in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.exports.targets.python_parts.templates.file_names import INPUTS, Array, network
from glassnet.exports.targets.python_parts.templates.rows import Unreadable, cells_of, problem_of


def read(rows: Any) -> Array:
    """Return rows as an array (n, d) of finite numbers."""
    if not hasattr(rows, "keys") and len(rows) == 0 and not hasattr(rows, "shape"):
        raise Unreadable("there are no rows; there must be at least one")
    if hasattr(rows, "keys") or (len(rows) > 0 and hasattr(rows[0], "keys")):
        rows = list(zip(*cells_of(rows).values()))
    try:
        x = np.asarray(rows)
        if x.dtype.kind in "US" or (x.dtype == object and any(isinstance(cell, str) for cell in x.flat)):
            raise problem_of(rows)
        x = x.astype(float)
    except Unreadable:
        raise
    except (TypeError, ValueError):
        raise problem_of(rows) from None
    if len(rows) == 0:
        return np.empty((0, INPUTS))
    if x.ndim > 2:  # images and other rows of several axes
        x = x.reshape(len(rows), -1)
    if x.ndim != 2 or x.shape[1] != INPUTS or not np.isfinite(x).all():
        raise problem_of(rows)
    return x


def compute(x: Array) -> Array:
    """Return the outputs for rows (n, d)."""
    return network(x)
