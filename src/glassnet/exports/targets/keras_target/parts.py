"""The layers of a printed Keras model: the call for each, and its arrays in the order of ``set_weights``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Branches", "Node", "Stack", "Taken", "Unit", "units"]

Taken = Callable[[Any, str], np.ndarray]
"""Returns an array of a layer by the name of its attribute, of one member."""


@dataclass(frozen=True)
class Unit:
    """A layer of Keras: what is called, with which arguments, and what its weights are.

    ``defines`` has the texts of classes and functions that the file needs for it, by name.
    """

    name: str
    call: str
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Branches:
    """Branches on the same input, which a layer joins: ``call`` is that layer, without its name."""

    name: str
    call: str
    inside: tuple[Stack, ...]


Node = Unit | Branches
Stack = tuple[Node, ...]
"""Layers one after the other."""


def units(stack: Stack) -> Iterator[Unit]:
    """Yield all layers with weights or without, in the order in which they stand in the file."""
    for node in stack:
        if isinstance(node, Unit):
            yield node
        else:
            for branch in node.inside:
                yield from units(branch)
