"""Read CSV, TSV and other text files: `column_from_text` converts the cells that are no plain numbers."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.contents import read_contents
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import column_from_text

__all__ = ["read_delimited"]


def read_delimited(where: str, file: Path, separator: str | None, options: ReadOptions, text: Collection[str]) -> Table:
    """Return a text file as a table; ``separator`` is what its name says, ``text`` names the columns that stay text."""
    contents = read_contents(where, file, options, separator)
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
