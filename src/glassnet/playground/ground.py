"""The rows that are drawn, and the plane that they are drawn in."""

from __future__ import annotations

import numpy as np

from glassnet.playground.play_data import PlayData

__all__ = ["from_plane", "plane_range", "plane_sides", "point_inputs", "row_of", "row_target"]


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
    if data.X.shape[1:] != (2,):
        return None
    low, high = data.X.min(axis=0), data.X.max(axis=0)
    room = np.maximum((high - low) * 0.1, 1e-3)
    return (float(low[0] - room[0]), float(high[0] + room[0])), (float(low[1] - room[1]), float(high[1] + room[1]))


def plane_range(data: PlayData) -> tuple[float, float]:
    """Return the range of the values over the plane: that of the targets, or of a probability."""
    return (0.0, 1.0) if data.is_classes else (float(np.min(data.y)), float(np.max(data.y)))


def from_plane(data: PlayData, points: np.ndarray) -> np.ndarray:
    """Return the inputs that points of the plane stand for."""
    return np.ascontiguousarray(points, dtype=np.float32)


def point_inputs(data: PlayData) -> np.ndarray:
    """Return the inputs of the points that are shown."""
    return np.concatenate([data.X, data.X_valid])[:1000].astype(np.float32)
