"""The terms of the entries of an array: of an expression, a sum, a product of matrices.

Each function returns a function for `Equation.work`, which returns the terms of the entry at an index. Numbers are
arrays that broadcast to the array of the entries, or floats.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from glassnet.explanation.document import Equation, Index, Term
from glassnet.explanation.symbols import latex_of
from glassnet.utils.formula import Python
from glassnet.utils.formula_text import Latex, Words

__all__ = ["Pattern", "Work", "all_rows", "each", "over_columns", "over_rows", "product", "row_sum", "total", "worked"]

Work = Callable[[Index], list[Term]]


class Pattern(Python):
    """Prints expressions with braces around the names for which a number is put in.

    Examples
    --------
    >>> Pattern({"slope": 0.1}).text("max(Z, slope * Z)")
    'max({Z}, 0.1 * {Z})'
    """

    functions: ClassVar[dict[str, str]] = {"sigmoid": "(1 / (1 + exp(-{})))", "softplus": "log(1 + exp({}))"}

    def text(self, expression: str) -> str:
        shown = super().text(expression)
        return shown[1:-1] if expression == "sigmoid(Z)" else shown

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
    return partial(_alone, pattern, used)


def over_columns(pattern: str, **numbers: Any) -> Work:
    """Return the terms of a sum over the last axis of the arrays, whose length is that of the first."""
    length = next(iter(numbers.values())).shape[-1]
    return partial(_over_columns, pattern, numbers, length)


def over_rows(pattern: str, **numbers: Any) -> Work:
    """Return the terms of a sum over the rows of the arrays, and over the positions in a row where it has several."""
    places = list(np.ndindex(next(iter(numbers.values())).shape[:-1]))
    return partial(_over_rows, pattern, numbers, places)


def product(bias: np.ndarray | None = None, **factors: np.ndarray) -> Work:
    """Return the terms of a product of two matrices, given by name, plus a row ``b``."""
    first, second = factors.items()
    return partial(_product, bias, first, second)


def worked(symbol: str, value: np.ndarray, expression: str, **names: Any) -> Equation:
    """Return the equation of an array that is computed entry by entry.

    Parameters
    ----------
    symbol : str
    value : ndarray
    expression : str
        As of `glassnet.utils.formula.Formula`; names in capitals are arrays.
    **names : float, or tuple of str and ndarray
        For each name in it a number, or a symbol and its array.
    """
    numbers = {name: given for name, given in names.items() if not isinstance(given, tuple)}
    symbols = {name: given[0] for name, given in names.items() if isinstance(given, tuple)}
    work = each(Pattern(numbers).text(expression), **{name: names[name][1] for name in symbols})
    latex = Latex(numbers | {name: latex_of(text) for name, text in symbols.items()}).text(expression)
    return Equation(symbol, value, Words(numbers | symbols).text(expression), latex, work)


def row_sum(symbol: str, source: str, value: np.ndarray) -> Equation:
    """Return the equation of a sum over the rows, and over the positions in a row where it has several."""
    sums, latex = value.sum(axis=tuple(range(value.ndim - 1)), keepdims=True), rf"\sum_n {latex_of(source)}"
    return Equation(symbol, sums, f"sum of {source} over the {all_rows(value)}", latex, over_rows("{d}", d=value))


def all_rows(value: np.ndarray) -> str:
    """Return what a sum over all axes but the last goes over, in words."""
    return "rows" if value.ndim == 2 else "rows and the positions in them"


def total(symbol: str, parts: dict[str, np.ndarray], remark: str = "") -> Equation:
    """Return the equation of a sum of arrays, given by their symbols."""
    value = np.sum(list(parts.values()), axis=0)
    work = partial(_of_parts, list(parts.values()))
    return Equation(symbol, value, " + ".join(parts), " + ".join(map(latex_of, parts)), work, remark)


# The functions above return partial calls of these, not functions in a function, so that equations can be pickled.


def _alone(pattern: str, numbers: dict[str, Any], index: Index) -> list[Term]:
    return [_term(pattern, numbers, index)]


def _over_columns(pattern: str, numbers: dict[str, Any], length: int, index: Index) -> list[Term]:
    return [_term(pattern, numbers, (*index, j)) for j in range(length)]


def _over_rows(pattern: str, numbers: dict[str, Any], places: list[Index], index: Index) -> list[Term]:
    return [_term(pattern, numbers, (*place, index[-1])) for place in places]


def _product(
    bias: np.ndarray | None, one: tuple[str, np.ndarray], other: tuple[str, np.ndarray], index: Index
) -> list[Term]:
    (left, A), (right, B), (i, j) = one, other, index
    pattern = f"{{{left}}} * {{{right}}}"
    terms = [Term(pattern, {left: float(A[i, k]), right: float(B[k, j])}) for k in range(len(B))]
    return terms if bias is None else [*terms, Term("{b}", {"b": float(bias[0, j])})]


def _of_parts(parts: list[np.ndarray], index: Index) -> list[Term]:
    return [Term("{d}", {"d": float(part[index])}) for part in parts]


def _term(pattern: str, numbers: dict[str, Any], index: Index) -> Term:
    return Term(pattern, {name: _at(value, index) for name, value in numbers.items()})


def _at(value: Any, index: Index) -> float:
    """Return a number, or the entry of an array at this index after broadcasting."""
    if not isinstance(value, np.ndarray):
        return float(value)
    places = index[len(index) - value.ndim :]
    return float(value[tuple(i if n > 1 else 0 for i, n in zip(places, value.shape, strict=True))])
