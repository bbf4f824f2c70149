"""Numbers as text: one number, an expression with its numbers, a matrix in lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.explanation.document import Term

__all__ = ["EXACT", "abridged", "filled", "matrix_cells", "number_text", "worked_text"]

EXACT = 17
"""Digits that distinguish all numbers in double precision."""


def number_text(value: float, digits: int) -> str:
    """Return a number with so many significant digits, or with as few as are needed to read it back exactly.

    A zero has no sign.

    Examples
    --------
    >>> number_text(1 / 3, 4), number_text(-0.0, 4), number_text(0.1, EXACT)
    ('0.3333', '0', '0.1')
    """
    number = float(value) or 0.0
    return repr(number).removesuffix(".0") if digits >= EXACT else f"{number:.{digits}g}"


def filled(term: Term, show: Callable[[float], str]) -> str:
    """Return an expression with its numbers put in, negative ones in parentheses.

    Examples
    --------
    >>> filled(Term("{a} * {w}", {"a": 2.0, "w": -0.5}), lambda value: f"{value:g}")
    '2 * (-0.5)'
    """
    if term.pattern.startswith("{") and term.pattern.endswith("}") and term.pattern.count("{") == 1:
        return show(next(iter(term.numbers.values())))
    texts = {name: show(float(value)) for name, value in term.numbers.items()}
    pattern = term.pattern
    for name, text in texts.items():
        pattern = pattern.replace(f"({{{name}}})", f"({text})")
    return pattern.format(**{name: f"({text})" if text.startswith("-") else text for name, text in texts.items()})


def worked_text(terms: list[Term], show: Callable[[float], str], most: int | None) -> str:
    """Return the sum of terms with their numbers put in; of more than ``most`` the middle ones are only counted."""
    if not terms:
        return "0"
    left_out = 0 if most is None else len(terms) - most
    if most is not None and left_out > 1:
        terms = [*terms[: most - 1], terms[-1]]
    texts = [filled(term, show) for term in terms]
    several = len(texts) > 1
    texts = [f"({text})" if several and text.startswith("-") else text for text in texts]
    if left_out > 1:
        texts.insert(-1, f"... {left_out} more ...")
    return " + ".join(texts)


def abridged(n: int, most: int | None) -> list[int | None]:
    """Return which of n rows or columns to show: all, or the first and the last with None for those between.

    Examples
    --------
    >>> abridged(3, 6), abridged(100, 5)
    ([0, 1, 2], [0, 1, 2, None, 99])
    """
    if most is None or n <= most:
        return list(range(n))
    return [*range(most - 2), None, n - 1]


def matrix_cells(value: np.ndarray, show: Callable[[float], str], most: int | None) -> list[list[str]]:
    """Return the numbers of an array of at most two axes as rows of texts."""
    matrix = value.reshape(1, -1) if value.ndim < 2 else value.reshape(len(value), -1)
    rows, columns = abridged(matrix.shape[0], most), abridged(matrix.shape[1], most)
    found = []
    for i in rows:
        if i is None:
            found.append(["..."] * len(columns))
        else:
            found.append(["..." if j is None else show(float(matrix[i, j])) for j in columns])
    return found
