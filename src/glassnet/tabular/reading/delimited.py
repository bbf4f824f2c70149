"""Read text files and workbooks: their layout is found first, then `CellReader` reads the cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.cells.reader import CellReader, Draft
from glassnet.tabular.reading.contents import Contents, read_contents, read_sheet
from glassnet.tabular.reading.kept_options import check_read_names
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.table import Table

__all__ = ["read_delimited", "read_workbook"]


def read_delimited(where: str, file: Path, separator: str | None, options: ReadOptions) -> Table:
    """Return a text file as a table; ``separator`` is what the name of the file says, None for nothing."""
    return _as_table(where, read_contents(where, file, options, separator), options)


def read_workbook(where: str, file: Path, options: ReadOptions) -> Table:
    """Return the first sheet of a workbook as a table, read like a text file."""
    return _as_table(where, read_sheet(where, file, options), options)


def _as_table(where: str, contents: Contents, options: ReadOptions) -> Table:
    """Return the cells as typed columns, without those that have neither a name nor a value."""
    check_read_names(where, options, contents.names)
    wanted = {i for i, name in enumerate(contents.names) if _needs_text(name, options)}
    semicolons = contents.separator == ";"
    rows = RowNames(contents.line_of)
    reader = CellReader(where, options, place=rows, semicolons=semicolons)
    drafts: dict[int, Draft] = {}
    notes = list(contents.notes)
    left_out = 0
    for i, cells in contents.columns(wanted):
        name = contents.names[i]
        if name in options.dropped:
            continue
        if i in contents.nameless and _is_empty(cells):
            left_out += 1
        elif i == 0 and _may_be_index(contents, options) and _is_index(cells):
            keep = options.spelled("read", {name: "number"})
            notes.append(f"The first column has no name and numbers the rows: left out as an index ({keep} keeps it).")
        elif isinstance(cells, list):
            drafts[i] = reader.read(name, cells)
        elif cells.dtype == np.float64:
            drafts[i] = reader.read_numbers(name, np.ma.filled(cells, np.nan))
        else:
            drafts[i] = reader.read(name, np.ma.filled(cells, "").tolist())
    if left_out:
        notes.append(f"{left_out} column{'s' * (left_out > 1)} without name and values left out.")
    return Table(reader.settle([drafts[i] for i in sorted(drafts)]), where, notes).named_by(rows)


def _may_be_index(contents: Contents, options: ReadOptions) -> bool:
    """Return whether only the first of several columns has no name, and nothing is said about it."""
    alone = contents.nameless == [0] and len(contents.names) > 1
    return alone and contents.names[0] not in {*options.read, *options.forms}


def _is_index(cells: Any) -> bool:
    """Return whether cells are different whole numbers as programs write them before the rows, and no years."""
    if not isinstance(cells, list):
        cells = np.ma.filled(cells, np.nan if cells.dtype == np.float64 else "").tolist()
    texts = [cell.strip() if isinstance(cell, str) else f"{cell:.0f}" if cell == cell // 1 else "" for cell in cells]
    if not all(text.isdecimal() and len(text) < 16 for text in texts):
        return False
    numbers = [int(text) for text in texts]
    counts = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
    return counts or (len(set(numbers)) == len(numbers) and not all(1800 <= number <= 2100 for number in numbers))


def _needs_text(name: str, options: ReadOptions) -> bool:
    """Return whether a column must not be converted by DuckDB, since it is read in a way of its own."""
    form = options.forms.get(name)
    is_plain = form is None or (form.kind == "number" and form.is_plain)
    return options.read.get(name, "number") != "number" or not is_plain


def _is_empty(cells: Any) -> bool:
    """Return whether no cell says anything."""
    if isinstance(cells, list):
        return not any(map(str.strip, cells))
    return bool(np.ma.getmaskarray(cells).all())
