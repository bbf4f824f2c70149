"""The interpreter of plans in NumPy: the referee of every target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.exports.fields import Field
from glassnet.exports.plan import (
    FARTHEST,
    Add,
    Affine,
    Constant,
    Embed,
    Flag,
    Join,
    Lookup,
    Map,
    Mean,
    Normalise,
    Plan,
    Rank,
    Scaled,
    Select,
    Softmax,
    Sort,
    Step,
    Value,
    Wave,
)
from glassnet.tabular.encoding.robust_scaling import NormalScale
from glassnet.utils.formula import evaluate

__all__ = ["Rows", "encode", "interpret", "interpret_features", "run_step"]

Rows = np.ndarray | Mapping[str, np.ndarray]
"""Rows for a plan: a matrix (n, n_inputs), or for tables arrays of length n by the name of the field.

Numbers, booleans and dates are float64 with NaN for missing ones, text is an array of str objects with "".
"""


def interpret(plan: Plan, rows: Rows, dtype: Any = np.float64) -> np.ndarray:
    """Return the outputs of a plan for rows, (n, number of outputs), computed in ``dtype``."""
    return interpret_features(plan, encode(plan, rows, dtype), dtype)


def encode(plan: Plan, rows: Rows, dtype: Any = np.float64) -> np.ndarray:
    """Return the encoded features of rows, (n, d); they are rounded to float32, as the model reads them."""
    if not plan.is_table:
        return np.asarray(rows, dtype=np.float64 if plan.double_inputs else dtype)
    assert isinstance(rows, Mapping)
    n = len(rows[plan.fields[0].name])
    values: dict[str, np.ndarray] = {}
    for step in plan.column_steps:
        cells = _present(plan.fields[step.field], rows) if hasattr(step, "field") else np.empty(n)
        with np.errstate(over="ignore", under="ignore"):
            values[step.out.name] = run_step(step, values, cells, np.float64).astype(np.float32)
    return values[plan.x.name].astype(dtype)


def _present(field: Field, rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the cells of a field; infinite numbers, and those that stand for a missing one, are NaN."""
    cells = rows[field.name]
    if field.is_text:
        return cells
    return np.where(np.isfinite(cells) & ~np.isin(cells, field.codes), cells, np.nan)


def interpret_features(plan: Plan, Z: np.ndarray, dtype: Any = np.float64) -> np.ndarray:
    """Return the outputs of a plan for encoded features, (n, number of outputs)."""
    if not len(Z):
        return np.empty((0, plan.y.size), dtype=dtype)
    values = {plan.x.name: Z}
    for step in plan.vector_steps:
        with np.errstate(under="ignore"):
            values[step.out.name] = run_step(step, values, Z, dtype)
    return np.asarray(values[plan.y.name].reshape(len(Z), -1))


def run_step(step: Step, values: Mapping[str, np.ndarray], rows: np.ndarray, dtype: Any) -> np.ndarray:
    """Return the value of a step, (n, *shape); ``rows`` has the cells of its field, or anything of length n."""
    read = [_seen(values[value.name], value) for value in step.inputs()]
    if not read:
        read = [rows]
    found = _STEPS[type(step)](step, *read) if not isinstance(step, (Affine, Map)) else _typed(step, read[0], dtype)
    return np.asarray(np.broadcast_to(found, (len(rows), *step.out.shape)))


def _seen(array: np.ndarray, value: Value) -> np.ndarray:
    return array.reshape(len(array), *value.shape)


def _typed(step: Affine | Map, x: np.ndarray, dtype: Any) -> np.ndarray:
    """Return the value of a step whose numbers are rounded to the type that is computed in."""
    if isinstance(step, Affine):
        x = x.reshape(len(x), -1, step.out.size // step.W.shape[2] // step.W.shape[0], step.W.shape[1])
        y = np.matmul(x.astype(dtype), step.W.astype(dtype))
        if step.b is not None:
            y = y + step.b.astype(dtype)[:, None, :]
        return np.asarray(y.reshape(len(x), *step.out.shape))
    inner = np.float64 if step.double else dtype
    arrays = {name: vector.astype(inner) for name, vector in step.vectors.items()}
    numbers = {name: np.dtype(inner).type(number) for name, number in step.constants.items()}
    found = np.asarray(evaluate(step.formula, Z=x.astype(inner), **numbers, **arrays))
    return found.astype(dtype)


def _scaled(step: Scaled, x: np.ndarray) -> np.ndarray:
    z = (np.where(np.isnan(x), step.fill, x) - step.center) / step.unit
    return _bounded(np.clip(z, -FARTHEST, FARTHEST), step.bound)[:, None]


def _bounded(z: np.ndarray, bound: float | None) -> np.ndarray:
    return z if bound is None else z / np.hypot(1.0, z / bound)


def _wave(step: Wave, x: np.ndarray) -> np.ndarray:
    phase = 2.0 * np.pi * np.mod(x, step.period) / step.period
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    waves[np.isnan(x)] = 0.0
    return _bounded((waves - step.center) / step.unit, step.bound)


def _rank(step: Rank, x: np.ndarray) -> np.ndarray:
    edges = tuple(step.quantiles.tolist())
    scale = NormalScale(step.fill, 1.0, edges[0], edges[-1], edges)
    return scale.forward(np.where(np.isnan(x), step.fill, x))[:, None]


def _flag(step: Flag, cells: np.ndarray) -> np.ndarray:
    missing = cells == "" if cells.dtype == object else np.isnan(cells)
    return np.where(missing, step.missing, step.present)[:, None]


def _looked_up(step: Lookup, cells: np.ndarray) -> np.ndarray:
    places = {"": 0, **{text: i for i, text in enumerate(step.categories, start=2)}}
    return step.table[[places.get(text, 1) for text in cells.tolist()]]


def _softmax(step: Softmax, x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _normalised(step: Normalise, x: np.ndarray) -> np.ndarray:
    far = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(far / np.sqrt(np.square(far).mean(axis=-1, keepdims=True) + x.dtype.type(step.eps)))


def _embedded(step: Embed, x: np.ndarray) -> np.ndarray:
    groups, last = np.arange(len(step.table))[:, None], step.table.shape[1] - 1
    codes = np.clip(x.reshape(len(x), -1, step.out.shape[-2]), 0, last).astype(np.int64)
    return np.asarray(step.table[groups, codes].astype(x.dtype))


_STEPS: dict[type[Step], Callable[..., np.ndarray]] = {
    Scaled: _scaled,
    Rank: _rank,
    Wave: _wave,
    Flag: _flag,
    Lookup: _looked_up,
    Constant: lambda step, cells: step.values[None, :],
    Select: lambda step, x: x.reshape(len(x), -1)[:, step.places].reshape(len(x), *step.out.shape),
    Embed: _embedded,
    Softmax: _softmax,
    Normalise: _normalised,
    Mean: lambda step, x: x.mean(axis=1),
    Sort: lambda step, x: np.sort(x, axis=-1),
    Join: lambda step, *parts: np.concatenate(parts, axis=-1),
    Add: lambda step, a, b: a + b,
}
