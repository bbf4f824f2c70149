"""How messages name a row of a table: by its line in a text file, else by its position, said from where it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["IN_ARRAY", "IN_FILE", "RowNames"]

_FROM_ONE = " (counted from 1)"


class RowNames:
    """Names the rows of a table, which may be some of the rows of a larger one.

    Parameters
    ----------
    line_of : callable, optional
        Returns the line, counted from 1, of a row of the file, counted from 0; or None if that has none of its own.
    in_file : bool, default=False
        Whether the table is from a file, whose rows count from 1; those of frames and arrays count from 0.

    Examples
    --------
    >>> RowNames()(3), RowNames(in_file=True)(3), RowNames(lambda row: row + 2)(3)
    ('row 3 (counted from 0)', 'row 4 (counted from 1)', 'line 5')
    >>> RowNames(in_file=True).take(np.array([False, True, True]), 3)(0)
    'row 2 (counted from 1)'
    """

    def __init__(self, line_of: Callable[[int], int | None] | None = None, *, in_file: bool = False) -> None:
        self._line_of, self._in_file = line_of, in_file or line_of is not None
        self._taken: tuple[tuple[np.ndarray | slice, int], ...] = ()

    def take(self, rows: np.ndarray | slice, n: int) -> RowNames:
        """Return the names of some of the rows: numbers, a mask or a slice of ``n`` rows."""
        found = object.__new__(type(self))
        vars(found).update(vars(self))  # `copy` would leave out what a pickle does
        found._taken = (*self._taken, (rows, n))
        return found

    def __call__(self, row: int) -> str:
        """Return the name of a row, counted from 0."""
        return self.named(self.number(row))

    def number(self, row: int) -> int:
        """Return the number of a row in the larger table, both counted from 0."""
        for rows, n in reversed(self._taken):
            row = int(np.arange(n)[rows][row])
        return row

    def in_words(self, row: int) -> str:
        """Return the number of a row, counted from 1 in a file and from 0 otherwise, with its line if it has one.

        Examples
        --------
        >>> RowNames(lambda row: row + 2).in_words(3), RowNames(in_file=True).in_words(3), RowNames().in_words(3)
        ('row 4 (line 5)', 'row 4', 'row 3 (counted from 0)')
        """
        name = self(row)
        return f"row {self.number(row) + 1} ({name})" if name.startswith("line ") else name.removesuffix(_FROM_ONE)

    def in_file(self, row: int) -> int | None:
        """Return the number of a row in its one file, counted from 1; None for frames, arrays and several files."""
        return self.number(row) + 1 if self._in_file else None

    def named(self, row: int) -> str:
        """Return the name of a row of the larger table, counted from 0."""
        line = self._find_line(row)
        if line is not None:
            return f"line {line}"
        return f"row {row + 1}{_FROM_ONE}" if self._in_file else f"row {row} (counted from 0)"

    def _find_line(self, row: int) -> int | None:
        try:
            return None if self._line_of is None else self._line_of(row)
        except OSError:  # the file is gone, as a copy of standard input
            return None

    def __getstate__(self) -> dict[str, Any]:
        # What reads the file again belongs to this process.
        return {**vars(self), "_line_of": None}


IN_ARRAY = RowNames()
"""The names of rows of an array or a frame."""

IN_FILE = RowNames(in_file=True)
"""The names of rows of a file without lines, such as Parquet."""
