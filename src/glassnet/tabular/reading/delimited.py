"""Read text files and workbooks: `column_from_text` converts the cells that are no plain numbers."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.contents import Contents, read_contents, read_sheet
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import column_from_text

__all__ = ["read_delimited", "read_workbook"]


def read_delimited(where: str, file: Path, separator: str | None, options: ReadOptions, text: Collection[str]) -> Table:
    """Return a text file as a table; ``separator`` is what its name says, ``text`` names the columns that stay text."""
    return _as_table(where, read_contents(where, file, options, separator), text)


def read_workbook(where: str, file: Path, options: ReadOptions, text: Collection[str]) -> Table:
    """Return the first sheet of a workbook as a table, read like a text file."""
    return _as_table(where, read_sheet(where, file, options), text)


def _as_table(where: str, contents: Contents, text: Collection[str]) -> Table:
    kept = {i for i, name in enumerate(contents.names) if name in text}
    columns: list[Column] = []
    left_out = 0
    for i, cells in contents.columns(kept):
        name = contents.names[i]
        if i in contents.nameless and _is_empty(cells):
            left_out += 1
        elif isinstance(cells, np.ndarray) and cells.dtype == np.float64:
            columns.append(column_from_values(name, cells, where))
        else:
            texts = cells if isinstance(cells, list) else np.ma.filled(cells, "").tolist()
            columns.append(column_from_text(name, texts, decimal_comma=contents.separator == ";", keep=i in kept))
    notes = list(contents.notes)
    if left_out:
        notes.append(f"{left_out} column{'s' * (left_out > 1)} without name and values left out")
    places = {name: i for i, name in enumerate(contents.names)}
    return Table(sorted(columns, key=lambda column: places[column.name]), where, notes)


def _is_empty(cells: Any) -> bool:
    """Return whether no cell says anything."""
    if isinstance(cells, list):
        return not any(map(str.strip, cells))
    return bool(np.ma.getmaskarray(cells).all())
