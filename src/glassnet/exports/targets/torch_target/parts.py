"""The modules of a printed network: what constructs each, and the arrays of its state dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Part", "Slot", "Taken"]

Taken = Callable[[Any, str], np.ndarray]
"""Returns an array of a layer by the name of its attribute, of one member."""


class Slot(NamedTuple):
    """The place of an array: its name in the state dict, where it stands in the network, and its factor there."""

    name: str
    array: np.ndarray
    factor: float | None


@dataclass(frozen=True)
class Part:
    """A module of PyTorch.

    Parameters
    ----------
    text : str
        The call that constructs it, or of one with modules inside only what is called.
    arrays : mapping of str to ndarray
        Arrays of its own state, by name, in PyTorch's orientation.
    inside : mapping of str to Part
        The modules inside, by their names in the state dict, as arguments of the call in this order.
    note : str
        The layer that it is, for people.
    origins : mapping of str to ndarray
        The arrays of the network that these were computed from, where they are no views of them.
    factors : mapping of str to float or None
        Factors by which a weight is multiplied to be ours, where that is not 1; None for what is no weight.
    needs : mapping of str to str
        The classes that the file must define for it, by name.
    """

    text: str
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    inside: Mapping[str, Part] = field(default_factory=dict)
    note: str = ""
    origins: Mapping[str, np.ndarray] = field(default_factory=dict)
    factors: Mapping[str, float | None] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)

    def state(self, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
        """Yield the state dict's names and arrays, in its order."""
        for name, array in self.arrays.items():
            yield prefix + name, array
        for name, part in self.inside.items():
            yield from part.state(f"{prefix}{name}.")

    def slots(self, prefix: str = "") -> Iterator[Slot]:
        """Yield the places of the state dict's arrays; those that are weights are views into the network."""
        for name, array in (self.origins or self.arrays).items():
            yield Slot(prefix + name, array, self.factors.get(name, 1.0))
        for name, part in self.inside.items():
            yield from part.slots(f"{prefix}{name}.")

    def classes(self) -> dict[str, str]:
        """Return the texts of the classes that the file must define, by name."""
        found = dict(self.needs)
        for part in self.inside.values():
            found |= part.classes()
        return found

    def frozen(self) -> Part:
        """Return the module as one that is not trained."""
        return replace(self, text=f"{self.text}.requires_grad_(False)") if self.arrays and not self.inside else self

    def lines(self, indent: str) -> list[str]:
        """Return the lines of the call, each module on a line of its own."""
        note = f"  # {self.note}" if self.note else ""
        if not self.inside:
            return [f"{indent}{self.text},{note}"]
        lines = [f"{indent}{self.text}({note}"]
        for part in self.inside.values():
            lines += part.lines(indent + "    ")
        return [*lines, f"{indent}),"]
