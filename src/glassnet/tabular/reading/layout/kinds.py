"""What a single cell looks like: enough to distinguish names from data and one separator from another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from glassnet.tabular.reading.cells.markers import is_missing_in_numbers

__all__ = ["cell_kind", "column_kind"]

_LONGEST = 40  # characters of a number or a date
_SIGN = r"[-+\u2212\u2013]?"
_CURRENCY = "(?:[$€£¥₹]|[A-Z]{3})?"
_DIGITS = r"(?:\d{1,3}(?:[ ,.'_\u00a0\u2009\u202f\u2019]\d{3})+|\d+)"
_NUMBER = re.compile(
    rf"\(?{_SIGN}\s?{_CURRENCY}\s?{_SIGN}(?:{_DIGITS}(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?\s?(?:%|‰|°C|{_CURRENCY})\)?"
)
_OTHER_NUMBER = re.compile(r"[-+]?(?:inf|infinity|nan)|[<>]=?\s?\d+(?:[.,]\d+)?", re.IGNORECASE)
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?"
_ZONE = r"(?:\s?(?:Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?"
_MONTH = r"(?i:jan|feb|fév|mar|mär|apr|avr|ma[iy]|jun|juin|jul|juil|aug|aoû|sep|o[ck]t|nov|de[cz]|déc)[a-zé]*\.?"
_DAY = (
    rf"(?:\d{{4}}([-./])\d{{1,2}}\1\d{{1,2}}|\d{{1,2}}([-./])\d{{1,2}}\2\d{{2,4}}"
    rf"|\d{{1,2}}[- ./]{_MONTH}[- ./]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}"
    rf"|{_MONTH}[- ]\d{{2,4}}|\d{{4}}-(?:\d\d|Q[1-4]|W\d\d))"
)
_DATE = re.compile(rf"{_DAY}(?:[ T,]+{_CLOCK}{_ZONE})?")
_TIME = re.compile(rf"{_CLOCK}{_ZONE}")
_MOST = 0.75  # share of the filled cells that makes a column one of a kind


def cell_kind(cell: str) -> str:
    """Return "empty", "number", "date", "time" or "text": numbers with units and separators are numbers too.

    Examples
    --------
    >>> [cell_kind(cell) for cell in ("", "NA", "$1,250.00", "3,5", "31.05.2024 18:30", "08:15", "kg")]
    ['empty', 'empty', 'number', 'number', 'date', 'time', 'text']
    """
    cell = cell.strip()
    if len(cell) > _LONGEST:
        return "text"
    if _NUMBER.fullmatch(cell):
        return "number"
    if is_missing_in_numbers(cell):
        return "empty"
    if _OTHER_NUMBER.fullmatch(cell):
        return "number"
    if not any(map(str.isdigit, cell)):
        return "text"
    if _TIME.fullmatch(cell):
        return "time"
    return "date" if _DATE.fullmatch(cell) else "text"


def column_kind(cells: Iterable[str]) -> str:
    """Return the kind of most of the cells that are filled; "empty" if none is.

    Examples
    --------
    >>> column_kind(["1", "2", "", "3", "about 4", "5"]), column_kind(["a", "1"])
    ('number', 'text')
    """
    counts = Counter(map(cell_kind, cells))
    del counts["empty"]
    if not counts:
        return "empty"
    kind, count = counts.most_common(1)[0]
    return kind if count >= _MOST * counts.total() else "text"
