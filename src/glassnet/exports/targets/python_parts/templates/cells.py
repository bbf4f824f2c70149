"""Cells of a table as they were read in training: numbers, text, and cells that hold neither."""

from __future__ import annotations

import math
import re
from typing import Any

from glassnet.exports.targets.python_parts.templates.file_names import (
    COLUMNS,
    MISSING,
    MISSING_AMONG_NUMBERS,
    READERS,
    TRUTHS,
    UNITS,
)
from glassnet.exports.targets.python_parts.templates.rows import Unreadable, cells_of

Form = Any

# Where numbers had no marks in training, new ones may have these.
MARKS = ("decimal", "thousands", "unit")
NOTATIONS: tuple[dict[str, str], ...] = (
    {"thousands": ","},
    {"decimal": ","},
    {"decimal": ",", "thousands": "."},
    {"thousands": " "},
    {"thousands": "'"},
    {"thousands": "_"},
    {"decimal": ",", "thousands": " "},
    {"decimal": ",", "thousands": "'"},
)

# Typographic minus signs, blanks and apostrophes, and digits of other scripts.
UNUSUAL = "\u2212\u2013\u2012\ufe63\uff0d\u00a0\u202f\u2009\u2007\u2008\u3000\u2019\u02bc\u00b4\uff0e\uff0c\u066b\u066c"
ZEROS = (0xFF10, 0x0660, 0x06F0, 0x0966)
ORDINARY: dict[int, str] = {
    **dict(zip(map(ord, UNUSUAL), "-----      '''.,.,")),
    **{zero + digit: str(digit) for zero in ZEROS for digit in range(10)},
}


def read_cells(rows: Any) -> dict[str, list[Any]]:
    """Return the columns of rows as numbers, NaN for missing ones, or as texts, "" for missing ones."""
    columns = cells_of(rows)
    forms = {name: form_of(name, COLUMNS[name], cells) for name, cells in columns.items()}
    if any(is_open(COLUMNS[name]) and form.get("decimal") for name, form in forms.items()):
        forms = {name: with_dots(form, columns[name]) for name, form in forms.items()}
    return {name: read_column(name, cells, forms[name]) for name, cells in columns.items()}


def form_of(name: str, form: Form, cells: list[Any]) -> Form:
    """Return the form of new cells of a column, which is that of training, or what these cells show if that is open."""
    texts = {cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell.strip(), form)}
    if form["kind"] == "boolean" and texts and {text.lower() for text in texts} <= {"true", "false"}:
        return {**form, "words": {"true": True, "false": False}}
    if not is_open(form) or fits(texts, form):
        return form
    known = [{**form, **marks} for marks in NOTATIONS if fits(texts, {**form, **marks})]
    values = {tuple(number_of(text, one) for text in texts) for one in known}
    if len(values) > 1:
        shown = next(text for text in sorted(texts) if len({number_of(text, one) for one in known}) > 1)
        one, other = (f"{number_of(shown, form):g}" for form in known[:2])
        raise Unreadable(f"{shown!r} in column {name!r} may be {one} or {other}; a cell must show its decimal mark")
    return known[0] if known else form


def is_open(form: Form) -> bool:
    """Return whether training showed no marks of numbers, so that new cells may have others."""
    return form["kind"] == "number" and not form.get("fixed") and not set(MARKS) & set(form)


def with_dots(form: Form, cells: list[Any]) -> Form:
    """Return the form with dots between thousands if all cells may have them, where others have decimal commas."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell.strip(), form)]
    if not is_open(form) or not all(re.fullmatch(r"[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})*|0)", text) for text in texts):
        return form
    return {**form, "thousands": "."} if any("." in text for text in texts) else form


def fits(texts: set[str], form: Form) -> bool:
    """Return whether all texts are numbers in a form."""
    try:
        for text in texts:
            number_of(text, form)
    except ValueError:
        return False
    return True


def read_column(name: str, cells: list[Any], form: Form) -> list[Any]:
    """Return the cells of one column, read in its form."""
    reader = READERS[form["kind"]]
    found = []
    for row, cell in enumerate(cells):
        try:
            found.append(reader(cell.strip() if isinstance(cell, str) else cell, form))
        except ValueError:
            if form.get("loose") and isinstance(cell, str):
                found.append(math.nan)
                continue
            must = form.get("must", "text or numbers")
            raise Unreadable(f"column {name!r} holds {cell!r}; it must hold {must}", row) from None
    return found


def is_missing(text: str, form: Form) -> bool:
    """Return whether a text means "no value" among numbers, dates and times."""
    if text in MISSING or text in form.get("missing", ()):
        return True
    small = text.lower()
    return small in MISSING_AMONG_NUMBERS and text in (small, text.upper(), text.title(), text.capitalize())


def as_number(cell: Any) -> float:
    """Return a cell that is no text as a number, NaN for None, NaN and infinite ones."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return math.nan
    if hasattr(cell, "isoformat") or type(cell).__name__ == "datetime64":
        raise ValueError
    try:
        number = float(cell)
    except TypeError:
        raise ValueError from None
    return number if math.isfinite(number) else math.nan


