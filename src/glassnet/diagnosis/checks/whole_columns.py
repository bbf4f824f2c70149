"""Single columns of all rows, for checks that found a reason to read them; and rows and columns in words."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.utils.row_sources import RowSource

__all__ = ["Column", "flat", "input_column", "named", "rows_of", "target_column", "upper"]

_ROWS_NAMED = 3


class Column:
    """The values of one column in all rows that weigh something, or in those of the sample where reading all is slow.

    Attributes
    ----------
    values : ndarray of shape (n,)
        As float64.
    n_rows : int
        Number of rows that there are.
    """

    def __init__(self, values: np.ndarray, numbers: np.ndarray | None, n_rows: int) -> None:
        self.values, self.n_rows = values.astype(np.float64), n_rows
        self._numbers = numbers

    def numbers(self, places: np.ndarray) -> list[int]:
        """Return the numbers of rows, counted from 0 among all."""
        found: list[int] = (places if self._numbers is None else self._numbers[places]).tolist()
        return found

    @property
    def rows(self) -> str:
        """Which rows these are, as part of a sentence."""
        n = len(self.values)
        return f"{n} rows" if n == self.n_rows else f"{n} of {self.n_rows} rows"


def input_column(case: Case, index: int) -> Column:
    """Return one column of the inputs."""
    return _column(case, 0, index)


def target_column(case: Case, index: int) -> Column:
    """Return one column of the targets."""
    return _column(case, 1, index)


def _column(case: Case, part: int, index: int) -> Column:
    array, rows = case.data[part], case.counted
    if isinstance(array, RowSource):
        sample = case.sample[0] if part == 0 else case.sample[1]
        return Column(flat(sample)[:, index], _as_given(case, case.sample_rows), case.n_rows)
    values = array.reshape(len(array), -1)[:, index]
    return Column(values if rows is None else values[rows], _as_given(case, rows), case.n_rows)


def _as_given(case: Case, rows: np.ndarray | None) -> np.ndarray | None:
    """Return the numbers of training rows in what ``fit`` was given; None where they are their places."""
    if case.split is None:
        return rows
    return case.split[0] if rows is None else case.split[0][rows]


def flat(X: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
    """Return rows as float64 of shape (n, d), of some columns only if they are given."""
    found = X.reshape(len(X), -1)
    return (found if columns is None else found[:, columns]).astype(np.float64)


def rows_of(numbers: list[int]) -> str:
    """Return the numbers of some rows in words.

    Examples
    --------
    >>> rows_of([17])
    'row 17 (counted from 0)'
    >>> rows_of([3, 8, 9, 12])
    'rows 3, 8, 9 and 1 more (counted from 0)'
    """
    if len(numbers) == 1:
        return f"row {numbers[0]} (counted from 0)"
    named = ", ".join(map(str, numbers[:_ROWS_NAMED]))
    more = f" and {len(numbers) - _ROWS_NAMED} more" if len(numbers) > _ROWS_NAMED else ""
    return f"rows {named}{more} (counted from 0)"


def named(text: str) -> str:
    """Return the name of a column at the beginning of a sentence; y stays as it is."""
    return text if text == "y" else upper(text)


def upper(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[0].upper() + text[1:]
