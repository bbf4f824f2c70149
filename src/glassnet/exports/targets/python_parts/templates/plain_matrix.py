"""Rows of plain numbers in plain Python."""

from __future__ import annotations

import math
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS, INPUTS, network
from glassnet.exports.targets.python_parts.templates.rows import Unreadable, cells_of


def read(rows: Any) -> list[list[float]]:
    """Return rows as lists of finite numbers."""
    if hasattr(rows, "keys") or (len(rows) > 0 and hasattr(rows[0], "keys")):
        rows = list(zip(*cells_of(rows).values()))
    found = []
    for row, cells in enumerate(rows):
        try:
            numbers = [float(cell) for cell in cells]
        except (TypeError, ValueError):
            raise Unreadable(f"every row must have {INPUTS} numbers, got {list(cells)!r}", row) from None
        if len(numbers) != INPUTS:
            raise Unreadable(f"every row must have {INPUTS} numbers, got {len(numbers)}", row)
        for place, number in enumerate(numbers):
            if not math.isfinite(number):
                name = repr(list(COLUMNS)[place]) if COLUMNS else place
                raise Unreadable(f"every number must be finite, got {number} in column {name}", row)
        found.append(numbers)
    return found


def compute(rows: list[list[float]]) -> list[list[float]]:
    """Return the outputs for each row."""
    return [network(x) for x in rows]
