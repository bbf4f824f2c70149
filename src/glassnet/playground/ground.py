"""The rows that are drawn, and the plane that they are drawn in."""

from __future__ import annotations

import numpy as np

from glassnet.playground.play_data import PlayData

__all__ = ["from_plane", "plane_range", "plane_sides", "point_inputs", "row_of", "row_target"]

_MOST_INPUTS = 1000  # a grid of more is too slow to look at while it learns


def row_of(data: PlayData, row: int) -> np.ndarray:
    """Return one row as inputs, (1, ...): those trained on come first, then those held out."""
    n = len(data.X)
    found = data.X[row : row + 1] if row < n else data.X_valid[row - n : row - n + 1]
    return np.ascontiguousarray(found, dtype=np.float32)


def row_target(data: PlayData, row: int) -> float:
    """Return the target of a row: a number, or the code of a class."""
    n = len(data.y)
    return float(np.ravel(data.y[row] if row < n else data.y_valid[row - n])[0])


def plane_sides(data: PlayData) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the range of x and that of y; None if there is no plane."""
    return data.plane_sides if data.X.dtype.kind == "f" and len(data.inputs) <= _MOST_INPUTS else None


def plane_range(data: PlayData) -> tuple[float, float]:
    """Return the range of the values over the plane: that of the targets, or of a probability."""
    return data.plane_range


def from_plane(data: PlayData, points: np.ndarray) -> np.ndarray:
    """Return the inputs that points of the plane stand for."""
    return np.ascontiguousarray(data.from_plane(points), dtype=np.float32)


def point_inputs(data: PlayData) -> np.ndarray:
    """Return the inputs of the points that are shown."""
    return data.take_shown()[0].astype(np.float32)
