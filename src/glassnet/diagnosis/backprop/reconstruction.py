"""A learner's network rebuilt from its parameters and predictions, so that what happens inside can be computed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.loss_recognition import softmax
from glassnet.diagnosis.backprop.parameter_tree import looks_like_bias
from glassnet.diagnosis.backprop.sample_points import Point

__all__ = ["ACTIVATIONS", "TwinLayer", "TwinNetwork", "find_twin", "pull_back", "sigmoid"]

_SAME = 1e-9  # relative difference up to which two predictions count as equal
Derivative = Callable[[np.ndarray], np.ndarray]


def sigmoid(Z: np.ndarray) -> np.ndarray:
    """Return the sigmoid.

    Examples
    --------
    >>> sigmoid(np.zeros(1))
    array([0.5])
    """
    return np.asarray(1 / (1 + np.exp(-Z)))


class Activation(NamedTuple):
    """A function and its derivative, both of z, and the derivative as it is written in terms of a."""

    function: Derivative
    derivative: Derivative
    from_output: Derivative | None = None


def _leaky(slope: float) -> Activation:
    return Activation(lambda Z: np.where(Z > 0, Z, slope * Z), lambda Z: np.where(Z > 0, 1.0, slope))


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, lambda Z: sigmoid(Z) * (1 - sigmoid(Z)), lambda A: A * (1 - A)),
    "tanh": Activation(np.tanh, lambda Z: 1 - np.tanh(Z) ** 2, lambda A: 1 - A**2),
    "relu": Activation(lambda Z: np.maximum(Z, 0.0), lambda Z: (Z > 0).astype(np.float64)),
    "identity": Activation(lambda Z: Z, np.ones_like),
    "leaky relu 0.01": _leaky(0.01),
    "leaky relu 0.1": _leaky(0.1),
    "leaky relu 0.2": _leaky(0.2),
    "softplus": Activation(lambda Z: np.logaddexp(0.0, Z), sigmoid),
    "elu": Activation(
        lambda Z: np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0))),
        lambda Z: np.where(Z > 0, 1.0, np.exp(np.minimum(Z, 0))),
    ),
    "silu": Activation(lambda Z: Z * sigmoid(Z), lambda Z: sigmoid(Z) * (1 + Z * (1 - sigmoid(Z)))),
    "sine": Activation(np.sin, np.cos),
}

# Functions of whole rows, for the output.
_OUTPUTS: dict[str, Derivative] = {
    **{name: ACTIVATIONS[name].function for name in ("identity", "sigmoid", "tanh", "relu", "softplus")},
    "softmax": softmax,
    "softmax of softmax": lambda Z: softmax(softmax(Z)),
    "sigmoid of sigmoid": lambda Z: sigmoid(sigmoid(Z)),
    "exp": np.exp,
}


def pull_back(name: str, slopes: np.ndarray, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Return the slope with respect to an output layer's Z from that with respect to its A."""
    if name == "softmax":
        return np.asarray(A * (slopes - (slopes * A).sum(axis=-1, keepdims=True)))
    if name == "softmax of softmax":
        inner = softmax(Z)
        return pull_back("softmax", pull_back("softmax", slopes, inner, A), Z, inner)
    if name == "sigmoid of sigmoid":
        inner = sigmoid(Z)
        return np.asarray(slopes * A * (1 - A) * inner * (1 - inner))
    return np.asarray(slopes * (A if name == "exp" else ACTIVATIONS[name].derivative(Z)))


class TwinLayer(NamedTuple):
    """One layer: which parameters it has, and its activation.

    Attributes
    ----------
    weight : int
        Place of the weights among the parameters.
    bias : int or None
        Place of the bias.
    activation : str
        One of `ACTIVATIONS`, or an output's own.
    """

    weight: int
    bias: int | None
    activation: str


