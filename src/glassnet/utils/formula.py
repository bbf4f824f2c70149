"""Formulas as Python expressions in the code's own names: evaluated, and printed in other languages.

A formula stands as text beside the code that computes it. It is parsed when it is first used, not when the class that
carries it is imported. A language is a small class of tables, derived from `Python`: those for people are in
`formula_text`, those for machines in `formula_code`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np

from glassnet.errors import ConfigError

__all__ = [
    "ATOM", "CASE", "COMPARISON", "PRODUCT", "SUM", "Formula", "NumPy", "Python", "evaluate", "formula_of",
    "functions_in", "is_ours", "parsed",
]  # fmt: skip

_NONE: Mapping[str, Any] = MappingProxyType({})
CASE, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)  # how strongly an operator binds
_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("{} + {}", SUM),
    ast.Sub: ("{} - {}", SUM),
    ast.Mult: ("{} * {}", PRODUCT),
    ast.Div: ("{} / {}", PRODUCT),
    ast.Pow: ("{}**{}", POWER),
    ast.Gt: ("{} > {}", COMPARISON),
    ast.LtE: ("{} <= {}", COMPARISON),
}
_FUNCTIONS = frozenset(
    {"abs", "cos", "exp", "expm1", "log", "log1p", "max", "min", "sigmoid", "sign", "sin", "softplus", "sqrt", "tanh"}
)


class Formula(NamedTuple):
    """A function and its derivative, as expressions in the names of the code beside it.

    An expression has names, numbers, ``pi``, ``+ - * / **``, ``>``, ``<=``, ``a if test else b``, and the functions
    abs, cos, exp, expm1, log, log1p, max, min, sigmoid, sign, sin, softplus, sqrt and tanh.

    Attributes
    ----------
    value, derivative : str
        Such as ``"tanh(Z)"`` and ``"1 - A**2"``.
    definitions : mapping of str to str
        Expressions for further names in these, in order.
    stable : str
        The same function as ``value``, written so that it neither overflows nor loses digits, where that takes another
        expression than the one that people read.

    Examples
    --------
    >>> formula = Formula("max(Z, slope * Z)", "1 if Z > 0 else slope")
    >>> evaluate(formula.derivative, Z=np.array([-1.0, 2.0]), slope=0.1).tolist()
    [0.1, 1.0]
    """

    value: str
    derivative: str = ""
    definitions: Mapping[str, str] = _NONE
    stable: str = ""

    @property
    def computed(self) -> str:
        """The expression to compute the function by, for all numbers that a computer has."""
        return self.stable or self.value

    def names(self) -> set[str]:
        """Return the names in the formula, those of functions too."""
        expressions = (self.value, self.derivative, *self.definitions.values(), self.stable)
        trees = [parsed(expression) for expression in expressions if expression]
        return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}

    def unknown(self, *known: str) -> set[str]:
        """Return the names for which numbers are needed, beside the ``known`` ones and those that it defines."""
        return self.names() - {*known, "pi", *self.definitions} - _FUNCTIONS

    def constants(self, owner: object) -> dict[str, float]:
        """Return the numbers that the formula takes from its ``owner``, the object that carries it, by name."""
        found = {name: getattr(owner, name, None) for name in sorted(self.names())}
        return {name: float(value) for name, value in found.items() if isinstance(value, (int, float))}

    def defined(self, **values: Any) -> dict[str, Any]:
        """Return the values of the names that the formula defines, from the ``values`` of the others."""
        for name, expression in self.definitions.items():
            values[name] = evaluate(expression, **values)
        return {name: values[name] for name in self.definitions}

    def slope(self, Z: Any, A: Any, **constants: float) -> Any:
        """Return the derivative at Z, where the function is A, with the ``constants`` by name."""
        values = {"Z": Z, "A": A, **constants}
        return evaluate(self.derivative, **values, **self.defined(**values))


def evaluate(expression: str, **values: Any) -> Any:
    """Return the value of an expression for numbers or arrays, given by name."""
    return eval(_compiled(expression), {"__builtins__": {}, "np": np, "sigmoid": _sigmoid}, values)


@functools.cache
def _compiled(expression: str) -> Any:
    return compile(NumPy().text(expression), expression, "eval")


def _sigmoid(Z: Any) -> Any:
    return np.exp(np.minimum(Z, 0.0)) / (1.0 + np.exp(-np.abs(Z)))


def is_ours(part: object) -> bool:
    """Return whether a layer, loss or optimizer is of this library: other classes may compute something else."""
    return type(part).__module__.startswith("glassnet.")


def formula_of(part: Any) -> Formula | None:
    """Return the formula that a layer or a loss carries; a class of the user's own must have one itself."""
    said = is_ours(part) or "formula" in vars(type(part))
    return getattr(part, "formula", None) if said else None


