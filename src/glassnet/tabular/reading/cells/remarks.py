"""Notes on columns: numbers that may stand for missing ones or be dates, and categories that may be one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import few

__all__ = ["with_remarks"]

_FEWEST = 3  # rows of a value that may stand for a missing one
_LEAST_NINES = 99.0
_SEVERAL = 5  # different values
_LOOKED_AT = 10_000
_MOST_CATEGORIES = 200


def with_remarks(column: Column, options: ReadOptions) -> Column:
    """Return the column with notes on what a user may want to read otherwise.

    Examples
    --------
    >>> values = np.array([1.0, 2.5, -999.0, 4.0, -999.0, -999.0])
    >>> with_remarks(Column("t", "number", values, np.zeros(6, dtype=bool)), ReadOptions()).notes
    ("Column 't': -999 stands in 3 of 6 rows, far from all others: missing=[-999], if it means no value.",)
    """
    if column.kind == "category" and column.name not in options.read:
        notes = _spelled_twice(column)
        return replace(column, notes=(*column.notes, *notes)) if notes else column
    if column.kind != "number" or (column.form is not None and column.form.style):
        return column
    present = column.present()
    present = present[np.isfinite(present)]
    if present.size < 2:
        return column
    low, high = float(present.min()), float(present.max())
    notes = []
    for value in sorted({low, high}):
        count = int(np.count_nonzero(present == value))
        if count >= _FEWEST and _stands_apart(present, value):
            shown = int(value) if value == int(value) else value
            option = options.spelled("missing", [shown])
            notes.append(
                f"Column {column.name!r}: {shown} stands in {count:,} of {len(column):,} rows, far from all others: "
                f"{option}, if it means no value."
            )
    if 19000101 <= low < high <= 21001231 and not options.read.get(column.name) and _are_days(present):
        option = options.spelled("read", {column.name: "date"})
        notes.append(f"Column {column.name!r} holds numbers such as {int(low)}, which may be dates: {option}.")
    return replace(column, notes=(*column.notes, *notes)) if notes else column


def _spelled_twice(column: Column) -> list[str]:
    """Return a note on categories that differ in case or blanks only; none on text, which has many values."""
    found = sorted(set(column.present().tolist()))
    if len(found) > _MOST_CATEGORIES or 2 * len(found) > len(column):
        return []
    alike: dict[str, list[str]] = {}
    for text in found:
        alike.setdefault("".join(text.split()).casefold(), []).append(text)
    groups = [" and ".join(map(repr, group)) for group in alike.values() if len(group) > 1]
    if not groups:
        return []
    return [
        f"Column {column.name!r}: {few(groups, 2, '; ')} differ in case or blanks only, and each is a category: write "
        "them in one way, if they are the same."
    ]


def _stands_apart(present: np.ndarray, value: float) -> bool:
    """Return whether an extreme value may stand for a missing one.

    That is nines only, as in -999 or 9999, at a distance of more than a tenth of the range of the others; or a negative
    number beside several others that are none, at a distance of more than their range.
    """
    others = present[present != value]
    if not others.size:
        return False
    low, high = float(others.min()), float(others.max())
    distance = low - value if value < low else value - high
    digits = str(int(abs(value))) if value == int(value) else ""
    if abs(value) >= _LEAST_NINES and digits and not digits.strip("9"):
        return high > low and distance > 0.1 * (high - low)
    several = np.unique(others[:_LOOKED_AT]).size >= _SEVERAL
    return several and value < 0.0 <= low < high and distance > high - low


def _are_days(present: np.ndarray) -> bool:
    """Return whether all numbers are days written as 20240531."""
    if (present != np.floor(present)).any():
        return False
    whole = present.astype(np.int64)
    year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
    if not ((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all():
        return False
    start = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days = start.astype("M8[D]") + (day - 1)
    return bool((days.astype("M8[M]") == start).all())
