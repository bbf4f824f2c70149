"""Convert text to columns of numbers, booleans, dates or categories, and columns of one kind to another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column

__all__ = ["MISSING_IN_NUMBERS", "MISSING_MARKERS", "as_kind", "as_utc", "column_from_text", "odd_format", "plain_text"]

MISSING_MARKERS = frozenset({"", "?", "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"})
"""Cells of text files that mean "no value", in any column."""

MISSING_IN_NUMBERS = frozenset({"-", "--", ".", "None", "none", "na"})
"""Cells that mean "no value" if every other cell of the column is a number or a date.

In a column of words they are words: "None" may be a category.
"""

_NO_NUMBER = MISSING_MARKERS | MISSING_IN_NUMBERS
_LEADING_ZERO = re.compile(r"^[+-]?0\d+$", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
_TRUTH = {"true": True, "false": False}
_SIMPLE_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_UNREAD = {
    "amounts with a currency or thousands separators": re.compile(
        r"[-+]?[$€£¥]\s?[\d.,]+|[-+]?[\d.,]+\s?[$€£¥]|\d{1,3}(,\d{3})+(\.\d+)?"
    ),
    "percentages": re.compile(r"[-+]?[\d.,]+\s?%"),
    "dates that are not written year-month-day": re.compile(
        r"\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./])\d{1,2}\2\d{1,2}"
    ),
}
_MOST = 0.8  # share of the cells that makes it likely that numbers or dates were meant


def column_from_text(name: str, texts: Sequence[str], *, decimal_comma: bool = False, keep: bool = False) -> Column:
    """Return a list of cells as a column of the kind that fits all of them.

    Blanks around a cell are dropped. Cells in `MISSING_MARKERS` are missing. The others make it a column of

    * numbers, if Python's ``float`` reads all of them. A column with ``007`` holds codes and stays text;
    * booleans, if all are true or false, in upper or lower case;
    * dates, if all are ISO dates or times: ``2024-05-31``, ``2024-05-31 18:30`` or ``2024-05-31T18:30:00+02:00``;
    * categories otherwise, also without any value.

    Parameters
    ----------
    name : str
        Name of the column.
    texts : sequence of str
        The cells.
    decimal_comma : bool, default=False
        Whether ``3,5`` is read as three and a half, if no number of the column has a point.
    keep : bool, default=False
        Whether the column stays text.

    Examples
    --------
    >>> column_from_text("x", [" 1.5", "NA", "2e3"]).values.tolist()
    [1.5, nan, 2000.0]
    >>> [column_from_text("x", cells).kind for cells in (["02134", "10115"], ["True", "false", "?"], ["2024-05-31"])]
    ['category', 'boolean', 'date']
    """
    cells = [text.strip() for text in texts]
    if not keep:
        found = _numbers(cells, decimal_comma) or _truths(cells) or _dates(cells)
        if found:
            return Column(name, *found)
    values = np.fromiter(cells, object, len(cells))
    missing = np.fromiter((cell in MISSING_MARKERS for cell in cells), bool, len(cells))
    values[missing] = ""
    return Column(name, "category", values, missing)


# Each of these takes the cells of a column and returns kind, values and missing mask, or None for another kind.
Found = tuple[str, np.ndarray, np.ndarray]


def _numbers(cells: Sequence[str], decimal_comma: bool = False, codes: bool = True) -> Found | None:
    """Return numbers; with ``codes`` a number with a leading zero makes the column text."""
    values = _floats(cells)
    if values is None:
        cells = ["nan" if cell in _NO_NUMBER else cell for cell in cells]
        values = _floats(cells)
        if values is None and decimal_comma and all(_DECIMAL_COMMA.fullmatch(cell) or cell == "nan" for cell in cells):
            cells = [cell.replace(",", ".") for cell in cells]
            values = _floats(cells)
    if values is None or np.isnan(values).all():
        return None
    together = "\n".join(cells)
    # Python also reads 1_000 as a number.
    if "_" in together or (codes and _LEADING_ZERO.search(together)):
        return None
    return "number", values, np.isnan(values)


def _floats(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def _truths(cells: Sequence[str]) -> Found | None:
    distinct = set(cells) - MISSING_MARKERS
    if not distinct or not all(cell.lower() in _TRUTH for cell in distinct):
        return None
    return _from_meanings("boolean", cells, {cell: _TRUTH[cell.lower()] for cell in distinct})


def _dates(cells: Sequence[str]) -> Found | None:
    distinct = set(cells) - _NO_NUMBER
    if not distinct or not all(map(_DATE.fullmatch, distinct)):
        return None
    try:
        return _from_meanings("date", cells, {cell: as_utc(datetime.fromisoformat(cell)) for cell in distinct})
    except (ValueError, OverflowError):  # 2023-02-30
        return None


def _from_meanings(kind: str, cells: Sequence[str], meaning: Mapping[str, object]) -> Found:
    """Return the value of each cell by a table; cells that are not in it are missing."""
    values = np.array([meaning.get(cell, FILLERS[kind]) for cell in cells], dtype=DTYPES[kind])
    return kind, values, np.fromiter((cell not in meaning for cell in cells), bool, len(cells))


def _read_as(kind: str, cells: Sequence[str]) -> Found | None:
    """Return cells as ``kind``, even if they could be of another kind."""
    if all(cell in _NO_NUMBER for cell in cells):
        return _from_meanings(kind, cells, {})
    return _numbers(cells, codes=False) if kind == "number" else {"boolean": _truths, "date": _dates}[kind](cells)


def as_utc(moment: datetime) -> datetime:
    """Return a time with a zone as the same moment in UTC, without the zone; others unchanged."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def plain_text(value: object) -> str:
    """Return the text of a value as a category: whole numbers without a point.

    Examples
    --------
    >>> [plain_text(value) for value in (3.0, 3.5, "3", True, np.float32(2.0))]
    ['3', '3.5', '3', 'True', '2']
    """
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value.item() if isinstance(value, np.datetime64) else value)


