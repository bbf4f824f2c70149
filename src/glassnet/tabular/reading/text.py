"""From text to numbers, booleans and dates: what kind of column a list of strings is, and one kind as another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column

__all__ = ["MISSING_IN_NUMBERS", "MISSING_MARKERS", "as_kind", "as_utc", "column_from_text", "plain_text"]

MISSING_MARKERS = frozenset({"", "?", "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"})
"""Cells of text files that mean "no value", in any column."""

MISSING_IN_NUMBERS = frozenset({"-", "--", ".", "None", "none", "na"})
"""Cells that mean "no value" where every other cell of the column is a number or a date.

In a column of words they are words: "None" may well be a category.
"""

_NO_NUMBER = MISSING_MARKERS | MISSING_IN_NUMBERS
_LEADING_ZERO = re.compile(r"^[+-]?0\d+$", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
_TRUTH = {"true": True, "false": False}


def column_from_text(name: str, texts: Sequence[str], *, decimal_comma: bool = False, keep: bool = False) -> Column:
    """Return the column that a list of cells is: of numbers, of dates, of true and false, or else of categories.

    Blanks around a cell are dropped. Cells in `MISSING_MARKERS` are missing. The rest is

    * number: all are, as Python's ``float`` reads them. A column with ``007`` holds codes, and stays text: its zeros
      mean something;
    * boolean: all are true or false, in any case;
    * date: all are ISO dates or times such as ``2024-05-31``, ``2024-05-31 18:30`` or ``2024-05-31T18:30:00+02:00``;
    * category: anything else, also a column without any value.

    Parameters
    ----------
    name : str
        Of the column.
    texts : sequence of str
        The cells.
    decimal_comma : bool, default=False
        Whether ``3,5`` may be three and a half (if it may, and no number of the column has a point).
    keep : bool, default=False
        Whether to leave text as text.

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


# Each of these takes the cells of a column and returns kind, values and missing mask, or None for something else.
Found = tuple[str, np.ndarray, np.ndarray]


def _numbers(cells: Sequence[str], decimal_comma: bool = False, codes: bool = True) -> Found | None:
    """Return numbers; ``codes`` says whether a number with a leading zero makes the column text."""
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
    # Python also takes 1_000 for a number.
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
    return _looked_up("boolean", cells, {cell: _TRUTH[cell.lower()] for cell in distinct})


def _dates(cells: Sequence[str]) -> Found | None:
    distinct = set(cells) - _NO_NUMBER
    if not distinct or not all(map(_DATE.fullmatch, distinct)):
        return None
    try:
        return _looked_up("date", cells, {cell: as_utc(datetime.fromisoformat(cell)) for cell in distinct})
    except (ValueError, OverflowError):  # 2023-02-30
        return None


def _looked_up(kind: str, cells: Sequence[str], meaning: Mapping[str, object]) -> Found:
    """Return what each cell means; those without a meaning are missing."""
    values = np.array([meaning.get(cell, FILLERS[kind]) for cell in cells], dtype=DTYPES[kind])
    return kind, values, np.fromiter((cell not in meaning for cell in cells), bool, len(cells))


def _read_as(kind: str, cells: Sequence[str]) -> Found | None:
    """Return cells as ``kind``, whatever else they could be."""
    if all(cell in _NO_NUMBER for cell in cells):
        return _looked_up(kind, cells, {})
    return _numbers(cells, codes=False) if kind == "number" else {"boolean": _truths, "date": _dates}[kind](cells)


def as_utc(moment: datetime) -> datetime:
    """Return a time without a zone as it is, and one with a zone as the same moment in UTC, without the zone."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def plain_text(value: object) -> str:
    """Return a value as a category is written: whole numbers without a point.

    Examples
    --------
    >>> [plain_text(value) for value in (3.0, 3.5, "3", True, np.float32(2.0))]
    ['3', '3.5', '3', 'True', '2']
    """
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value.item() if isinstance(value, np.datetime64) else value)


def as_kind(column: Column, kind: str, where: str) -> Column:
    """Return the column as one of ``kind``, as far as its values can be read as such.

    A file or frame of a few rows may show less than the one a model was trained on: a column that has only whole
    numbers there may be one of text here, or hold nothing at all. So: anything becomes a category; text becomes what
    it spells; booleans become 0 and 1, and 0 and 1 booleans; a column without any value becomes any kind.

    Raises
    ------
    DataError
        A value cannot be read; it is named with its row, counted from 0.
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
    """Name the first value that cannot be read as ``kind``."""
    rows = np.flatnonzero(~column.missing)
    if column.kind == "category":
        row = next((row for row in rows if not _read_as(kind, [column.values[row].strip()])), rows[0])
    elif kind == "boolean" and column.kind == "number":
        row = next(row for row in rows if column.values[row] not in (0.0, 1.0))
    else:
        row = rows[0]
    value = plain_text(column.values[row])
    must = {"number": "numbers", "boolean": "true or false", "date": "dates such as 2024-05-31"}[kind]
    message = f"{where}: column {column.name!r} must hold {must} as in training, got {value!r} in row {row}."
    return DataError(message, expected=kind, got=value)
