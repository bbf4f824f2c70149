"""Convert columns of text that hold plain numbers only without a look at each cell."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from glassnet.tabular.reading.cells.markers import MISSING_MARKERS
from glassnet.tabular.reading.cells.plain import has_large_numbers, may_have_thousands

__all__ = ["plain_numbers"]

_SAMPLE = 200  # cells that show whether dots may separate thousands
_FIRST = 8  # cells that nearly always show that they do not
# What Python's float takes beside digits, sign, point and exponent: each is looked for by itself, which is several
# times faster than a look at every character.
_OTHER_MARKS = ("_", "n", "N", *" \t\r\v\f\x1c\x1d\x1e\x1f")
_NOT_PLAIN = re.compile(r"\n[-+]?(?:0\d|\.)")
_LONG_EXPONENT = re.compile(r"[eE][-+]?\d{3}")


def plain_numbers(cells: Sequence[str]) -> np.ndarray | None:
    """Return the numbers of a column, NaN for missing ones; None if a cell is written in another way.

    Then `CellReader` decides; of what is returned here it would make the same.

    Examples
    --------
    >>> plain_numbers(["1.5", "-2e1", "NA"])
    array([  1.5, -20. ,   nan])
    >>> [plain_numbers(cells) for cells in (["1", "007"], ["1", "x"], ["1_0"], ["1,5"], ["NA"])]
    [None, None, None, None, None]
    """
    present: Sequence[str] = cells
    values = _floats(cells)
    if values is None:
        present = [cell for cell in cells if cell not in MISSING_MARKERS]
        if len(present) == len(cells) or not present or _floats(present) is None:
            return None
        values = _floats(["nan" if cell in MISSING_MARKERS else cell for cell in cells])
    joined = "\n" + "\n".join(present)
    if values is None or not joined.isascii() or any(mark in joined for mark in _OTHER_MARKS):
        return None
    if _NOT_PLAIN.search(joined):
        return None
    if ("e" in joined or "E" in joined) and _LONG_EXPONENT.search(joined):
        return None
    in_doubt = may_have_thousands([*present[:_FIRST], "1.000"]) and may_have_thousands(present[:_SAMPLE])
    return None if in_doubt or has_large_numbers(values) else values


def _floats(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
