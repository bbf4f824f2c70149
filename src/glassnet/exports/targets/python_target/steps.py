"""The vector steps of a plan as expressions of plain Python on flat lists."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from glassnet.exports.plan import (
    Add,
    Affine,
    Constant,
    Embed,
    Join,
    Map,
    Mean,
    Normalise,
    Select,
    Softmax,
    Sort,
    Step,
)
from glassnet.exports.targets.python_parts.arrays import Arrays
from glassnet.exports.targets.python_parts.formulas import Functions, counts
from glassnet.exports.targets.python_parts.statements import Expression, Read
from glassnet.utils.formula_code import PlainPython

__all__ = ["PlainPrinter", "PlainWriter"]


class PlainPrinter(PlainPython):
    """Prints formulas for single numbers, with the names that the functions have in a file."""

    functions: ClassVar[dict[str, str]] = {
        **PlainPython.functions,
        "sigmoid": "sigmoid_of({})",
        "softplus": "softplus_of({})",
        "sign": "sign_of({})",
    }
    helper_texts: ClassVar[dict[str, str]] = {}

    def text(self, expression: str) -> str:
        """Return an expression; an exponential that may overflow is one that does not raise an error."""
        return re.sub(r"math\.(exp|expm1)\((?!min\(|-abs\()", r"\1_of(", super().text(expression))


class PlainWriter:
    """Says steps in plain Python; a value is a flat list of floats in row-major order."""

    def __init__(self, functions: Functions, reserved: Iterable[str]) -> None:
        self.arrays = Arrays(reserved)
        self.functions = functions

    def step(self, step: Step, read: Read) -> Expression:
        """Return the expression for what a step makes."""
        return Expression(_WRITERS[type(step)](self, step, read), step.out.shape)

    def seen(self, found: Expression, shape: tuple[int, ...]) -> Expression:
        """Return a value in another shape, which is the same list."""
        return Expression(found.text, shape)


def _affine(writer: PlainWriter, step: Affine, read: Read) -> str:
    groups, d_in, d_out = step.W.shape
    b = np.zeros((groups, d_out)) if step.b is None else step.b
    rows = step.out.size // d_out // groups
    weights = step.W.swapaxes(1, 2)
    if groups == 1:
        W, shifts = writer.arrays.add("W", weights[0]), writer.arrays.add("b", b[0])
        lead = "dense" if rows == 1 else "dense_rows"
        middle = "" if rows == 1 else f"{rows}, "
        return f"{lead}({read(step.x).text}, {middle}{W}, {shifts})"
    W, shifts = writer.arrays.add("W", weights), writer.arrays.add("b", b)
    shared = step.x.size == rows * d_in
    return f"grouped({read(step.x).text}, {rows}, {shared}, {W}, {shifts})"


def _map(writer: PlainWriter, step: Map, read: Read) -> str:
    x = _broadcast(read(step.x).text, step.x.shape, step.out.shape, writer)
    found = counts(step.formula)
    vectors = {
        name: writer.arrays.add(name, np.broadcast_to(vector, step.out.shape).reshape(-1))
        for name, vector in step.vectors.items()
        if name in found
    }
    name = writer.functions.name(step.formula, step.constants, vectors, re.sub(r"_?\d+", "", step.out.name))
    return f"{name}({', '.join([x, *vectors.values()])})"


def _broadcast(text: str, shape: tuple[int, ...], full: tuple[int, ...], writer: PlainWriter) -> str:
    """Return the expression for a value repeated along the axes of length 1 in which the full shape is longer."""
    if math.prod(shape) == math.prod(full):
        return text
    if math.prod(shape) == 1:
        return f"{_inner(text)} * {math.prod(full)}"
    longer = [i for i, (own, all_) in enumerate(zip(shape, full, strict=True)) if own != all_]
    if math.prod(shape[: longer[-1]]) == 1:
        return f"{_inner(text)} * {math.prod(full) // math.prod(shape)}"
    if longer[0] == len(shape) - 1:
        return f"[z for z in {text} for _ in range({full[-1]})]"
    places = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), full).reshape(-1)
    return f"selected({text}, {writer.arrays.add('places', places)})"


def _inner(text: str) -> str:
    return text if text.isidentifier() or text.endswith((")", "]")) else f"({text})"


def _select(writer: PlainWriter, step: Select, read: Read) -> str:
    return f"selected({read(step.x).text}, {writer.arrays.add('places', step.places.reshape(-1))})"


def _embed(writer: PlainWriter, step: Embed, read: Read) -> str:
    groups, m = len(step.table), step.out.shape[-2]
    tables = writer.arrays.add("E", step.table)
    own = groups > 1 and step.x.size == groups * m
    return f"embedded({read(step.x).text}, {m if own else 0}, {tables})"


def _rowwise(text: str, call: str, step: Any) -> str:
    """Return a function of rows: of one, or of each of several."""
    width = step.x.shape[-1]
    if step.x.size == width:
        return call.format(text)
    function = call.split("(")[0] if call.endswith("({})") else f"lambda row: {call.format('row')}"
    return f"in_rows({function}, {text}, {width})"


def _join(writer: PlainWriter, step: Join, read: Read) -> str:
    texts = [read(part).text for part in step.parts]
    rows = step.out.size // step.out.shape[-1]
    if rows == 1:
        return f"[{', '.join(f'*{text}' for text in texts)}]"
    return f"joined([{', '.join(texts)}], {rows})"


_WRITERS: dict[type[Step], Callable[[PlainWriter, Any, Read], str]] = {
    Affine: _affine,
    Map: _map,
    Select: _select,
    Embed: _embed,
    Softmax: lambda writer, step, read: _rowwise(read(step.x).text, "softmax({})", step),
    Normalise: lambda writer, step, read: _rowwise(read(step.x).text, f"normalised({{}}, {step.eps!r})", step),
    Mean: lambda writer, step, read: f"mean_of({read(step.x).text}, {step.x.shape[0]})",
    Sort: lambda writer, step, read: _rowwise(read(step.x).text, "sorted({})", step),
    Join: _join,
    Add: lambda writer, step, read: f"added({read(step.a).text}, {read(step.b).text})",
    Constant: lambda writer, step, read: writer.arrays.add(
        "values", np.broadcast_to(step.values, step.out.shape).reshape(-1)
    ),
}
