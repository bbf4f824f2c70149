"""What a table shows in a notebook: its first rows, with the kind of each column."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = ["html_of_table"]

_MOST_ROWS = 8
_MOST_COLUMNS = 16
_MOST_CHARACTERS = 24
_MOST_NOTES = 5


@for_notebooks
def html_of_table(table: Any) -> str:
    """Return the first rows of a table as a fragment of a page; no other row is read."""
    n = min(table.n_rows, _MOST_ROWS)
    columns = table.take(np.arange(n)).columns[:_MOST_COLUMNS]
    names = distinct_cuts([plain(column.name) for column in columns], _MOST_CHARACTERS)
    heads = [
        Markup(element("span", name, title=column.name) + "<br>" + element("span", column.kind, class_="quiet"))
        for name, column in zip(names, columns, strict=True)
    ]
    rows = [[str(i + 1), *(_cell(column, i) for column in columns)] for i in range(n)]
    n_columns = len(table.columns)
    title = f"Table: {count(table.n_rows, 'row')}, {count(n_columns, 'column')}"
    left_out = [count(table.n_rows - n, "more row")] if table.n_rows > n else []
    left_out += [count(n_columns - len(columns), "more column")] if n_columns > len(columns) else []
    notes = [paragraph(note, quiet=True) for note in table.notes[:_MOST_NOTES]]
    more = paragraph(" and ".join(left_out), quiet=True) if left_out else ""
    return shown(title, grid(rows, ["", *heads], numbers_from=len(columns) + 1), more, *notes)


def _cell(column: Any, row: int) -> str:
    """Return one value as text; a missing one is said to be missing."""
    if column.missing[row]:
        return element("span", "missing", class_="quiet")
    value = column.values[row]
    if column.kind == "number":
        return f"{value:.0f}" if abs(value) < 1e15 and value % 1.0 == 0.0 else f"{value:.6g}"
    if column.kind == "boolean":
        return "true" if value else "false"
    if column.kind == "date":
        return str(value).removesuffix(".000000").removesuffix("T00:00:00").replace("T", " ")
    return cut_middle(plain(value), _MOST_CHARACTERS)
