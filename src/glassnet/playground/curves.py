"""Curves that may grow for ever: a few thousand points of them, evenly thinned, and always the last one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["Curve"]


class Curve:
    """Rows of numbers by step, of which every second one goes as soon as there are too many.

    Parameters
    ----------
    columns : int
        Numbers in a row; the first is the step.
    most : int
        Rows that are kept, at least.
    """

    def __init__(self, columns: int, most: int) -> None:
        self._rows = np.full((2 * most, columns), np.nan)
        self._n, self._stride, self._seen = 0, 1, 0
        self._last: tuple[float, ...] = ()

    @property
    def last_step(self) -> int:
        """The step of the last row that was added; 0 without one."""
        return int(self._last[0]) if self._last else 0

    def add(self, row: Sequence[float]) -> None:
        """Add the row of a step after all others."""
        self._last = tuple(row)
        self._seen += 1
        if self._seen % self._stride:
            return
        if self._n == len(self._rows):
            self._n //= 2
            self._rows[: self._n] = self._rows[1::2].copy()
            self._stride *= 2
            if self._seen % self._stride:
                return
        self._rows[self._n] = self._last
        self._n += 1

    def rows(self) -> np.ndarray:
        """Return the rows that were kept, (n, columns), and the last one."""
        kept = self._rows[: self._n]
        if self._last and (not self._n or kept[-1, 0] != self._last[0]):
            return np.concatenate([kept, [self._last]])
        return kept.copy()

    def cut(self, step: int) -> None:
        """Forget what comes after a step."""
        if self.last_step > step:
            self._n = int(np.searchsorted(self._rows[: self._n, 0], step, side="right"))
            self._last = tuple(self._rows[self._n - 1]) if self._n else ()
            self._seen = self._n * self._stride

    def copy(self) -> Curve:
        """Return a curve of its own with the same rows."""
        other = Curve(self._rows.shape[1], len(self._rows) // 2)
        other._rows[...] = self._rows
        other._n, other._stride, other._seen, other._last = self._n, self._stride, self._seen, self._last
        return other
