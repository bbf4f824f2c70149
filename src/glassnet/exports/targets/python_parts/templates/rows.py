"""Rows in the forms in which they may be given."""

from __future__ import annotations

import math
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS, INPUTS


class Unreadable(ValueError):
    """Rows cannot be read; ``problem`` says why, and ``row``, counted from 0, where."""

    def __init__(self, problem: str, row: int = -1) -> None:
        super().__init__(f"row {row}: {problem}." if row >= 0 else f"{problem}.")
        self.problem, self.row = problem, row


def cells_of(rows: Any) -> dict[str, list[Any]]:
    """Return the cells of each column: of a list of dicts, of a dict of lists, or of a DataFrame."""
    if hasattr(rows, "keys"):
        found = {name: rows[name] for name in COLUMNS if name in rows}
        if any(isinstance(cells, str) or not hasattr(cells, "__len__") for cells in found.values()):
            raise Unreadable("a column is no list of cells; each must be one. For one row pass [row]")
        if len({len(cells) for cells in found.values()}) > 1:
            raise Unreadable("columns have different numbers of cells; all must have the same")
    else:
        rows = list(rows)
        for number, row in enumerate(rows):
            if not hasattr(row, "keys"):
                raise Unreadable(f"the row is {row!r}; it must be a dict of cells by the names of columns", number)
        known = set().union(*rows) if rows else set(COLUMNS)
        found = {name: [row.get(name) for row in rows] for name in COLUMNS if name in known}
    absent = [repr(name) for name in COLUMNS if name not in found]
    if absent:
        more = f" and {len(absent) - 10} more" if len(absent) > 10 else ""
        raise Unreadable(f"the rows lack the column{'s' * (len(absent) > 1)} {', '.join(absent[:10])}{more}")
    return {name: list(cells) for name, cells in found.items()}


def flat(cells: Any) -> list[Any]:
    """Return the numbers of a row that may have several axes, such as an image."""
    found = []
    for cell in cells:
        found += flat(cell) if hasattr(cell, "__len__") and not isinstance(cell, (str, bytes)) else [cell]
    return found


def problem_of(rows: Any) -> Unreadable:
    """Return the error about the first row that is not the right number of finite numbers."""
    for row, cells in enumerate(rows):
        if isinstance(cells, str) or not hasattr(cells, "__len__"):
            return Unreadable(f"the row is no list; it must be one of {INPUTS} numbers. For one row pass [row]", row)
        cells = flat(cells)
        if len(cells) != INPUTS:
            return Unreadable(f"the row has {len(cells)} numbers; it must have {INPUTS}", row)
        for place, cell in enumerate(cells):
            try:
                good = not isinstance(cell, (str, bytes)) and math.isfinite(float(cell))
            except (TypeError, ValueError):
                good = False
            if not good:
                name = repr(list(COLUMNS)[place]) if COLUMNS else place
                return Unreadable(f"column {name} holds {cell!r}; it must hold finite numbers", row)
    return Unreadable(f"each row must have {INPUTS} numbers")
