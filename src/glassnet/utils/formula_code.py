"""Formulas printed in the languages that other machines run: C, JavaScript, Python without NumPy.

Each printer also has, as text, the functions that its language lacks: a file needs those of `Code.helpers`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from string import Template
from types import MappingProxyType
from typing import ClassVar, Literal

from glassnet.errors import ConfigError
from glassnet.utils.formula import ATOM, CASE, PRODUCT, SUM, NumPy, Python

__all__ = ["C", "Code", "JavaScript", "NumPyCode", "PlainPython"]

_NONE: Mapping[str, str] = MappingProxyType({})
_FEW = 3  # a power up to this of a name is a product: faster, and as exact
_MATH = ("cos", "exp", "expm1", "log", "log1p", "sin", "sqrt", "tanh")


class Code(Python):
    """Base of the languages for machines.

    Parameters
    ----------
    names : mapping of str to str or float, optional
        What to print for a name, where it is not the name itself: ``{"alpha": "alpha[i]", "slope": 0.1}``.
    definitions : mapping of str to str, optional
        Expressions to print in the place of names.
    prefix : str, optional
        In front of the names of helper functions, so that two files never define the same.

    Attributes
    ----------
    helper_texts : dict
        The functions that the language lacks, by their names in formulas.
    """

    helper_texts: ClassVar[dict[str, str]] = {}

    def __init__(
        self, names: Mapping[str, str | float] = _NONE, definitions: Mapping[str, str] = _NONE, *, prefix: str = ""
    ) -> None:
        super().__init__(names, definitions)
        self.prefix = prefix
        self.words: dict[str, str] = {}

    def helpers(self, functions: Iterable[str]) -> list[str]:
        """Return the texts of the helper functions for these functions of formulas, see `functions_in`."""
        return [self._helper(name) for name in sorted(set(functions)) if name in self.helper_texts]

    def literal(self, value: float) -> str:
        if not math.isfinite(value):
            must = "numbers in formulas must be finite"
            message = f"Formula: a number is {value}; {must}."
            raise ConfigError(message, expected=must, got=value)
        return super().literal(value)

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        text, binds = super().call(name, arguments)
        return self.prefix + text if name in self.helper_texts else text, binds

    def _helper(self, name: str) -> str:
        return Template(self.helper_texts[name]).substitute(self.words, prefix=self.prefix).strip("\n")


class _Compiled(Code):
    """Base of the languages in which a test is no number and a power a function."""

    choice = "{} ? {} : {}"

    def condition(self, test: ast.expr) -> str:
        assert isinstance(test, ast.Compare)
        return self._operation(test.left, test.ops[0], test.comparators[0])[0]

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        if name not in ("max", "min") or any(isinstance(n, ast.Call) for each in arguments for n in ast.walk(each)):
            return super().call(name, arguments)
        # Inline: a compiler may not replace fmax by it, which has rules of its own for numbers that are none.
        a, b = (self.inside(argument, SUM) for argument in arguments)
        return self.choice.format(f"{a} {'>' if name == 'max' else '<'} {b}", a, b), CASE

    def _print(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Compare():
                return f"({self.case(node, ast.Constant(1), ast.Constant(0))})", ATOM
            case ast.BinOp(ast.Name() as base, ast.Pow(), ast.Constant(int(power))) if 1 < power <= _FEW:
                return " * ".join([self.inside(base, PRODUCT + 1)] * power), PRODUCT
            case ast.BinOp(left, ast.Pow(), right):
                return self.call("pow", [left, right])
        return super()._print(node)


class C(_Compiled):
    """Prints expressions as C99, in single or double precision.

    Parameters
    ----------
    names, definitions, prefix
        As in `Code`.
    real : {"float", "double"}, default="float"
        The type of all numbers: no literal and no function is of the other one.

    Examples
    --------
    >>> print(C({"alpha": 0.1}).text("max(Z, 0) + alpha * expm1(min(Z, 0))"))
    (Z > 0.0f ? Z : 0.0f) + 0.1f * expm1f(Z < 0.0f ? Z : 0.0f)
    >>> print(C(real="double", prefix="churn_").text("Z * sigmoid(Z)"))
    Z * churn_sigmoid(Z)
    """

    functions: ClassVar[dict[str, str]] = {
        **{name: f"{name}({{}})" for name in _MATH},
        "abs": "fabs({})",
        "max": "fmax({})",
        "min": "fmin({})",
        "pow": "pow({})",
    }
    helper_texts: ClassVar[dict[str, str]] = {
        "sigmoid": """
