"""The activations that learners use, with their derivatives, and common mistakes in them."""

from __future__ import annotations

import ast
import copy
import functools
import math
import re
from collections.abc import Callable, Iterator

import numpy as np

from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.elementwise import GELU, Identity, Mish, Sigmoid, SiLU, Softplus, Tanh
from glassnet.layers.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU
from glassnet.losses.classification import softmax
from glassnet.utils.formula import Formula, evaluate
from glassnet.utils.formula_text import Words

__all__ = ["COMMON", "FAMILIES", "HIDDEN", "OUTPUTS", "Function", "hidden_function", "output_function"]

_LONGEST = 30  # characters of a derivative that is written down from memory
_erf = np.vectorize(math.erf, otypes=[float])


class Function:
    """An activation that works number by number, from its formula.

    Examples
    --------
    >>> Function(Sigmoid.formula)(np.zeros(1)), Function(Sigmoid.formula).derivative(np.zeros(1))
    (array([0.5]), array([0.25]))
    """

    def __init__(self, formula: Formula, **constants: float) -> None:
        self.formula, self._constants = formula, constants

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        """Return the function's values."""
        values: np.ndarray = np.asarray(evaluate(self.formula.value, Z=Z, **self._constants))
        return values

    def pull_back(self, slopes: np.ndarray, Z: np.ndarray) -> np.ndarray:
        """Return the slope with respect to Z from that with respect to the function's values."""
        found: np.ndarray = slopes * self.derivative(Z)
        return found

    def derivative(self, Z: np.ndarray) -> np.ndarray:
        """Return the derivative at Z."""
        return self._evaluate(self.formula.derivative, Z, self(Z))

    def derivative_from_output(self, A: np.ndarray) -> np.ndarray | None:
        """Return the derivative as it is written in terms of the output, None for a function without such a form."""
        if "A" not in self.formula.derivative or "Z" in self.formula.derivative or self.formula.definitions:
            return None
        return self._evaluate(self.formula.derivative, A, A)

    def slips(self, Z: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield what one slip makes of the derivative, as text and at Z: a factor left out, a sign turned round."""
        if len(self.formula.derivative) > _LONGEST:
            return
        A = self(Z)
        right = Words(self._constants).text(self.formula.derivative)
        for expression in _slips(self.formula.derivative):
            wrong = Words(self._constants).text(expression)
            yield f"{wrong}, where the right one is {right}", self._evaluate(expression, Z, A)

    def _evaluate(self, expression: str, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        values = {"Z": Z, "A": A, **self._constants}
        found = evaluate(expression, **values, **self.formula.defined(**values))
        return np.broadcast_to(np.asarray(found, dtype=np.float64), Z.shape)


class _Pair(Function):
    """A function given as Python functions of Z, where no formula can be written."""

    def __init__(self, value: Callable[[np.ndarray], np.ndarray], slope: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(Formula("Z", "Z"))
        self._value, self._slope = value, slope

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        return self._value(Z)

    def derivative(self, Z: np.ndarray) -> np.ndarray:
        return self._slope(Z)

    def slips(self, Z: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        return iter(())


class _Softmax(_Pair):
    """Shares of every row, once or more often."""

    def __init__(self, times: int = 1, *, logarithm: bool = False) -> None:
        super().__init__(softmax, np.ones_like)
        self._times, self._logarithm = times, logarithm

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        for _ in range(self._times):
            Z = softmax(Z)
        return np.log(Z) if self._logarithm else Z

    def pull_back(self, slopes: np.ndarray, Z: np.ndarray) -> np.ndarray:
        steps = [softmax(Z)]
        for _ in range(self._times - 1):
            steps.append(softmax(steps[-1]))
        slopes = slopes / steps[-1] if self._logarithm else slopes
        for P in reversed(steps):
            slopes = P * (slopes - (slopes * P).sum(axis=-1, keepdims=True))
        return slopes


class _SoftmaxOverSamples(_Pair):
    """Shares of what is not one sample: of every column, or of the whole batch."""

    def __init__(self, axis: int | None) -> None:
        super().__init__(softmax, np.ones_like)
        self._axis = axis

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        exps = np.exp(Z - Z.max())
        return np.asarray(exps / exps.sum(axis=self._axis, keepdims=True))

    def pull_back(self, slopes: np.ndarray, Z: np.ndarray) -> np.ndarray:
        P = self(Z)
        found: np.ndarray = P * (slopes - (slopes * P).sum(axis=self._axis, keepdims=True))
        return found


class _Twice(_Pair):
    """A function of itself."""

    def __init__(self, inner: Function) -> None:
        super().__init__(lambda Z: inner(inner(Z)), lambda Z: inner.derivative(inner(Z)) * inner.derivative(Z))


def _function(activation: Activation) -> Function:
    assert activation.formula is not None
    return Function(activation.formula, **activation.formula.constants(activation))


def _clipped(inner: Function, bound: float) -> Function:
    """Return a function of values that are cut off before."""
    return _Pair(
        lambda Z: inner(np.clip(Z, -bound, bound)),
        lambda Z: inner.derivative(np.clip(Z, -bound, bound)) * (np.abs(Z) < bound),
    )


_CUT = " of values cut at "
FAMILIES: dict[str, Callable[[float], Function]] = {
    "leaky relu ": lambda slope: Function(LeakyReLU.formula, slope=slope),
    "elu ": lambda alpha: Function(ELU.formula, alpha=alpha),
    "relu up to ": lambda bound: Function(Formula("min(max(Z, 0), bound)", "(Z > 0) * (bound > Z)"), bound=bound),
    f"tanh{_CUT}": lambda bound: _clipped(HIDDEN["tanh"], bound),
    f"sigmoid{_CUT}": lambda bound: _clipped(HIDDEN["sigmoid"], bound),
    f"relu{_CUT}": lambda bound: _clipped(HIDDEN["relu"], bound),
}
"""Activations with a number of the learner's own choice, behind which it stands in their name."""
HIDDEN: dict[str, Function] = {
    "sigmoid": _function(Sigmoid()),
    "tanh": _function(Tanh()),
    "relu": _function(ReLU()),
    "identity": _function(Identity()),
    "leaky relu 0.01": _function(LeakyReLU(0.01)),
    "leaky relu 0.1": _function(LeakyReLU(0.1)),
    "leaky relu 0.2": _function(LeakyReLU(0.2)),
    "softplus": _function(Softplus()),
    "elu": _function(ELU()),
    "silu": _function(SiLU()),
    "gelu": _Pair(
        lambda Z: Z * (1 + _erf(Z / math.sqrt(2))) / 2,
        lambda Z: (1 + _erf(Z / math.sqrt(2))) / 2 + Z * np.exp(-(Z**2) / 2) / math.sqrt(2 * math.pi),
    ),
    "gelu in its tanh form": _function(GELU()),
    "selu": _function(SELU()),
    "mish": _function(Mish()),
    "softsign": Function(Formula("Z / (1 + abs(Z))", "1 / (1 + abs(Z))**2")),
    "scaled tanh": Function(Formula("1.7159 * tanh(2 * Z / 3)", "1.7159 * 2 / 3 * (1 - tanh(2 * Z / 3)**2)")),
    "arctan": _Pair(np.arctan, lambda Z: 1 / (1 + Z**2)),
    "square": Function(Formula("Z**2", "2 * Z")),
    "sine": Function(Formula("sin(Z)", "cos(Z)")),
    "relu up to 6": Function(Formula("min(max(Z, 0), 6)", "(Z > 0) * (6 > Z)")),
    "hard tanh": Function(Formula("min(max(Z, -1), 1)", "(Z > -1) * (1 > Z)")),
}
COMMON = ("sigmoid", "tanh", "relu", "identity", "leaky relu 0.01", "elu")
"""Those that learners mix."""
OUTPUTS: dict[str, Function] = {
    **{name: HIDDEN[name] for name in ("identity", "sigmoid", "tanh", "relu", "softplus")},
    "softmax": _Softmax(),
    "softmax of softmax": _Softmax(2),
    "sigmoid of sigmoid": _Twice(HIDDEN["sigmoid"]),
    "exp": _Pair(np.exp, np.exp),
    "log softmax": _Softmax(logarithm=True),
    "softmax over the samples": _SoftmaxOverSamples(0),
    "softmax over the whole batch": _SoftmaxOverSamples(None),
}


@functools.cache
def hidden_function(name: str) -> Function:
    """Return an activation by name, as in "tanh", "leaky relu 0.07" or "tanh of values cut at 1"."""
    if name in HIDDEN:
        return HIDDEN[name]
    family = next(each for each in FAMILIES if name.startswith(each))
    return FAMILIES[family](float(name.removeprefix(family)))


def output_function(name: str) -> Function:
    """Return the last layer's activation by name."""
    return OUTPUTS[name] if name in OUTPUTS else hidden_function(name)


@functools.cache
def _slips(expression: str) -> tuple[str, ...]:
    """Return what an expression becomes by one slip: what is left out, or turned round, at one place of it."""
    found = []
    places = sum(1 for _ in ast.walk(ast.parse(expression, mode="eval")))
    for place in range(places):
        for change in _CHANGES:
            tree = ast.parse(expression, mode="eval")
            node = [*ast.walk(tree)][place]
            new = change(copy.deepcopy(node))
            if new is not None:
                found.append(ast.unparse(_Replace(node, new).visit(tree)))
    of_inputs = ast.unparse(ast.parse(re.sub(r"\bA\b", "Z", expression)))  # a mistake of its own
    return tuple(dict.fromkeys(each for each in found if each != of_inputs and not each.lstrip("-").isdigit()))


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _left(node: ast.AST) -> ast.AST | None:
    return node.left if isinstance(node, ast.BinOp) else None


def _right(node: ast.AST) -> ast.AST | None:
    return node.right if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Pow) else None


def _turned(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.BinOp(op=ast.Add()):
            node.op = ast.Sub()
        case ast.BinOp(op=ast.Sub()):
            node.op = ast.Add()
        case ast.Compare(ops=[ast.Gt()]):
            node.ops = [ast.LtE()]
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case _:
            return None
    return node


def _renamed(node: ast.AST) -> ast.AST | None:
    return ast.Name("Z", ast.Load()) if isinstance(node, ast.Name) and node.id == "A" else None


_CHANGES = (_left, _right, _turned, _renamed)
