"""Collects the steps of a plan and names their values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.exports.plan import Add, Affine, Core, Join, Map, Select, Step, Value

__all__ = ["Builder"]


class Builder:
    """Steps in order, with a fresh name for each value: h1, h2, ...

    Its methods are the steps that layers need most; others go through `add`. A value of size 1 along the first axis
    stands for all groups.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.core: Core | None = None  # the network that was lowered

    def fresh(self, shape: tuple[int, ...]) -> Value:
        """Return a new value of this shape."""
        return Value(f"h{len(self.steps) + 1}", tuple(shape))

    def add(self, kind: type[Step], shape: tuple[int, ...], *args: Any, **options: Any) -> Value:
        """Append a step of this kind that makes a value of this shape, and return the value."""
        out = self.fresh(shape)
        self.steps.append(kind(out, *args, **options))
        return out

    def affine(self, x: Value, W: np.ndarray, b: np.ndarray | None, groups: int = 1) -> Value:
        """Append ``x @ W + b``: x reads as (G or 1, R, d_in), W is (d_in, d_out) or (G, d_in, d_out)."""
        W = W.reshape(groups, *W.shape[-2:])
        rows = _rows(x, groups, W.shape[1])
        source = Value(x.name, (math.prod(x.shape) // (rows * W.shape[1]), rows, W.shape[1]))
        bias = None if b is None else np.broadcast_to(b.reshape(-1, W.shape[2]), (groups, W.shape[2]))
        return self.add(Affine, (groups, rows, W.shape[2]), source, W, bias)

    def map(
        self,
        x: Value,
        formula: str,
        constants: dict[str, float] | None = None,
        vectors: dict[str, np.ndarray] | None = None,
        *,
        double: bool = False,
    ) -> Value:
        """Append an expression in the entries Z of x."""
        vectors = vectors or {}
        shape = np.broadcast_shapes(x.shape, *(vector.shape for vector in vectors.values()))
        return self.add(Map, shape, x, formula, constants or {}, vectors, double)

    def join(self, *parts: Value) -> Value:
        """Append the values side by side along the last axis."""
        if len(parts) == 1:
            return parts[0]
        lead = parts[0].shape[:-1]
        return self.add(Join, (*lead, sum(part.shape[-1] for part in parts)), parts)

    def select(self, x: Value, places: np.ndarray, shape: tuple[int, ...]) -> Value:
        """Append the entries of x at these places of its row-major order."""
        return self.add(Select, shape, x, np.asarray(places, dtype=np.int64).reshape(-1))

    def sum(self, a: Value, b: Value) -> Value:
        """Append the sum of two values."""
        return self.add(Add, a.shape, a, b)


def _rows(x: Value, groups: int, d_in: int) -> int:
    """Return how many rows of length d_in each group of x has."""
    own = math.prod(x.shape) // d_in
    return own // groups if x.shape[0] == groups else own
