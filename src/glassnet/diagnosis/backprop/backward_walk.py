"""Follows a learner's gradients back through the rebuilt network, and tries at each layer what may explain them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.functions import HIDDEN, hidden_function
from glassnet.diagnosis.backprop.hidden_deltas import HiddenDeltas, Place
from glassnet.diagnosis.backprop.hidden_slopes import Delta
from glassnet.diagnosis.backprop.lazy_arrays import Arrays, Lazy
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.output_deltas import output_deltas
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork
from glassnet.diagnosis.backprop.sample_points import one_sample_per_row

__all__ = ["BackwardWalk"]

_MOST_OTHER_INPUTS = 40  # deltas that are tried with every other input, where no bias says which is right


class _Fit(NamedTuple):
    """A delta that explains a layer's weights, its bias or both, with what else each of them needs."""

    delta: Delta
    weight: list[Cause] | None
    bias: list[Cause] | None


class BackwardWalk:
    """The learner's gradients, layer by layer from the output.

    At every layer candidates for ``delta``, the slope of the loss with respect to Z, are tried: each is what one
    mistake would make of the delta of the layer above. The one that explains the gradients of the weights and the bias
    with the fewest mistakes is taken on to the next layer, so that a mistake is not counted again below it.
    """

    def __init__(self, study: Study, network: RebuiltNetwork) -> None:
        self.study, self.network = study, network
        passes = [network.forward(point.arrays, point.X, masks=network.masks_of(point)) for point in study.points]
        self.Z = [[Z[layer] for Z, _ in passes] for layer in range(len(network.layers))]
        self.A = [[A[layer] for _, A in passes] for layer in range(len(network.layers) + 1)]
        self.explained: dict[int, list[Cause]] = {}

    def explain(self) -> dict[int, list[Cause]]:
        """Return the causes for each parameter, empty lists for those that are as they should be."""
        slopes = [each for each in map(self._slopes, range(len(self.study.points))) if each is not None]
        if len(slopes) < len(self.study.points):
            return {}
        with np.errstate(all="ignore"):
            last = len(self.network.layers) - 1
            name = self.network.layers[last].activation
            passed = list(output_deltas(self.study, name, self.Z[last], self.A[-1], slopes))
            delta = self._choose(last, passed)
            for layer in range(last - 1, -1, -1):
                deltas = HiddenDeltas(self._place(layer), delta, passed)
                delta = self._choose(layer, deltas)
                passed = deltas.simple
        return self.explained

    def _slopes(self, t: int) -> np.ndarray | None:
        point, targets = self.study.points[t], self.study.targets
        known = None if targets is None else self.study.loss.slopes(self.A[-1][t], targets[t])
        if known is None and point.slopes is not None:
            return one_sample_per_row(point.slopes, self.study.rows_of_predictions)
        return known

    def _place(self, layer: int) -> Place:
        return Place(self.study, self.network, layer, self.Z, self.A, self._products)

    # ---- one layer ------------------------------------------------------------------------------------------------

    def _choose(self, layer: int, candidates: Iterable[Delta]) -> Delta:
        """Return the candidate that explains weights and bias with the fewest causes, or one of the two."""
        place = self.network.layers[layer]
        no_bias = place.bias is None or self.study.found(place.bias) is None
        tried: list[Delta] = []
        fits: list[_Fit] = []
        for delta in candidates:
            tried.append(delta)
            weight = self._weight(layer, delta.values, self.A[layer])
            bias = None if no_bias else self._bias(layer, delta.values)
            if weight is None and bias is None:
                continue
            fits.append(_Fit(delta, weight, bias))
            if not weight and not bias and delta is tried[0] and weight is not None and (no_bias or bias is not None):
                break
        return self._take(layer, tried, fits)

    def _take(self, layer: int, tried: Sequence[Delta], fits: Sequence[_Fit]) -> Delta:
        """Set the causes of a layer's weights and bias, and return the delta to go on with."""
        place = self.network.layers[layer]
        whole = [each for each in fits if each.weight is not None and each.bias is not None]
        by_weight = _fewest(whole or [each for each in fits if each.weight is not None])
        by_bias = _fewest(whole or [each for each in fits if each.bias is not None])
        if by_weight:
            self.explained[place.weight] = _causes(by_weight[0].weight, by_weight)
        if by_bias and place.bias is not None:
            self.explained[place.bias] = _causes(by_bias[0].bias, by_bias)
        if not by_weight:
            deltas = [by_bias[0].delta] if by_bias else tried[:_MOST_OTHER_INPUTS]
            next((delta for delta in deltas if self._other_inputs(layer, delta)), None)
        elif place.bias is not None and not by_bias:
            self._other_sums(place.bias, by_weight[0].delta)
        best = by_weight or by_bias
        return best[0].delta if best else tried[0]

    def _weight(self, layer: int, delta: Sequence[np.ndarray], inputs: Arrays) -> list[Cause] | None:
        """Return what keeps the weights' gradient from being the product of these inputs and delta."""
        return self.study.compare(self.network.layers[layer].weight, self._products(layer, inputs, delta))

    def _products(self, layer: int, inputs: Sequence[np.ndarray], delta: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        """Return the checked entries of the products that are the gradients of a layer's weights."""
        which = self.network.layers[layer].weight
        rows, columns = self.network.entries(which, self.study.shape(which), self.study.entries[which])
        return Lazy(lambda t: np.einsum("ne,ne->e", inputs[t][:, rows], delta[t][:, columns]), len(self.study.points))

    def _bias(self, layer: int, delta: Sequence[np.ndarray]) -> list[Cause] | None:
        which = self.network.layers[layer].bias
        assert which is not None
        return self._sums(which, Lazy(lambda t: delta[t].sum(axis=0), len(self.study.points)))

    def _sums(self, which: int, sums: Sequence[np.ndarray]) -> list[Cause] | None:
        size, entries = self.study.points[0].arrays[which].size, self.study.entries[which]

        def spread(t: int) -> np.ndarray:
            total = sums[t]
            return total[entries] if total.size == size else np.full(len(entries), total.sum())

        return self.study.compare(which, Lazy(spread, len(self.study.points)))

    def _other_inputs(self, layer: int, delta: Delta) -> bool:
        """Explain weights whose delta is right: multiplied by something other than what entered the layer."""
        which = self.network.layers[layer].weight
        for what, inputs in self._inputs(layer):
            if inputs[0].shape == self.A[layer][0].shape:
                found = self._weight(layer, delta.values, inputs)
                if found is not None:
                    self.explained[which] = [*delta.causes, Cause("wrong_input", what), *found]
                    return True
        for cause, products in self._other_products(layer, delta):
            picked = self.study.pick(which, [p.T if self.network.flipped else p for p in products])
            found = self.study.compare(which, picked)
            if found is not None:
                self.explained[which] = [*delta.causes, cause, *found]
                return True
        return False

    def _inputs(self, layer: int) -> Iterator[tuple[str, Arrays]]:
        """Yield what a delta may be multiplied with by mistake."""
        if layer > 0:
            below = self.network.layers[layer - 1].activation
            if self.network.masks:
                values = [hidden_function(below)(Z) for Z in self.Z[layer - 1]]
                yield "the activation before dropout", values
            yield "the values before the activation (Z)", self.Z[layer - 1]
            yield "the slope of the activation", [hidden_function(below).derivative(Z) for Z in self.Z[layer - 1]]
            yield "the data X", self.A[0]
        yield "the layer's own output", self.A[layer + 1]
        for other in range(1, len(self.network.layers)):
            if other not in (layer, layer + 1):
                yield f"the activation of layer {other}, not of layer {layer}", self.A[other]
        yield "ones", [np.ones(A.shape) for A in self.A[layer]]
        for name in HIDDEN:
            if layer > 0 and name not in ("identity", self.network.layers[layer - 1].activation):
                yield f"the {name} of the values below", [HIDDEN[name](Z) for Z in self.Z[layer - 1]]

    def _other_products(self, layer: int, delta: Delta) -> Iterator[tuple[Cause, Arrays]]:
        """Yield what may stand in the place of the product of inputs and delta, (inputs, outputs)."""
        pairs = list(zip(self.A[layer], delta.values, strict=True))
        if pairs[0][0].shape[1] == pairs[0][1].shape[1]:
            turned = Cause("transposed_gradient", "is the transpose of the right one")
            yield turned, [D.T @ A for A, D in pairs]
        means = [len(A) * np.outer(A.mean(axis=0), D.mean(axis=0)) for A, D in pairs]
        yield Cause("averages_multiplied"), means

    def _other_sums(self, which: int, delta: Delta) -> None:
        """Explain a bias whose layer's weights are explained: not the sum of delta over the rows."""
        values = list(delta.values)
        everything = [np.full(D.shape[1], D.sum()) for D in values]
        tries = (
            (Cause("bias_summed_over_everything", "has the same number everywhere"), everything),
            (Cause("bias_from_one_row", "the first row"), [D[0] for D in values]),
            (Cause("bias_from_one_row", "the last row"), [D[-1] for D in values]),
        )
        for cause, sums in tries:
            found = self._sums(which, sums)
            if found is not None:
                self.explained[which] = [*delta.causes, cause, *found]
                return


def _fewest(fits: Sequence[_Fit]) -> list[_Fit]:
    """Return the fits with the fewest causes, the simplest first."""
    counts = [len(each.delta.causes) + len(each.weight or ()) + len(each.bias or ()) for each in fits]
    return [each for each, count in zip(fits, counts, strict=True) if count == min(counts)]


def _causes(rest: Sequence[Cause] | None, fits: Sequence[_Fit]) -> list[Cause]:
    """Return the causes of the first fit, with the names of others that give the same numbers."""
    own = list(fits[0].delta.causes)
    kinds = [{cause.kind for cause in each.delta.causes} for each in fits]
    others = sorted({kind for each in kinds[1:] for kind in each} - kinds[0])
    if own and others:
        own[-1] = own[-1]._replace(others=tuple(dict.fromkeys((*own[-1].others, *others))))
    return [*own, *(rest or ())]
