"""Expressions of pasted code, worked out without running it: literals, arithmetic, and glassnet's constructors."""

from __future__ import annotations

import ast
import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.layers import LAYERS, Layer
from glassnet.losses import LOSSES, EnsembleLoss, Loss
from glassnet.optimizers import OPTIMIZERS, Optimizer
from glassnet.playground.code.tokens import ALLOWED, refusal
from glassnet.schedules import SCHEDULES, Schedule
from glassnet.utils.suggestions import suggestion
from glassnet.utils.wording import shortened

__all__ = [
    "ALL_NAMES", "CONSTRUCTORS", "ELSEWHERE", "NETWORK", "OTHER_LIBRARIES", "Called", "Module", "Place", "Unknown",
    "evaluated", "named",
]  # fmt: skip

NETWORK = "glassnet.Network"

_LARGEST = 2**53
_LONGEST_LIST = 10_000
_LONGEST_SENTENCE = 400

CONSTRUCTORS: dict[str, Any] = {
    **{name: kind for name, kind in LAYERS.items() if name != "CustomActivation"},
    **{kind.__name__: kind for kind in (*LOSSES.values(), *OPTIMIZERS.values(), EnsembleLoss)},
    **SCHEDULES,
}
"""The classes that pasted code may make objects of: none takes a function or a path."""

_MODULES = frozenset(
    f"glassnet.{name}" for name in ("datasets", "tabular", "layers", "losses", "optimizers", "schedules", "network")
)

_CLASSES = frozenset(CONSTRUCTORS.values())

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


@dataclasses.dataclass(frozen=True)
class Module:
    """A module by its dotted name, which is never imported."""

    name: str


@dataclasses.dataclass(frozen=True)
class Called:
    """A function of the library by its dotted name, and what it is called with; it is not called here."""

    function: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Place:
    """A class or function by its dotted name."""

    name: str


ALL_NAMES: dict[str, Any] = {
    **CONSTRUCTORS,
    "Network": Place(NETWORK),
    **{name: Module(f"glassnet.{name}") for name in ("datasets", "tabular")},
}
"""What ``from glassnet import *`` gives."""

OTHER_LIBRARIES = ("flax", "jax", "keras", "sklearn", "tensorflow", "torch")
_NAMES_ELSEWHERE = (*OTHER_LIBRARIES, "MLPClassifier", "MLPRegressor", "Sequential", "layers", "models", "nn", "tf")

ELSEWHERE = (
    "Only glassnet's own constructors are read: a network is gn.Network with a list of layers, such as "
    "gn.Network([gn.Dense(8, 'tanh'), gn.Dense(1)], loss='binary_cross_entropy')."
)
"""What to do about code of other libraries."""


@dataclasses.dataclass(frozen=True)
class Unknown:
    """Something that only running the code would make, such as the arrays of the data."""

    name: str


