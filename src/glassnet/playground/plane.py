"""Predictions over the plane of two axes, and a small picture of each neuron over it."""

from __future__ import annotations

import math

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.playground.play_data import PlayData

__all__ = [
    "MOST_CHANNELS", "MOST_CLASSES", "PICTURE_SIDE", "grid_of", "pictures_of", "plane_of", "predicted_of", "side_for",
]  # fmt: skip

PICTURE_SIDE = 24
MOST_CHANNELS = 32
MOST_CLASSES = 256  # whose numbers fit into a byte
_MIDDLE = 128  # a picture's 0
_WORK = {True: 1e7, False: 2e8}  # multiplications of one plane while running, and when paused: 2 ms and 40
_LEAST = 12


def side_for(most: int, n_parameters: int, *, running: bool) -> int:
    """Return how many points along each side of the plane a network can answer in time, at most ``most``.

    Parameters
    ----------
    most, n_parameters : int
    running : bool
        Whether training goes on meanwhile; when it is paused there are twice as many points, if there is time.
    """
    fitting = math.isqrt(int(_WORK[running] / max(n_parameters, 1)))
    return max(min(fitting, most if running else 2 * most), min(_LEAST, most))


def grid_of(data: PlayData, side: int) -> np.ndarray:
    """Return inputs for the points of a grid over the plane, row by row from the smallest y, (side * side, ...)."""
    x, y = (np.linspace(*ends, side) for ends in data.plane_sides)
    return data.from_plane(np.stack([np.tile(x, side), np.repeat(y, side)], axis=1))


def plane_of(network: BaseNetwork, data: PlayData, inputs: np.ndarray) -> tuple[float, float, np.ndarray] | None:
    """Return least and greatest value and the predictions in 255 steps between them, (n, channels).

    Probabilities lie between 0 and 1, numbers in the range of the plane, along one input in that of its y; of
    several numbers the first. Of more than 32 classes there are only the likeliest and its probability. None
    where there are more than 256.
    """
    low, high = data.plane_range
    found = network.predict(inputs).reshape(len(inputs), -1)
    values = found if data.is_classes else found[:, :1]
    if len(data.classes) > MOST_CLASSES:
        return None
    if len(data.classes) > MOST_CHANNELS:
        best = values.argmax(axis=1)
        levels = quantised(values[np.arange(len(best)), best], low, high)
        return low, high, np.stack([best.astype(np.uint8), levels], axis=1)
    return low, high, quantised(values, low, high)


def predicted_of(network: BaseNetwork, data: PlayData) -> np.ndarray:
    """Return what is predicted for each row that is shown: a number, or the code of the class, (n,)."""
    found = network.predict(data.take_shown()[0])
    values = found.reshape(len(found), -1)
    if not data.is_classes:
        return values[:, 0]
    return values[:, 0] > 0.5 if values.shape[1] == 1 else values.argmax(axis=1)


def quantised(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return values as bytes: ``low`` and less is 0, ``high`` and more 255; what is no number is 0."""
    span = high - low
    scaled = (values - values.dtype.type(low)) * values.dtype.type(255.0 / span if span > 0.0 else 0.0)
    return np.asarray(np.rint(np.clip(np.nan_to_num(scaled, nan=0.0), 0.0, 255.0)), dtype=np.uint8)


def pictures_of(values: list[np.ndarray], shown: list[np.ndarray]) -> np.ndarray:
    """Return the values of the shown units over a grid as bytes, (units, n): each unit in its own scale, 128 is 0.

    Parameters
    ----------
    values : list of ndarray
        Values of each column at the points of the grid, (n, units).
    shown : list of ndarray
        Numbers of the shown units of each column.
    """
    found = np.concatenate([of[:, units] for of, units in zip(values, shown, strict=True)], axis=1).T
    largest = np.abs(found).max(axis=1, keepdims=True)
    scale = np.divide(127.0, largest, out=np.zeros_like(largest), where=(largest > 0.0) & np.isfinite(largest))
    return np.asarray(np.rint(np.nan_to_num(found * scale) + _MIDDLE).clip(0, 255), dtype=np.uint8)
