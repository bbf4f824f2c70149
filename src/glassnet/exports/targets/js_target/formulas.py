"""Element-wise steps as loops in JavaScript."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from glassnet.exports.plan import Map
from glassnet.utils.formula import Python

__all__ = ["FORMULA_PARTS", "map_body", "place"]

FORMULA_PARTS = ("sigmoid", "softplus")


class JavaScript(Python):
    """Prints expressions as JavaScript."""

    operators: ClassVar[dict[type[ast.AST], str]] = {ast.Pow: "Math.pow({}, {})"}
    functions: ClassVar[dict[str, str]] = {
        name: f"Math.{name}({{}})"
        for name in ("abs", "cos", "exp", "expm1", "log", "log1p", "max", "min", "sign", "sin", "sqrt", "tanh")
    }
    choice = "{} ? {} : {}"


def map_body(step: Map, constants: Mapping[str, str], arrays: Mapping[str, str]) -> list[str]:
    """Return the lines of a function of x that fills y; ``constants`` and ``arrays`` name what to print for names."""
    size = step.out.size
    vectors = [
        f"    const {arrays[name]} = {arrays[name]}s[{place(vector.shape, step.out.shape)}];"
        for name, vector in step.vectors.items()
    ]
    length = "x.length" if step.x.size == size and not vectors else str(size)
    expression = JavaScript({"pi": "Math.PI", **constants, **arrays}).text(step.formula)
    return [
        f"  const y = new Float64Array({length});",
        "  for (let i = 0; i < y.length; i++) {",
        f"    const Z = x[{place(step.x.shape, step.out.shape)}];",
        *vectors,
        f"    y[i] = {expression};",
        "  }",
        "  return y;",
    ]


def place(shape: tuple[int, ...], out: tuple[int, ...]) -> str:
    """Return where in an array of a shape the entry stands that goes with entry i of ``out``, to which it is broadcast.

    Examples
    --------
    >>> place((2, 3), (2, 3)), place((1, 3), (2, 3)), place((2, 1), (2, 3)), place((2, 1, 4), (2, 3, 4))
    ('i', 'i % 3', 'Math.floor(i / 3)', 'Math.floor(i / 12) * 4 + i % 4')
    """
    axes = _merged((1,) * (len(out) - len(shape)) + tuple(shape), out)
    total = int(np.prod(out))
    terms, own, inner = [], 1, 1
    for kept, size in reversed(axes):
        if kept and size > 1:
            term = "i" if inner == 1 else f"Math.floor(i / {inner})"
            if inner * size < total:
                term = f"{term} % {size}"
            terms.append(term if own == 1 else f"({term}) * {own}" if "%" in term else f"{term} * {own}")
            own *= size
        inner *= size
    return " + ".join(reversed(terms)) or "0"


def _merged(shape: tuple[int, ...], out: tuple[int, ...]) -> list[tuple[bool, int]]:
    """Return runs of axes that are all kept, or all broadcast, with their number of entries."""
    runs: list[tuple[bool, int]] = []
    for own, size in zip(shape, out, strict=True):
        kept = own == size
        if size == 1:
            continue
        if runs and runs[-1][0] == kept:
            runs[-1] = (kept, runs[-1][1] * size)
        else:
            runs.append((kept, size))
    return runs
