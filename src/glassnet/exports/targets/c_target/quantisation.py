"""From a plan to steps in integers: ranges from rows, weights of 8 bits, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.exports.made_up import made_up_rows
from glassnet.exports.plan import Affine, Map, Plan, Step, Value
from glassnet.exports.referee import Rows, encode, run_step
from glassnet.exports.targets.c_target.fields import as_read
from glassnet.exports.targets.c_target.integer_steps import (
    HIGHEST,
    LOWEST,
    Codes,
    Integers,
    Quantise,
    run_integers,
    run_quantise,
)
from glassnet.utils.formula import evaluate

__all__ = ["Quantised", "calibration_rows", "quantise", "simulate"]

_ENDS = (0.005, 0.995)  # quantiles; a range goes beyond them by half of their distance at most
_BITS = 31  # of a multiplier
_ALL = np.arange(LOWEST, HIGHEST + 1)
_LARGEST_BIAS = 2.0**29
_Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Quantised:
    """The vector steps of a plan with integers in them.

    ``precise`` has the names of the values whose steps are computed in double precision, since they are rounded to
    codes afterwards and must be the same everywhere.
    """

    steps: tuple[Step, ...]
    precise: frozenset[str]


def calibration_rows(plan: Plan, rows: Rows | None) -> Rows:
    """Return the rows by which ranges are chosen: those given, or made-up ones."""
    return as_read(plan, made_up_rows(plan) if rows is None else rows)


def quantise(plan: Plan, rows: Rows, only: str = "") -> Quantised:
    """Return the steps of a plan in integers, with ranges from these rows; with ``only`` those of one layer.

    ``only`` is the name of the value of an affine step, the numbers of which are then not rounded.
    """
    values = _values(plan, rows)
    ranges = {name: _range_of(value) for name, value in values.items()}
    readers: dict[str, list[Step]] = {}
    for step in plan.vector_steps:
        for value in step.inputs():
            readers.setdefault(value.name, []).append(step)
    steps: list[Step] = []
    coded: dict[str, Codes] = {}
    merged: set[str] = set()
    for step in plan.vector_steps:
        if step.out.name in merged:
            continue
        if not isinstance(step, Affine) or (only and step.out.name != only):
            steps.append(step)
            continue
        if step.x.name not in coded:
            codes = Codes.of_range(*ranges[step.x.name])
            steps.append(Quantise(Value(f"{step.out.name}_codes", step.x.shape), step.x, codes))
            source = steps[-1].out
        else:
            codes, source = coded[step.x.name], step.x
        activation = None if only else _activation(step, readers)
        rounds = activation is not None or (not only and _is_coded(step.out.name, readers))
        made = _integers(step, source, codes, activation, ranges, rounds=rounds)
        if made.makes_codes:
            coded[made.out.name] = Codes.of_range(*ranges[made.out.name])
            merged |= {activation.out.name} if activation else set()
        steps.append(made)
    last = max((i for i, step in enumerate(steps) if isinstance(step, Quantise)), default=0)
    return Quantised(tuple(steps), frozenset(step.out.name for step in steps[:last]))


def simulate(plan: Plan, quantised: Quantised, rows: Rows, stop: str = "") -> np.ndarray:
    """Return the outputs for rows, (n, k), or the value of the step named ``stop``."""
    values: dict[str, np.ndarray] = {plan.x.name: _features(plan, rows)}
    n = len(values[plan.x.name])
    for step in quantised.steps:
        name = step.out.name
        if isinstance(step, Quantise):
            values[name] = run_quantise(step, values[step.x.name].reshape(n, -1))
        elif isinstance(step, Integers):
            values[name] = run_integers(step, values[step.x.name].reshape(n, -1))
        else:
            wide = name in quantised.precise or getattr(step, "double", False)
            values[name] = _computed(step, values, n, np.float64 if wide else np.float32).astype(np.float32)
        if name == stop:
            return values[name].reshape(n, -1)
    return values[plan.y.name].reshape(n, -1)


def _computed(step: Step, values: Mapping[str, np.ndarray], n: int, dtype: type[np.floating]) -> np.ndarray:
    read = {value.name: values[value.name].astype(dtype) for value in step.inputs()}
    if isinstance(step, Map) and not step.double:  # its arrays stand in the file as float32
        vectors = {name: vector.astype(np.float32).astype(np.float64) for name, vector in step.vectors.items()}
        step = Map(step.out, step.x, step.formula, step.constants, vectors, step.double)
    with np.errstate(under="ignore"):
        return run_step(step, read, np.empty(n), dtype)


def _features(plan: Plan, rows: Rows) -> np.ndarray:
    found = encode(plan, rows)
    return found if plan.double_inputs else found.astype(np.float32)


def _values(plan: Plan, rows: Rows) -> dict[str, np.ndarray]:
    """Return all values of a plan for rows, by name."""
    values: dict[str, np.ndarray] = {plan.x.name: encode(plan, rows)}
    for step in plan.vector_steps:
        with np.errstate(under="ignore"):
            values[step.out.name] = run_step(step, values, values[plan.x.name], np.float64)
    return values


def _range_of(value: np.ndarray) -> tuple[float, float]:
    """Return the ends of a range for codes: a few numbers far outside of all others are cut off."""
    found = value[np.isfinite(value) & (value != 0.0)]
    if not found.size:
        return 0.0, 0.0
    first, last = np.quantile(found, _ENDS)
    more = (last - first) / 2.0
    return float(max(found.min(), first - more)), float(min(found.max(), last + more))


def _activation(step: Affine, readers: Mapping[str, Sequence[Step]]) -> Map | None:
    """Return the element-wise step after an affine one that a table can be for."""
    reading = readers.get(step.out.name, ())
    first = reading[0] if len(reading) == 1 else None
    if not isinstance(first, Map) or first.vectors or first.double or first.out.size != step.out.size:
        return None
    return first if _is_coded(first.out.name, readers) else None


def _is_coded(name: str, readers: Mapping[str, Sequence[Step]]) -> bool:
    """Whether a value is read by affine steps only, so that it need not have numbers."""
    reading = readers.get(name, ())
    return bool(reading) and all(isinstance(one, Affine) for one in reading)


def _integers(
    step: Affine,
    source: Value,
    codes: Codes,
    activation: Map | None,
    ranges: _Ranges,
    *,
    rounds: bool,
) -> Integers:
    weights = step.W.transpose(0, 2, 1).astype(np.float64)
    bias = np.zeros(weights.shape[:2]) if step.b is None else step.b.astype(np.float64)
    scale = np.maximum(np.abs(weights).max(axis=2) / HIGHEST, np.abs(bias) / (codes.scale * _LARGEST_BIAS))
    scale[scale == 0.0] = 1.0
    W = np.rint(weights / scale[..., None]).astype(np.int8)
    sums = codes.scale * scale
    b = np.rint(bias / sums).astype(np.int64) - codes.zero * W.astype(np.int64).sum(axis=2)
    out = activation.out if activation else step.out
    none = np.empty(0, np.int32)
    if not rounds:
        scales = sums.astype(np.float32)
        return Integers(out, source, W, b.astype(np.int32), scales, none, none, 0, none.astype(np.int8))
    made = Codes.of_range(*ranges[out.name])
    before, table = made, none.astype(np.int8)
    if activation and not np.array_equal(_table(activation, made, made), _ALL):  # as a ReLU's is, which cuts codes off
        before = _before(activation, ranges[step.out.name], made)
        table = _table(activation, before, made)
    multipliers, shifts = _multipliers(sums / before.scale)
    return Integers(
        out, source, W, b.astype(np.int32), none.astype(np.float32), multipliers, shifts, before.zero, table
    )


def _table(activation: Map, before: Codes, made: Codes) -> np.ndarray:
    """Return the code after an activation for each code before it."""
    z = before.values(_ALL)
    return made.of(np.broadcast_to(np.asarray(evaluate(activation.formula, Z=z, **activation.constants)), z.shape))


def _before(activation: Map, ends: tuple[float, float], made: Codes) -> Codes:
    """Return the codes before an activation; none are spent where it is flat, such as left of 0 for a ReLU."""
    z = np.linspace(min(ends[0], 0.0), max(ends[1], 0.0), 1025)
    y = np.broadcast_to(np.asarray(evaluate(activation.formula, Z=z, **activation.constants)), z.shape)
    near = 0.25 * made.scale
    rising = np.flatnonzero(np.abs(y - y[0]) > near)
    falling = np.flatnonzero(np.abs(y - y[-1]) > near)
    if not rising.size or not falling.size:
        return Codes.of_range(*ends)
    return Codes.of_range(float(z[max(rising[0] - 1, 0)]), float(z[min(falling[-1] + 1, 1024)]))


def _multipliers(ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers of 31 bits and shifts, so that ``ratio = multiplier / 2**shift``."""
    fractions, exponents = np.frexp(ratios)
    multipliers = np.rint(np.ldexp(fractions, _BITS)).astype(np.int64)
    shifts = (_BITS - exponents).astype(np.int64)
    far = np.maximum(shifts - 62, 0)  # so small that nothing is left of it
    multipliers, shifts = multipliers >> np.minimum(far, 62), shifts - far
    over = multipliers == 2**_BITS
    multipliers[over] >>= 1
    shifts[over] -= 1
    return multipliers.astype(np.int32), np.maximum(shifts, 1).astype(np.int32)
