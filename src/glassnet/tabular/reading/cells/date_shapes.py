"""Recognise shapes of dates: ISO, day first, month first, with names of months, periods, with time and zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DateShape", "read_date_shape"]

_MONTHS = (
    "jan january januar janvier janv enero ene gennaio gen januari janeiro jaenner j\u00e4nner j\u00e4n styczen",
    "feb february februar f\u00e9vrier f\u00e9vr fevrier fevr febrero febbraio februari fevereiro fev luty",
    "mar march m\u00e4rz maerz mrz mars marzo maart mrt mar\u00e7o m\u00e4r",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august ao\u00fbt aout agosto ago augustus",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez d\u00e9cembre d\u00e9c decembre diciembre dic dicembre dezembro des",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
"""Number of the month by its name or abbreviation in English, German, French, Spanish, Italian, Dutch or Portuguese."""

_MONTH = r"(?P<name>[A-Za-z\u00c0-\u00ff]{3,10})\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+|(?:mo|di|mi|do|fr|sa|so)\.?,\s*)?"
_YEAR = r"(?P<year>9999)"
_ANY_YEAR = r"(?P<year>9999|'?99)"
_DAY = r"(?P<day>99?)(?:st|nd|rd|th|\.|\u00ba|er)?"
_DATES = (
    rf"{_YEAR}(?P<gap>[-/. ])(?P<month>99?)(?P=gap)(?P<day>99?)",
    rf"(?P<first>99?)(?P<gap>[-/. ])(?P<second>99?)(?P=gap){_ANY_YEAR}",
    rf"(?P<first>99?)\. (?P<second>99?)\. {_ANY_YEAR}",
    rf"{_DAY}[-/. ]?\s?(?:de |of )?{_MONTH},?[-/. ]?\s?(?:de |del )?{_ANY_YEAR}",
    rf"{_MONTH}[-/. ]\s?{_DAY},?[-/ ]\s?{_ANY_YEAR}",
    rf"{_YEAR}[-/ ]{_MONTH}[-/ ](?P<day>99?)",
    rf"{_YEAR}\. ?(?P<month>99?)\. ?(?P<day>99?)\.",
    rf"{_YEAR}\u5e74(?P<month>99?)\u6708(?P<day>99?)\u65e5",
)
_PERIODS = (
    rf"{_YEAR}[-/](?P<month>99)",
    rf"{_YEAR}M(?P<month>99)",
    rf"(?P<month>99?)[-/.]{_YEAR}",
    rf"{_MONTH}[-/. ,]\s?{_ANY_YEAR}",
    rf"{_YEAR}[-/ ]{_MONTH}",
    rf"{_YEAR}[- ]?[Qq](?P<quarter>9)",
    rf"[Qq](?P<quarter>9)[-/ ]?{_YEAR}",
    rf"(?P<quarter>9)[Qq]{_ANY_YEAR}",
    rf"[Hh](?P<term>9)[-/ ]?{_YEAR}",
    rf"{_YEAR}[- ]?[Hh](?P<term>9)",
    rf"{_YEAR}[-/ ]?[Ww](?P<week>99)(?:-(?P<weekday>9))?",
    rf"{_YEAR}-(?P<month>99)-(?P<day>99)/9999-99-99",
)
_TIME = (
    r"(?P<hour>99?):(?P<minute>99)(?::(?P<second_>99)(?:[.,](?P<fraction>9{1,9}))?)?"
    r"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\.?)?(?:\s?(?:Uhr|h))?"
)
_DOTTED_TIME = r"(?P<hour>99?)[.h](?P<minute>99)(?:[.m](?P<second_>99))?s?"
_COMPACT = r"(?P<year>9999)(?P<month>99)(?P<day>99)T(?P<hour>99)(?P<minute>99)(?P<second_>99)?"
_PACKED = r"(?P<year>9999)(?P<month>99)(?P<day>99) (?P<hour>99):?(?P<minute>99):?(?P<second_>99)?"
_HOUR = r"(?P<hour>99?)\s?(?P<half>[AaPp])\.?[Mm]\.?"
_NAMED_ZONES = {
    "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13,
}  # fmt: skip
"""Hours from UTC of the zones whose letters mean one zone only; CST, IST and BST mean several."""
_ZONE = (
    rf"(?:\s?(?:Z|UTC|GMT)(?!\S)|\s(?P<zone_name>{'|'.join(_NAMED_ZONES)})|"
    r"\s?(?:UTC|GMT)?(?P<zone>[-+])(?P<zone_hour>99):?(?P<zone_minute>99)?"
    r"|\s?(?:UTC|GMT)(?P<zone1>[-+])(?P<zone_hour1>9))(?:\s?[(\[][A-Za-z_/ ]{2,30}[)\]])?"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        *(rf"{_WEEKDAY}{date}(?:(?:,?\s+|T|\s*-\s+|,?\s(?:at|um|\u00e0)\s){_TIME}(?:{_ZONE})?)?" for date in _DATES),
        *(rf"{_WEEKDAY}{date}\s+{_DOTTED_TIME}" for date in _DATES[:3]),
        *(rf"{_WEEKDAY}{date},?\s+{_HOUR}" for date in _DATES),
        rf"{_COMPACT}(?:{_ZONE})?",
        _PACKED,
        *_PERIODS,
    )
)
_UNIX = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun) (?P<name>[a-z]{3})\s+(?P<day>99?) (?P<hour>99):(?P<minute>99):(?P<second_>99)"
    r"(?: (?:UTC|GMT))? (?P<year>9999)",
    re.IGNORECASE,
)
_PARTS = (
    "year", "month", "day", "first", "second", "quarter", "week", "weekday", "term", "hour", "minute", "second_",
    "fraction", "zone_hour", "zone_minute", "zone_hour1",
)  # fmt: skip
_UTC = re.compile(r"(?:9Z|UTC|GMT)(?:\W|$)", re.IGNORECASE)
_LONGEST = 60


@dataclass(frozen=True)
class DateShape:
    """Where the parts of a date stand in the texts of a shape.

    ``spans`` has the start and the end of each group of digits by its name; ``first`` and ``second`` are day and month
    in an order that the shape does not show. ``period`` says that the cell names more than a day.
    """

    spans: dict[str, tuple[int, int]]
    month: int = 0  # if its name is in the shape
    half: str = ""  # "a" or "p" of am and pm
    zone: int = 0  # sign of the distance from UTC
    gap: str = ""
    period: bool = False
    ahead: int = 0  # hours of a zone that is named
    zoned: bool = False

    @property
    def has_time(self) -> bool:
        """Whether the cells have a time of day."""
        return "hour" in self.spans

    @property
    def is_open(self) -> bool:
        """Whether the shape leaves the order of day and month open."""
        return "first" in self.spans


@lru_cache(8192)
def read_date_shape(shape: str) -> DateShape | None:
    """Return where the parts of a date stand in a shape; None if it is no date.

    Examples
    --------
    >>> read_date_shape("9999-99-99").spans
    {'year': (0, 4), 'month': (5, 7), 'day': (8, 10)}
    >>> read_date_shape("99/99/9999 99:99 PM").is_open, read_date_shape("9 May 9999").month
    (True, 5)
    >>> read_date_shape("99 kg 9999") is None, read_date_shape("999-99-9999") is None
    (True, True)
    """
    if len(shape) > _LONGEST or shape.count("9") < 2:
        return None
    for number, pattern in enumerate((*_PATTERNS, _UNIX)):
        found = pattern.fullmatch(shape)
        if found is None:
            continue
        named = found.groupdict()
        month = MONTHS.get((named.get("name") or "").lower().rstrip("."), 0)
        if named.get("name") and not month:
            continue
        spans = {part: found.span(part) for part in _PARTS if named.get(part)}
        if "year" in spans and named["year"].startswith("'"):
            spans["year"] = (spans["year"][0] + 1, spans["year"][1])
        sign = named.get("zone") or named.get("zone1") or ""
        period = len(_PATTERNS) > number >= len(_PATTERNS) - len(_PERIODS)
        half = (named.get("half") or "").lower()
        zoned = bool(sign or named.get("zone_name")) or _UTC.search(shape) is not None
        ahead = _NAMED_ZONES.get((named.get("zone_name") or "").upper(), 0)
        return DateShape(
            spans, month, half, {"+": 1, "-": -1}.get(sign, 0), named.get("gap") or "", period, ahead, zoned
        )
    return None
