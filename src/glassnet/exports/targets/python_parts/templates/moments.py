"""Times of the day, durations and dates as they were read in training."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

from glassnet.exports.targets.python_parts.templates.cells import ORDINARY, Form, as_number, is_missing
from glassnet.exports.targets.python_parts.templates.file_names import MONTHS

SECONDS = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
DAYS = r"(?:(?P<days>\d{1,6})\s?d(?:ays?)?,?\s*)?"
PARTS = r"(?P<seconds>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
MANY = r"(?P<seconds>\d{1,7})(?:[.,](?P<fraction>\d{1,9}))?"
HALF = r"(?P<half>[AaPp])\.?"
HOURS = r"(?:(?P<hours>\d{1,5})\s?h(?:(?:ou)?rs?)?,?\s*)?"
MINUTES = r"(?:(?P<minutes>\d{1,6})\s?m(?:in(?:ute)?s?)?(?!s),?\s*)?"
CLOCKS = (
    rf"(?P<hours>\d\d?)(?P<gap>[:.])(?P<minutes>\d\d)(?:(?P=gap){PARTS})?(?:\s?{HALF}\s?[Mm]\.?)?(?:\s?Uhr)?",
    rf"(?P<hours>\d\d?)\s?{HALF}[Mm]\.?",
    r"(?P<minutes>\d{1,3}):(?P<seconds>\d\d)[.,](?P<fraction>\d{1,9})",
    rf"(?P<sign>[-+])?{DAYS}\+?(?P<hours>\d{{1,5}}):(?P<minutes>\d\d)(?::{PARTS})?",
    r"(?P<sign>-)?P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,6})D)?"
    + rf"(?:T(?:(?P<hours>\d{{1,5}})H)?(?:(?P<minutes>\d{{1,6}})M)?(?:{MANY}S)?)?",
    rf"(?P<sign>-)?(?:(?P<weeks>\d{{1,4}})\s?w(?:eeks?)?,?\s*)?{DAYS}{HOURS}{MINUTES}(?:{MANY}\s?s(?:ec(?:ond)?s?)?)?",
)


def read_time(cell: Any, form: Form) -> float:
    """Return the seconds of a time of the day or a duration, NaN for those that stand for no value."""
    seconds = seconds_of(cell, form)
    return math.nan if seconds in form.get("codes", ()) else seconds


def seconds_of(cell: Any, form: Form) -> float:
    """Return the seconds of a time of the day or a duration."""
    if hasattr(cell, "total_seconds"):
        return float(cell.total_seconds())
    if hasattr(cell, "hour") and not hasattr(cell, "year"):
        cell = cell.isoformat()
    if not isinstance(cell, str):
        return as_number(cell)
    if is_missing(cell, form):
        return math.nan
    text = cell.translate(ORDINARY)
    tried = (re.fullmatch(pattern, text, re.IGNORECASE) for pattern in CLOCKS)
    part = next((found.groupdict() for found in tried if found and re.search(r"\d", text)), None)
    if part is None or (part.get("gap") == "." and not part["seconds"]):
        raise ValueError
    number = {name: int(part.get(name) or 0) for name in SECONDS}
    half = (part.get("half") or "").lower()
    if half:
        number["hours"] = number["hours"] % 12 + (12 if half == "p" else 0) if 1 <= number["hours"] <= 12 else 10**9
    if part.get("hours") and part.get("minutes") and (number["minutes"] > 59 or number["seconds"] > 60):
        raise ValueError
    if number["hours"] == 10**9:
        raise ValueError
    total = float(sum(number[name] * unit for name, unit in SECONDS.items()))
    if part.get("fraction"):
        total += int(part["fraction"]) / 10.0 ** len(part["fraction"])
    if part.get("sign") != "-":
        return total
    # In "-1 days +23:00:00" only the days are negative.
    return total - 2.0 * 86400 * number["days"] if part.get("days") and part.get("hours") else -total


EPOCH = 719163  # 1970-01-01 as an ordinal
YEAR = r"(?P<year>\d{4})"
ANY_YEAR = r"'?(?P<year>\d{4}|\d\d)"
DAY = r"(?P<day>\d\d?)(?:st|nd|rd|th|\.|\u00ba|er)?"
MONTH = r"(?P<name>[A-Za-z\u00c0-\u00ff]{3,10})\.?"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+|(?:mo|di|mi|do|fr|sa|so)\.?,\s*)?"
ZONE = r"(?:\s?(?:Z|UTC|GMT)(?!\S)|\s?(?:UTC|GMT)?(?P<zone>[-+])(?P<ahead>\d\d):?(?P<ahead_minutes>\d\d)?)?"
TIMES = (
    r"(?:(?:,?\s+|T|\s*-\s+|,?\s(?:at|um|\u00e0)\s)(?P<hour>\d\d?):(?P<minute>\d\d)"
    + r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    + rf"(?:\s?{HALF}\s?[Mm]\.?)?(?:\s?(?:Uhr|h))?{ZONE})?",
    r"\s+(?P<hour>\d\d?)[.h](?P<minute>\d\d)(?:[.m](?P<second>\d\d))?s?",
    rf",?\s+(?P<hour>\d\d?)\s?{HALF}[Mm]\.?",
)
DATES = (
    YEAR + r"(?P<gap>[-/. ])(?P<month>\d\d?)(?P=gap)(?P<day>\d\d?)",
    r"(?P<a>\d\d?)(?P<gap>[-/. ])(?P<b>\d\d?)(?P=gap)" + ANY_YEAR,
    r"(?P<a>\d\d?)\. (?P<b>\d\d?)\. " + ANY_YEAR,
    rf"{DAY}[-/. ]?\s?(?:de |of )?{MONTH},?[-/. ]?\s?(?:de |del )?{ANY_YEAR}",
    rf"{MONTH}[-/. ]\s?{DAY},?[-/ ]\s?{ANY_YEAR}",
    rf"{YEAR}[-/ ]{MONTH}[-/ ](?P<day>\d\d?)",
)
PERIODS = (
    YEAR + r"(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?Z?",
    YEAR + r"[-/](?P<month>\d\d)",
    r"(?P<month>\d\d?)[-/.]" + YEAR,
    rf"{MONTH}[-/. ,]\s?{ANY_YEAR}",
    rf"{YEAR}[-/ ]{MONTH}",
    YEAR + r"[- ]?Q(?P<quarter>[1-4])",
    r"Q(?P<quarter>[1-4])[-/ ]?" + YEAR,
    r"(?P<quarter>[1-4])Q" + ANY_YEAR,
    r"H(?P<term>[12])[-/ ]?" + YEAR,
    YEAR + r"[- ]?H(?P<term>[12])",
    YEAR + r"[-/ ]?W(?P<week>\d\d)(?:-(?P<weekday>[1-7]))?",
)
MOMENTS = (*(WEEKDAY + date + time for date in DATES for time in TIMES), *PERIODS)


def read_date(cell: Any, form: Form) -> float:
    """Return the days since 1970-01-01 of a date, in UTC."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)) or type(cell).__name__ == "NAType":
        return math.nan
    if hasattr(cell, "isoformat"):
        cell = cell.isoformat()
    elif type(cell).__name__ == "datetime64":
        cell = str(cell)
    elif not isinstance(cell, str):
        raise ValueError
    if is_missing(cell, form):
        return math.nan
    text = cell.translate(ORDINARY)
    if form.get("packed") and re.fullmatch(r"\d{8}", text):
        text = text[:4] + "-" + text[4:6] + "-" + text[6:]
    for pattern in MOMENTS:
        found = re.fullmatch(pattern, text, re.IGNORECASE)
        if found and ("name" not in found.groupdict() or found["name"].lower() in MONTHS):
            return days_of(found.groupdict(), form)
    raise ValueError


