"""The steps of the layers for tables: columns, embeddings of numbers, copies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.exports.lowering.builder import Builder
from glassnet.exports.plan import Embed, Value
from glassnet.layers import (
    Calibration,
    Copies,
    Embedding,
    EnsembleHead,
    Layer,
    NTKDense,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
    Select,
)

__all__ = ["TABLE_LOWERINGS", "append_factors"]

_LARGEST = float(np.finfo(np.float32).max)


def append_factors(builder: Builder, x: Value, factors: np.ndarray, part: str = "") -> Value:
    """Append x times a parameter (K?, 1, ...), broadcast over the axes of a sample."""
    axes = x.shape[1:]
    factors = factors.reshape(-1, *factors.shape[-len(axes) :])
    return builder.map(x, "Z * scale", vectors={"scale": factors}, part=part)


def _scale(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return append_factors(builder, x, layer.s)


def _calibration(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    axes = x.shape[1:]
    vectors = {name: getattr(layer, name).reshape(-1, *axes) for name in ("scale", "shift")}
    return builder.map(x, "Z * scale + shift", vectors=vectors)


def _ntk_dense(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    W = layer.W.astype(np.float64) / math.sqrt(layer.in_shape[0])
    return builder.affine(x, W, layer.b, members)


def _select(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    d, groups = layer.in_shape[-1], x.size // layer.in_shape[-1]
    places = np.arange(groups)[:, None] * d + np.array(layer.columns) % d
    return builder.select(x, places, (*x.shape[:-1], len(layer.columns)))


def _embedding(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    m = math.prod(layer.in_shape)
    table = builder.own(layer.W).reshape(members, layer.n_categories, layer.dim)
    return builder.add(Embed, (members, m, layer.dim), Value(x.name, (x.shape[0], m)), table)


def _copies(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return append_factors(builder, Value(x.name, (x.shape[0], 1, *x.shape[1:])), layer.r)


def _ensemble_head(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    k, d = layer.in_shape
    x = builder.repeat(x, members)
    z = builder.affine(Value(x.name, (members * k, 1, d)), layer.W, layer.b, members * k)
    return Value(z.name, (members, k * layer.units))


def _periodic(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    columns, m, d = layer.in_shape[0], layer.n_frequencies, layer.dim - 1
    frequency = 2.0 * math.pi * layer.c.astype(np.float64)
    vectors = {"frequency": frequency.reshape(-1, columns, m), "phase": layer.a.reshape(-1, columns, m)}
    x = Value(x.name, (x.shape[0], columns, 1))
    waves = builder.map(x, "cos(frequency * Z + phase)", vectors=vectors, part="waves", word="wave")
    return _each_column(builder, layer, waves, (layer.V, layer.e, d), members, x)


def _piecewise(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    columns = layer.in_shape[0]
    names = ("start", "slope", "low", "high")
    pieces = dict(zip(names, (part[None, ..., 0] for part in layer._pieces(np.float64)), strict=True))
    for name in ("low", "high"):
        pieces[name] = np.clip(pieces[name], -_LARGEST, _LARGEST)
    x = Value(x.name, (x.shape[0], columns, 1))
    position = builder.map(x, "min(max((Z - start) * slope, low), high)", vectors=pieces, part="pieces", word="piece")
    both = builder.join(position, x, part="inputs")
    W = np.concatenate([layer.V, layer.w.mT], axis=-2)
    return _each_column(builder, layer, both, (W, layer.b, layer.dim), members)


def _each_column(
    builder: Builder,
    layer: Any,
    x: Value,
    weights: tuple[np.ndarray, np.ndarray, int],
    members: int,
    beside: Value | None = None,
) -> Value:
    """Append an affine map of the numbers of each column, (K or 1, columns, m), and what stands ``beside`` them."""
    W, b, d = weights
    x = builder.repeat(x, members)
    columns, m = x.shape[1:]
    rows = Value(x.name, (members * columns, 1, m))
    z = builder.affine(rows, W, b.reshape(-1, d), members * columns, part="" if beside is None else "linear")
    z = Value(z.name, (members, columns, d))
    return z if beside is None else builder.join(z, beside)


TABLE_LOWERINGS: dict[type[Layer], Callable[[Builder, Any, Value, int], Value]] = {
    Calibration: _calibration,
    Copies: _copies,
    Embedding: _embedding,
    EnsembleHead: _ensemble_head,
    NTKDense: _ntk_dense,
    PeriodicEmbedding: _periodic,
    PiecewiseLinearEmbedding: _piecewise,
    Scale: _scale,
    Select: _select,
}
"""How each of them is lowered."""
