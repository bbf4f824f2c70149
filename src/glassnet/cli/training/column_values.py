"""What values a column has, in a few words."""

from __future__ import annotations

from collections import Counter

import numpy as np

from glassnet.tabular import Column
from glassnet.utils.short_text import count, number_text, plain
from glassnet.utils.wording import few

__all__ = ["values_text"]

_SHOWN = 4  # categories
_LONGEST = 20  # characters of one
_MANY = 30  # categories: more are only counted
_WHOLE = 1e9  # whole numbers below it are shown with all digits
_COMMAS = 1e4  # smaller numbers, which may be years, have no commas
_SMALL = 1e-4


def values_text(column: Column) -> str:
    """Return which values a column has.

    Examples
    --------
    >>> from glassnet.tabular import to_table
    >>> table = to_table({"size": [1.5, 20.0], "colour": ["red", "blue"], "is_new": [True, False]})
    >>> [values_text(column) for column in table.columns]
    ['1.5 to 20', "2 categories: 'red', 'blue'", 'true in 1 row, false in 1']
    """
    present = column.present()
    if not len(present):
        return "no values"
    if column.kind == "boolean":
        n_true = int(np.count_nonzero(present))
        return f"true in {count(n_true, 'row')}, false in {len(present) - n_true:,}"
    if column.kind == "category":
        counts = Counter(present.tolist())
        shown = [plain(repr(word), _LONGEST) for word, _ in counts.most_common(_SHOWN)]
        if len(counts) > _MANY:
            return f"{len(counts):,} categories, such as {shown[0]}"
        return f"{count(len(counts), 'category', 'categories')}: {few(shown, _SHOWN)}" + (
            f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
        )
    low, high = present.min(), present.max()
    texts = [_moment(value) if column.kind == "date" else _number(float(value)) for value in (low, high)]
    return f"{texts[0]} to {texts[1]}" if texts[0] != texts[1] else f"{texts[0]} in all rows"


def _moment(value: np.datetime64) -> str:
    """Return a moment; midnight as the day alone."""
    text = str(value.astype("M8[s]"))
    return text.removesuffix("T00:00:00").replace("T", " ")


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _WHOLE:
        return f"{int(value):,}" if abs(value) >= _COMMAS else str(int(value))
    return f"{value:.4g}" if _SMALL < abs(value) < _COMMAS else number_text(value)
