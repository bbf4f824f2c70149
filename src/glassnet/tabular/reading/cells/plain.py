"""Columns of text that a fast parser has converted to numbers: what of them must be read as text after all."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from glassnet.tabular.reading.cells.large import EXACT

__all__ = ["has_large_numbers", "may_have_thousands"]

_MAY = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})?|0)")


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
    return bool((np.abs(values) >= EXACT).any())
