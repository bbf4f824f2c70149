"""Element-wise formulas as nodes, found by walking the expression."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.graph import Graph
from glassnet.utils.formula import evaluate, parsed

__all__ = ["add_formula", "unknown_function"]

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "Add",
    ast.Sub: "Sub",
    ast.Mult: "Mul",
    ast.Div: "Div",
    ast.Pow: "Pow",
    ast.Gt: "Greater",
    ast.LtE: "LessOrEqual",
}
_FUNCTIONS = {
    "abs": "Abs", "cos": "Cos", "exp": "Exp", "log": "Log", "max": "Max", "min": "Min", "sigmoid": "Sigmoid",
    "sign": "Sign", "sin": "Sin", "sqrt": "Sqrt", "tanh": "Tanh",
}  # fmt: skip
_OWN = ("expm1", "log1p", "softplus")
_MOST_PRODUCTS = 4  # the highest power written as products: faster than Pow, and rounded alike everywhere


def unknown_function(expression: str) -> str:
    """Return the name of a function in an expression that has no nodes here, or ""."""
    # `functions_in` refuses functions that are not in the language yet, without saying that it is ONNX that lacks them.
    calls = [node.func for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Call)]
    names = {function.id for function in calls if isinstance(function, ast.Name)}
    return min(names - {*_FUNCTIONS, *_OWN}, default="")


def add_formula(graph: Graph, expression: str, x: str, numbers: Mapping[str, Any], dtype: str) -> str:
    """Append the nodes of an expression in Z, which is the tensor ``x``, and return the name of its value.

    ``numbers`` are the other names: numbers and arrays. What has no Z in it is computed here, in double precision.
    """
    walker = _Walker(graph, x, numbers, dtype)
    found = walker.value(parsed(expression))
    if isinstance(found, str):
        return walker.number(found)
    nothing = graph.add("Mul", x, graph.array(0.0, dtype))
    return graph.add("Add", nothing, walker.number(found))


class _Walker:
    """Nodes of one expression; a value is the name of a tensor, or else a number or an array."""

    def __init__(self, graph: Graph, x: str, numbers: Mapping[str, Any], dtype: str) -> None:
        self.graph, self.numbers, self.dtype = graph, numbers, dtype
        self._found: dict[str, Any] = {"Z": x}
        self._tests: set[str] = set()  # the tensors of true and false

    def value(self, node: ast.expr) -> Any:
        """Return the value of a node; equal expressions are computed once."""
        text = ast.unparse(node)
        if text not in self._found:
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            if "Z" in names:
                self._found[text] = self._computed(node)
            elif text in self.numbers:
                self._found[text] = self.graph.array(self.numbers[text], self.dtype, text, weight=True)
            else:
                self._found[text] = evaluate(text, **self.numbers)
        return self._found[text]

    def number(self, value: Any) -> str:
        """Return the name of the tensor of a value, as numbers."""
        if not isinstance(value, str):
            return self.graph.array(value, self.dtype)
        return self.graph.add("Cast", value, to=wire.TYPES[self.dtype]) if value in self._tests else value

    def _computed(self, node: ast.expr) -> str:
        match node:
            case ast.BinOp(top, ast.Div(), ast.BinOp(ast.Constant(1), ast.Add(), ast.Call(ast.Name("exp"), [power]))):
                return self._logistic(top, power)
            case ast.Call(ast.Name("log"), [ast.BinOp(ast.Constant(1), ast.Add(), ast.Call(ast.Name("exp"), [x]))]):
                return self._softplus(x)
            case ast.IfExp(ast.Compare(), z, ast.BinOp(alpha, ast.Mult(), ast.Call(ast.Name("expm1")))) if self._is_elu(
                node
            ):
                return self.graph.add("Elu", self._of(z), alpha=float(evaluate(ast.unparse(alpha), **self.numbers)))
            case ast.Call(ast.Name("expm1"), [x]):
                return self._expm1(x)
            case ast.Call(ast.Name("log1p"), [x]):
                return self._log1p(self._of(x))
            case ast.Call(ast.Name("softplus"), [x]):
                return self._softplus(x)
            case ast.Call(ast.Name("max"), [x, ast.Constant(0)]) | ast.Call(ast.Name("max"), [ast.Constant(0), x]):
                return self.graph.add("Relu", self._of(x))
            case ast.Call(ast.Name(name), arguments):
                return self.graph.add(_FUNCTIONS[name], *map(self._of, arguments))
            case ast.BinOp(base, ast.Pow(), ast.Constant(int() as power)) if 1 < power <= _MOST_PRODUCTS:
                return self._power(self._of(base), power)
            case ast.BinOp(left, op, right):
                return self.graph.add(_OPERATORS[type(op)], self._of(left), self._of(right))
            case ast.Compare(left, [op], [right]):
                test = self.graph.add(_OPERATORS[type(op)], self._of(left), self._of(right))
                self._tests.add(test)
                return test
            case ast.UnaryOp(operand=operand):
                return self.graph.add("Neg", self._of(operand))
            case ast.IfExp(test, value, other):
                return self.graph.add("Where", self.value(test), self._of(value), self._of(other))
        raise AssertionError(ast.dump(node))

    def _of(self, node: ast.expr) -> str:
        return self.number(self.value(node))

    def _is_elu(self, node: ast.IfExp) -> bool:
        """Return whether an expression is ``z if z > 0 else alpha * expm1(min(z, 0))`` with a number for alpha."""
        if not isinstance(node.orelse, ast.BinOp):
            return False
        factor = node.orelse.left
        z, alpha = ast.unparse(node.body), ast.unparse(factor)
        is_number = isinstance(factor, ast.Constant) or isinstance(self.numbers.get(alpha), (int, float))
        return is_number and ast.unparse(node) == f"{z} if {z} > 0 else {alpha} * expm1(min({z}, 0))"

    def _power(self, x: str, power: int) -> str:
        found = x
        for _ in range(power - 1):
            found = self.graph.add("Mul", found, x)
        return found

    def _logistic(self, top: ast.expr, power: ast.expr) -> str:
        """Return ``top / (1 + exp(power))``."""
        opposite = power.operand if isinstance(power, ast.UnaryOp) else ast.UnaryOp(ast.USub(), power)
        s = self.graph.add("Sigmoid", self._of(opposite))
        return s if isinstance(top, ast.Constant) and top.value == 1 else self.graph.add("Mul", self._of(top), s)

    def _softplus(self, x: ast.expr) -> str:
        """Return ``log(1 + exp(x))``: onnxruntime's own has no form for doubles in older versions."""
        z = self._of(x)
        if self.dtype == "float32":
            return self.graph.add("Softplus", z)
        small = self.graph.add("Exp", self.graph.add("Neg", self.graph.add("Abs", z)))
        return self.graph.add("Add", self.graph.add("Relu", z), self._log1p(small))

    def _expm1(self, x: ast.expr) -> str:
        """Return ``exp(x) - 1`` as ``tanh(x / 2) (exp(x) + 1)``, which loses no digits around 0."""
        z = self._of(x)
        half = self.graph.add("Tanh", self.graph.add("Mul", z, self.number(0.5)))
        return self.graph.add("Mul", half, self.graph.add("Add", self.graph.add("Exp", z), self.number(1.0)))

    def _log1p(self, z: str) -> str:
        """Return ``log(1 + z)`` as ``log(u) z / (u - 1)`` with the rounded u = 1 + z, or z where u is 1."""
        one = self.number(1.0)
        u = self.graph.add("Add", z, one)
        rest = self.graph.add("Sub", u, one)
        ratio = self.graph.add("Div", z, rest)
        found = self.graph.add("Mul", self.graph.add("Log", u), ratio)
        return self.graph.add("Where", self.graph.add("Equal", rest, self.number(0.0)), z, found)