def functions_in(*expressions: str) -> set[str]:
    """Return the names of the functions that expressions use.

    Examples
    --------
    >>> sorted(functions_in("Z * tanh(softplus(Z))", "max(Z, 0)"))
    ['max', 'softplus', 'tanh']
    """
    nodes = (node for expression in expressions for node in ast.walk(parsed(expression)))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


@functools.cache
def parsed(expression: str) -> ast.expr:
    """Return the tree of an expression, after a check that nothing but the language of `Formula` is in it."""
    try:
        tree = ast.parse(expression, mode="eval").body
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise _refusal(expression) from error
    if not all(map(_is_known, ast.walk(tree))):
        raise _refusal(expression)
    return tree


def _is_known(node: ast.AST) -> bool:
    """Return whether a node is one that an expression may have."""
    match node:
        case ast.Call(ast.Name(name), arguments, []):
            return name in _FUNCTIONS and len(arguments) == 1 + (name in ("max", "min"))
        case ast.Constant(value):
            return type(value) in (int, float)
        case ast.BinOp(base, ast.Pow(), power):  # no 9**9**9, for which a computer has no room
            return any(isinstance(part, ast.Name) for side in (base, power) for part in ast.walk(side))
        case ast.Compare(ops=[_]) | ast.IfExp(test=ast.Compare()):
            return True
    return isinstance(node, (ast.BinOp, ast.UnaryOp, ast.USub, ast.Name, ast.Load, *_OPERATORS))


def _refusal(expression: object) -> ConfigError:
    must = "it must have names, numbers, arithmetic and known functions only"
    advice = "See the documentation of Formula for what may stand in it."
    message = f"Formula: the expression {expression!r} cannot be read; {must}. {advice}"
    return ConfigError(message, expected=must, got=expression)