class TwinNetwork:
    """A chain of layers that answers what the learner's forward answers.

    Inside, one row is one sample and weights are (inputs, outputs); ``rows`` and ``flipped`` say how the learner has
    them.
    """

    def __init__(self, layers: Sequence[TwinLayer], rows: bool, flipped: bool) -> None:
        self.layers, self.rows, self.flipped = list(layers), rows, flipped

    def weight(self, arrays: Sequence[np.ndarray], layer: int) -> np.ndarray:
        """Return the weights of a layer as (inputs, outputs)."""
        return self.as_weight(arrays[self.layers[layer].weight])

    def as_weight(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the learner's as (inputs, outputs)."""
        W = array.reshape(-1, 1) if array.ndim < 2 else array
        return W.T if self.flipped else W

    def inward(self, array: np.ndarray) -> np.ndarray:
        """Return predictions or data with one sample per row."""
        if array.ndim == 1:
            return array.reshape(-1, 1)
        return array if self.rows else array.T

    def forward(self, arrays: Sequence[np.ndarray], X: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return Z and A of every layer; A starts with the data."""
        A = [self.inward(X).astype(np.float64)]
        Z = []
        for i, layer in enumerate(self.layers):
            product = A[-1] @ self.weight(arrays, i)
            Z.append(product if layer.bias is None else product + arrays[layer.bias].reshape(1, -1))
            last = i == len(self.layers) - 1
            A.append((_OUTPUTS[layer.activation] if last else ACTIVATIONS[layer.activation].function)(Z[-1]))
        return Z, A

    def matches(self, points: Sequence[Point]) -> bool:
        """Return whether the predictions are those of the learner's forward, at every point."""
        for point in points:
            expected = self.inward(point.found.predictions)
            with np.errstate(all="ignore"):
                A = self.forward(point.arrays, point.X)[1][-1]
            if A.shape != expected.shape or not np.isfinite(A).all():
                return False
            if float(np.abs(A - expected).max()) > _SAME * max(1e-3, float(np.abs(expected).max())):
                return False
        return True

    def describe(self) -> str:
        """Return the activations in words.

        Examples
        --------
        >>> TwinNetwork([TwinLayer(0, None, "tanh"), TwinLayer(1, None, "softmax")], True, False).describe()
        '2 layers (tanh, softmax)'
        """
        count = len(self.layers)
        return f"{count} layer{'s' if count > 1 else ''} ({', '.join(layer.activation for layer in self.layers)})"


def find_twin(names: Sequence[str], points: Sequence[Point], rows: bool) -> TwinNetwork | None:
    """Return a chain of layers with the learner's predictions, None if the learner's network is something else."""
    arrays, X = points[0].arrays, points[0].X
    n_features = X.shape[-1] if rows or X.ndim == 1 else X.shape[0]
    for weights, biases in _arrangements(names, arrays):
        for flipped in (not rows, rows):
            if not _chains(weights, biases, arrays, n_features, flipped):
                continue
            for hidden, output in _choices(len(weights) - 1):
                activations = (*hidden, output)
                layers = [TwinLayer(w, b, a) for w, b, a in zip(weights, biases, activations, strict=True)]
                twin = TwinNetwork(layers, rows, flipped)
                if twin.matches(points[:1]) and twin.matches(points):
                    return twin
    return None


def _choices(n_hidden: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield activations to try: the same for all hidden layers first, then mixed ones for few layers."""
    alike = [(name,) * n_hidden for name in ACTIVATIONS] if n_hidden else [()]
    mixed = itertools.product(ACTIVATIONS, repeat=n_hidden) if n_hidden in (2, 3) else ()
    for hidden in (*alike, *(each for each in mixed if len(set(each)) > 1)):
        yield from ((hidden, output) for output in _OUTPUTS)


def _arrangements(names: Sequence[str], arrays: Sequence[np.ndarray]) -> Iterator[tuple[list[int], list[int | None]]]:
    """Yield which parameters may be the weights, in order, and which the biases."""
    everything = list(range(len(arrays)))
    named = [i for i in everything if looks_like_bias(names[i])]
    flat = [i for i in everything if arrays[i].ndim < 2]
    half = len(arrays) // 2
    splits = [named, flat, everything[1::2], everything[half:], []]
    seen: list[list[int]] = []
    for biases in splits:
        weights = [i for i in everything if i not in biases]
        if biases in seen or not weights or len(biases) > len(weights):
            continue
        seen.append(biases)
        for order in (weights, weights[::-1]):
            yield order, _pair(order, biases if order == weights else biases[::-1], arrays)


def _pair(weights: list[int], biases: list[int], arrays: Sequence[np.ndarray]) -> list[int | None]:
    if len(biases) == len(weights):
        return list(biases)
    left = list(biases)
    found: list[int | None] = []
    for weight in weights:
        fits = [b for b in left if arrays[b].size in arrays[weight].shape]
        found.append(fits[0] if fits else None)
        left = [b for b in left if b not in fits[:1]]
    return found


def _chains(
    weights: list[int], biases: list[int | None], arrays: Sequence[np.ndarray], n_features: int, flipped: bool
) -> bool:
    """Return whether the shapes follow each other."""
    width = n_features
    for w, b in zip(weights, biases, strict=True):
        if arrays[w].ndim > 2:
            return False
        W = arrays[w].reshape(-1, 1) if arrays[w].ndim < 2 else arrays[w]
        W = W.T if flipped else W
        if W.shape[0] != width or (b is not None and arrays[b].size not in (1, W.shape[1])):
            return False
        width = W.shape[1]
    return True