def as_kind(column: Column, kind: str, where: str) -> Column:
    """Return the column converted to ``kind``.

    In a few rows a column may seem to be of another kind than in training: without any value, or text with whole
    numbers only. Therefore anything becomes a category, text is parsed, booleans become 0 and 1, the numbers 0 and 1
    booleans, and a column without any value becomes any kind.

    Raises
    ------
    DataError
        A value cannot be converted; the message names its row.
    """
    if column.kind == kind:
        return column
    if column.n_missing == len(column):
        return Column(column.name, kind, np.full(len(column), FILLERS[kind], DTYPES[kind]), column.missing)
    if kind == "category":
        texts = np.fromiter(map(plain_text, column.values.tolist()), object, len(column))
        texts[column.missing] = ""
        return Column(column.name, kind, texts, column.missing)
    if column.kind == "boolean" and kind == "number":
        return Column(column.name, kind, np.where(column.missing, np.nan, column.values), column.missing)
    if column.kind == "number" and kind == "boolean" and np.isin(column.present(), (0.0, 1.0)).all():
        return Column(column.name, kind, column.values == 1.0, column.missing)
    if column.kind == "category":
        found = _read_as(kind, [text.strip() for text in column.values.tolist()])
        if found:
            return Column(column.name, *found)
    raise _unreadable(column, kind, where)


def _unreadable(column: Column, kind: str, where: str) -> DataError:
    """Return the error for the first value that cannot be converted to ``kind``."""
    rows = np.flatnonzero(~column.missing)
    if column.kind == "category":
        row = next((row for row in rows if not _read_as(kind, [column.values[row].strip()])), rows[0])
    elif kind == "boolean" and column.kind == "number":
        row = next(row for row in rows if column.values[row] not in (0.0, 1.0))
    else:
        row = rows[0]
    value = plain_text(column.values[row])
    must = {"number": "numbers", "boolean": "true or false", "date": "dates such as 2024-05-31"}[kind]
    message = (
        f"{where}: column {column.name!r} must hold {must} as in training, got {value!r} in {column.rows(int(row))}."
    )
    return DataError(message, expected=kind, got=value)


def odd_format(texts: Sequence[str]) -> str:
    """Return a description of texts most of which are numbers or dates, in a format that is not read; else "".

    Examples
    --------
    >>> odd_format(["1.5", "2", "oops", "4", "5", "6"])
    "5 numbers and 1 other, such as 'oops'"
    >>> odd_format(["3%", "4.5%"])
    "percentages such as '3%'"
    >>> odd_format(["Ann", "Bob"])
    ''
    """
    n = len(texts)
    others = [text for text in texts if not _SIMPLE_NUMBER.fullmatch(text)]
    if len(others) <= (1.0 - _MOST) * n:
        return f"{n - len(others):,} numbers and {len(others):,} other, such as {others[0]!r}" if others else ""
    for words, pattern in _UNREAD.items():
        matching = [text for text in texts if pattern.fullmatch(text)]
        if len(matching) >= _MOST * n:
            return f"{words} such as {matching[0]!r}"
    return ""
