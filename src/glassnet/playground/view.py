"""What a page wants to see of a network, and which numbers of it that takes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.playground.columns import Drawing, drawing_of

__all__ = ["MOST_EDGES", "QUANTITIES", "Layout", "View"]

QUANTITIES = ("weight", "gradient", "update")
MOST_EDGES = 200_000
_LAST = 4  # one shown unit of so many is one of the last


@dataclasses.dataclass(frozen=True)
class View:
    """What is to be seen; never changed, only replaced.

    Attributes
    ----------
    edges : {"weight", "gradient", "update"}
        What the edges show.
    most_units : int
        How many units of a column are shown at most.
    plane : bool
        Whether to compute predictions over the plane, and a picture of each neuron.
    resolution : int
        Points along each side of the plane.
    row : int
        The row whose activations are shown: those trained on come first, then those held out.
    """

    edges: str = "weight"
    most_units: int = 16
    plane: bool = True
    resolution: int = 64
    row: int = 0


class Layout:
    """A drawing with the units that are shown, and where their numbers stand in the flat arrays.

    Attributes
    ----------
    drawing : Drawing
    shown : list of ndarray
        Numbers of the shown units of each column.
    """

    def __init__(self, network: BaseNetwork, most_units: int) -> None:
        self.drawing: Drawing = drawing_of(network)
        self._slots = {slot.name: slot for slot in network._slots}
        columns = self.drawing.columns
        self.shown = [shown_units(column.units, most_units) for column in columns]
        while sum(self.block_sizes) > MOST_EDGES:
            most_units = max(max(map(len, self.shown)) * 3 // 4, 1)
            self.shown = [shown_units(column.units, most_units) for column in columns]
        self._places = [
            (block, np.ix_(self.shown[block.start], self.shown[block.end])) for block in self.drawing.blocks
        ]

    @property
    def block_sizes(self) -> list[int]:
        """Number of edges that are shown of each block."""
        return [len(self.shown[block.start]) * len(self.shown[block.end]) for block in self.drawing.blocks]

    @property
    def abridged(self) -> list[int]:
        """Numbers of the columns of which not all units are shown."""
        return [k for k, column in enumerate(self.drawing.columns) if len(self.shown[k]) < column.units]

    def edges(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return the shown part of each block, of parameters, gradients or anything else in their places."""
        return [self._slots[block.parameter].view(flat)[places] for block, places in self._places]

    def biases(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return the biases of the shown units of each column but the first; NaN where a column has none."""
        found = []
        for column, shown in zip(self.drawing.columns[1:], self.shown[1:], strict=True):
            if column.bias is None:
                found.append(np.full(len(shown), math.nan, dtype=flat.dtype))
            else:
                found.append(self._slots[column.bias].view(flat).reshape(-1)[shown])
        return found


def shown_units(units: int, most: int) -> np.ndarray:
    """Return the numbers of the units to show: all, or the first ones and the last ones, a quarter of them."""
    if units <= most:
        return np.arange(units)
    last = most // _LAST
    return np.concatenate([np.arange(most - last), np.arange(units - last, units)])
