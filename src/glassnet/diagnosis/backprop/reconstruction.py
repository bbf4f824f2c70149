"""A learner's network rebuilt from its parameters and predictions, so that what happens inside can be computed."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.parameter_tree import looks_like_bias
from glassnet.diagnosis.backprop.sample_points import Point, one_sample_per_row
from glassnet.layers import (
    ELU,
    Activation,
    Cache,
    CustomActivation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from glassnet.utils.arrays import BufferPool, Buffers

__all__ = ["HIDDEN", "OUTPUTS", "Function", "RebuiltLayer", "RebuiltNetwork", "rebuild_network"]

_SAME = 1e-9  # relative difference up to which two predictions count as equal

Kept = dict[int, tuple[tuple[str, ...], np.ndarray, np.ndarray]]
"""By layer: the activations below it, its inputs, and its Z."""


class Function:
    """Activations of this library, one after the other, as a function of an array.

    Examples
    --------
    >>> Function(Sigmoid())(np.zeros((1, 1)))
    array([[0.5]])
    """

    def __init__(self, *layers: Activation) -> None:
        self._layers = layers

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        """Return the function's values."""
        for layer in self._layers:
            Z = _apply(layer, Z)[0]
        return Z

    def pull_back(self, slopes: np.ndarray, Z: np.ndarray) -> np.ndarray:
        """Return the slope with respect to Z from that with respect to the function's values."""
        passes = []
        for layer in self._layers:
            Z, work = _apply(layer, Z)
            passes.append((layer, Z, work))
        dY = np.array(slopes)
        for layer, Y, work in reversed(passes):
            layer.differentiate(dY, Y, work)
        return dY

    def derivative(self, Z: np.ndarray) -> np.ndarray:
        """Return the derivative at Z, of a function that works number by number."""
        return self.pull_back(np.ones(Z.shape), Z)

    def derivative_from_output(self, A: np.ndarray) -> np.ndarray | None:
        """Return the derivative as it is written in terms of the output, None for a function without such a form."""
        (layer,) = self._layers
        if not isinstance(layer, (Sigmoid, Tanh)):
            return None
        dY = np.ones(A.shape)
        layer.differentiate(dY, A, _apply(layer, A)[1])
        return dY


def _apply(layer: Activation, Z: np.ndarray) -> tuple[np.ndarray, Cache]:
    """Return an activation's output, and what its derivative needs."""
    layer = copy.copy(layer)  # several threads may be here
    layer.build(Z.shape[1:])
    work = layer.make_work(Buffers(BufferPool(None, np.dtype(np.float64)), len(Z), keeps=True))
    Y = np.empty(Z.shape)
    layer.apply(Z, Y, work, True)
    return Y, work


HIDDEN = {
    "sigmoid": Function(Sigmoid()),
    "tanh": Function(Tanh()),
    "relu": Function(ReLU()),
    "identity": Function(Identity()),
    "leaky relu 0.01": Function(LeakyReLU(0.01)),
    "leaky relu 0.1": Function(LeakyReLU(0.1)),
    "leaky relu 0.2": Function(LeakyReLU(0.2)),
    "softplus": Function(Softplus()),
    "elu": Function(ELU()),
    "silu": Function(SiLU()),
    "sine": Function(CustomActivation(np.sin, np.cos)),
}
OUTPUTS = {
    **{name: HIDDEN[name] for name in ("identity", "sigmoid", "tanh", "relu", "softplus")},
    "softmax": Function(Softmax()),
    "softmax of softmax": Function(Softmax(), Softmax()),
    "sigmoid of sigmoid": Function(Sigmoid(), Sigmoid()),
    "exp": Function(CustomActivation(np.exp, np.exp)),
}


class RebuiltLayer(NamedTuple):
    """One layer: the places of its weights and its bias among the parameters, and its activation by name."""

    weight: int
    bias: int | None
    activation: str


