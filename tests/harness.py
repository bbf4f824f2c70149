"""A layer on its own: its arrays, its scratch, and passes through it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from glassnet.layers import Embedding, Layer, ParamSpec, Step
from glassnet.layers.tree import leaves
from glassnet.utils.arrays import BufferPool, Buffers
from glassnet.utils.random_streams import Noise, Streams

TOLERANCE = {"float32": {"rtol": 2e-5, "atol": 2e-6}, "float64": {"rtol": 1e-12, "atol": 1e-14}}


class Bench:
    """A built and bound layer with n rows of scratch.

    ``members`` None or K; the seeds of the noise are 0..K-1, so that member k equals a bench with ``seed=k``.
    """

    def __init__(
        self,
        layer: Layer,
        in_shape: tuple[int, ...],
        n: int,
        dtype: str = "float64",
        members: int | None = None,
        seed: int = 0,
    ) -> None:
        self.layer = copy.deepcopy(layer)
        self.in_shape, self.n, self.members = in_shape, n, members
        self.dtype = np.dtype(dtype)
        found = [leaf.n_categories for leaf in leaves([""], [self.layer]).values() if isinstance(leaf, Embedding)]
        self.n_codes = min(found, default=0)
        self.out_shape = self.layer.build(in_shape)
        self.lead = () if members is None else (members,)
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.stats: dict[str, np.ndarray] = {}
        for index, (name, leaf) in enumerate(leaves([""], [self.layer]).items()):
            self._bind(name.removeprefix("."), leaf, index, seed)
        self.streams = [Streams(seed + k) for k in range(members or 1)]
        self.pool = BufferPool(members, self.dtype)
        self.cache = self.cache_for(n)

    def _bind(self, name: str, leaf: Layer, index: int, seed: int) -> None:
        """Give a layer that is not a container its arrays, kept under its name within the whole."""
        lead = f"{name}." if name else ""
        leaf.index = index
        params = {spec.name: self._values(leaf, spec, seed + 7 * index) for spec in leaf.param_specs()}
        grads = {key: np.full_like(array, np.nan) for key, array in params.items()}
        stats = {spec.name: self._values(leaf, spec, seed + 7 * index + 100) for spec in leaf.stat_specs()}
        leaf.bind(params, grads, stats, self.members)
        for kept, found in ((self.params, params), (self.grads, grads), (self.stats, stats)):
            kept.update({f"{lead}{key}": array for key, array in found.items()})

    def _values(self, leaf: Layer, spec: ParamSpec, seed: int) -> np.ndarray:
        """Random values around the initial ones, so that no derivative is accidentally right."""
        draws = []
        for k in range(self.members or 1):
            rng = np.random.default_rng((seed + k, len(spec.name), *spec.shape))
            start = leaf.initial_values(spec, rng)
            draws.append(start + 0.1 * rng.random(spec.shape))
        return (draws[0] if self.members is None else np.stack(draws)).astype(self.dtype)

    def cache_for(self, n: int, keeps: bool = True, need_dX: bool = True) -> dict[str, Any]:
        """Return the layer's cache for n rows."""
        return self.layer.make_cache(Buffers(self.pool, n, keeps), need_dX)

    def step(self, mode: str) -> Step:
        """Return a step; noise always at the same position."""
        return Step(mode, Noise(self.streams, self.members) if mode == "train" else None)

    def forward(self, X: np.ndarray, mode: str = "train", cache: dict[str, Any] | None = None) -> np.ndarray:
        """Return the output for X."""
        return self.layer.forward(X, self.cache if cache is None else cache, self.step(mode))

    def backward(self, dY: np.ndarray) -> np.ndarray | None:
        """Return dX; a copy of dY is consumed. What lasts within a call only is gone before it."""
        self.poison(self.pool.passing)
        return self.layer.backward(dY.copy(), self.cache)

    def poison(self, buffers: list[np.ndarray] | None = None) -> None:
        """Fill all scratch, or only some of its buffers, with NaN."""
        for buffer in [*self.pool.buffers, *self.pool.passing] if buffers is None else buffers:
            buffer[:] = 0xFF

    def inputs(self, rng: np.random.Generator, n: int | None = None) -> np.ndarray:
        """Return random inputs that nobody can write to: codes, if the layer looks some up."""
        shape = (*self.lead, n or self.n, *self.in_shape)
        X = (rng.integers(0, self.n_codes, shape) if self.n_codes else rng.standard_normal(shape)).astype(self.dtype)
        X.flags.writeable = False
        return X

    def gradient_of_output(self, rng: np.random.Generator) -> np.ndarray:
        """Return a random dY."""
        return rng.standard_normal((*self.lead, self.n, *self.out_shape)).astype(self.dtype)


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """Return |a - b| / (|a| + |b|), 0 where both vanish."""
    scale = float(np.linalg.norm(a) + np.linalg.norm(b))
    return 0.0 if scale < 1e-9 else float(np.linalg.norm(a - b)) / scale


def numeric_gradient(function: Any, array: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return central differences of a scalar function with respect to an array that it reads."""
    gradient = np.empty_like(array)
    flat, out = array.reshape(-1), gradient.reshape(-1)
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + h
        above = function()
        flat[i] = kept - h
        below = function()
        flat[i] = kept
        out[i] = (above - below) / (2.0 * h)
    return gradient


def bench_errors(bench: Bench, rng: np.random.Generator, mode: str) -> dict[str, float]:
    """Return the gradient check's relative error for dX and every parameter of a bench in float64."""
    X, R = bench.inputs(rng).copy(), bench.gradient_of_output(rng)
    stats = {name: array.copy() for name, array in bench.stats.items()}

    def value() -> float:
        for name, array in bench.stats.items():
            array[...] = stats[name]
        return float(np.sum(bench.forward(X, mode) * R))

    value()
    dX = bench.backward(R)
    assert dX is not None
    found = {"dX": dX.copy()} | {name: gradient.copy() for name, gradient in bench.grads.items()}
    # Codes have no slope; what takes their place is tested by hand.
    numeric = {"dX": found["dX"] if bench.n_codes else numeric_gradient(value, X)}
    numeric |= {name: numeric_gradient(value, array) for name, array in bench.params.items()}
    return {name: relative_error(found[name], numeric[name]) for name in found}
