"""Curves that may grow for ever: a few thousand points of them, evenly thinned, and always the last one."""

from __future__ import annotations

import bisect
import operator

import numpy as np

__all__ = ["Curve"]

_FIRST = operator.itemgetter(0)


class Curve:
    """Rows of numbers by step, of which every second one goes as soon as there are too many.

    Parameters
    ----------
    columns : int
        Numbers in a row; the first is the step.
    most : int
        Rows that are kept, at least, and at most twice as many.

    Attributes
    ----------
    last_step : int
        The step of the last row that was added; 0 without one.
    """

    def __init__(self, columns: int, most: int) -> None:
        self._columns, self._most = columns, most
        self._rows: list[tuple[float, ...]] = []
        self._array, self._filled = np.empty((0, columns)), 0  # the same as numbers, as far as it was asked for
        self._stride, self._waits = 1, 1
        self._last: tuple[float, ...] = ()
        self.last_step = 0

    def add(self, step: int, *numbers: float) -> None:
        """Add the row of a step that is after all others."""
        self.last_step, self._last = step, (step, *numbers)
        self._waits -= 1
        if self._waits:
            return
        self._rows.append(self._last)
        if len(self._rows) == 2 * self._most:
            del self._rows[::2]
            self._stride, self._filled = 2 * self._stride, 0
        self._waits = self._stride

    def rows(self) -> np.ndarray:
        """Return the rows that were kept, (n, columns), and the last one."""
        n = len(self._rows)
        if not len(self._array):
            self._array = np.empty((2 * self._most + 1, self._columns))
        if self._filled < n:
            self._array[self._filled : n] = self._rows[self._filled :]
            self._filled = n
        if self._last and not (n and self._rows[-1] is self._last):
            self._array[n] = self._last
            n += 1
        return self._array[:n].copy()

    def cut(self, step: int) -> None:
        """Forget what comes after a step."""
        if self.last_step > step:
            del self._rows[bisect.bisect_right(self._rows, step, key=_FIRST) :]
            self._filled = min(self._filled, len(self._rows))
            self._last = self._rows[-1] if self._rows else ()
            self.last_step = int(self._last[0]) if self._last else 0
            self._waits = self._stride

    def copy(self) -> Curve:
        """Return a curve of its own with the same rows."""
        other = Curve(self._columns, self._most)
        other._rows, other._last, other.last_step = list(self._rows), self._last, self.last_step
        other._stride, other._waits = self._stride, self._waits
        return other