class RebuiltNetwork:
    """A chain of layers with the same predictions as the learner's forward.

    Inside, one row is one sample and weights are (inputs, outputs); ``rows`` and ``flipped`` say how the learner has
    them.

    Examples
    --------
    >>> RebuiltNetwork([RebuiltLayer(0, None, "tanh"), RebuiltLayer(1, None, "softmax")], True, False).describe()
    '2 layers (tanh, softmax)'
    """

    def __init__(self, layers: Sequence[RebuiltLayer], rows: bool, flipped: bool) -> None:
        self.layers, self.rows, self.flipped = list(layers), rows, flipped

    def weight(self, arrays: Sequence[np.ndarray], layer: int) -> np.ndarray:
        """Return the weights of a layer as (inputs, outputs)."""
        return self.as_weight(arrays[self.layers[layer].weight])

    def as_weight(self, array: np.ndarray) -> np.ndarray:
        """Return an array with the shape of a parameter as (inputs, outputs)."""
        return _as_weight(array, self.flipped)

    def forward(
        self, arrays: Sequence[np.ndarray], X: np.ndarray, kept: Kept | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return Z and A of every layer; A starts with the data.

        ``kept`` has what the last call found at each layer, which holds again where the activations below are the same.
        """
        kept = {} if kept is None else kept
        names = tuple(layer.activation for layer in self.layers)
        for i, layer in enumerate(self.layers):
            if i not in kept or kept[i][0] != names[:i]:
                A = HIDDEN[names[i - 1]](kept[i - 1][2]) if i else one_sample_per_row(X, self.rows).astype(np.float64)
                Z = A @ self.weight(arrays, i)
                kept[i] = names[:i], A, Z if layer.bias is None else Z + arrays[layer.bias].reshape(1, -1)
        _, A_of_layers, Z_of_layers = zip(*kept.values(), strict=True)
        return list(Z_of_layers), [*A_of_layers, OUTPUTS[names[-1]](Z_of_layers[-1])]

    def matches(self, points: Sequence[Point], kept: Kept | None = None) -> bool:
        """Return whether the predictions are those of the learner's forward, at every point."""
        for point in points:
            expected = one_sample_per_row(point.found.predictions, self.rows)
            with np.errstate(all="ignore"):
                A = self.forward(point.arrays, point.X, kept)[1][-1]
            if A.shape != expected.shape or not np.isfinite(A).all():
                return False
            if float(np.abs(A - expected).max()) > _SAME * max(1e-3, float(np.abs(expected).max())):
                return False
        return True

    def describe(self) -> str:
        """Return the number of layers and their activations as text."""
        count = len(self.layers)
        return f"{count} layer{'s' if count > 1 else ''} ({', '.join(layer.activation for layer in self.layers)})"


def rebuild_network(names: Sequence[str], points: Sequence[Point], rows: bool) -> RebuiltNetwork | None:
    """Return a chain of layers with the learner's predictions, None if the learner's network is something else."""
    arrays, X = points[0].arrays, points[0].X
    n_features = X.shape[-1] if rows or X.ndim == 1 else X.shape[0]
    for weights, biases in _arrangements(names, arrays):
        for flipped in (not rows, rows):
            if not _chains(weights, biases, arrays, n_features, flipped):
                continue
            kept: Kept = {}
            for activation in _choices(len(weights) - 1):
                layers = [RebuiltLayer(*each) for each in zip(weights, biases, activation, strict=True)]
                network = RebuiltNetwork(layers, rows, flipped)
                if network.matches(points[:1], kept) and network.matches(points):
                    return network
    return None


def _choices(n_hidden: int) -> Iterator[tuple[str, ...]]:
    """Yield activations to try: the same for all hidden layers first, then mixed ones for few layers."""
    alike = [(name,) * n_hidden for name in HIDDEN] if n_hidden else [()]
    mixed = itertools.product(HIDDEN, repeat=n_hidden) if n_hidden in (2, 3) else ()
    for hidden in (*alike, *(each for each in mixed if len(set(each)) > 1)):
        yield from ((*hidden, output) for output in OUTPUTS)


def _arrangements(names: Sequence[str], arrays: Sequence[np.ndarray]) -> Iterator[tuple[list[int], list[int | None]]]:
    """Yield which parameters may be the weights, in order, and which the biases."""
    everything = list(range(len(arrays)))
    named = [i for i in everything if looks_like_bias(names[i])]
    flat = [i for i in everything if arrays[i].ndim < 2]
    seen: list[list[int]] = []
    for biases in (named, flat, everything[1::2], everything[len(arrays) // 2 :], []):
        weights = [i for i in everything if i not in biases]
        if biases in seen or not weights or len(biases) > len(weights):
            continue
        seen.append(biases)
        yield weights, _pair(weights, biases, arrays)
        yield weights[::-1], _pair(weights[::-1], biases[::-1], arrays)


def _pair(weights: list[int], biases: list[int], arrays: Sequence[np.ndarray]) -> list[int | None]:
    if len(biases) == len(weights):
        return list(biases)
    left = list(biases)
    found: list[int | None] = []
    for weight in weights:
        fits = [b for b in left if arrays[b].size in arrays[weight].shape][:1]
        found.append(fits[0] if fits else None)
        left = [b for b in left if b not in fits]
    return found


def _chains(
    weights: list[int], biases: list[int | None], arrays: Sequence[np.ndarray], n_features: int, flipped: bool
) -> bool:
    """Return whether the shapes follow each other."""
    width = n_features
    for w, b in zip(weights, biases, strict=True):
        if arrays[w].ndim > 2:
            return False
        W = _as_weight(arrays[w], flipped)
        if W.shape[0] != width or (b is not None and arrays[b].size not in (1, W.shape[1])):
            return False
        width = W.shape[1]
    return True


def _as_weight(array: np.ndarray, flipped: bool) -> np.ndarray:
    """Return a parameter of the learner's as (inputs, outputs)."""
    W = array.reshape(-1, 1) if array.ndim < 2 else array
    return W.T if flipped else W
