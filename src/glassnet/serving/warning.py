"""Warnings about single records, in the words of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping

from glassnet.tabular.reading.form import Form

__all__ = ["clock", "in_words"]

_ONE = (
    (re.compile(r"1 of 1 rows has a value outside the range"), "the value is outside the range"),
    (re.compile(r"1 of 1 rows has a category that training did not have"), "training did not have this category"),
    (re.compile(r"1 of 1 values is missing"), "the value is missing"),
    (re.compile(r"1 of 1 values is infinite and counts"), "the value is infinite and counts"),
    (re.compile(r"1 of 1 rows has"), "it has"),
)
_MIDNIGHT = re.compile(r"(?<=\d{4}-\d\d-\d\d)T00:00(:00(\.0+)?)?(?!:?\d)")
_RANGE = re.compile(r"(?<=range of training, ).*(?=\.$)")
_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(e[-+]?\d+)?")


def in_words(warning: str, forms: Mapping[str, Form]) -> str:
    """Return a warning about one row as a person would say it of a record.

    Examples
    --------
    >>> in_words("Column 'at': 1 of 1 rows has a value outside the range of training, 28800 to 36000: 39600.",
    ...          {"at": Form("number", style="time")})
    "Column 'at': the value is outside the range of training, 08:00 to 10:00: 11:00."
    """
    for pattern, words in _ONE:
        warning = pattern.sub(words, warning, count=1)
    warning = _MIDNIGHT.sub("", warning)
    start = next(
        (name for name, form in forms.items() if form.style == "time" and f"Column {name!r}: " in warning), None
    )
    if start is not None:
        warning = _RANGE.sub(lambda range_: _NUMBER.sub(lambda number: clock(number[0]), range_[0]), warning)
    return warning


def clock(number: str) -> str:
    """Return seconds since midnight as a time of day; what is none as it is.

    Examples
    --------
    >>> clock("37800"), clock("1e+08")
    ('10:30', '1e+08')
    """
    seconds = float(number.replace(",", ""))
    if not (0.0 <= seconds < 86_400.0 and seconds.is_integer()):
        return number
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours:02d}:{rest // 60:02d}" + (f":{rest % 60:02d}" if rest % 60 else "")
