"""The vector steps of a plan as expressions of NumPy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

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
from glassnet.exports.targets.python_parts.formulas import Functions, activation_name, counts
from glassnet.exports.targets.python_parts.statements import Expression, Read

__all__ = ["NumPyWriter", "trimmed"]


class NumPyWriter:
    """Says steps in NumPy; values are arrays (n, ...) without the leading axes of length 1."""

    def __init__(self, functions: Functions, reserved: Iterable[str]) -> None:
        self.arrays = Arrays(reserved)
        self.functions = functions

    def step(self, step: Step, read: Read) -> Expression:
        """Return the expression for what a step makes."""
        return _WRITERS[type(step)](self, step, read)

    def seen(self, found: Expression, shape: tuple[int, ...]) -> Expression:
        """Return a value in another shape, without its leading axes of length 1."""
        return self.exactly(found, trimmed(shape))

    def exactly(self, found: Expression, shape: tuple[int, ...]) -> Expression:
        """Return a value in another shape, every axis of it."""
        if found.shape == shape:
            return found
        base = re.sub(r"\.reshape\(len\(x\)(, \d+)+\)$", "", found.text)
        inner = Expression(base, shape).inner
        return Expression(f"{inner}.reshape({', '.join(map(str, ('len(x)', *shape)))})", shape)


def trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without leading axes of length 1, but with one axis at least.

    Examples
    --------
    >>> trimmed((1, 1, 64)), trimmed((1,)), trimmed((8, 1, 64))
    ((64,), (1,), (8, 1, 64))
    """
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _affine(writer: NumPyWriter, step: Affine, read: Read) -> Expression:
    groups, d_in, d_out = step.W.shape
    x = read(step.x)
    bias = None if step.b is None else step.b
    if groups > 1:
        W, b = writer.arrays.add("W", step.W), "None" if bias is None else writer.arrays.add("b", bias)
        lead, rows = step.x.shape[0], step.out.size // d_out // groups
        x = writer.exactly(x, (lead, rows, d_in))
        return Expression(f"grouped({x.text}, {W}, {b})", (groups, rows, d_out))
    x = writer.exactly(x, trimmed((*step.x.shape[:-1], d_in)))
    text = f"{x.inner} @ {writer.arrays.add('W', step.W[0])}"
    if bias is not None:
        text += f" + {writer.arrays.add('b', bias[0])}"
    return Expression(text, (*x.shape[:-1], d_out))


def _map(writer: NumPyWriter, step: Map, read: Read) -> Expression:
    shape = trimmed(step.out.shape)
    drop = len(step.out.shape) - len(shape)
    x = writer.exactly(read(step.x), step.x.shape[drop:])
    found = counts(step.formula)
    vectors = {
        name: writer.arrays.add(name, vector.reshape(vector.shape[drop:] if vector.ndim > drop else (-1,)))
        for name, vector in step.vectors.items()
        if name in found
    }
    if found.get("Z", 0) > 1 or len(step.formula) > _LONGEST or activation_name(step.formula) not in _PLAIN:
        name = writer.functions.name(step.formula, step.constants, vectors, _word(step.out.name))
        return Expression(f"{name}({', '.join([x.text, *vectors.values()])})", shape)
    is_argument = re.search(r"\w+\(Z\)", step.formula)
    names: dict[str, Any] = {**step.constants, **vectors, "Z": x.text if is_argument else x.inner}
    return Expression(writer.functions.printer(names).text(step.formula), shape)


_LONGEST = 40  # characters of a formula that stands in the line of its layer
_PLAIN = ("", "sigmoid", "tanh")  # activations that are functions of NumPy or of every file


def _word(name: str) -> str:
    """Return the name of a value without numbers: for a function that makes several such values."""
    return re.sub(r"_?\d+", "", name)


def _select(writer: NumPyWriter, step: Select, read: Read) -> Expression:
    x = writer.exactly(read(step.x), (step.x.size,))
    places = writer.arrays.add("places", step.places.reshape(trimmed(step.out.shape)))
    return Expression(f"{x.inner}[:, {places}]", trimmed(step.out.shape))


def _embed(writer: NumPyWriter, step: Embed, read: Read) -> Expression:
    groups, _, dim = step.table.shape
    m = step.out.shape[-2]
    if groups == 1:
        table = writer.arrays.add("E", step.table[0])
        x = writer.exactly(read(step.x), (m,))
        return Expression(f"embedded({x.text}, {table})", (m, dim))
    table = writer.arrays.add("E", step.table)
    x = writer.exactly(read(step.x), (step.x.size // m, m))
    return Expression(f"embedded({x.text}, {table})", (groups, m, dim))


def _softmax(writer: NumPyWriter, step: Softmax, read: Read) -> Expression:
    x = read(step.x)
    return Expression(f"softmax({x.text})", x.shape)


def _normalise(writer: NumPyWriter, step: Normalise, read: Read) -> Expression:
    x = read(step.x)
    return Expression(f"normalised({x.text}, {step.eps!r})", x.shape)


def _mean(writer: NumPyWriter, step: Mean, read: Read) -> Expression:
    x = writer.exactly(read(step.x), step.x.shape)
    return Expression(f"{x.inner}.mean(axis=1)", step.x.shape[1:])


def _sort(writer: NumPyWriter, step: Sort, read: Read) -> Expression:
    x = read(step.x)
    return Expression(f"np.sort({x.text}, axis=-1)", x.shape)


def _join(writer: NumPyWriter, step: Join, read: Read) -> Expression:
    drop = len(step.out.shape) - len(trimmed(step.out.shape))
    parts = [writer.exactly(read(part), part.shape[drop:]) for part in step.parts]
    return Expression(f"np.concatenate([{', '.join(part.text for part in parts)}], axis=-1)", trimmed(step.out.shape))


def _add(writer: NumPyWriter, step: Add, read: Read) -> Expression:
    a, b = read(step.a), read(step.b)
    return Expression(f"{a.inner} + {b.inner}", a.shape)


def _constant(writer: NumPyWriter, step: Constant, read: Read) -> Expression:
    shape = trimmed(step.out.shape)
    values = writer.arrays.add("values", np.broadcast_to(step.values, step.out.shape).reshape(shape))
    return Expression(f"np.broadcast_to({values}, (len(x), *{values}.shape))", shape)


_WRITERS: dict[type[Step], Callable[[NumPyWriter, Any, Read], Expression]] = {
    Affine: _affine,
    Map: _map,
    Select: _select,
    Embed: _embed,
    Softmax: _softmax,
    Normalise: _normalise,
    Mean: _mean,
    Sort: _sort,
    Join: _join,
    Add: _add,
    Constant: _constant,
}