def days_of(part: dict[str, Any], form: Form) -> float:
    """Return the days since 1970-01-01 from the parts of a date, and of a time if there is one."""
    number = {name: int(text) for name, text in part.items() if text and text.isdigit()}
    year = number["year"]
    if len(part["year"]) == 2:
        year += 1900 if year >= 69 else 2000
    month, day = number.get("month", 1), number.get("day", 1)
    if part.get("name"):
        month = MONTHS[part["name"].lower()]
    if "quarter" in number:
        month = 3 * number["quarter"] - 2
    if "term" in number:
        month = 6 * number["term"] - 5
    if "a" in number:
        order = form.get("order", "")
        day, month = (number["b"], number["a"]) if order == "mdy" else (number["a"], number["b"])
        if not order and day != month:
            raise ValueError  # training did not show which of them is the day
    hour, minute, second = number.get("hour", 0), number.get("minute", 0), number.get("second", 0)
    if part.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if part["half"].lower() == "p" else 0)
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and minute + second > 0):
        raise ValueError
    seconds = (60 * hour + minute) * 60 + second
    if part.get("zone"):
        away = 60 * (60 * number["ahead"] + number.get("ahead_minutes", 0))
        seconds -= away if part["zone"] == "+" else -away
    microseconds = 1000000 * seconds
    if part.get("fraction"):
        microseconds += int(part["fraction"]) * 1000000 // 10 ** len(part["fraction"])
    days = datetime.date(year, month, day).toordinal() - EPOCH
    if "week" in number:
        if not 1 <= number["week"] <= 53:
            raise ValueError
        fourth = datetime.date(year, 1, 4)  # is in the first week
        days = fourth.toordinal() - fourth.weekday() + 7 * (number["week"] - 1) + number.get("weekday", 1) - 1 - EPOCH
    return (days * 86400000000 + microseconds) / 86400000000
