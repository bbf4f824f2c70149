"""Text that was probably meant as numbers or dates: one bad cell makes a column of numbers a column of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["near_miss"]

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_AMOUNT = r"[-+]?[$€£¥]\s?[\d.,]+|[-+]?[\d.,]+\s?[$€£¥]|\d{1,3}(,\d{3})+(\.\d+)?"
_DATE = r"\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./])\d{1,2}\2\d{1,2}"
_FORMATS = {
    "amounts with a currency or thousands separators": re.compile(_AMOUNT),
    "percentages": re.compile(r"[-+]?[\d.,]+\s?%"),
    "dates that are not written year-month-day": re.compile(_DATE),
}
_MOST = 0.8


def near_miss(texts: Sequence[str]) -> str:
    """Return in words what most of these texts are, if that is numbers or a format of them; else "".

    Examples
    --------
    >>> near_miss(["1.5", "2", "oops", "4", "5", "6"])
    "5 numbers and 1 other, such as 'oops'"
    >>> near_miss(["3%", "4.5%"])
    "percentages such as '3%'"
    >>> near_miss(["Ann", "Bob"])
    ''
    """
    n = len(texts)
    others = [text for text in texts if not _NUMBER.fullmatch(text)]
    if len(others) <= (1.0 - _MOST) * n:
        return f"{n - len(others):,} numbers and {len(others):,} other, such as {others[0]!r}" if others else ""
    for words, pattern in _FORMATS.items():
        matching = [text for text in texts if pattern.fullmatch(text)]
        if len(matching) >= _MOST * n:
            return f"{words} such as {matching[0]!r}"
    return ""
