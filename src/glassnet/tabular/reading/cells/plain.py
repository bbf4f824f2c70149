"""Columns that are plain numbers or ISO dates throughout, as most are: read many times faster than by their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from glassnet.tabular.reading.cells.large import EXACT

__all__ = ["has_large_numbers", "may_have_thousands", "plain_dates", "plain_numbers"]

_MAY = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})?|0)")
_CODE = re.compile(r"(?:^|\n)[-+]?0\d")
_SAMPLE = 200
_ISO = {
    10: re.compile(r"\d{4}-\d\d-\d\d"),
    16: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d"),
    19: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"),
    23: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{3}"),
    26: re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}"),
}


def plain_numbers(texts: Sequence[str]) -> np.ndarray | None:
    """Return texts as numbers if all are numbers in the notation of programs, else None.

    None also for codes with a zero in front, for numbers that float64 may round, and where dots may separate thousands.

    Examples
    --------
    >>> plain_numbers(["1.5", "-2e3"])
    array([ 1.5e+00, -2.0e+03])
    >>> plain_numbers(["1,5", "2"]) is None, plain_numbers(["007", "12"]) is None
    (True, True)
    """
    try:
        values = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None
    together = "\n".join(texts)
    # Python also reads 1_000, and digits of other scripts, as a number.
    if not together.isascii() or "_" in together or _CODE.search(together) or has_large_numbers(values):
        return None
    return None if may_have_thousands(texts[:_SAMPLE]) else values


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
    with np.errstate(invalid="ignore"):
        return bool((np.abs(values[np.isfinite(values)]) >= EXACT).any())
