"""Cells that are no use as numbers: infinite ones, and those so far from the others that nothing is left of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import few, shortened

__all__ = ["far_cells", "infinite_cells", "infinite_note", "question_of_far_cells"]

_FAR = 1e12  # spreads from the middle: beyond, float32 holds the cell or the differences of the others, not both
_MOST = 5
_SHARE = 0.01


def infinite_cells(column: Column) -> np.ndarray:
    """Return in which rows a column is infinite.

    Examples
    --------
    >>> infinite_cells(Column("a", "number", np.array([1.0, np.inf]), np.zeros(2, dtype=bool)))
    array([False,  True])
    """
    return np.isinf(column.values) if column.kind == "number" else np.zeros(len(column), dtype=bool)


def infinite_note(column: Column) -> str:
    """Return a sentence on the infinite values of a column; "" if there are none."""
    n = int(infinite_cells(column).sum())
    said = "1 infinite value is" if n == 1 else f"{n:,} infinite values are"
    return f"Column {shortened(repr(column.name), 60)}: {said} read as missing." if n else ""


def far_cells(column: Column) -> np.ndarray:
    """Return the rows of a few cells that are beyond all proportion to the others.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 1e300])
    >>> far_cells(Column("a", "number", values, np.zeros(4, dtype=bool)))
    array([3])
    """
    if column.kind != "number":
        return np.zeros(0, dtype=np.int64)
    rows = np.flatnonzero(np.isfinite(column.values))
    if len(rows) < 2:
        return rows[:0]
    with np.errstate(over="ignore"):
        away = np.abs(column.values[rows] - np.median(column.values[rows]))
    spread = float(np.quantile(away, 0.5)) or float(np.quantile(away[away > 0], 0.5) if (away > 0).any() else 0.0)
    found: np.ndarray = rows[away > _FAR * spread]
    return found if len(found) <= max(_MOST, _SHARE * len(rows)) else found[:0]


def question_of_far_cells(column: Column, texts: Sequence[str], missing: Sequence[str]) -> dict[str, Any]:
    """Return what is asked about the cells of a column that `far_cells` finds.

    Parameters
    ----------
    column : Column
    texts : sequence of str
        These cells as they stand in the file.
    missing : sequence of str
        What means missing already.
    """
    rows = far_cells(column)
    shown = few([f"{column.values[row]:g} in {column.rows(row)}" for row in rows], most=3)
    verb = "is" if len(rows) == 1 else "are"
    name = shortened(repr(column.name), 60)
    return {
        "column": column.name,
        "text": f"Column {name}: {shown} {verb} too far from its other numbers to learn from these.",
        "choices": [
            {"options": {"missing": list(dict.fromkeys([*missing, *texts]))}},
            {"options": {"read": {column.name: "drop"}}},
        ],
    }
