"""Read text as numbers: decimal mark, thousands separators, units, signs and exponents, decided by the whole column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from glassnet.tabular.reading.cells.distinct import Shapes

__all__ = [
    "CURRENCIES",
    "MULTIPLES",
    "SYNONYMS",
    "Notation",
    "NumberShape",
    "NumberShapes",
    "parse_numbers",
    "read_shape",
    "same_unit",
]

_SIGNS = "$€£¥₹₽₩₺₴₪₫₦฿₱¢₡₲₵₸₿"
_CODES = (
    "AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP",
    "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "KZT", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD",
    "PEN", "PHP", "PKR", "PLN", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
    "DM", "FF", "Fr", "Fr.", "SFr", "SFr.", "Rs", "Rs.", "kr", "kr.", "R", "RM", "Kc",
    "K\u010d", "z\u0142", "lei", "\u043b\u0432", "zl", "Ft", "US$", "A$", "C$",
    "R$", "HK$", "NZ$", "S$", "NT$", "MX$", "AU$", "CA$",
)  # fmt: skip
CURRENCIES = frozenset([*_SIGNS, *_CODES])
"""Signs and codes of currencies that may stand before a number."""
MULTIPLES = frozenset({"k", "K", "M", "B", "bn", "mn", "m", "Mio", "Mio.", "Mrd", "Mrd.", "T"})
"""Letters that stand for thousands, millions and so on behind an amount."""
_ABOUT = ("~", "\u2248", "ca.", "ca", "approx.", "about")
_CURRENCY = "|".join([f"[{_SIGNS}]", *sorted(map(re.escape, (*_CODES, *_ABOUT)), key=len, reverse=True)])
_BODY = r"(?P<body>(?:9[9.,'_ ]*)?9|[.,]9+|9[9.,'_ ]*9?[.,])"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s?(?P<sign>[-+])?\s?(?P<before>{_CURRENCY})?\s?(?P<inner>[-+])?\s?{_BODY}(?P<cents>(?<=[.,])(?:--?|\u2014))?"
    r"(?P<exponent>(?:[eE]|\s?[x\u00d7*]\s?10\s?\^)[-+]?9{1,3})?"
    r"\s?(?P<unit>[^\d\s.,()+;:<>=?!'_/-][^\d()<>=?!;:]{0,15}|[^\d\s]{0,8}[\u00b2\u00b3]|(?:c|d|k|m)?m[9]|[\"'])?"
    r"(?P<trailing>-)?\s?(?P<close>\))?"
)
_POWER = re.compile(r"\s?[x\u00d7*]\s?99\s?\^")
_GROUPED = re.compile(r"9{1,3}(?:(?P<s>[.,' _])999)(?:(?P=s)999)*|9{1,2}(?P<t>[,. ])(?:99(?P=t))+999")


@dataclass(frozen=True)
class Notation:
    """Marks of the numbers of a column: ``decimal`` and ``thousands``, "" where none is used."""

    decimal: str = ""
    thousands: str = ""


@dataclass(frozen=True)
class NumberShape:
    """What a shape says if it is one of a number.

    ``readings`` has the notations that it allows: one, or two for 9,999, which may be thousands or three decimals.
    """

    body: str
    readings: tuple[Notation, ...]
    unit: str = ""
    before: bool = False  # whether the unit stands before the number
    negative: bool = False
    exponent: str = ""


@lru_cache(4096)
def read_shape(shape: str) -> NumberShape | None:
    """Return what a shape says about its texts; None if they are no numbers.

    Examples
    --------
    >>> read_shape("$9,999.99").readings, read_shape("$9,999.99").unit
    ((Notation(decimal='.', thousands=','),), '$')
    >>> [(r.decimal, r.thousands) for r in read_shape("9,999").readings]
    [(',', ''), ('', ',')]
    >>> read_shape("99 (Elm St)") is None, read_shape("9.9.9") is None
    (True, True)
    """
    found = _NUMBER.fullmatch(_with_power(shape))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["trailing"]) if sign]  # 5.- has no cents
    if len(signs) > 1 or (found["open"] and signs):
        return None
    unit, before = (found["unit"] or "").strip(), (found["before"] or "").strip()
    readings = _readings(found["body"])
    if not readings or (unit and before and unit not in MULTIPLES) or unit.lower().replace(".", "") in ("am", "pm"):
        return None
    if unit and found["body"][-1] in ".,":  # an item of a list, as in "1. White"
        return None
    if unit and not before and found["unit"][:1] in "eE" and found["unit"][1:2].isdigit():
        return None
    negative = bool(found["open"]) or "-" in signs
    return NumberShape(found["body"], readings, before + unit, bool(before), negative, found["exponent"] or "")


def _with_power(shape: str) -> str:
    """Return a shape with a power of ten, such as 9.9x99^9, in the notation of `_NUMBER`."""
    return _POWER.sub("x10^", shape) if "^" in shape else shape


@lru_cache(4096)
def _readings(body: str) -> tuple[Notation, ...]:
    """Return the notations in which a body of digits and marks is a number."""
    marks = [character for character in body if character != "9"]
    if not marks:
        return (Notation(),)
    kinds = list(dict.fromkeys(marks))
    if len(kinds) > 2:
        return ()
    if len(kinds) == 2:
        whole, _, fraction = body.rpartition(kinds[1])
        valid = (
            marks.count(kinds[1]) == 1 and kinds[1] in ".," and _GROUPED.fullmatch(whole) and fraction.strip("9") == ""
        )
        return (Notation(kinds[1], kinds[0]),) if valid else ()
    mark = kinds[0]
    found = []
    if len(marks) == 1 and mark in ".,":
        found.append(Notation(mark, ""))
    if _GROUPED.fullmatch(body):
        found.append(Notation("", mark))
    return tuple(found)


@dataclass
class NumberShapes:
    """The shapes of a column that are numbers, and the evidence in them about its notation.

    ``weights`` has the number of rows of each shape; a shape that is no number is None in ``each``.
    """

    shapes: Shapes
    each: list[NumberShape | None]
    weights: np.ndarray
    zero_first: set[str] = field(default_factory=set)  # marks after a zero that starts the number: decimal marks

    @classmethod
    def of(cls, shapes: Shapes, counts: np.ndarray) -> NumberShapes:
        """Return what the shapes of texts say; ``counts`` has the rows of each text."""
        each = [read_shape(shape) for shape in shapes.shapes]
        weights = np.bincount(shapes.place, weights=counts, minlength=len(each)).astype(np.int64)
        found = cls(shapes, each, weights)
        found.zero_first = found._zero_first()
        return found

    def _zero_first(self) -> set[str]:
        """Return the marks M of texts such as 0M125, which is no group of thousands."""
        open_shapes = {i for i, one in enumerate(self.each) if one and len(one.readings) > 1}
        if not open_shapes:
            return set()
        texts = self.shapes.texts
        found = (
            re.match(r"\D*0([.,])\d{3}\D*$", texts[i]) for i, s in enumerate(self.shapes.place) if s in open_shapes
        )
        return {match[1] for match in found if match}

    def numbers(self) -> list[NumberShape]:
        """Return the shapes that are numbers."""
        return [one for one in self.each if one is not None]

    def units(self) -> dict[str, int]:
        """Return the number of rows with each unit; those that differ by a plural s are one."""
        rows: dict[str, int] = {}
        for one, weight in zip(self.each, self.weights, strict=True):
            if one is not None and weight:
                unit = next((other for other in rows if same_unit(other, one.unit)), one.unit)
                rows[unit] = rows.get(unit, 0) + int(weight)
        return rows

    def certain(self) -> tuple[set[str], set[str]]:
        """Return the marks that certainly are decimal marks, and those that certainly separate thousands."""
        decimals, thousands = set(self.zero_first), set()
        for one in self.numbers():
            if len(one.readings) == 1:
                decimals |= {one.readings[0].decimal} - {""}
                thousands |= {one.readings[0].thousands} - {""}
        return decimals, thousands

    def open_marks(self) -> set[str]:
        """Return the marks of numbers such as 9,999 that may be decimals or thousands."""
        return {reading.decimal for one in self.numbers() if len(one.readings) > 1 for reading in one.readings} - {""}

    def plain_lengths(self) -> set[int]:
        """Return the numbers of digits of the whole numbers without any mark."""
        return {len(one.body) for one in self.numbers() if one.readings == (Notation(),)}


SYNONYMS = {
    "EUR": "\u20ac", "USD": "$", "US$": "$", "GBP": "\u00a3", "JPY": "\u00a5", "INR": "\u20b9", "Rs": "\u20b9",
    "Rs.": "\u20b9", "K": "k", "C": "\u00b0C", "F": "\u00b0F", "approx.": "~", "ca.": "~", "ca": "~",
    "about": "~", "\u2248": "~",
}  # fmt: skip
"""Units that are written in several ways, and the way they are compared in."""


def same_unit(one: str, other: str) -> bool:
    """Return whether two units are the same, but for a plural s, a full stop or capitals.

    Examples
    --------
    >>> same_unit("year", "years"), same_unit("kg", "KG"), same_unit("kg", "g"), same_unit("MW", "mW")
    (True, True, False, False)
    """
    one, other = (SYNONYMS.get(unit, unit) for unit in (one, other))
    if one == other:
        return True
    plain = [unit.rstrip(".").removesuffix("s") if len(unit) > 2 else unit for unit in (one, other)]
    # Mg is a billion mg, and MW a billion mW; other units are the same in capitals.
    if all(len(unit) > 1 and unit[0] not in "mM" for unit in plain):
        plain = [unit.lower() for unit in plain]
    return bool(plain[0]) and plain[0] == plain[1]


def parse_numbers(found: NumberShapes, notation: Notation, unit: str | None) -> np.ndarray:
    """Return the number of each text, NaN where it is none in this notation and unit; a unit of None takes any.

    Examples
    --------
    >>> from glassnet.tabular.reading.cells.distinct import find_shapes
    >>> shapes = NumberShapes.of(find_shapes(["1.250,5", "(7)", "x", "3e2"]), np.ones(4))
    >>> parse_numbers(shapes, Notation(",", "."), "").tolist()
    [1250.5, -7.0, nan, 300.0]
    """
    values = np.full(len(found.shapes.texts), np.nan)
    for (_, members), one in zip(found.shapes.members(), found.each, strict=True):
        if one is None or not _fits(one, notation) or (unit is not None and not _has_unit(one, unit)):
            continue
        texts = [found.shapes.texts[i] for i in members]
        together = "\n".join(texts)
        if one.unit or one.negative or len(one.body) != len(texts[0]):
            together = _bare(texts, one)
        if notation.thousands:
            together = together.replace(notation.thousands, "")
        if notation.decimal == ",":
            together = together.replace(",", ".")
        numbers = np.fromiter(map(float, together.split("\n")), np.float64, len(texts))
        values[members] = -numbers if one.negative else numbers
    return values


def _bare(texts: list[str], one: NumberShape) -> str:
    """Return texts of one shape without signs and units, one per line; exponents as in e5."""
    width = len(one.body)
    shape = re.search(r"\d[\d.,'_ ]*|[.,]\d+", texts[0])
    start = shape.start() if shape else 0
    if not one.exponent:
        return "\n".join([text[start : start + width] for text in texts])
    parts = (re.search(r"(?:[eE]|10\s?\^)([-+]?\d+)", text[start + width :]) for text in texts)
    powers = [part[1] if part else "0" for part in parts]
    return "\n".join([f"{text[start : start + width]}e{power}" for text, power in zip(texts, powers, strict=True)])


def _fits(one: NumberShape, notation: Notation) -> bool:
    """Return whether a shape is a number in this notation."""
    return any(
        reading.decimal in ("", notation.decimal) and reading.thousands in ("", notation.thousands)
        for reading in one.readings
    )


def _has_unit(one: NumberShape, unit: str) -> bool:
    return same_unit(one.unit, unit) or one.unit == ""
