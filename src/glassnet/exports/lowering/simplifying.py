"""Fewer steps for the same function: factors and shifts become part of the affine maps beside them.

What is left differs from what was there by rounding alone, and a step that is not read is gone.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from glassnet.exports.plan import Affine, Join, Map, Select, Step, Value

__all__ = ["simplified"]

_FARTHEST = 8.0  # standard deviations from 0 at which a mean is still subtracted after the product, not before
_SMALLEST, _LARGEST = 1e-30, 1e30  # of weights, well inside float32


def simplified(steps: Sequence[Step], kept: Collection[Value]) -> tuple[Step, ...]:
    """Return fewer steps that make the same values, of those that are ``kept``."""
    names = {value.name for value in kept}
    found: list[Step] | None = list(steps)
    while found is not None:
        shortest = _read(found, names)
        found = _shorter(shortest, names)
    return tuple(shortest)


def _read(steps: Sequence[Step], kept: set[str]) -> list[Step]:
    """Return the steps that the kept values follow from."""
    needed, found = set(kept), []
    for step in reversed(steps):
        if step.out.name in needed:
            found.append(step)
            needed |= {value.name for value in step.inputs()}
    return found[::-1]


def _shorter(steps: list[Step], kept: set[str]) -> list[Step] | None:
    """Return the steps with two of them made one, or None."""
    readers = Counter([*kept, *(value.name for step in steps for value in step.inputs())])
    makers = {step.out.name: step for step in steps}
    for place, second in enumerate(steps):
        for value in second.inputs():
            first = makers.get(value.name)
            joined = None if first is None or readers[value.name] > 1 else _joined(first, second)
            if joined is None:
                continue
            if second.out.name in kept:
                joined = dataclasses.replace(joined, out=Value(second.out.name, joined.out.shape))
            behind = [_renamed(step, second.out.name, joined.out.name) for step in steps[place + 1 :]]
            return [*(step for step in steps[:place] if step is not first), joined, *behind]
    return None


def _renamed(step: Step, old: str, new: str) -> Step:
    """Return a step that reads the value ``new`` where it read ``old``."""

    def changed(value: Any) -> Any:
        return value._replace(name=new) if value.name == old else value

    if isinstance(step, Join):
        return dataclasses.replace(step, parts=tuple(map(changed, step.parts)))
    names = [name for name, value in vars(step).items() if name != "out" and isinstance(value, Value)]
    return dataclasses.replace(step, **{name: changed(getattr(step, name)) for name in names})


def _joined(first: Step, second: Step) -> Step | None:
    """Return one step for two of which the second is all that reads the first; None if there is none."""
    match first, second:
        case Affine(), Map():
            return _scaled_behind(first, second)
        case Map(), Affine():
            return _scaled_before(first, second)
        case Affine(), Affine():
            return _product(first, second)
        case Select(), Select():
            return Select(second.out, first.x, first.places[second.places])
        case Join(), Join() if first.out in second.parts:
            parts = [(first.parts if part == first.out else (part,)) for part in second.parts]
            return Join(second.out, tuple(part for each in parts for part in each))
    return None


def _scaled_behind(first: Affine, second: Map) -> Affine | None:
    found = _factors(second)
    if found is None or second.out.size != first.out.size:
        return None
    scale, shift = (_same_in_rows(part, first.out.shape) for part in (found[1], found[2] - found[0] * found[1]))
    if scale is None or shift is None:
        return None
    b = np.zeros(1) if first.b is None else first.b.astype(np.float64)
    return _affine(first.out, first.x, first.W * scale[:, None, :], b * scale + shift, first.W.dtype)


def _scaled_before(first: Map, second: Affine) -> Affine | None:
    found, (groups, rows, d_in) = _factors(first), second.x.shape
    own = groups
    if first.x.shape != first.out.shape:  # all groups share x, and have factors of their own
        own = 1
        if first.out.shape[0] != groups or first.x.shape != (1, *first.out.shape[1:]):
            return None
    if found is None or first.out.size != second.x.size:
        return None
    if np.max(np.abs(found[0] * found[1])) > _FARTHEST:
        return None
    scale, shift = (_same_in_rows(part, second.x.shape) for part in (found[1], found[2] - found[0] * found[1]))
    if scale is None or shift is None:
        return None
    b = (shift[:, None, :] @ second.W.astype(np.float64))[:, 0]
    b = b if second.b is None else b + second.b
    x = Value(first.x.name, (own, rows, d_in))
    return _affine(second.out, x, second.W * scale[:, :, None], b, second.W.dtype)


def _product(first: Affine, second: Affine) -> Affine | None:
    size = len(second.W) * first.W.shape[1] * second.W.shape[2]
    if second.x.shape != first.out.shape or size > first.W.size + second.W.size:
        return None
    W = first.W.astype(np.float64) @ second.W.astype(np.float64)
    b = np.zeros(1) if second.b is None else second.b.astype(np.float64)
    if first.b is not None:
        b = b + (first.b.astype(np.float64)[:, None, :] @ second.W)[:, 0]
    return _affine(second.out, first.x, W, b, np.result_type(first.W, second.W))


def _affine(out: Value, x: Value, W: np.ndarray, b: np.ndarray, dtype: Any) -> Affine | None:
    """Return an affine map with these weights in a type, or None if they do not fit it."""
    size = np.abs(W[W != 0.0])
    if size.size and not (size.min() > _SMALLEST and size.max() < _LARGEST and np.abs(b).max() < _LARGEST):
        return None
    bias = np.broadcast_to(b, (len(W), W.shape[2])).astype(dtype) if b.any() else None
    return Affine(out, x, W.astype(dtype), bias)


def _factors(step: Map) -> tuple[np.ndarray, ...] | None:
    """Return mean, scale and shift of ``(Z - mean) * scale + shift``, of the shape of the output."""
    given = {**step.constants, **step.vectors}
    forms = {
        "Z * scale": (0.0, given.get("scale"), 0.0),
        "Z + shift": (0.0, 1.0, given.get("shift")),
        "Z * scale + shift": (0.0, given.get("scale"), given.get("shift")),
        "(Z - mean) * scale + shift": (given.get("mean"), given.get("scale"), given.get("shift")),
    }
    found = forms.get(step.formula)
    if found is None or step.double:
        return None
    return tuple(np.broadcast_to(np.asarray(part, dtype=np.float64), step.out.shape) for part in found)


def _same_in_rows(part: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return numbers for (G, R, d) as (G, d), if they are the same in all rows."""
    part = part.reshape(shape)
    return part[:, 0] if (part == part[:, :1]).all() else None
