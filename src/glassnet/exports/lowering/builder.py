"""Collects the steps of a plan and names their values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.naming import identifier
from glassnet.exports.plan import Add, Affine, Core, Join, Map, Select, Step, Value

__all__ = ["Builder"]


class Builder:
    """Steps in order, whose values are named after the layers that make them.

    Within a layer, ``dense_1``, its output bears the layer's name, and what comes before the output, or an activation
    behind it, has a word more: ``dense_1_relu``. Layers of one class are counted through, those in containers
    included. Outside layers a value is called by what it is, ``probabilities``, or h9 for the ninth. Names are
    identifiers, each taken once.

    Its methods are the steps that layers need most; others go through `add`. A value of size 1 along the first axis
    stands for all groups. Arrays are copied: a plan stays as it is when the network is trained further.

    Parameters
    ----------
    dtype : dtype
        Type of the weights: float32, as files hold them, or that of a network in double precision.
    """

    def __init__(self, dtype: Any = np.float32) -> None:
        self.dtype = np.dtype(dtype)
        self.steps: list[Step] = []
        self.core: Core | None = None  # the network that was lowered
        self._word = ""
        self._counts: dict[str, int] = {}

    @contextmanager
    def within(self, word: str) -> Iterator[None]:
        """Name what is appended inside after a word and its count, ``dense_1`` for the first ``dense``."""
        outer, word = self._word, identifier(word)
        self._counts[word] = self._counts.get(word, 0) + 1
        self._word = f"{word}_{self._counts[word]}"
        try:
            yield
        finally:
            self._word = outer

    def kept(self, *values: Value) -> tuple[Value, ...]:
        """Return these values, and those by which the network inside is known."""
        return values if self.core is None else (*values, self.core.x, self.core.z)

    def fresh(self, shape: tuple[int, ...], part: str = "") -> Value:
        """Return a new value of this shape; ``part`` says what it is within the layer."""
        taken = {"x", *(step.out.name for step in self.steps)}
        words = [word for word in (self._word, part) if word] or [f"h{len(self.steps) + 1}"]
        return Value(identifier("_".join(words), taken), tuple(shape))

    def add(self, kind: type[Step], shape: tuple[int, ...], *args: Any, part: str = "", **options: Any) -> Value:
        """Append a step of this kind that makes a value of this shape, and return the value."""
        out = self.fresh(shape, part)
        self.steps.append(kind(out, *args, **options))
        return out

    def own(self, array: np.ndarray, dtype: Any = None) -> np.ndarray:
        """Return a copy of numbers in the type of the weights, or refuse what is no finite number in it."""
        dtype = np.dtype(dtype or self.dtype)
        with np.errstate(over="ignore"):
            found = np.array(array, dtype=dtype)
        if not np.isfinite(found).all():
            wrong = np.asarray(array)[~np.isfinite(found)][0]
            must, where = f"every number of a model must be finite in {dtype.name}", self._word or "the model"
            message = f"export: {where} holds {wrong:g}; {must}. Train it again, at a lower learning rate."
            raise ConfigError(message, expected=must, got=float(wrong))
        return found

    def affine(self, x: Value, W: np.ndarray, b: np.ndarray | None, groups: int = 1, *, part: str = "") -> Value:
        """Append ``x @ W + b``: x reads as (G or 1, R, d_in), W is (d_in, d_out) or (G, d_in, d_out)."""
        W = self.own(W).reshape(groups, *W.shape[-2:])
        rows = _rows(x, groups, W.shape[1])
        source = Value(x.name, (math.prod(x.shape) // (rows * W.shape[1]), rows, W.shape[1]))
        if b is not None:
            b = self.own(np.broadcast_to(b.reshape(-1, W.shape[2]), (groups, W.shape[2])))
        return self.add(Affine, (groups, rows, W.shape[2]), source, W, b, part=part)

    def map(
        self,
        x: Value,
        formula: str,
        constants: dict[str, float] | None = None,
        vectors: dict[str, np.ndarray] | None = None,
        *,
        double: bool = False,
        part: str = "",
        word: str = "",
    ) -> Value:
        """Append an expression in the entries Z of x; ``word`` is what people call the function."""
        dtype = np.float64 if double else self.dtype
        vectors = {name: self.own(vector, dtype) for name, vector in (vectors or {}).items()}
        shape = np.broadcast_shapes(x.shape, *(vector.shape for vector in vectors.values()))
        return self.add(
            Map, shape, x, formula, constants or {}, vectors, double, identifier(word) if word else "", part=part
        )

    def join(self, *parts: Value, part: str = "") -> Value:
        """Append the values side by side along the last axis; those that all members share are repeated."""
        if len(parts) == 1:
            return parts[0]
        groups = max(one.shape[0] for one in parts)
        parts = tuple(self.repeat(one, groups) for one in parts)
        shape = (*parts[0].shape[:-1], sum(one.shape[-1] for one in parts))
        return self.add(Join, shape, parts, part=part)

    def select(self, x: Value, places: np.ndarray, shape: tuple[int, ...], *, part: str = "") -> Value:
        """Append the entries of x at these places of its row-major order; all of them in order are x itself."""
        places = np.array(places, dtype=np.int64).reshape(-1)
        if np.array_equal(places, np.arange(x.size)):
            return Value(x.name, tuple(shape))
        return self.add(Select, shape, x, places, part=part)

    def repeat(self, x: Value, groups: int) -> Value:
        """Return a value with one entry along the first axis for each group; appended if they share one so far."""
        if x.shape[0] == groups:
            return x
        return self.select(x, np.tile(np.arange(x.size), groups), (groups, *x.shape[1:]), part="repeated")

    def sum(self, a: Value, b: Value, *, part: str = "") -> Value:
        """Append the sum of two values."""
        groups = max(a.shape[0], b.shape[0])
        a, b = self.repeat(a, groups), self.repeat(b, groups)
        return self.add(Add, a.shape, a, b, part=part)


def _rows(x: Value, groups: int, d_in: int) -> int:
    """Return how many rows of length d_in each group of x has."""
    own = math.prod(x.shape) // d_in
    return own // groups if x.shape[0] == groups else own
