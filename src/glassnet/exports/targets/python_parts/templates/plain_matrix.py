"""Rows of plain numbers in plain Python."""

from __future__ import annotations

import math
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import INPUTS, network
from glassnet.exports.targets.python_parts.templates.rows import Unreadable, cells_of, flat, problem_of


def read(rows: Any) -> list[list[float]]:
    """Return rows as lists of finite numbers."""
    if not hasattr(rows, "keys") and len(rows) == 0 and not hasattr(rows, "shape"):
        raise Unreadable("there are no rows; there must be at least one")
    if hasattr(rows, "keys") or (len(rows) > 0 and hasattr(rows[0], "keys")):
        rows = list(zip(*cells_of(rows).values()))
    try:
        found = [[float(cell) for cell in flat(cells)] for cells in rows]
    except (TypeError, ValueError):
        raise problem_of(rows) from None
    if any(isinstance(cell, str) for cells in rows for cell in flat(cells)):
        raise problem_of(rows)
    if not all(len(x) == INPUTS and all(map(math.isfinite, x)) for x in found):
        raise problem_of(rows)
    return found


def compute(rows: list[list[float]]) -> list[list[float]]:
    """Return the outputs for each row."""
    return [network(x) for x in rows]
