"""The vector steps in C: each is a line, most of them the call of a helper."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
    Plan,
    Select,
    Softmax,
    Sort,
    Step,
)
from glassnet.exports.targets.c_target.buffers import Layout
from glassnet.exports.targets.c_target.integer_printing import print_integers, print_quantise
from glassnet.exports.targets.c_target.integer_steps import Integers, Quantise
from glassnet.exports.targets.c_target.maps import print_map
from glassnet.exports.targets.c_target.source import Source

__all__ = ["print_vectors"]


def print_vectors(
    source: Source, plan: Plan, steps: Sequence[Step], layout: Layout, precise: Collection[str] = ()
) -> list[str]:
    """Return the lines that fill ``y`` from the features ``z``; ``precise`` names values to compute in double."""
    lines: list[str] = []
    wide = plan.x.name if plan.double_inputs else ""
    if any(value.name == wide for step in steps if not isinstance(step, Map) for value in step.inputs()):
        lines.append(f"    {source.call('rounded', 'z', 'features', plan.x.size)};")
    for step in steps:
        out = layout.places[step.out.name]
        if isinstance(step, Select) and _buffer(out) == _buffer(layout.places[step.x.name]):
            continue
        source.real = "double" if step.out.name in precise else "float"
        inputs = [
            "features" if value.name == wide and not isinstance(step, Map) else layout.places[value.name]
            for value in step.inputs()
        ]
        if isinstance(step, Map):
            printed = print_map(source, step, inputs[0], out, wide_input=step.x.name == wide)
        else:
            printed = _STEPS[type(step)](source, step, inputs, out)
        lines += [f"    {line};" for line in printed]
    if layout.places[plan.y.name] != "y":
        helper = "rounded" if plan.double_inputs else "place"
        rest = (plan.y.size,) if plan.double_inputs else (1, plan.y.size, plan.y.size)
        lines.append(f"    {source.call(helper, layout.places[plan.y.name], 'y', *rest)};")
    return lines


def _buffer(place: str) -> str:
    return place.split(" + ")[0]


def _affine(source: Source, step: Affine, x: list[str], y: str) -> list[str]:
    groups, d_in, d_out = step.W.shape
    name = step.out.name
    w = source.table(f"{name}_w", step.W.transpose(0, 2, 1).astype(np.float32))
    b = "NULL" if step.b is None else source.table(f"{name}_b", step.b.astype(np.float32))
    rows = step.out.size // (groups * d_out)
    shared = step.x.size == rows * d_in and groups > 1
    if groups == rows == 1:
        return [source.call("dense", x[0], w, b, y, d_in, d_out)]
    source.helpers.add(("dense", "float"))
    body = [f"    for (int32_t g = 0; g < {groups}; g++) {{", f"        for (int32_t r = 0; r < {rows}; r++) {{"]
    place = f"r * {d_in}" if shared else f"(g * {rows} + r) * {d_in}"
    bias = "NULL" if b == "NULL" else f"&{b}[g * {d_out}]"
    call = f"{source.prefix}_dense(&x[{place}], &{w}[g * {d_in * d_out}], {bias},"
    body += [f"            {call}", f"                &y[(g * {rows} + r) * {d_out}], {d_in}, {d_out});"]
    body += ["        }", "    }"]
    comment = f"/* {groups} times {rows} rows, from {d_in} to {d_out}. */\n"
    function = source.function(name, "void {}(const float *x, float *y)", "\n".join(body), comment)
    return [f"{function}({x[0]}, {y})"]


def _rows(step: Any) -> tuple[int, int]:
    """Return how many rows the input of a step has, and how long they are."""
    n = step.x.shape[-1]
    return step.x.size // n, n


def _softmax(source: Source, step: Softmax, x: list[str], y: str) -> list[str]:
    helper = "softmax" if source.real == "float" else "softmax_precise"
    return [source.call(helper, x[0], y, *_rows(step))]


def _normalise(source: Source, step: Normalise, x: list[str], y: str) -> list[str]:
    eps = source.constants("eps", np.array([step.eps], dtype="float32" if source.real == "float" else "float64"))
    return [source.call("normalise", x[0], y, *_rows(step), f"GN_READ(&{eps}[0])", real=source.real)]


def _mean(source: Source, step: Mean, x: list[str], y: str) -> list[str]:
    return [source.call("mean", x[0], y, step.x.shape[0], step.out.size, real=source.real)]


def _sort(source: Source, step: Sort, x: list[str], y: str) -> list[str]:
    return [source.call("sort", x[0], y, *_rows(step))]


def _select(source: Source, step: Select, x: list[str], y: str) -> list[str]:
    places = source.table(f"{step.out.name}_places", step.places.astype(np.int32))
    return [source.call("select", x[0], places, y, step.out.size)]


def _constant(source: Source, step: Constant, x: list[str], y: str) -> list[str]:
    values = source.table(step.out.name, step.values.astype(np.float32))
    return [source.call("constant", values, y, step.out.size)]


def _embed(source: Source, step: Embed, x: list[str], y: str) -> list[str]:
    groups, n, dim = step.table.shape
    table = source.table(f"{step.out.name}_rows", step.table.astype(np.float32))
    m = step.out.size // (groups * dim)
    own = 0 if step.x.size == m else m
    lines = []
    for g in range(groups):
        source_x = f"{x[0]} + {g * own}" if g * own else x[0]
        rows, place = (f"{table} + {g * n * dim}", f"{y} + {g * m * dim}") if g else (table, y)
        lines.append(source.call("embed", source_x, rows, place, m, n, dim))
    return lines


def _join(source: Source, step: Join, x: list[str], y: str) -> list[str]:
    length = step.out.shape[-1]
    lines, start = [], 0
    for part, place in zip(step.parts, x, strict=True):
        n = part.shape[-1]
        to = f"{y} + {start}" if start else y
        lines.append(source.call("place", place, to, part.size // n, n, length))
        start += n
    return lines


def _add(source: Source, step: Add, x: list[str], y: str) -> list[str]:
    return [source.call("add", *x, y, step.out.size)]


_STEPS: dict[type[Step], Callable[[Source, Any, list[str], str], list[str]]] = {
    Affine: _affine,
    Softmax: _softmax,
    Normalise: _normalise,
    Mean: _mean,
    Sort: _sort,
    Select: _select,
    Constant: _constant,
    Embed: _embed,
    Join: _join,
    Add: _add,
    Quantise: print_quantise,
    Integers: print_integers,
}
