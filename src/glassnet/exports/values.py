"""The named values of a plan."""

from __future__ import annotations

import math
from typing import NamedTuple

from glassnet.network import Network

__all__ = ["Core", "Value"]


class Value(NamedTuple):
    """A named array with the shape in which a step reads it; without the axis of rows.

    Names are those of the layers, ``dense_1`` and ``dense_1_relu``; different ones that are identifiers.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)


class Core(NamedTuple):
    """The network inside a model, for targets that keep its layers: what it reads, and its logits."""

    network: Network
    x: Value
    z: Value
