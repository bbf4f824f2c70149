"""The row that is looked at."""

from __future__ import annotations

import numpy as np

from glassnet.playground.play_data import PlayData

__all__ = ["row_of", "row_target"]


def row_of(data: PlayData, row: int) -> np.ndarray:
    """Return one row as inputs, (1, ...): those trained on come first, then those held out."""
    n = len(data.X)
    return data.X[row : row + 1] if row < n else data.X_valid[row - n : row - n + 1]


def row_target(data: PlayData, row: int) -> float:
    """Return the target of a row, a number or the code of a class; of several outputs the first."""
    n = len(data.y)
    return float(np.ravel(data.y[row] if row < n else data.y_valid[row - n])[0])
