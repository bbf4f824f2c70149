"""A column of a sample that knows how often each category is in all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.tabular.reading.table import Column

__all__ = ["CountedColumn"]


@dataclass(frozen=True, eq=False)
class CountedColumn(Column):
    """A column of categories of some rows, with the distinct values of all rows and how many have each.

    Its coder is chosen by ``distinct`` and ``counts``, so that rare categories that the sample lacks have a code.

    Parameters
    ----------
    distinct : Column
        The different cells of all rows, read as the column was; one may be a missing value.
    counts : ndarray of shape (m,)
        How many rows have each.

    Examples
    --------
    >>> no, cells = np.zeros(2, bool), np.array(["a", "b"], dtype=object)
    >>> distinct = Column("x", "category", cells, no)
    >>> CountedColumn("x", "category", cells, no, distinct=distinct, counts=np.array([7.0, 2.0])).n_counted
    9
    """

    distinct: Column | None = None
    counts: np.ndarray | None = None

    @property
    def n_counted(self) -> int:
        """The number of all rows."""
        return len(self) if self.counts is None else int(self.counts.sum())
