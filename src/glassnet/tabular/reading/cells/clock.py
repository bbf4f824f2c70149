"""Read text as times of day and as durations, both in seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from glassnet.tabular.reading.cells.distinct import Shapes

__all__ = ["ClockTexts", "read_clock_shape"]

_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "weeks": 604_800}
_CLOCK = re.compile(
    r"(?P<hours>99?)(?P<gap>[:.])(?P<minutes>99)(?:(?P=gap)(?P<seconds>99)(?:[.,](?P<fraction>9{1,9}))?)?"
    r"(?:\s?(?P<half>ap|[AaPp])\.?\s?[Mm]\.?)?(?:\s?Uhr)?",
    re.IGNORECASE,
)
_BARE_HOUR = re.compile(r"(?P<hours>99?)\s?(?P<half>[AaPp])\.?[Mm]\.?")
_LONG = re.compile(
    r"(?P<sign>[-+])?(?:(?P<days>9{1,6})\s?d(?:ays?)?,?\s*)?\+?(?P<hours>9{1,5}):(?P<minutes>99)(?::(?P<seconds>99)(?:[.,](?P<fraction>9{1,9}))?)?"
)
_SHORT = re.compile(r"(?P<minutes>9{1,3}):(?P<seconds>99)[.,](?P<fraction>9{1,9})")
_WORDS = re.compile(
    r"(?P<sign>-)?(?:(?P<weeks>9{1,4})\s?w(?:eeks?)?,?\s*)?(?:(?P<days>9{1,6})\s?d(?:ays?)?,?\s*)?(?:(?P<hours>9{1,5})\s?h(?:(?:ou)?rs?)?,?\s*)?"
    r"(?:(?P<minutes>9{1,6})\s?m(?:in(?:ute)?s?)?(?!s),?\s*)?(?:(?P<seconds>9{1,7})(?:[.,](?P<fraction>9{1,9}))?\s?s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>9{1,4})W)?(?:(?P<days>9{1,6})D)?(?:T(?:(?P<hours>9{1,5})H)?(?:(?P<minutes>9{1,6})M)?"
    r"(?:(?P<seconds>9{1,7})(?:[.,](?P<fraction>9{1,9}))?S)?)?"
)
_PARTS = ("weeks", "days", "hours", "minutes", "seconds", "fraction")


@dataclass(frozen=True)
class ClockShape:
    """Where the parts of a time stand in the texts of a shape; ``time`` says that it may be one of the day."""

    spans: dict[str, tuple[int, int]]
    time: bool
    half: str = ""
    negative: bool = False
    colons: bool = False  # a:b or a:b:c
    alone: bool = False  # one number with a unit, which is a duration only beside others such as 1h 30m


@lru_cache(4096)
def read_clock_shape(shape: str) -> ClockShape | None:
    """Return where the parts of a time stand in a shape; None if it is none.

    Examples
    --------
    >>> read_clock_shape("99:99").time, read_clock_shape("9 days 99:99:99").time, read_clock_shape("9h 99m").time
    (True, False, False)
    >>> read_clock_shape("9:9") is None, read_clock_shape("99.99") is None, read_clock_shape("9 m").alone
    (True, True, True)
    """
    for pattern in (_CLOCK, _BARE_HOUR, _SHORT, _LONG, _ISO, _WORDS):
        found = pattern.fullmatch(shape)
        if found is None:
            continue
        named = found.groupdict()
        spans = {part: found.span(part) for part in _PARTS if named.get(part)}
        dotted = named.get("gap") == "."
        alone = pattern is _WORDS and len(spans.keys() - {"fraction"}) < 2
        if not spans or (alone and not _has_unit(shape)) or (dotted and "seconds" not in spans):
            continue
        is_time = pattern in (_CLOCK, _BARE_HOUR)
        colons = pattern in (_CLOCK, _LONG) and "days" not in spans
        return ClockShape(spans, is_time, (named.get("half") or "").lower(), named.get("sign") == "-", colons, alone)
    return None


def _has_unit(shape: str) -> bool:
    return any(character.isalpha() for character in shape)


@dataclass(frozen=True)
class ClockTexts:
    """The texts of a column with the parts of those that look like times."""

    shapes: Shapes
    each: list[ClockShape | None]

    @classmethod
    def of(cls, shapes: Shapes) -> ClockTexts:
        """Return what the shapes of texts say."""
        each = [read_clock_shape(shape) for shape in shapes.shapes]
        if all(one is None or one.alone for one in each):
            each = [None] * len(each)
        return cls(shapes, each)

    @property
    def mixes_lengths(self) -> bool:
        """Whether some cells are a:b and others a:b:c, so that a:b may be hours and minutes or minutes and seconds."""
        clock = [one.spans for one in self.each if one is not None and one.colons and not one.half]
        return any("seconds" in each for each in clock) and any("seconds" not in each for each in clock)

    def seconds(self) -> tuple[np.ndarray, bool]:
        """Return the seconds of each text, NaN where it is no time, and whether all are times of the day.

        Examples
        --------
        >>> from glassnet.tabular.reading.cells.distinct import find_shapes
        >>> ClockTexts.of(find_shapes(["08:30", "6:30 PM", "x"])).seconds()[0].tolist()
        [30600.0, 66600.0, nan]
        >>> ClockTexts.of(find_shapes(["36:15:00", "1 day 00:00:05"])).seconds()
        (array([130500.,  86405.]), False)
        """
        values = np.full(len(self.shapes.texts), np.nan)
        all_times = True
        for (_, members), one in zip(self.shapes.members(), self.each, strict=True):
            if one is None or not len(members):
                continue
            numbers = self.shapes.digits(members, list(one.spans.values()))
            part = dict(zip(one.spans, numbers, strict=True))
            total, is_time = _total(one, part)
            values[members] = total
            all_times &= is_time
        return values, all_times


def _total(shape: ClockShape, part: dict[str, np.ndarray]) -> tuple[np.ndarray, bool]:
    """Return the seconds of texts of one shape, NaN for an impossible time, and whether they are times of the day."""
    n = len(next(iter(part.values())))
    total = np.zeros(n)
    valid = np.ones(n, dtype=bool)
    hours = part.get("hours", np.zeros(n, np.int64))
    if shape.half:
        valid &= (hours >= 1) & (hours <= 12)
        hours = hours % 12 + (12 if shape.half == "p" else 0)
    for name, unit in _UNITS.items():
        total += (hours if name == "hours" else part.get(name, 0)) * unit
    if "fraction" in part:
        a, b = shape.spans["fraction"]
        total += part["fraction"] / 10.0 ** (b - a)
    if "hours" in part and "minutes" in part:
        valid &= part["minutes"] < 60
        valid &= part.get("seconds", np.zeros(n, np.int64)) <= 60
    is_time = shape.time and bool((hours[valid] < 24).all())
    if shape.negative:
        total = _negative(part, total)
    return np.where(valid, total, np.nan), is_time


def _negative(part: dict[str, np.ndarray], total: np.ndarray) -> np.ndarray:
    """Return a negative duration; in "-1 days +23:00:00" only the days are negative."""
    days = part.get("days", np.zeros(len(total), np.int64)) * 86_400.0
    return total - 2.0 * days if "days" in part and "hours" in part else -total
