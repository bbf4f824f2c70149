"""Cells that stand for a missing value, as they were declared when a table was read for training."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import Coder

__all__ = ["missing_numbers", "missing_texts"]


def missing_numbers(coder: Coder, marks: Iterable[str]) -> tuple[float, ...]:
    """Return the numbers for a missing value among the cells of a column, as a plan has cells: dates in days."""
    kind = coder.training_kind
    if kind == "category":
        return ()
    found = dict.fromkeys(map(_days if kind == "date" else _number, marks))
    own = {0.0, 1.0} if kind == "boolean" else set()  # these are false and true by the time that a file sees them
    return tuple(value for value in found if np.isfinite(value) and value not in own)


def missing_texts(coder: Coder, marks: Iterable[str]) -> tuple[str, ...]:
    """Return the texts for a missing value among the cells of a column.

    One that is a category was read as such, since of a column of text every cell stands for itself.
    """
    if coder.training_kind != "category":
        return ()
    categories = coder.categories if isinstance(coder, (CategoryCoder, CodeCoder)) else ()
    rare = coder.rare if isinstance(coder, CategoryCoder) else ()
    return tuple(mark for mark in dict.fromkeys(marks) if mark and mark not in {*categories, *rare})


def _number(mark: str) -> float:
    try:
        return float(mark)
    except ValueError:
        return np.nan


def _days(mark: str) -> float:
    try:
        moment = np.datetime64(mark if mark[:1].isdigit() or mark[:1] == "-" else "NaT", "us")
    except ValueError:
        return np.nan
    return np.nan if np.isnat(moment) else float(moment.astype(np.int64) / 86_400e6)
