"""Formulas printed for people: in words and as LaTeX."""

from __future__ import annotations

import ast
from typing import ClassVar

from glassnet.utils.formula import CASE, PRODUCT, Python

__all__ = ["Latex", "Words"]


class Words(Python):
    """Prints expressions as one reads them: ``|Z - y|``, numbers in six digits.

    Examples
    --------
    >>> Words({"Z": "Z1", "slope": 0.1}).text("1 if Z > 0 else slope")
    '1 where Z1 > 0, else 0.1'
    """

    functions: ClassVar[dict[str, str]] = {"abs": "|{}|"}
    number = "{:g}"
    choice = "{1} where {0}, else {2}"
    folds = True


class Latex(Words):
    r"""Prints expressions as LaTeX; names in capitals are arrays, whose product goes entry by entry.

    Examples
    --------
    >>> print(Latex({"slope": 0.1}).text("max(Z, slope * Z)"))
    \max(Z, 0.1 Z)
    """

    operators: ClassVar[dict[type[ast.AST], str]] = {
        ast.Pow: "{}^{{{}}}",
        ast.Gt: "[{} > {}]",
        ast.LtE: r"[{} \le {}]",
    }
    functions: ClassVar[dict[str, str]] = {
        "abs": "|{}|",
        "exp": "e^{{{}}}",
        "sign": r"\operatorname{{sign}}({})",
        "sigmoid": r"\sigma({})",
        "softplus": r"\operatorname{{softplus}}({})",
        "sqrt": r"\sqrt{{{}}}",
        **{name: rf"\{name}({{}})" for name in ("cos", "log", "max", "min", "sin", "tanh")},
    }

    def case(self, test: ast.expr, value: ast.expr, other: ast.expr) -> str:
        """Return the sum of both, each times a bracket, which is 1 where what is in it holds, else 0."""
        assert isinstance(test, ast.Compare)
        opposite = ast.LtE() if isinstance(test.ops[0], ast.Gt) else ast.Gt()
        terms = []
        for factor, one in ((value, test), (other, ast.Compare(test.left, [opposite], test.comparators))):
            front = "" if self._value(factor) == 1 else self.inside(factor, PRODUCT) + r"\,"
            terms.append(front + self.inside(one, CASE))
        return " + ".join(terms)

    def template(self, op: ast.AST, left: ast.expr, right: ast.expr) -> str:
        if isinstance(op, ast.Pow) and isinstance(right, ast.Constant):
            return "{}^{}"
        if not isinstance(op, ast.Mult):
            return super().template(op, left, right)
        arrays = [any(self._is_array(n) for n in ast.walk(part)) for part in (left, right)]
        numbers = [isinstance(self._value(part), (int, float)) for part in (left, right)]
        if numbers[1]:
            return r"{} \cdot {}"
        return r"{} \odot {}" if all(arrays) else "{} {}" if numbers[0] else r"{} \, {}"

    def _is_array(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and (node.id[0].isupper() or node.id in self.definitions)
