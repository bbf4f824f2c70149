"""Element-wise steps as loops in JavaScript."""

from __future__ import annotations

import numpy as np

from glassnet.exports.naming import identifiers
from glassnet.exports.plan import Map
from glassnet.exports.targets.js_target.literals import KEYWORDS
from glassnet.utils.formula_code import JavaScript

__all__ = ["map_function", "place"]

_OWN = KEYWORDS | {"i", "sigmoid", "softplus", "x", "y"}


def map_function(step: Map) -> tuple[list[str], list[str]]:
    """Return the parameters and the lines of a function that fills y from x and the vectors of a step."""
    parameters = identifiers(step.vectors, _OWN)
    entries = {
        name: f"{parameter}[{place(vector.shape, step.out.shape)}]"
        for (name, vector), parameter in zip(step.vectors.items(), parameters, strict=True)
    }
    length = "x.length" if step.x.size == step.out.size and not entries else str(step.out.size)
    return ["x", *parameters], [
        f"  const y = new Float64Array({length});",
        "  for (let i = 0; i < y.length; i++) {",
        f"    const Z = x[{place(step.x.shape, step.out.shape)}];",
        f"    y[i] = {JavaScript({**step.constants, **entries}).text(step.formula)};",
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
