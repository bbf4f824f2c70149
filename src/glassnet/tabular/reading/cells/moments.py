"""Read text as dates, with the order of day and month decided by the whole column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from glassnet.tabular.reading.cells.date_shapes import DateShape, read_date_shape
from glassnet.tabular.reading.cells.distinct import Shapes

__all__ = ["DateTexts", "Order", "spread_out"]

Order = Literal["dmy", "mdy"]
_PIVOT = 69  # two-digit years from here on are of the twentieth century, as in POSIX
_DAY_US = 86_400_000_000
_NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class DateTexts:
    """The texts of a column with the parts of those that look like dates."""

    shapes: Shapes
    each: list[DateShape | None]
    _found: dict[Order, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, shapes: Shapes) -> DateTexts:
        """Return what the shapes of texts say."""
        each = [read_date_shape(shape) for shape in shapes.shapes]
        return cls(shapes, _without_seasons(shapes, each))

    @property
    def is_open(self) -> bool:
        """Whether some texts leave the order of day and month open."""
        return any(one is not None and one.is_open for one in self.each)

    @property
    def dotted(self) -> bool:
        """Whether all texts that leave the order open have dots; in these the day stands first."""
        return all(one.gap in (".", "") for one in self.each if one is not None and one.is_open)

    @property
    def has_time(self) -> bool:
        """Whether some texts have a time of day."""
        return any(one is not None and one.has_time for one in self.each)

    def exist(self) -> np.ndarray:
        """Return for each text whether it is a date that exists, with the day or the month first."""
        found: np.ndarray = ~np.isnat(self.moments("dmy"))
        if self.is_open:
            found |= ~np.isnat(self.moments("mdy"))
        return found

    def zoned(self) -> np.ndarray:
        """Return for each text whether it has a zone."""
        return np.array([one is not None and one.zoned for one in self.each], dtype=bool).take(self.shapes.place)

    def short_years(self) -> np.ndarray:
        """Return for each text whether its year has two digits."""
        short = [one is not None and one.spans["year"][1] - one.spans["year"][0] == 2 for one in self.each]
        return np.array(short, dtype=bool).take(self.shapes.place)

    def moments(self, order: Order = "dmy") -> np.ndarray:
        """Return the moment of each text in UTC, datetime64[us]; NaT where it is none.

        Examples
        --------
        >>> from glassnet.tabular.reading.cells.distinct import find_shapes
        >>> dates = DateTexts.of(find_shapes(["31.05.2024 18:30", "1.6.2024 7:05", "1.13.2024", "May 3, 2024"]))
        >>> [str(moment) for moment in dates.moments().astype("M8[m]")]
        ['2024-05-31T18:30', '2024-06-01T07:05', 'NaT', '2024-05-03T00:00']
        """
        if order in self._found:
            return self._found[order]
        found = np.full(len(self.shapes.texts), _NEVER)
        for (_, members), one in zip(self.shapes.members(), self.each, strict=True):
            if one is not None and len(members):
                names = list(one.spans)
                numbers = self.shapes.digits(members, [one.spans[name] for name in names])
                found[members] = _moments(one, dict(zip(names, numbers, strict=True)), order)
        self._found[order] = found
        return found


def spread_out(text: str) -> str:
    """Return 20240531 as 2024-05-31, which only a user's word makes a date; other text unchanged.

    Examples
    --------
    >>> spread_out("20240531"), spread_out("2024")
    ('2024-05-31', '2024')
    """
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def _without_seasons(shapes: Shapes, each: list[DateShape | None]) -> list[DateShape | None]:
    """Return the shapes without 9999-99 where it writes seasons: 2011-12 is followed by 2012-13, not by a month."""
    found = []
    for (shape, members), one in zip(shapes.members(), each, strict=True):
        if one is not None and shape in ("9999-99", "9999/99") and len(members) > 1:
            year, end = shapes.digits(members, [(0, 4), (5, 7)])
            one = None if ((year + 1) % 100 == end).all() else one
        found.append(one)
    return found


def _moments(shape: DateShape, part: dict[str, np.ndarray], order: Order) -> np.ndarray:
    """Return the moments of texts of one shape from the numbers in them; NaT for a date that does not exist."""
    n = len(next(iter(part.values())))
    year, month, day = _date_parts(shape, part, order, n)
    hour, minute, second = (part.get(name, np.zeros(n, np.int64)) for name in ("hour", "minute", "second_"))
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (minute < 60) & (second <= 60)
    if shape.half:
        valid &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + (12 if shape.half == "p" else 0)
    valid &= (hour < 24) | ((hour == 24) & (minute == 0) & (second == 0))
    start = (year.clip(1, 9999) - 1970).astype("M8[Y]").astype("M8[M]") + (month.clip(1, 12) - 1)
    days = start.astype("M8[D]") + (day.clip(1, 31) - 1)
    valid &= (days.astype("M8[M]") == start) & (year >= 1)
    microseconds = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if "fraction" in part:
        a, b = shape.spans["fraction"]
        microseconds = microseconds + part["fraction"] * 1_000_000 // 10 ** (b - a)
    if shape.zone:
        hours = part.get("zone_hour", part.get("zone_hour1", np.zeros(n, np.int64)))
        minutes = part.get("zone_minute", np.zeros(n, np.int64))
        valid &= (hours <= 15) & (minutes < 60)
        microseconds = microseconds - shape.zone * (hours * 60 + minutes) * 60_000_000
    microseconds = microseconds - shape.ahead * 3_600_000_000
    found = days.astype("M8[us]") + microseconds.astype("m8[us]")
    if "week" in part:
        found, valid = _weeks(part, valid)
    found[~valid] = _NEVER
    return np.asarray(found)


def _date_parts(
    shape: DateShape, part: dict[str, np.ndarray], order: Order, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return year, month and day of texts of one shape; a period is its first day."""
    year = part["year"]
    a, b = shape.spans["year"]
    if b - a == 2:
        year = year + np.where(year >= _PIVOT, 1900, 2000)
    one = np.ones(n, np.int64)
    if shape.is_open:
        day, month = (part["first"], part["second"]) if order == "dmy" else (part["second"], part["first"])
        return year, month, day
    month = part.get("month", one * max(shape.month, 1))
    if "quarter" in part:
        month = np.where((part["quarter"] >= 1) & (part["quarter"] <= 4), 3 * part["quarter"] - 2, 0)
    if "term" in part:
        month = np.where((part["term"] >= 1) & (part["term"] <= 2), 6 * part["term"] - 5, 0)
    return year, month, part.get("day", one)


def _weeks(part: dict[str, np.ndarray], valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day of ISO weeks, or the day of the week that is named."""
    fourth = (part["year"] - 1970).astype("M8[Y]").astype("M8[D]") + 3  # January 4 is in the first week
    monday = fourth - (fourth.astype(np.int64) + 3) % 7
    day = part.get("weekday", np.ones(len(monday), np.int64))
    found = monday + 7 * (part["week"] - 1) + (day - 1)
    return found.astype("M8[us]"), valid & (part["week"] >= 1) & (part["week"] <= 53) & (day >= 1) & (day <= 7)