static $real ${prefix}sigmoid($real z)
{
    const $real e = exp$f(z < 0.0$f ? z : -z); /* never overflows */
    return (z < 0.0$f ? e : 1.0$f) / (1.0$f + e);
}""",
        "sign": """
static $real ${prefix}sign($real z)
{
    return z > 0.0$f ? 1.0$f : (z < 0.0$f ? -1.0$f : 0.0$f);
}""",
        "softplus": """
static $real ${prefix}softplus($real z)
{
    return (z > 0.0$f ? z : 0.0$f) + log1p$f(exp$f(z < 0.0$f ? z : -z)); /* never overflows */
}""",
    }

    def __init__(
        self,
        names: Mapping[str, str | float] = _NONE,
        definitions: Mapping[str, str] = _NONE,
        *,
        prefix: str = "",
        real: Literal["float", "double"] = "float",
    ) -> None:
        super().__init__(names, definitions, prefix=prefix)
        self._suffix, self.words = ("f", {"real": real, "f": "f"}) if real == "float" else ("", {"real": real, "f": ""})

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        text, binds = super().call(name, arguments)
        if name in self.functions and binds == ATOM:
            text = text.replace("(", f"{self._suffix}(", 1)
        return text, binds

    def literal(self, value: float) -> str:
        super().literal(value)  # refuses what no literal is
        text = f"{value:.9g}" if self._suffix else repr(float(value))
        return f"{text}{'' if '.' in text or 'e' in text else '.0'}{self._suffix}"

    def name(self, name: str) -> str:
        return self.literal(math.pi) if name == "pi" else name


class JavaScript(_Compiled):
    """Prints expressions as JavaScript.

    Examples
    --------
    >>> print(JavaScript().text("Z if Z > 0 else 0.5 * expm1(min(Z, 0))"))
    Z > 0 ? Z : 0.5 * Math.expm1(Z < 0 ? Z : 0)
    """

    functions: ClassVar[dict[str, str]] = {
        name: f"Math.{name}({{}})" for name in ("abs", "max", "min", "pow", "sign", *_MATH)
    }
    helper_texts: ClassVar[dict[str, str]] = {
        "sigmoid": """
function ${prefix}sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // never overflows
  return (z < 0 ? e : 1) / (1 + e);
}""",
        "softplus": """
function ${prefix}softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))); // never overflows
}""",
    }

    def name(self, name: str) -> str:
        return "Math.PI" if name == "pi" else name


class PlainPython(Code):
    """Prints expressions as Python for single numbers, with the module ``math``.

    Examples
    --------
    >>> print(PlainPython().text("Z if Z > 0 else 0.5 * expm1(min(Z, 0))"))
    Z if Z > 0 else 0.5 * math.expm1(min(Z, 0))
    """

    functions: ClassVar[dict[str, str]] = {name: f"math.{name}({{}})" for name in _MATH}
    helper_texts: ClassVar[dict[str, str]] = {
        "sigmoid": """
def ${prefix}sigmoid(z):
    e = math.exp(-abs(z))  # never overflows
    return (e if z < 0.0 else 1.0) / (1.0 + e)""",
        "sign": """
def ${prefix}sign(z):
    return float((z > 0.0) - (z < 0.0))""",
        "softplus": """
def ${prefix}softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))  # never overflows""",
    }

    def name(self, name: str) -> str:
        return "math.pi" if name == "pi" else name


class NumPyCode(NumPy, Code):
    """Prints expressions as `NumPy` does, and has the functions that it lacks.

    Examples
    --------
    >>> print("".join(NumPyCode(prefix="_").helpers({"sigmoid", "tanh"})))
    def _sigmoid(z):
        e = np.exp(-np.abs(z))  # never overflows
        return np.where(z < 0, e, 1) / (1 + e)
    """

    helper_texts: ClassVar[dict[str, str]] = {
        "sigmoid": """
def ${prefix}sigmoid(z):
    e = np.exp(-np.abs(z))  # never overflows
    return np.where(z < 0, e, 1) / (1 + e)"""
    }
