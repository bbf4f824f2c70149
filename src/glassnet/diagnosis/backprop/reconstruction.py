"""A learner's network rebuilt from its parameters and predictions, so that what happens inside can be computed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.dropout_masks import scaled_masks
from glassnet.diagnosis.backprop.functions import COMMON, FAMILIES, HIDDEN, OUTPUTS, hidden_function, output_function
from glassnet.diagnosis.backprop.parameter_tree import looks_like_bias
from glassnet.diagnosis.backprop.sample_points import Point, one_sample_per_row

__all__ = ["RebuiltLayer", "RebuiltNetwork", "rebuild_network"]

_SAME = 1e-9  # relative difference up to which two predictions count as equal
_STEPS = 12  # of Newton's method for a number that is not known, such as a leaky rectifier's slope

Kept = dict[int, tuple[tuple[str, ...], np.ndarray, np.ndarray]]
"""By layer: the activations below it, its inputs, and its Z."""
Masks = Sequence[np.ndarray]
"""What dropout multiplies the hidden activations with, in the order of the layers."""


class RebuiltLayer(NamedTuple):
    """One layer: the places of its weights and its bias among the parameters, and its activation by name.

    ``bias_row`` is the row of the weights that has the biases, where there is one: the inputs then have a column of
    ones before the others or behind them.
    """

    weight: int
    bias: int | None
    activation: str
    bias_row: int | None = None


class RebuiltNetwork:
    """A chain of layers with the same predictions as the learner's forward.

    Inside, one row is one sample and weights are (inputs, outputs); ``rows`` and ``flipped`` say how the learner has
    them.

    Examples
    --------
    >>> RebuiltNetwork([RebuiltLayer(0, None, "tanh"), RebuiltLayer(1, None, "softmax")], True, False).describe()
    '2 layers (tanh, softmax)'
    """

    def __init__(
        self, layers: Sequence[RebuiltLayer], rows: bool, flipped: bool, rows_of_predictions: bool | None = None
    ) -> None:
        self.layers, self.rows, self.flipped = list(layers), rows, flipped
        self.rows_of_predictions = rows if rows_of_predictions is None else rows_of_predictions
        self.masks: Sequence[Masks] = ()  # dropout's, one for each point

    def weight(self, arrays: Sequence[np.ndarray], layer: int) -> np.ndarray:
        """Return the weights of a layer as (inputs, outputs), without its biases."""
        return self.without_biases(layer, self.as_weight(arrays[self.layers[layer].weight]))

    def without_biases(self, layer: int, W: np.ndarray) -> np.ndarray:
        """Return a matrix (inputs, outputs) without the row that has the biases, if there is one."""
        row = self.layers[layer].bias_row
        return W if row is None else np.delete(W, row, axis=0)

    def with_ones(self, layer: int, A: np.ndarray) -> np.ndarray:
        """Return what enters a layer with the column of ones, if there is one."""
        row = self.layers[layer].bias_row
        return A if row is None else np.insert(A, A.shape[1] if row else 0, 1.0, axis=1)

    def as_weight(self, array: np.ndarray) -> np.ndarray:
        """Return an array with the shape of a parameter as (inputs, outputs)."""
        return _as_weight(array, self.flipped)

    def entries(self, which: int, shape: tuple[int, ...], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where flat entries of weights stand in the matrix (inputs, outputs): rows and columns."""
        places = self.as_weight(np.arange(int(np.prod(shape))).reshape(shape))
        found = np.argsort(places, axis=None)[chosen]
        rows, columns = np.unravel_index(found, places.shape)
        return rows, columns

    def masks_of(self, t: int) -> Masks | None:
        """Return dropout's masks at a point, None without dropout."""
        return self.masks[t] if self.masks else None

    def masks_at(self, layer: int) -> list[np.ndarray] | None:
        """Return dropout's mask behind a layer at every point, None without dropout."""
        return [masks[layer] for masks in self.masks] if self.masks else None

    def forward(
        self, arrays: Sequence[np.ndarray], X: np.ndarray, kept: Kept | None = None, masks: Masks | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return Z and A of every layer; A starts with the data.

        ``kept`` has what the last call found at each layer, which holds again where the activations below are the same.
        """
        kept = {} if kept is None else kept
        names = tuple(layer.activation for layer in self.layers)
        for i, layer in enumerate(self.layers):
            if i not in kept or kept[i][0] != names[:i]:
                if i:
                    A = hidden_function(names[i - 1])(kept[i - 1][2])
                    A = A if masks is None else A * masks[i - 1]
                else:
                    A = one_sample_per_row(X, self.rows).astype(np.float64)
                Z = self.with_ones(i, A) @ self.as_weight(arrays[layer.weight])
                kept[i] = names[:i], A, Z if layer.bias is None else Z + arrays[layer.bias].reshape(1, -1)
        _, A_of_layers, Z_of_layers = zip(*kept.values(), strict=True)
        return list(Z_of_layers), [*A_of_layers, output_function(names[-1])(Z_of_layers[-1])]

    def matches(self, points: Sequence[Point], kept: Kept | None = None) -> bool:
        """Return whether the predictions are those of the learner's forward, at every point."""
        for t, point in enumerate(points):
            expected = one_sample_per_row(point.found.predictions, self.rows_of_predictions)
            with np.errstate(all="ignore"):
                A = self.forward(point.arrays, point.X, kept, self.masks_of(t))[1][-1]
            if A.shape != expected.shape or not np.isfinite(A).all():
                return False
            if float(np.abs(A - expected).max()) > _SAME * max(1e-3, float(np.abs(expected).max())):
                return False
        return True

    def describe(self) -> str:
        """Return the number of layers and their activations as text."""
        count = len(self.layers)
        dropout = " with dropout" if self.masks else ""
        names = ", ".join(layer.activation for layer in self.layers)
        return f"{count} layer{'s' if count > 1 else ''} ({names}){dropout}"


def rebuild_network(
    names: Sequence[str],
    points: Sequence[Point],
    rows: bool,
    rows_of_predictions: bool,
    measure_masks: Callable[[Sequence[int | None]], list[list[np.ndarray]] | None],
) -> RebuiltNetwork | None:
    """Return a chain of layers with the learner's predictions, None if the learner's network is something else.

    ``measure_masks`` returns what dropout leaves out, given the biases of all layers.
    """
    arrays, X = points[0].arrays, points[0].X
    n_features = X.shape[-1] if rows or X.ndim == 1 else X.shape[0]
    chains = []
    for (weights, biases), flipped, bias_row in itertools.product(
        list(_arrangements(names, arrays)), (not rows, rows), (0, -1)
    ):
        bias_rows = _bias_rows(weights, biases, arrays, n_features, flipped, bias_row)
        if bias_rows is None or (bias_row and not any(row is not None for row in bias_rows)):
            continue

        def build(
            activations: tuple[str, ...],
            parts: tuple[list[int], list[int | None], list[int | None]] = (weights, biases, bias_rows),
            flipped: bool = flipped,
        ) -> RebuiltNetwork:
            places, biases, bias_rows = parts
            layers = [RebuiltLayer(*each) for each in zip(places, biases, activations, bias_rows, strict=True)]
            return RebuiltNetwork(layers, rows, flipped, rows_of_predictions)

        chains.append((build, biases))
    for build, biases in chains:
        n_hidden = len(biases) - 1
        kept: Kept = {}
        for activations in _choices(n_hidden):
            network = build(activations)
            if network.matches(points[:1], kept) and network.matches(points):
                return network
    for build, biases in chains:
        if len(biases) > 1:
            found = _with_number(build, len(biases) - 1, points) or _with_dropout(build, measure_masks(biases), points)
            if found:
                return found
    return None


def _choices(n_hidden: int) -> Iterator[tuple[str, ...]]:
    """Yield activations to try: the same for all hidden layers first, then mixed ones for few layers."""
    alike = [(name,) * n_hidden for name in HIDDEN] if n_hidden else [()]
    mixed = itertools.product(HIDDEN if n_hidden == 2 else COMMON, repeat=n_hidden) if n_hidden in (2, 3) else ()
    for hidden in (*alike, *(each for each in mixed if len(set(each)) > 1)):
        yield from ((*hidden, output) for output in OUTPUTS)


def _with_dropout(
    build: Callable[[tuple[str, ...]], RebuiltNetwork],
    masks: list[list[np.ndarray]] | None,
    points: Sequence[Point],
) -> RebuiltNetwork | None:
    """Return a network that leaves out hidden units, None if that does not give the learner's predictions."""
    for scaled in scaled_masks(masks) if masks else ():
        for hidden, output in itertools.product(COMMON, OUTPUTS):
            network = build((*(hidden,) * len(scaled[0]), output))
            network.masks = scaled
            if network.matches(points[:1]) and network.matches(points):
                return network
    return None


def _with_number(
    build: Callable[[tuple[str, ...]], RebuiltNetwork], n_hidden: int, points: Sequence[Point]
) -> RebuiltNetwork | None:
    """Return a network whose activations have a number of the learner's own, which Newton's method finds."""
    for family in FAMILIES:
        start = 0.1 if family == "leaky relu " else 1.0
        for output in OUTPUTS:
            number = _solve(lambda x: build((*(f"{family}{x!r}",) * n_hidden, output)), points[0], start)  # noqa: B023  # called at once
            if number is not None:
                network = build((*(f"{family}{number:.6g}",) * n_hidden, output))
                if network.matches(points):
                    return network
    return None


def _solve(build: Callable[[float], RebuiltNetwork], point: Point, start: float) -> float | None:
    """Return the positive number with which a network has the learner's predictions at a point, None without one."""
    x, h = start, 1e-6
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            off, more = (_off(build(each), point) for each in (x, x + h))
            if off is None or more is None or not np.isfinite([off, more]).all():
                return None
            slope = (more - off) / h
            if not slope.any():
                return None
            step = -float((slope * off).sum() / (slope * slope).sum())
            if abs(step) <= 1e-9 * abs(x):
                return x
            x = x + step if x + step > 0 else x / 4
            if not 1e-9 < x < 1e3:
                return None
    return None


def _off(network: RebuiltNetwork, point: Point) -> np.ndarray | None:
    expected = one_sample_per_row(point.found.predictions, network.rows_of_predictions)
    A = network.forward(point.arrays, point.X, masks=network.masks_of(0))[1][-1]
    return A - expected if A.shape == expected.shape else None


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


def _bias_rows(
    weights: list[int],
    biases: list[int | None],
    arrays: Sequence[np.ndarray],
    n_features: int,
    flipped: bool,
    bias_row: int,
) -> list[int | None] | None:
    """Return which row of each layer's weights has its biases, None if the shapes do not follow each other."""
    width, found = n_features, list[int | None]()
    for w, b in zip(weights, biases, strict=True):
        if arrays[w].ndim > 2:
            return None
        W = _as_weight(arrays[w], flipped)
        more = W.shape[0] == width + 1 and b is None
        if not (more or W.shape[0] == width) or (b is not None and arrays[b].size not in (1, W.shape[1])):
            return None
        found.append(bias_row if more else None)
        width = W.shape[1]
    return found


def _as_weight(array: np.ndarray, flipped: bool) -> np.ndarray:
    """Return a parameter of the learner's as (inputs, outputs)."""
    W = array.reshape(-1, 1) if array.ndim < 2 else array
    return W.T if flipped else W
