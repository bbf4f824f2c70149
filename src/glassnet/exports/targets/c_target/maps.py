"""Element-wise steps in C: loops over the axes along which the operands differ, as few as there can be."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from glassnet.exports.naming import comment_text, identifiers
from glassnet.exports.plan import Map
from glassnet.exports.targets.c_target.formulas import CExpression
from glassnet.exports.targets.c_target.literals import RESERVED
from glassnet.exports.targets.c_target.source import Source
from glassnet.utils.formula import functions_in

__all__ = ["print_map"]

_NAMES = {
    "max(Z, 0)": "relu", "max(Z, slope * Z)": "leaky_relu", "tanh(Z)": "tanh", "sigmoid(Z)": "sigmoid",
    "softplus(Z)": "softplus", "Z * sigmoid(Z)": "silu", "Z * tanh(softplus(Z))": "mish",
}  # fmt: skip


def print_map(source: Source, step: Map, x: str, y: str, *, wide_input: bool) -> list[str]:
    """Return the call of a function for an element-wise step, and add the function."""
    real: Literal["float", "double"] = "double" if step.double else source.real
    sizes, strides = _axes(step)
    given = [*step.vectors, *step.constants]
    names = dict(zip(given, identifiers(given, RESERVED), strict=True))
    prefix = f"{source.prefix}_" if real == "float" else f"{source.prefix}_double_"
    expression = CExpression({"Z": "z", "pi": math.pi, **names}, prefix=prefix, real=real)
    printed = expression.text(step.formula)
    for helper in expression.helpers(functions_in(step.formula)):
        source.formula_helpers.setdefault(helper)
    type_x = "double" if wide_input else "float"
    shared = len(sizes) == 1 and not step.vectors and strides["Z"] == [1]
    counts = ["n"] if shared else [str(size) for size in sizes]
    body = [f"const {real} z = {_cast(real, type_x)}x[{_index(strides['Z'])}];"]
    if step.constants:
        numbers = source.constants(
            "numbers", np.array([*step.constants.values()], dtype=f"float{64 if real == 'double' else 32}")
        )
        body += [f"const {real} {names[name]} = GN_READ(&{numbers}[{i}]);" for i, name in enumerate(step.constants)]
    for name, vector in step.vectors.items():
        real_table = "double" if step.double else "float"
        table = source.table(f"{step.out.name}_{names[name]}", vector.astype("float64" if step.double else "float32"))
        body.append(
            f"const {real} {names[name]} = {_cast(real, real_table)}GN_READ(&{table}[{_index(strides[name])}]);"
        )
    body += ["", f"y[{_index(strides['out'])}] = {f'(float)({printed})' if real == 'double' else printed};"]
    text = _looped(body, counts)
    signature = f"void {{}}(const {type_x} *x, float *y" + (", int32_t n)" if shared else ")")
    name = f"each_{_NAMES.get(step.formula, step.out.name)}"
    function = source.function(name, signature, text, f"/* {comment_text(step.formula)} */\n")
    return [f"{function}({x}, {y}, {step.out.size})" if shared else f"{function}({x}, {y})"]


def _cast(real: str, type_x: str) -> str:
    return "" if real == type_x else f"({real})"


def _axes(step: Map) -> tuple[list[int], dict[str, list[int]]]:
    """Return the sizes of the axes to loop over, and how far each operand moves along them."""
    shapes = {"out": step.out.shape, "Z": step.x.shape, **{name: v.shape for name, v in step.vectors.items()}}
    n_axes = max(len(shape) for shape in shapes.values())
    full = (1,) * (n_axes - len(step.out.shape)) + tuple(step.out.shape)
    sizes: list[int] = []
    strides: dict[str, list[int]] = {name: [] for name in shapes}
    moves = {name: _strides((1,) * (n_axes - len(shape)) + tuple(shape)) for name, shape in shapes.items()}
    for axis, size in enumerate(full):
        if size == 1:
            continue
        together = bool(sizes) and all(strides[name][-1] == size * moves[name][axis] for name in shapes)
        for name in shapes:
            if together:
                strides[name][-1] = moves[name][axis]
            else:
                strides[name].append(moves[name][axis])
        if together:
            sizes[-1] *= size
        else:
            sizes.append(size)
    if not sizes:
        return [1], {name: [1 if name in ("out", "Z") else 0] for name in shapes}
    return sizes, strides


def _strides(shape: tuple[int, ...]) -> list[int]:
    """Return how far one moves along each axis of an array; 0 along those of length 1."""
    found, step = [0] * len(shape), 1
    for axis in reversed(range(len(shape))):
        found[axis] = step if shape[axis] > 1 else 0
        step *= shape[axis]
    return found


def _index(strides: list[int]) -> str:
    terms = ["ijklmn"[axis] if move == 1 else f"{'ijklmn'[axis]} * {move}" for axis, move in enumerate(strides) if move]
    return " + ".join(terms) or "0"


def _looped(body: list[str], counts: list[str]) -> str:
    """Return the body inside of loops."""
    lines = []
    for axis, count in enumerate(counts):
        i = "ijklmn"[axis]
        lines.append("    " * (axis + 1) + f"for (int32_t {i} = 0; {i} < {count}; {i}++) {{")
    lines += ["    " * (len(counts) + 1) + line if line else "" for line in body]
    lines += ["    " * (axis + 1) + "}" for axis in reversed(range(len(counts)))]
    return "\n".join(lines)
