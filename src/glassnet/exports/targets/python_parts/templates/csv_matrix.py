"""CSV files of plain numbers, whose columns have names or go by their order."""

from __future__ import annotations

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS, INPUTS
from glassnet.exports.targets.python_parts.templates.program import table_of
from glassnet.exports.targets.python_parts.templates.rows import Unreadable


def read_csv(data: bytes, lines: list[int]) -> list[list[float]]:
    """Return the rows of a CSV file, and append the line of each to ``lines``."""
    names, rows = table_of(data, lines)
    known = [name for name in COLUMNS if name in names]
    if known and len(known) < len(COLUMNS):
        lacking = next(name for name in COLUMNS if name not in names)
        raise Unreadable(f"the header lacks {lacking!r}; it must have the names of all columns or of none")
    if not known and len(names) != INPUTS:
        raise Unreadable(f"the file has {len(names)} columns; it must have {INPUTS}")
    places = [names.index(name) for name in known] or range(INPUTS)
    return [[number_in(cells[i], names[i], row) for i in places] for row, cells in enumerate(rows)]


def number_in(cell: str, name: str, row: int) -> float:
    """Return the number in a cell."""
    try:
        return float(cell)
    except ValueError:
        raise Unreadable(f"column {name!r} holds {cell!r}; it must hold finite numbers", row) from None


def header_of(rows: list[list[str]]) -> tuple[list[str], int]:
    """Return the names of the columns, and which row is the first of numbers: 0 where the file has no header."""
    names = [cell.strip() for cell in rows[0]]
    if not set(COLUMNS) & set(names) and all(map(is_number, names)):
        return [str(place) for place in range(len(names))], 0
    return names, 1


def is_number(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
