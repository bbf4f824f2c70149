"""The text of a value as its column is written: dates in the order of day and month, booleans in their own words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.text import plain_text

__all__ = ["moment_text", "shown_cell"]

_WRITTEN = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b")


def shown_cell(value: Any, form: Form | None = None) -> str:
    """Return the text of a value of a column that is written in a form: as in its table, as far as the form knows that.

    Examples
    --------
    >>> form = Form("date", order="dmy", example="31.12.2024")
    >>> shown_cell(np.datetime64("2024-09-01T00:00:00.000000"), form)
    '01.09.2024'
    >>> shown_cell(True, Form("boolean", words=("nein", "ja"))), shown_cell(29_400.0, Form("number", style="time"))
    ('ja', '08:10')
    """
    if isinstance(value, (bool, np.bool_)) and form is not None and form.words:
        return form.words[int(value)]
    if isinstance(value, np.datetime64):
        return _date_as_written(value, form)
    if isinstance(value, (float, np.floating)) and form is not None and form.style in ("time", "duration"):
        return _clock_text(float(value), is_time=form.style == "time")
    return plain_text(value)


def moment_text(moment: np.datetime64) -> str:
    """Return a moment as year-month-day, with the time of day if that is not midnight.

    Examples
    --------
    >>> moment_text(np.datetime64("2024-09-01T00:00:00")), moment_text(np.datetime64("2024-09-01T13:45:00.000000"))
    ('2024-09-01', '2024-09-01 13:45')
    """
    day, _, time = str(moment.astype("M8[us]")).partition("T")
    return f"{day} {_short(time)}".rstrip()


def _short(time: str) -> str:
    """Return a time of day without what is zero at its end; "" for midnight."""
    time = time.rstrip("0").rstrip(".") if "." in time else time
    time = time.ljust(8, "0")
    return "" if time == "00:00:00" else time.removesuffix(":00")


def _date_as_written(moment: np.datetime64, form: Form | None) -> str:
    """Return a date in the order and with the marks of the form's example; else as year-month-day."""
    text = moment_text(moment)
    found = _WRITTEN.match(form.example) if form is not None and form.order else None
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(.*)", text)
    if found is None or iso is None or form is None:
        return text
    year, month, day, rest = iso.groups()
    first, second = (day, month) if form.order == "dmy" else (month, day)
    mark, last = found[2], year[-2:] if len(found[4]) == 2 else year
    return f"{first}{mark}{second}{mark}{last}{rest}"


def _clock_text(seconds: float, *, is_time: bool) -> str:
    """Return seconds as hours, minutes and seconds; of a time of day without seconds that are zero."""
    if not np.isfinite(seconds):
        return str(seconds)
    whole, sign = round(abs(seconds)), "-" if seconds < 0.0 else ""
    text = f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return text.removesuffix(":00") if is_time else text
