"""Read the sheets of a spreadsheet program as rows of text, like the lines of a text file."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from glassnet.errors import DataError
from glassnet.tabular.reading.layout.dialects import Record
from glassnet.utils.checks import require_extra
from glassnet.utils.wording import few

__all__ = ["sheet_records"]


def sheet_records(where: str, file: Path) -> tuple[list[Record], list[str]]:
    """Return the rows of the first sheet that has any, numbered as the program numbers them, and notes.

    Raises
    ------
    DataError
        The file is no workbook, or all its sheets are empty.
    MissingExtraError
        The library that reads workbooks is not installed.
    """
    calamine = require_extra("python_calamine", "excel", "Reading a spreadsheet that was not saved as CSV")
    try:
        workbook = calamine.CalamineWorkbook.from_path(str(file))
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
        found = {name: _rows(sheet) for name, sheet in sheets.items()}
    except Exception as error:  # its errors have no common class
        message = f"{where}: the workbook is damaged or has a password; it must be readable. Save the sheet as CSV."
        raise DataError(message) from error
    filled = [name for name, rows in found.items() if rows]
    if not filled:
        message = f"{where}: the workbook has empty sheets only; one must have a table."
        raise DataError(message)
    notes = []
    if len(filled) > 1:
        others = few(map(repr, filled[1:]), most=3)
        notes.append(f"the sheet {filled[0]!r} was read; to read {others}, save it as a file of its own")
    return found[filled[0]], notes


def _rows(sheet: Any) -> list[Record]:
    """Return the rows that have a cell with something in it, without the columns at the end that have none."""
    rows = list(_numbered(sheet.to_python(skip_empty_area=False)))
    filled = [i for _, cells in rows for i, cell in enumerate(cells) if cell]
    width = max(filled, default=-1) + 1
    left = min(filled, default=0)
    return [Record(number, cells[left:width]) for number, cells in rows if any(cells)]


def _numbered(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, 1):
        yield number, [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """Return a cell as it would stand in a text file."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        whole_day = cell.time() == datetime.time()
        return cell.date().isoformat() if whole_day else cell.isoformat(" ")
    return str(cell).strip() if cell is not None else ""