class Python:
    """Prints expressions as Python.

    Parameters
    ----------
    names : mapping of str to str or float, optional
        What to print for a name, where it is not the name itself.
    definitions : mapping of str to str, optional
        Expressions to print in the place of names.

    Attributes
    ----------
    operators, functions : dict
        Templates that differ from Python's, by the class of the operator and by the name of the function.
    number, choice : str
        Templates of a number, and of a test and the expressions where it holds and where it does not.
    choice_binds : int
        How strongly a choice binds.
    folds : bool
        Whether ``1 - beta`` with a number for beta is printed as one number.
    """

    operators: ClassVar[dict[type[ast.AST], str]] = {}
    functions: ClassVar[dict[str, str]] = {}
    number: ClassVar[str] = "{!r}"
    choice: ClassVar[str] = "{1} if {0} else {2}"
    choice_binds: ClassVar[int] = CASE
    folds: ClassVar[bool] = False

    def __init__(self, names: Mapping[str, str | float] = _NONE, definitions: Mapping[str, str] = _NONE) -> None:
        self.names, self.definitions = names, definitions

    def text(self, expression: str) -> str:
        """Return an expression in this language."""
        return self._print(parsed(expression))[0]

    def factor(self, expression: str) -> str:
        """Return an expression as `text` does, in parentheses if it is a sum or starts with a minus."""
        text = self.inside(parsed(expression), PRODUCT)
        return f"({text})" if text.startswith("-") else text

    def name(self, name: str) -> str:
        """Return what is printed for a name that was not given."""
        return name

    def literal(self, value: float) -> str:
        """Return a number as text."""
        return self.number.format(value)

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        """Return the text of a function's value, and how strongly its outermost operator binds."""
        shown = ", ".join(self._print(argument)[0] for argument in arguments)
        return self.functions.get(name, name + "({})").format(shown), ATOM

    def case(self, test: ast.expr, value: ast.expr, other: ast.expr) -> str:
        """Return the choice between two expressions as text."""
        parts = (self.inside(part, COMPARISON) for part in (value, other))
        return self.choice.format(self.condition(test), *parts)

    def condition(self, test: ast.expr) -> str:
        """Return the test of a choice as text."""
        return self.inside(test, COMPARISON)

    def template(self, op: ast.AST, left: ast.expr, right: ast.expr) -> str:
        """Return how an operation on two operands is printed."""
        return self.operators.get(type(op), _OPERATORS[type(op)][0])

    def inside(self, node: ast.expr, binds: int) -> str:
        """Return the text of a node, in parentheses unless it binds at least so strongly."""
        text, own = self._print(node)
        return f"({text})" if own < binds else text

    def _print(self, node: ast.expr) -> tuple[str, int]:
        """Return the text of a node, and how strongly its outermost operator binds."""
        match node:
            case ast.Name(name) if name in self.definitions:
                return self._print(parsed(self.definitions[name]))
            case ast.Name() | ast.Constant():
                value = self._value(node)
                text = value if isinstance(value, str) else self.literal(value)
                return text, SUM if text.startswith("-") else PRODUCT if " " in text else ATOM
            case ast.Call(ast.Name(name), arguments):
                return self.call(name, arguments)
            case ast.BinOp(left, op, right) | ast.Compare(left, [op], [right]):
                return self._operation(left, op, right)
            case ast.UnaryOp(operand=operand):
                return f"-{self.inside(operand, SIGN)}", SIGN
            case ast.IfExp(test, value, other):
                return self.case(test, value, other), self.choice_binds
        raise AssertionError(ast.dump(node))

    def _operation(self, left: ast.expr, op: ast.AST, right: ast.expr) -> tuple[str, int]:
        binds = _OPERATORS[type(op)][1]
        if self.folds and COMPARISON < binds < POWER and ast.Name in (type(left), type(right)):
            a, b = self._value(left), self._value(right)
            if isinstance(a, (int, float)) and isinstance(b, (int, float)):
                return self.literal(evaluate(_OPERATORS[type(op)][0].format("a", "b"), a=a, b=b)), ATOM
        chained = isinstance(op, ast.Mult) and (
            (isinstance(right, ast.BinOp) and isinstance(right.op, ast.Mult))
            or (isinstance(right, ast.Name) and right.id not in self.definitions)
        )
        first = self.inside(left, binds + (binds == POWER))
        second = self.inside(right, binds + (not chained))  # a * (b * c) needs no parentheses
        return self.template(op, left, right).format(first, second), binds

    def _value(self, node: ast.expr) -> Any:
        """Return the number or the text for a name or a number; None for anything else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, self.name(node.id))
        return node.value if isinstance(node, ast.Constant) else None


class NumPy(Python):
    """Prints expressions as Python that works on arrays, with NumPy as ``np`` and a function `sigmoid`.

    Examples
    --------
    >>> print(NumPy().text("Z if Z > 0 else alpha * expm1(min(Z, 0))"))
    np.where(Z > 0, Z, alpha * np.expm1(np.minimum(Z, 0)))
    """

    functions: ClassVar[dict[str, str]] = {
        **{name: f"np.{name}({{}})" for name in sorted(_FUNCTIONS)},
        "max": "np.maximum({})",
        "min": "np.minimum({})",
        "sigmoid": "sigmoid({})",
        "softplus": "np.logaddexp(0, {})",
    }
    choice = "np.where({}, {}, {})"
    choice_binds = ATOM

    def name(self, name: str) -> str:
        return "np.pi" if name == "pi" else name
