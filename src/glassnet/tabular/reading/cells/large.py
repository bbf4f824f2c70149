"""Whole numbers with more digits than float64 holds: kept exact for labels, and as text where they would merge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glassnet.tabular.reading.table import Column

__all__ = ["EXACT", "large_whole_numbers", "merged_note", "merges", "with_exact"]

_WHOLE = re.compile(r"(\d+)(?:[.,]0*)?(?!\d|[.,]\d|[eE])")
EXACT = 2**53
"""Whole numbers up to here are exact in float64."""


def large_whole_numbers(texts: Sequence[str], values: np.ndarray, thousands: str = "") -> dict[str, float]:
    """Return the digits of the whole numbers that float64 may round, with their rounded values.

    Examples
    --------
    >>> large_whole_numbers(["5", "9007199254740993"], np.array([5.0, 9007199254740992.0]))
    {'9007199254740993': 9007199254740992.0}
    """
    with np.errstate(invalid="ignore"):
        places = np.flatnonzero(np.abs(values) >= EXACT).tolist()
    digits = {i: _WHOLE.search(texts[i].replace(thousands, "") if thousands else texts[i]) for i in places}
    return {found[1]: float(values[i]) for i, found in digits.items() if found}


def merges(large: dict[str, float]) -> bool:
    """Return whether different whole numbers become equal when rounded.

    Examples
    --------
    >>> merges({"9007199254740992": 9007199254740992.0, "9007199254740993": 9007199254740992.0})
    True
    """
    return len(large) > len({abs(value) for value in large.values()})


def merged_note(name: str, read: str) -> str:
    """Return the sentence about such a column; ``read`` is the option that makes it numbers after all."""
    return (
        f"Column {name!r} is read as text: float64 would make different ones of its large whole numbers equal; {read}."
    )


def with_exact(column: Column, texts: Sequence[str], place: np.ndarray) -> Column:
    """Return a column of numbers with the digits of each row."""
    exact = np.fromiter(texts, object, len(texts))[place]
    return replace(column, exact=exact)
