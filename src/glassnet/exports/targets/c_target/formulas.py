"""Formulas as expressions of C, in float or double."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.exports.targets.c_target.literals import double_literal, float_literal
from glassnet.utils.formula import Python

__all__ = ["HELPERS", "CExpression"]

HELPERS = ("sigmoid", "softplus", "sign", "larger", "smaller", "power")
"""The functions of a formula that C's library lacks, by the names of the helpers that are printed for them."""

_OWN = {"max": "larger", "min": "smaller", "sigmoid": "sigmoid", "softplus": "softplus", "sign": "sign"}
_LIBRARY = {
    "abs": "fabs", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "sqrt": "sqrt", "tanh": "tanh",
    "cos": "cos", "sin": "sin",
}  # fmt: skip


class CExpression(Python):
    """Prints expressions as C; `used` collects the helpers that they call.

    Parameters
    ----------
    prefix : str
        Of the names of helpers.
    real : {"float", "double"}
        The type that is computed in.
    names : mapping of str to str or float
        What stands for each name.
    """

    choice: ClassVar[str] = "({0} ? {1} : {2})"

    def __init__(self, prefix: str, real: str, names: Mapping[str, str | float]) -> None:
        super().__init__({"pi": 3.141592653589793, **names})
        self.prefix, self.real, self.used = prefix, real, set[str]()

    def call(self, helper: str, arguments: str) -> str:
        """Return the call of a helper."""
        self.used.add(helper)
        return f"{self.prefix}_{helper}{'_d' if self.real == 'double' else ''}({arguments})"

    def _print(self, node: ast.expr) -> tuple[str, int]:
        atom = 6
        match node:
            case ast.Call(ast.Name(name), arguments):
                shown = ", ".join(self._print(argument)[0] for argument in arguments)
                if name == "where":
                    test, value, other = arguments
                    return self.case(test, value, other), atom
                if name in _OWN:
                    return self.call(_OWN[name], shown), atom
                return f"{_LIBRARY[name]}{'f' if self.real == 'float' else ''}({shown})", atom
            case ast.BinOp(left, ast.Pow(), right):
                return self._power(left, right), atom
            case ast.IfExp(test, value, other):
                return self.case(test, value, other), atom
        return super()._print(node)

    def _power(self, base: ast.expr, exponent: ast.expr) -> str:
        text = self._print(base)[0]
        if isinstance(exponent, ast.Constant) and exponent.value in (2, 3):
            if isinstance(base, ast.Name):
                return "(" + " * ".join([text] * exponent.value) + ")"
            return self.call("power", f"{text}, {exponent.value}")
        return f"pow{'f' if self.real == 'float' else ''}({text}, {self._print(exponent)[0]})"

    def _value(self, node: ast.expr) -> Any:
        value = super()._value(node)
        if isinstance(value, (int, float)):
            return float_literal(value) if self.real == "float" else double_literal(value)
        return value
