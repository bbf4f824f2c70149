"""The steps from values to values as nodes, one function for each."""

from __future__ import annotations

from collections.abc import Callable
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
    Value,
)
from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.formulas import add_formula
from glassnet.exports.targets.onnx_target.graph import Graph, Tensor, kept_axes

__all__ = ["VECTOR_STEPS", "add_vector_step"]


def add_vector_step(graph: Graph, step: Step) -> None:
    """Append the nodes of a step."""
    graph.prefix, first = step.out.name, len(graph.nodes)
    found = VECTOR_STEPS[type(step)](graph, step)
    if any(found.name in node.outputs for node in graph.nodes[first:]):
        found = found._replace(name=graph.rename(found.name, step.out.name, first))
    graph.values[step.out.name] = found


def _view(value: Value, axes: list[int]) -> Value:
    """Return a value with these of its axes only."""
    return Value(value.name, tuple(value.shape[axis] for axis in axes))


def _affine(graph: Graph, step: Affine) -> Tensor:
    groups, d_in, d_out = step.W.shape
    rows = step.out.size // (groups * d_out)
    own = step.x.size // (rows * d_in)  # groups of x; 1 where all read the same
    inner = (d_in,) if rows == 1 else (rows, d_in)
    members_first = groups > 1 and own > 1
    shape = (own, *inner) if members_first else inner
    x = graph.read(Value(step.x.name, shape), members_first=members_first)
    W, b = step.W, step.b
    if groups == 1:
        W, b = W[0], None if b is None else b[0]
        if rows == 1:
            bias = [] if b is None else [graph.array(b, name="b", weight=True)]
            return Tensor(graph.add("Gemm", x.name, graph.array(W, name="W", weight=True), *bias), (d_out,))
    else:
        W = W if rows == 1 else W[:, None]
        b = None if b is None else b[:, None] if rows == 1 else b[:, None, None]
    y = graph.add("MatMul", x.name, graph.array(W, name="W", weight=True))
    y = y if b is None else graph.add("Add", y, graph.array(b, name="b", weight=True))
    shape = (d_out,) if rows == 1 else (rows, d_out)
    return Tensor(y, (groups, *shape), members_first=True) if groups > 1 else Tensor(y, shape)


def _map(graph: Graph, step: Map) -> Tensor:
    dtype = "float64" if step.double else "float32"
    axes = kept_axes(step.out.shape)
    x = graph.read(_view(step.x, axes), dtype=dtype)
    numbers: dict[str, Any] = dict(step.constants)
    for name, vector in step.vectors.items():
        seen = vector.reshape([vector.shape[axis] for axis in axes])
        numbers[name] = np.expand_dims(seen, 1) if x.members_first else seen
    y = add_formula(graph, step.formula, x.name, numbers, dtype)
    shape = tuple(step.out.shape[axis] for axis in axes)
    return Tensor(y, shape, dtype, x.members_first)


def _select(graph: Graph, step: Select) -> Tensor:
    x = graph.read(Value(step.x.name, (step.x.size,)), members_first=False)
    places = graph.array(step.places, "int32", "places")
    return Tensor(graph.add("Gather", x.name, places, axis=1), (len(step.places),))


def _embed(graph: Graph, step: Embed) -> Tensor:
    groups, n, dim = step.table.shape
    m = step.out.size // (groups * dim)
    own = step.x.size // m
    x = graph.read(Value(step.x.name, (own, m) if own > 1 or groups > 1 else (m,)), members_first=False)
    codes = graph.add("Cast", x.name, to=wire.TYPES["int64"])
    if groups > 1:
        codes = graph.add("Add", codes, graph.array(np.arange(groups)[:, None] * n, "int64", "first"))
    table = graph.array(step.table.reshape(groups * n, dim), name="table", weight=True)
    return Tensor(graph.add("Gather", table, codes), (groups, m, dim) if groups > 1 else (m, dim))


def _softmax(graph: Graph, step: Softmax) -> Tensor:
    x = graph.read(_view(step.x, kept_axes(step.x.shape)))
    return x._replace(name=graph.add("Softmax", x.name, axis=-1))


def _normalise(graph: Graph, step: Normalise) -> Tensor:
    """Append the two passes themselves: onnxruntime's LayerNormalization takes the variance as E[x^2] - E[x]^2."""
    x = graph.read(_view(step.x, kept_axes(step.x.shape)))
    far = graph.add("Sub", x.name, graph.reduce("ReduceMean", x.name, -1, keepdims=True))
    variance = graph.reduce("ReduceMean", graph.add("Mul", far, far), -1, keepdims=True)
    deviation = graph.add("Sqrt", graph.add("Add", variance, graph.array(step.eps, name="eps")))
    return x._replace(name=graph.add("Div", far, deviation))


def _mean(graph: Graph, step: Mean) -> Tensor:
    inner = tuple(step.x.shape[1:][axis] for axis in kept_axes(step.x.shape[1:]))
    x = graph.read(Value(step.x.name, (step.x.shape[0], *inner)))
    axis = 0 if x.members_first else 1
    return Tensor(graph.reduce("ReduceMean", x.name, axis, keepdims=False), inner)


def _sort(graph: Graph, step: Sort) -> Tensor:
    x = graph.read(_view(step.x, kept_axes(step.x.shape)))
    number = graph.array(step.x.shape[-1:], "int64", "k")
    rising, _ = graph.add_many(2, "TopK", x.name, number, axis=-1, largest=0, sorted=1)
    return x._replace(name=rising)


def _join(graph: Graph, step: Join) -> Tensor:
    axes = kept_axes(step.out.shape)
    found = [graph.read(_view(part, axes)) for part in step.parts]
    if not all(tensor.members_first for tensor in found):
        found = [graph.read(_view(part, axes), members_first=False) for part in step.parts]
    shape = tuple(step.out.shape[axis] for axis in axes)
    return Tensor(graph.add("Concat", *(one.name for one in found), axis=-1), shape, "float32", found[0].members_first)


def _add(graph: Graph, step: Add) -> Tensor:
    axes = kept_axes(step.out.shape)
    a = graph.read(_view(step.a, axes))
    b = graph.read(_view(step.b, axes), members_first=a.members_first)
    return a._replace(name=graph.add("Add", a.name, b.name))


def _constant(graph: Graph, step: Constant) -> Tensor:
    like = next(iter(graph.values.values())).name
    n = graph.add("Shape", like, start=0, end=1)
    shape = graph.add("Concat", n, graph.array([step.values.size], "int64", "size"), axis=0)
    return Tensor(
        graph.add("Expand", graph.array(step.values.ravel(), name="values", weight=True), shape), (step.values.size,)
    )


VECTOR_STEPS: dict[type[Step], Callable[[Graph, Any], Tensor]] = {
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
