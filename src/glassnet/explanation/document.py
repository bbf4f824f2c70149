"""The parts of an explanation as plain data: sections of equations, each with its numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.utils.formula import evaluate

__all__ = ["Equation", "Section", "Term", "entries_of"]

Index = tuple[int, ...]


class Term(NamedTuple):
    """One term of the sum that gives an entry.

    Attributes
    ----------
    pattern : str
        An expression of Python with names in braces, as in ``"{a} * {w}"``.
    numbers : mapping of str to float
        Values of the names.
    """

    pattern: str
    numbers: Mapping[str, float]

    @property
    def value(self) -> float:
        """What the expression gives for its numbers."""
        return float(evaluate(self.pattern.replace("{", "").replace("}", ""), **self.numbers))


@dataclasses.dataclass(frozen=True)
class Equation:
    """One array: its symbol, its formula, and its numbers.

    Attributes
    ----------
    symbol : str
        As in ``"Z1"`` or ``"dW2"``; ``d`` stands for the gradient of the loss.
    value : ndarray
        The result.
    formula : str
        In terms of other symbols; empty for inputs.
    latex : str
        The same in LaTeX.
    work : callable, optional
        Returns the terms of one entry, given its index.
    remark : str
        A comment.
    """

    symbol: str
    value: np.ndarray
    formula: str = ""
    latex: str = ""
    work: Callable[[Index], list[Term]] | None = None
    remark: str = ""

    def to_dict(self, entries: int = 2) -> dict[str, Any]:
        """Return plain data, with the first few entries worked."""
        worked = []
        if self.work is not None:
            for index in entries_of(self.value, entries):
                terms = [{"pattern": term.pattern, "numbers": dict(term.numbers)} for term in self.work(index)]
                worked.append({"index": list(index), "terms": terms, "result": float(self.value[index])})
        kept = {"symbol": self.symbol, "formula": self.formula, "latex": self.latex, "remark": self.remark}
        return {**kept, "shape": list(self.value.shape), "value": self.value.tolist(), "worked": worked}


@dataclasses.dataclass(frozen=True)
class Section:
    """Equations that belong together: a layer forward, the loss, a layer backward, an update.

    Attributes
    ----------
    title : str
    equations : tuple of Equation
    remark : str
        A sentence before them.
    layer : str
        Name of the layer that it is about; empty for the others.
    parameter : str
        Name of the parameter whose update it is; empty for the others.
    number : int
        Its place in the whole explanation, from 1; 0 for one that stands by itself.
    """

    title: str
    equations: tuple[Equation, ...]
    remark: str = ""
    layer: str = ""
    parameter: str = ""
    number: int = 0

    def to_dict(self, entries: int = 2) -> dict[str, Any]:
        """Return plain data."""
        equations = [equation.to_dict(entries) for equation in self.equations]
        return {"title": self.title, "remark": self.remark, "equations": equations}


def entries_of(value: np.ndarray, most: int | None) -> list[Index]:
    """Return the indices of the first entries of an array, all of them for None.

    Entries that are not 0 come first.
    """
    if most is None:
        return list(np.ndindex(value.shape))
    few = value.reshape(-1)[: 64 * most]
    order = [*np.flatnonzero(few)[:most].tolist(), *np.flatnonzero(few == 0)[:most].tolist()]
    return [tuple(int(i) for i in np.unravel_index(place, value.shape)) for place in order[:most]]
