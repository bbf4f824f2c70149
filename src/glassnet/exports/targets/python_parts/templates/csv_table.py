"""CSV files of tables, whose columns are found by their names."""

from __future__ import annotations

from glassnet.exports.targets.python_parts.templates.file_names import COLUMNS
from glassnet.exports.targets.python_parts.templates.program import table_of


def read_csv(data: bytes, lines: list[int]) -> dict[str, list[str]]:
    """Return the cells of the columns of a CSV file, and append the line of each row to ``lines``."""
    names, rows = table_of(data, lines)
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def header_of(rows: list[list[str]]) -> tuple[list[str], int]:
    """Return the names of the columns, below a title or remarks if there are any, and the row that follows."""
    known = [len({cell.strip() for cell in row} & set(COLUMNS)) for row in rows]
    header = known.index(max(known)) if known else 0
    return [cell.strip() for cell in rows[header]], header + 1