def read_number(cell: Any, form: Form) -> float:
    """Return a number, NaN for one that stands for no value."""
    number = number_of(cell, form) if isinstance(cell, str) else as_number(cell)
    return math.nan if number in form.get("codes", ()) else number


def number_of(cell: str, form: Form) -> float:
    """Return the number that a text with the marks and the unit of its column says."""
    if is_missing(cell, form):
        return math.nan
    text = cell.translate(ORDINARY)
    if text.strip("+-").lower() in ("inf", "infinity", "\u221e"):
        return math.nan
    found = re.fullmatch(number_pattern(form), text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise ValueError
    signs = [sign for sign in (found["sign"], found["inner"], found["trailing"]) if sign]
    unit = (found["before"] or "").strip() + (found["unit"] or "").strip()
    if found["before"] and not form.get("before"):
        raise ValueError
    if len(signs) + bool(found["open"]) > 1 or not (unit == "" or same_unit(unit, form.get("unit", ""))):
        raise ValueError
    digits = found["body"].replace(form.get("thousands", ""), "") if form.get("thousands") else found["body"]
    number = float(digits.replace(form.get("decimal", "."), ".") + (found["exponent"] or ""))
    return math.nan if math.isinf(number) else -number if found["open"] or "-" in signs else number


def number_pattern(form: Form) -> str:
    """Return the pattern of a number with the marks of its column."""
    decimal, mark = re.escape(form.get("decimal", ".")), re.escape(form.get("thousands", ""))
    whole = rf"\d{{1,3}}(?:{mark}\d{{3}})+|\d{{1,2}}(?:{mark}\d\d)+{mark}\d{{3}}|\d+" if mark else r"\d+"
    body = rf"(?P<body>(?:{whole})(?:{decimal}\d*)?|{decimal}\d+)"
    return (
        r"(?P<open>\()?\s?(?P<sign>[-+])?\s?(?P<before>[^\d\s.,()+'_-][^\d\s,()+'_-]{0,6})?\s?(?P<inner>[-+])?\s?"
        + body
        + r"(?:(?<=[.,])(?:--?|\u2014))?(?P<exponent>[eE][-+]?\d{1,3})?"
        + r"\s?(?P<unit>[^\d\s.,()+;:<>=?!'_/-][^\d()<>=?!;:]{0,15}|[^\d\s]{0,8}[\u00b2\u00b3]|[cdkm]?m\d|[\"'])?"
        + r"(?P<trailing>-)?\s?(?P<close>\))?"
    )


def same_unit(one: str, other: str) -> bool:
    """Return whether two units are the same, but for a plural s, a full stop or capitals."""
    one, other = UNITS.get(one, one), UNITS.get(other, other)
    if one == other:
        return True
    plain = [re.sub(r"s$", "", unit.rstrip(".")) if len(unit) > 2 else unit for unit in (one, other)]
    # Mg is a billion mg, and MW a billion mW; other units are the same in capitals.
    if all(len(unit) > 1 and unit[0] not in "mM" for unit in plain):
        plain = [unit.lower() for unit in plain]
    return plain[0] != "" and plain[0] == plain[1]


def read_boolean(cell: Any, form: Form) -> float:
    """Return 1 for true and 0 for false."""
    if isinstance(cell, str):
        if is_missing(cell, form):
            return math.nan
        words = form.get("words", TRUTHS)
        if cell.lower() not in words:
            raise ValueError
        return float(words[cell.lower()])
    number = as_number(cell)
    if number not in (0.0, 1.0) and not math.isnan(number):
        raise ValueError
    return number


def read_category(cell: Any, form: Form) -> str:
    """Return a category as text, whole numbers without a point: 1, 1.0 and "1" are the same."""
    if isinstance(cell, str):
        gone = cell == "" if form.get("text") else cell in MISSING or cell in form.get("missing", ())
        return "" if gone else cell
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if type(cell).__name__ in ("bytes", "bytearray", "list", "tuple", "dict", "ndarray"):
        raise ValueError
    if isinstance(cell, float) or type(cell).__name__.startswith("float"):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if math.isfinite(cell) and cell == int(cell) else str(cell)
    return str(cell)
