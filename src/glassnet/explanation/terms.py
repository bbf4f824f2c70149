"""How entries of an array are worked: the terms of an expression, of a sum, of a product of matrices.

Each function returns what `Equation.work` holds: given the index of an entry, the terms whose sum it is. Numbers are
arrays that broadcast to that of the entries, or single ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.explanation.document import Index, Term

__all__ = ["Work", "each", "over_columns", "over_rows", "product"]

Work = Callable[[Index], list[Term]]


def each(pattern: str, **numbers: Any) -> Work:
    """Return the work of an expression that is computed entry by entry.

    Examples
    --------
    >>> each("{a} * {w}", a=np.array([[1.0, 2.0]]), w=0.5)((0, 1))
    [Term(pattern='{a} * {w}', numbers={'a': 2.0, 'w': 0.5})]
    """
    return lambda index: [_term(pattern, numbers, index)]


def over_columns(pattern: str, **numbers: Any) -> Work:
    """Return the work of a sum over the last axis; the first of ``numbers`` says how long it is."""
    length = next(iter(numbers.values())).shape[-1]
    return lambda index: [_term(pattern, numbers, (*index, j)) for j in range(length)]


def over_rows(pattern: str, **numbers: Any) -> Work:
    """Return the work of a sum over the rows, of an array of one row; the first of ``numbers`` says how many."""
    length = len(next(iter(numbers.values())))
    return lambda index: [_term(pattern, numbers, (i, index[1])) for i in range(length)]


def product(bias: np.ndarray | None = None, **factors: np.ndarray) -> Work:
    """Return the work of a product of two matrices, given by name, plus a row ``b``."""
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
    """Return a number, or that of an array which stands at this index after broadcasting."""
    if not isinstance(value, np.ndarray):
        return float(value)
    places = index[len(index) - value.ndim :]
    return float(value[tuple(i if n > 1 else 0 for i, n in zip(places, value.shape, strict=True))])
