"""Some rows of a large table, of which a column is copied only while it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np

from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.table import Column, Table

__all__ = ["TableView", "some_rows"]

_FEWEST_CELLS = 1_000_000  # of rows that are not copied at once


def some_rows(table: Table, rows: np.ndarray) -> Table:
    """Return these rows of a table, by number: copied, or if they have many cells as a `TableView`.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import to_table
    >>> some_rows(to_table({"a": [1, 2, 3]}), np.array([2, 0]))["a"].values.tolist()
    [3.0, 1.0]
    """
    if isinstance(rows, np.ndarray) and rows.dtype == bool:
        rows = np.flatnonzero(rows)
    return TableView(table, rows) if len(rows) * len(table.names) > _FEWEST_CELLS else table.take(rows)


class TableView(Table):
    """The rows of a table with these numbers; each access to a column copies that column anew, and keeps nothing.

    So a table may be larger than half of the memory and be divided all the same: who goes through its columns one
    after the other has one of them at a time.

    Parameters
    ----------
    table : Table
        Where the rows are from.
    rows : ndarray of int of shape (m,)
        Their numbers, in order.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import to_table
    >>> view = TableView(to_table({"a": [1, 2, 3], "b": ["x", "y", "z"]}), np.array([2, 0]))
    >>> view["b"].values.tolist(), view.n_rows, [column.name for column in view.columns]
    (['z', 'x'], 2, ['a', 'b'])
    """

    columns: Sequence[Column]  # type: ignore[assignment]
    whole: Table
    rows: np.ndarray

    def __init__(self, table: Table, rows: np.ndarray) -> None:
        if isinstance(table, TableView):  # as numbers in the table itself
            rows = table.rows[rows]
            table = table.whole
        self.whole, self.rows = table, rows
        self.notes, self.n_rows = table.notes, len(rows)
        self._by_name = table._by_name
        self.columns = _Columns(table, rows)

    def __getitem__(self, name: str) -> Column:
        return self.whole[name].take(self.rows)

    def take(self, rows: np.ndarray | slice) -> Table:
        """Return the table with these rows only, copied; ``rows`` are row numbers, a mask or a slice."""
        return self.whole.take(self.rows[rows])

    def drop(self, names: Any) -> Table:
        """Return the table without the columns of these ``names``, all of which must exist."""
        return TableView(self.whole.drop(names), self.rows)

    def named_by(self, rows: RowNames) -> Table:
        """Return the table, copied, with other names of its rows in messages."""
        return Table([replace(column, rows=rows) for column in self.columns], notes=self.notes)


class _Columns(Sequence[Column]):
    """The columns of a view, in order."""

    def __init__(self, table: Table, rows: np.ndarray) -> None:
        self._table, self._rows = table, rows

    def __len__(self) -> int:
        return len(self._table.columns)

    @overload
    def __getitem__(self, place: int) -> Column: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Column]: ...
    def __getitem__(self, place: int | slice) -> Column | Sequence[Column]:
        found = self._table.columns[place]
        return found.take(self._rows) if isinstance(found, Column) else [each.take(self._rows) for each in found]
