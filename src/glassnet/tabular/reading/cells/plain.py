"""Columns that are plain numbers or ISO dates throughout, as most are: read many times faster than by their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from glassnet.tabular.reading.cells.large import EXACT
from glassnet.tabular.reading.cells.markers import MISSING_MARKERS

__all__ = ["has_large_numbers", "may_have_thousands", "plain_dates", "plain_numbers"]

_MAY = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})?|0)")
_SAMPLE = 200  # cells that show whether dots may separate thousands
_FIRST = 8  # cells that nearly always show that they do not
# What Python's float takes beside digits, sign, point and exponent: each is looked for by itself, which is several
# times faster than a look at every character.
_OTHER_MARKS = ("_", "n", "N", *" \t\r\v\f\x1c\x1d\x1e\x1f")
_NOT_PLAIN = re.compile(r"\n[-+]?(?:0\d|\.)")
_LONG_EXPONENT = re.compile(r"[eE][-+]?\d{3}")
_ISO = {
    10: re.compile(r"\d{4}-\d\d-\d\d"),
    16: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d"),
    19: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"),
    23: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{3}"),
    26: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}"),
}


def plain_numbers(cells: Sequence[str]) -> np.ndarray | None:
    """Return the numbers of a column, NaN for missing ones; None if a cell is written in another way.

    Then the shapes of the cells decide; of what is returned here they would make the same.

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


def plain_dates(texts: Sequence[str]) -> np.ndarray | None:
    """Return texts as datetime64[us] if all are ISO dates in one form without a zone, else None.

    Examples
    --------
    >>> plain_dates(["2024-05-31", "2024-06-01"])
    array(['2024-05-31T00:00:00.000000', '2024-06-01T00:00:00.000000'],
          dtype='datetime64[us]')
    >>> plain_dates(["31.05.2024"]) is None, plain_dates(["2024-05-31", "now"]) is None
    (True, True)
    """
    pattern = _ISO.get(len(texts[0])) if texts else None
    if pattern is None or not all(map(pattern.fullmatch, texts[:_SAMPLE])) or len(set(map(len, texts))) > 1:
        return None
    together = "".join(texts)
    if not together.isascii():
        return None
    try:  # from bytes, since conversion to an array of str takes five times longer
        return np.frombuffer(together.encode(), dtype=f"S{len(texts[0])}").astype("M8[us]")
    except ValueError:
        return None


def may_have_thousands(sample: Iterable[str]) -> bool:
    """Return whether the dots of all numbers may separate thousands, so that other columns must decide.

    Examples
    --------
    >>> may_have_thousands(["950", "1.348"]), may_have_thousands(["950", "1.5"]), may_have_thousands(["950", "12"])
    (True, False, False)
    """
    texts = [text.strip() for text in sample]
    return any("." in text for text in texts) and all(_MAY.fullmatch(text) for text in texts if text)


def has_large_numbers(values: np.ndarray) -> bool:
    """Return whether some numbers are so large that float64 may not hold them exactly."""
    if not values.size:
        return False
    # `fmax` passes over NaN and, unlike a comparison, makes no array.
    return bool(np.fmax.reduce(values) >= EXACT or np.fmin.reduce(values) <= -EXACT)
