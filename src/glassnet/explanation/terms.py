"""The terms of the entries of an array: of an expression, a sum, a product of matrices.

Each function returns a function for `Equation.work`, which returns the terms of the entry at an index. Numbers are
arrays that broadcast to the array of the entries, or floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.explanation.document import Index, Term
from glassnet.utils.formula import Python

__all__ = ["Pattern", "Work", "each", "over_columns", "over_rows", "product"]

Work = Callable[[Index], list[Term]]


class Pattern(Python):
    """Prints expressions with braces around the names for which a number is put in.

    Examples
    --------
    >>> Pattern({"slope": 0.1}).text("max(Z, slope * Z)")
    'max({Z}, 0.1 * {Z})'
    """

    def name(self, name: str) -> str:
        return name if name == "pi" else f"{{{name}}}"


def each(pattern: str, **numbers: Any) -> Work:
    """Return the terms of an expression that is computed entry by entry.

    Examples
    --------
    >>> each("{a} * {w}", a=np.array([[1.0, 2.0]]), w=0.5)((0, 1))
    [Term(pattern='{a} * {w}', numbers={'a': 2.0, 'w': 0.5})]
    """
    used = {name: value for name, value in numbers.items() if f"{{{name}}}" in pattern}
    return lambda index: [_term(pattern, used, index)]


def over_columns(pattern: str, **numbers: Any) -> Work:
    """Return the terms of a sum over the last axis of the arrays, whose length is that of the first."""
    length = next(iter(numbers.values())).shape[-1]
    return lambda index: [_term(pattern, numbers, (*index, j)) for j in range(length)]


def over_rows(pattern: str, **numbers: Any) -> Work:
    """Return the terms of a sum over the rows of the arrays, as many as the first has."""
    length = len(next(iter(numbers.values())))
    return lambda index: [_term(pattern, numbers, (i, index[1])) for i in range(length)]


def product(bias: np.ndarray | None = None, **factors: np.ndarray) -> Work:
    """Return the terms of a product of two matrices, given by name, plus a row ``b``."""
    (left, A), (right, B) = factors.items()
    pattern = f"{{{left}}} * {{{right}}}"

    def work(index: Index) -> list[Term]:
        i, j = index
        terms = [Term(pattern, {left: float(A[i, k]), right: float(B[k, j])}) for k in range(len(B))]
        return terms if bias is None else [*terms, Term("{b}", {"b": float(bias[0, j])})]

    return work


def _term(pattern: str, numbers: dict[str, Any], index: Index) -> Term:
    return Term(pattern, {name: _at(value, index) for name, value in numbers.items()})


def _at(value: Any, index: Index) -> float:
    """Return a number, or the entry of an array at this index after broadcasting."""
    if not isinstance(value, np.ndarray):
        return float(value)
    places = index[len(index) - value.ndim :]
    return float(value[tuple(i if n > 1 else 0 for i, n in zip(places, value.shape, strict=True))])