def evaluated(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    node : ast.expr
        Node of code that `check_tokens` has accepted, which bounds its depth.
    names : mapping
        What names stand for.

    Raises
    ------
    FormatError
        It is none of those that are read.
    """
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [evaluated(item, names) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    if isinstance(node, ast.Dict):
        return _dictionary(node, names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _number(node, evaluated(node.operand, names))
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _computed(node, evaluated(node.left, names), evaluated(node.right, names))
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        raise refusal(node.lineno, f"the name {node.id[:40]!r} stands for nothing", _advice(node.id, names))
    if isinstance(node, ast.Attribute):
        return _attribute(node, evaluated(node.value, names))
    if isinstance(node, ast.Call):
        return _call(node, names)
    raise refusal(node.lineno, f"{_said(node)} is not read")


def _advice(name: str, names: Mapping[str, Any]) -> str:
    """Return what to do about a name that stands for nothing."""
    if name in _NAMES_ELSEWHERE:
        return ELSEWHERE
    if name in ("gn", "np"):
        return f"Write import {'glassnet' if name == 'gn' else 'numpy'} as {name} above it."
    if name in ALL_NAMES:
        return f"Write gn.{name}, and import glassnet as gn above it."
    return suggestion(name, [*names, *CONSTRUCTORS], str) or ALLOWED


def _dictionary(node: ast.Dict, names: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise refusal(node.lineno, "the keys of a dict must be texts")
        found[key.value] = evaluated(value, names)
    return found


def _said(node: ast.AST) -> str:
    """Return what an expression is, in the words of its source."""
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        text = type(node).__name__
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _constant(node: ast.Constant) -> Any:
    value = node.value
    if value is None or isinstance(value, (bool, str)):
        return value
    return _number(node, value)


def _number(node: ast.expr, value: Any) -> Any:
    """Return a number if it is one that the library could take."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) <= _LARGEST or (isinstance(value, float) and abs(value) < 1e300):
            return value
        raise refusal(node.lineno, "the number is too large", "")
    raise refusal(node.lineno, f"{_said(node)} is no number that is read")


def _computed(node: ast.BinOp, left: Any, right: Any) -> Any:
    """Return the result of an operation of two numbers, or two lists put together."""
    if isinstance(left, list) and isinstance(right, list) and isinstance(node.op, ast.Add):
        if len(left) + len(right) > _LONGEST_LIST:
            raise refusal(node.lineno, f"a list must have at most {_LONGEST_LIST:,} items", "")
        return left + right
    left, right = _number(node, left), _number(node, right)
    if isinstance(node.op, ast.Pow) and (abs(right) > 64 or abs(left) > 1e6):
        raise refusal(node.lineno, f"the power {_said(node)} is too large to be worked out", "Write the number.")
    try:
        return _number(node, _OPERATORS[type(node.op)](left, right))
    except ArithmeticError as error:
        raise refusal(node.lineno, f"{_said(node)} has no value: {error}", "") from None


def named(module: str, name: str, line: int) -> Any:
    """Return what a name in one of the library's modules stands for."""
    inside = f"{module}.{name}"
    if inside in _MODULES:
        return Module(inside)
    if module in ("glassnet.datasets", "glassnet.tabular") or module.startswith("numpy"):
        if name.startswith("_"):
            raise refusal(line, f"{inside[:60]!r} is not read")
        return Place(inside)
    if name == "Network":
        return Place(NETWORK)
    if name in CONSTRUCTORS:
        return CONSTRUCTORS[name]
    raise refusal(line, f"glassnet has no {name[:40]!r} that is read here", suggestion(name, CONSTRUCTORS, str))


def _attribute(node: ast.Attribute, value: Any) -> Any:
    if isinstance(value, Module):
        return named(value.name, node.attr, node.lineno)
    if isinstance(value, Place) and not node.attr.startswith("_"):
        return Place(f"{value.name}.{node.attr}")
    raise refusal(node.lineno, f"{_said(node)} is not read")


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    """Return what a constructor makes, or the call of a function that is known by name only."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise refusal(node.lineno, "arguments with a star are not read", "Write each of them.")
    layer = None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "tuned":
        layer = evaluated(node.func.value, names)
        if not isinstance(layer, Layer):
            raise refusal(node.lineno, f"{_said(node.func)} cannot be called here")
        function: Any = layer.tuned
    else:
        function = evaluated(node.func, names)
    arguments = [evaluated(argument, names) for argument in node.args]
    keywords = {str(keyword.arg): evaluated(keyword.value, names) for keyword in node.keywords}
    if isinstance(function, Place):
        return Called(function.name, tuple(arguments), keywords)
    if layer is None and not (isinstance(function, type) and function in _CLASSES):
        raise refusal(node.lineno, f"{_said(node.func)} cannot be called here")
    for argument in (*arguments, *keywords.values()):
        if not _is_plain(argument):
            raise refusal(node.lineno, f"{_said(node)} has an argument that only running it would make")
    try:
        return function(*arguments, **keywords)
    except GlassnetError as error:
        raise refusal(node.lineno, shortened(str(error).rstrip("."), _LONGEST_SENTENCE), "") from error
    except (TypeError, ValueError, OverflowError) as error:
        what = shortened(str(error).rstrip("."), _LONGEST_SENTENCE)
        raise refusal(node.lineno, f"{_said(node.func)} cannot be made like this: {what}", "") from error


def _is_plain(value: Any) -> bool:
    """Return whether a value is plain data or an object of the library."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, Layer, Loss, Optimizer, Schedule))
