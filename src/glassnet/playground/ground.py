"""The row that is looked at; of data that have fewer rows than those before, the last one."""

from __future__ import annotations

import numpy as np

from glassnet.playground.play_data import PlayData

__all__ = ["row_number", "row_of", "row_target"]


def row_number(data: PlayData, row: int) -> int:
    """Return the number of a row that there is: those trained on come first, then those held out."""
    return min(row, data.n_rows - 1)


def row_of(data: PlayData, row: int) -> np.ndarray:
    """Return one row as inputs, (1, ...)."""
    row, n = row_number(data, row), len(data.X)
    return data.X[row : row + 1] if row < n else data.X_valid[row - n : row - n + 1]


def row_target(data: PlayData, row: int) -> float:
    """Return the target of a row, a number or the code of a class; of several outputs the first."""
    row, n = row_number(data, row), len(data.y)
    return float(np.ravel(data.y[row] if row < n else data.y_valid[row - n])[0])
