"""Rows of plain numbers in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS, INPUTS, Array, network
from glassnet.exports.targets.python_parts.templates.rows import Unreadable, cells_of


def read(rows: Any) -> Array:
    """Return rows as an array (n, d) of finite numbers."""
    if hasattr(rows, "keys") or (len(rows) > 0 and hasattr(rows[0], "keys")):
        rows = list(zip(*cells_of(rows).values()))
    try:
        x = np.asarray(rows, dtype=float)
    except (TypeError, ValueError):
        raise Unreadable(f"every row must have {INPUTS} numbers") from None
    if x.shape != (len(rows), INPUTS) and x.size > 0:
        raise Unreadable(f"every row must have {INPUTS} numbers, got an array of shape {x.shape}")
    if not np.isfinite(x).all():
        row, place = np.argwhere(~np.isfinite(x))[0].tolist()
        name = repr(list(COLUMNS)[place]) if COLUMNS else place
        raise Unreadable(f"every number must be finite, got {x[row, place]} in column {name}", row)
    return x.reshape(len(rows), INPUTS)


def compute(x: Array) -> Array:
    """Return the outputs for rows (n, d)."""
    return network(x)
