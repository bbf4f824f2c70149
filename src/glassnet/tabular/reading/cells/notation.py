"""Decide in which notation and unit the numbers of a column are written, from all of its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.tabular.reading.cells.numbers import CURRENCIES, MULTIPLES, Notation, NumberShapes

__all__ = ["Evidence", "choose_notation", "choose_unit", "is_currency"]

_POINT_CURRENCIES = (
    "$",
    "\u00a3",
    "\u00a5",
    "\u20b9",
    "US$",
    "USD",
    "GBP",
    "INR",
    "JPY",
    "Rs",
    "Rs.",
    "A$",
    "C$",
    "AUD",
    "CAD",
)
_BARE_MULTIPLES = ("k", "K", "M", "bn", "mn", "Mio", "Mio.", "Mrd", "Mrd.")  # 12B may be a house
_OTHER = {",": ".", ".": ","}
_SHARE = 0.8
# Units and multiples that change the number: they must not be mixed.
_MEASURES = frozenset({
    "%", "‰", "bn", "Mio", "Mrd", "m", "cm", "mm", "km", "µm", "nm", "mi", "ft", "in", "yd", "kg", "g", "mg", "lb",
    "lbs", "oz", "l", "ml", "cl", "°C", "°F", "ms", "min", "h", "hr", "kW", "MW", "Wh", "kWh", "mV", "mA", "Hz",
    "kHz", "MHz", "GHz", "Pa", "hPa", "kPa", "bar", "psi", "kJ", "cal", "kcal", "KB", "MB", "GB", "TB", "kB", "bit",
    "B/s", "km/h", "mph", "m/s", "€", "$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "JPY", "s", "mcg", "ug", "ng",
    "yr", "yrs", "year", "years", "mo", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "mins",
    "sec", "thousand", "million", "billion", "trillion", "lakh", "crore", "Cr", "Lac", "Mb", "Gb", "Kb", "mg/dL",
    "mg/dl", "g/dL", "g/dl", "mmol/L", "mmol/l", "mW", "GW", "dB", "ha", "acre", "acres", "sqft", "sq ft", "m²",
    "ft²", "km²",
})  # fmt: skip


@dataclass
class Evidence:
    """Columns of a table that show how it writes numbers and dates, by what they show."""

    comma: list[str]  # decimal commas
    point: list[str]  # decimal points
    day_first: list[str]
    month_first: list[str]

    @classmethod
    def none(cls) -> Evidence:
        """Return the evidence of no column."""
        return cls([], [], [], [])


def choose_notation(found: NumberShapes, decimal: str | None, thousands: str | None) -> Notation | str:
    """Return the notation of a column, or the mark that its cells leave open: "," or ".".

    An empty text means that the cells contradict each other. ``decimal`` and ``thousands`` are the user's.

    A mark in 9,999 is a decimal mark if another cell shows so, for which one with another number of digits is enough;
    it separates thousands if another cell shows so: two marks as in 9,999,999, a decimal point beside it, whole numbers
    of at most three digits and none of more without it, or the sign of a currency with decimal points.

    Examples
    --------
    >>> from glassnet.tabular.reading.cells.distinct import find_shapes
    >>> for cells in (["1,5", "1,250"], ["1,250", "950"], ["1,250", "2,500"], ["1.5", "2,5"]):
    ...     choose_notation(NumberShapes.of(find_shapes(cells), np.ones(2)), None, None)
    Notation(decimal=',', thousands='')
    Notation(decimal='.', thousands=',')
    ','
    ''
    """
    decimals, separators = found.certain()
    open_marks = found.open_marks()
    if decimal is not None or thousands in _OTHER:
        wanted = decimal or _OTHER[str(thousands)]
        if not decimals - {wanted} and wanted not in separators:
            decimals = decimals | {wanted}
    if len(decimals) > 1 or decimals & separators:
        return ""
    if decimals:
        mark = next(iter(decimals))
        separators = separators | (open_marks - {mark})
        return Notation(mark, _one(separators)) if len(separators) < 2 else ""
    if separators & set(_OTHER):
        mark = next(iter(separators & set(_OTHER)))
        return Notation(_OTHER[mark], mark) if len(separators) == 1 and open_marks <= {mark, _OTHER[mark]} else ""
    if len(open_marks) > 1 or len(separators) > 1:
        return ""
    if open_marks:
        return _open_notation(found, next(iter(open_marks)), _one(separators))
    return Notation(".", _one(separators))


def _open_notation(found: NumberShapes, mark: str, separator: str) -> Notation | str:
    """Return the notation of numbers such as 9,999 and whole ones, or the mark if it stays open."""
    lengths = found.plain_lengths()
    if separator:
        return Notation(mark, separator)
    if mark == "," and any(unit in _POINT_CURRENCIES for unit in found.units()):
        return Notation(".", ",")
    return Notation(".", ",") if mark == "," and lengths and max(lengths) <= 3 else mark


def is_currency(unit: str) -> bool:
    """Return whether a unit is a sign or code of a currency.

    Examples
    --------
    >>> is_currency("\u20ac"), is_currency("CHF"), is_currency("kg")
    (True, True, False)
    """
    return unit in CURRENCIES


def _one(marks: set[str]) -> str:
    return next(iter(marks)) if marks else ""


def choose_unit(found: NumberShapes) -> tuple[str | None, str]:
    """Return the unit of a column and "", or None and why there is no one unit: "several", "partial" or "none".

    Zeros need no unit. Units are "several" if they are measures of different size, such as g and kg; "partial" if some
    cells have none; and "none" if what follows the numbers is no unit of measure, as in house numbers 12a and 12b.

    Examples
    --------
    >>> from glassnet.tabular.reading.cells.distinct import find_shapes
    >>> for cells in (["5 kg", "7 kg"], ["5%", "0"], ["5 kg", "7 g"], ["5", "7a"], ["1st", "2nd"]):
    ...     print(choose_unit(NumberShapes.of(find_shapes(cells), np.ones(2))))
    ('kg', '')
    ('%', '')
    (None, 'several')
    (None, 'none')
    (None, 'none')
    """
    units = found.units()
    if len(units) == 1:
        return next(iter(units)), ""
    named = {unit: weight for unit, weight in units.items() if unit}
    if len(named) == 1:
        unit = next(iter(named))
        if _only_zeros_without_unit(found):
            return unit, ""
        if _multiple(unit):
            return None, "several"
        is_measure = unit in _MEASURES or is_currency(unit)
        return None, "partial" if is_measure or max(units.values()) >= _SHARE * sum(units.values()) else "none"
    if all(unit in _MEASURES or _multiple(unit) or is_currency(unit) for unit in named) and len(named) > 1:
        return None, "several"
    return None, "partial" if max(units.values()) >= _SHARE * sum(units.values()) else "none"


def _multiple(unit: str) -> str:
    """Return the letter for thousands or millions at the end of a unit such as $M, or ""."""
    last = next((letter for letter in MULTIPLES if unit.endswith(letter)), "")
    rest = unit.removesuffix(last)
    return last if last and (is_currency(rest) if rest else last in _BARE_MULTIPLES) else ""


def _only_zeros_without_unit(found: NumberShapes) -> bool:
    """Return whether the cells without a unit are zeros."""
    bare = np.array([one is not None and not one.unit for one in found.each], dtype=bool)[found.shapes.place]
    return all(not set(found.shapes.texts[i]) - set("0.,-+ ") for i in np.flatnonzero(bare))
