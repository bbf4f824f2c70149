"""A column of a sample that knows how often each category is in all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.tabular.reading.table import Column

__all__ = ["CountedColumn", "n_rows_of"]


@dataclass(frozen=True, eq=False)
class CountedColumn(Column):
    """A column of categories of some rows, with the distinct values of all rows and how many have each.

    Its coder is chosen by ``distinct`` and ``counts``, so that rare categories that the sample lacks have a code.

    Parameters
    ----------
    distinct : Column
        The different cells of all rows, read as the column was; one may be a missing value.
    counts : ndarray of shape (m,)
        How many rows have each, by their weights.
    row_counts : ndarray of shape (m,), optional
        How many have each without weights, if there are weights.

    Examples
    --------
    >>> no, cells = np.zeros(2, bool), np.array(["a", "b"], dtype=object)
    >>> distinct = Column("x", "category", cells, no)
    >>> CountedColumn("x", "category", cells, no, distinct=distinct, counts=np.array([7.0, 2.0])).n_counted
    9
    """

    distinct: Column | None = None
    counts: np.ndarray | None = None
    row_counts: np.ndarray | None = None

    @property
    def n_counted(self) -> int:
        """The number of all rows."""
        return len(self) if self.of_each is None else int(self.of_each.sum())

    @property
    def of_each(self) -> np.ndarray | None:
        """How many rows have each value, whatever they weigh."""
        return self.counts if self.row_counts is None else self.row_counts


def n_rows_of(column: Column) -> int:
    """Return of how many rows a column is, those that are not in memory too.

    Parameters
    ----------
    column : Column
        Column of all rows, or of some that knows of how many.

    Examples
    --------
    >>> n_rows_of(Column("x", "number", np.zeros(3), np.zeros(3, bool)))
    3
    """
    return column.n_counted if isinstance(column, CountedColumn) else len(column)
