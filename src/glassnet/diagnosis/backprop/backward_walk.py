"""Follows a learner's gradients back through the rebuilt network, and tries at each layer what may explain them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.functions import HIDDEN, hidden_function
from glassnet.diagnosis.backprop.hidden_deltas import HiddenDeltas, Place
from glassnet.diagnosis.backprop.hidden_slopes import Delta
from glassnet.diagnosis.backprop.lazy_arrays import Arrays, Lazy
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.output_deltas import deltas_at_output
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork
from glassnet.diagnosis.backprop.sample_points import one_sample_per_row

__all__ = ["BackwardWalk"]

_MOST_OTHER_INPUTS = 40  # deltas that are tried with every other input, where no bias says which is right
_MOST_STATES = 4
_UNEXPLAINED = 3.0  # what a gradient without an explanation counts, in causes
_GENERAL = {"constant_factor": 1.1}  # what says less than another cause counts more
_FREE = {"squared_error_gradient", "cross_entropy_gradient", "other_loss_gradient", "loss_for_slope"}
# What says less than the name of the mistake, and is not named beside it.
_VAGUE = {
    "constant_factor", "derivative_of_another", "derivative_slip", "other_delta_passed_back", "other_loss_gradient",
    "output_error_only", "wrong_input",
}  # fmt: skip
_APART = 0.5  # what it counts that weights and bias have different deltas


class _Fit(NamedTuple):
    """A delta, and what else keeps the weights and the bias from being those of it; None if they are not."""

    delta: Delta
    weight: list[Cause] | None
    bias: list[Cause] | None


class _State(NamedTuple):
    """What is assumed of all layers down to one: its delta, the causes of each gradient, and how many there are."""

    delta: Delta
    passed: Callable[[], Sequence[Delta]]  # what may be passed on in the place of delta
    causes: dict[int, list[Cause]]
    cost: float


class BackwardWalk:
    """The learner's gradients, layer by layer from the output.

    At every layer candidates for ``delta``, the slope of the loss with respect to Z, are tried: each is what one
    mistake would make of the delta of the layer above. Those that explain the gradients of the weights and the bias
    with the fewest mistakes are taken on to the next layer, so that a mistake is not counted again below it. What
    explains all layers with the fewest is returned.

    ``known`` has the gradients that say nothing about the layers below, such as missing ones.
    """

    def __init__(self, study: Study, network: RebuiltNetwork, known: Collection[int] = ()) -> None:
        self.study, self.network, self.known = study, network, known
        passes = [network.forward(p.arrays, p.X, masks=network.masks_of(t)) for t, p in enumerate(study.points)]
        self.Z: list[Arrays] = [[Z[layer] for Z, _ in passes] for layer in range(len(network.layers))]
        self.A: list[Arrays] = [[A[layer] for _, A in passes] for layer in range(len(network.layers) + 1)]

    def explain(self) -> dict[int, list[Cause]]:
        """Return the causes for each parameter, empty lists for those that are as they should be."""
        slopes = [each for each in map(self._slopes, range(len(self.study.points))) if each is not None]
        if len(slopes) < len(self.study.points):
            return {}
        last = len(self.network.layers) - 1
        name = self.network.layers[last].activation
        with np.errstate(all="ignore"):
            passed = list(deltas_at_output(self.study, name, self.Z[last], self.A[-1], slopes))
            start = _State(Delta([], []), list, {}, 0.0)
            states = _best(self._states(last, passed, start, lambda _: passed))
            for layer in range(last - 1, -1, -1):
                states = _best(each for state in states for each in self._next(layer, state))
        return _with_others(states)

    def _next(self, layer: int, above: _State) -> Iterator[_State]:
        """Yield what may be assumed one layer further down."""
        place = Place(self.study, self.network, layer, self.Z, self.A, self._products)
        deltas = HiddenDeltas(place, above.delta, above.passed)
        yield from self._states(layer, deltas, above, deltas.others)

    def _slopes(self, t: int) -> np.ndarray | None:
        point, targets = self.study.points[t], self.study.targets
        known = None if targets is None else self.study.loss.slopes(self.A[-1][t], targets[t])
        if known is None and point.slopes is not None:
            return one_sample_per_row(point.slopes, self.study.rows_of_predictions)
        return known

    # ---- one layer ------------------------------------------------------------------------------------------------

    def _states(
        self, layer: int, candidates: Iterable[Delta], above: _State, passed: Callable[[Delta], Sequence[Delta]]
    ) -> Iterator[_State]:
        """Yield what may be assumed of a layer, under what is assumed of those above it."""
        place = self.network.layers[layer]
        asked = [i for i in (place.weight, place.bias) if i is not None and i not in self.known]
        tried, fits = self._fits(layer, asked, candidates)
        whole = [fit for fit in fits if (fit.weight is not None) + (fit.bias is not None) == len(asked)]
        if whole:
            pairs = [(fit, fit) for fit in whole]
        else:
            by_weight = [fit for fit in fits if fit.weight is not None]
            by_bias = [fit for fit in fits if fit.bias is not None]
            pairs = [(_fewest(by_weight, tried[0]), _fewest(by_bias, tried[0]))]
        for of_weight, of_bias in pairs:
            found = {
                i: [*fit.delta.causes, *rest]
                for i, fit, rest in (
                    (place.weight, of_weight, of_weight.weight),
                    (place.bias, of_bias, of_bias.bias),
                )
                if i is not None and rest is not None
            }
            new = {cause for causes in found.values() for cause in causes if cause not in above.delta.causes}
            cost = (
                sum(_GENERAL.get(cause.kind, 1.0) for cause in new)
                + _UNEXPLAINED * sum(i not in found for i in asked)
                + (0.0 if whole else _APART)
            )
            delta = of_weight.delta if of_weight.weight is not None or of_bias.bias is None else of_bias.delta
            after = partial(passed, delta)
            yield _State(delta, after, {**above.causes, **found}, above.cost + cost)

    def _fits(self, layer: int, asked: Collection[int], candidates: Iterable[Delta]) -> tuple[list[Delta], list[_Fit]]:
        """Return what was tried, and what explains a layer's weights, its bias or both."""
        place, tried, fits = self.network.layers[layer], list[Delta](), list[_Fit]()
        has_weight, has_bias = place.weight in asked, place.bias in asked
        for delta in candidates:
            tried.append(delta)
            weight = self._weight(layer, delta.values, self.A[layer]) if has_weight else None
            bias = self._bias(layer, delta.values) if has_bias else None
            right = len(tried) == 1  # of which more than one thing may be wrong
            asks_weight, asks_bias = has_weight and weight is None, has_bias and bias is None
            if asks_weight and (bias is not None or right):
                weight = self._other_weight(layer, delta)
            if asks_bias and (weight is not None or right):
                bias = self._other_bias(layer, delta)
            if weight is not None or bias is not None:
                fits.append(_without_free_factor(_Fit(delta, weight, bias), len(self.study.points)))
            if right and not weight and not bias and not asks_weight and not asks_bias:
                break
        if not fits and has_weight and not has_bias:
            others = ((delta, self._other_weight(layer, delta)) for delta in tried[:_MOST_OTHER_INPUTS])
            fits = [_Fit(delta, weight, None) for delta, weight in others if weight is not None]
        return tried, fits

    def _weight(self, layer: int, delta: Arrays, inputs: Arrays) -> list[Cause] | None:
        """Return what keeps the weights' gradient from being the product of these inputs and delta."""
        return self.study.compare(self.network.layers[layer].weight, self._products(layer, inputs, delta))

    def _products(self, layer: int, inputs: Arrays, delta: Arrays) -> Arrays:
        """Return the checked entries of the products that are the gradients of a layer's weights."""
        which = self.network.layers[layer].weight
        rows, columns = self.network.entries(which, self.study.shape(which), self.study.entries[which])

        def products(t: int) -> np.ndarray:
            entering = self.network.with_ones(layer, inputs[t])
            found: np.ndarray = np.einsum("ne,ne->e", entering[:, rows], delta[t][:, columns])
            return found

        return Lazy(products, len(self.study.points))

    def _bias(self, layer: int, delta: Arrays) -> list[Cause] | None:
        return self._sums(layer, Lazy(lambda t: delta[t].sum(axis=0), len(self.study.points)))

    def _sums(self, layer: int, sums: Arrays) -> list[Cause] | None:
        which = self.network.layers[layer].bias
        assert which is not None
        size, entries = self.study.points[0].arrays[which].size, self.study.entries[which]

        def spread(t: int) -> np.ndarray:
            total = sums[t]
            return total[entries] if total.size == size else np.full(len(entries), total.sum())

        return self.study.compare(which, Lazy(spread, len(self.study.points)))

    # ---- weights and biases that are not made as they should be ----------------------------------------------------

    def _other_weight(self, layer: int, delta: Delta) -> list[Cause] | None:
        """Explain weights whose delta is right: multiplied by something other than what entered the layer."""
        which = self.network.layers[layer].weight
        for what, inputs in self._inputs(layer):
            if inputs[0].shape == self.A[layer][0].shape:
                found = self._weight(layer, delta.values, inputs)
                if found is not None:
                    return [Cause("wrong_input", what), *found]
        for cause, products in self._other_products(layer, delta):
            turned = [product.T if self.network.flipped else product for product in products]
            found = self.study.compare(which, self.study.pick(which, turned))
            if found is not None:
                return [cause, *found]
        return None

    def _inputs(self, layer: int) -> Iterator[tuple[str, Arrays]]:
        """Yield what a delta may be multiplied with by mistake."""
        if layer > 0:
            Z, below = self.Z[layer - 1], self.network.layers[layer - 1].activation
            if self.network.masks:
                yield "the activation before dropout", [hidden_function(below)(z) for z in Z]
            yield "the values before the activation (Z)", Z
            yield "the slope of the activation", [hidden_function(below).derivative(z) for z in Z]
            yield "the data X", self.A[0]
        yield "the layer's own output", self.A[layer + 1]
        for other in range(1, len(self.network.layers)):
            if other not in (layer, layer + 1):
                yield f"the activation of layer {other}", self.A[other]
        yield "ones", [np.ones(A.shape) for A in self.A[layer]]
        if layer > 0:
            for name in HIDDEN:
                if name not in ("identity", below):
                    yield f"the {name} of the values below", [HIDDEN[name](z) for z in Z]

    def _other_products(self, layer: int, delta: Delta) -> Iterator[tuple[Cause, list[np.ndarray]]]:
        """Yield what may stand in the place of the product of inputs and delta, (inputs, outputs)."""
        entering = [self.network.with_ones(layer, A) for A in self.A[layer]]
        pairs = list(zip(entering, delta.values, strict=True))
        if pairs[0][0].shape[1] == pairs[0][1].shape[1]:
            turned = Cause("transposed_gradient", "is the transpose of the right one")
            yield turned, [D.T @ A for A, D in pairs]
        means = [len(A) * np.outer(A.mean(axis=0), D.mean(axis=0)) for A, D in pairs]
        yield Cause("averages_multiplied"), means

    def _other_bias(self, layer: int, delta: Delta) -> list[Cause] | None:
        """Explain a bias whose layer's weights are explained: not the sum of delta over the rows."""
        values = list(delta.values)
        tries = (
            (Cause("bias_from_one_row", "the first row"), [D[0] for D in values]),
            (Cause("bias_from_one_row", "the last row"), [D[-1] for D in values]),
            (
                Cause("bias_summed_over_everything", "has the same number everywhere"),
                [np.full(D.shape[1], D.sum()) for D in values],
            ),
            (
                Cause("bias_summed_over_everything", "has the mean over all rows and units everywhere"),
                [np.full(D.shape[1], D.mean(axis=1).sum()) for D in values],
            ),
        )
        for cause, sums in tries:
            found = self._sums(layer, sums)
            if found is not None:
                return [cause, *found]
        return None


def _without_free_factor(fit: _Fit, count: int) -> _Fit:
    """Return a fit without a constant factor, where the delta is that of another loss, whose factor nobody knows."""
    free = bool(fit.delta.causes) and all(cause.kind in _FREE for cause in fit.delta.causes)
    factors = [[c for c in each if c.kind == "constant_factor"] for each in (fit.weight, fit.bias) if each is not None]
    if not free or not factors[0] or any(each != factors[0] for each in factors):
        return fit
    factor = float(factors[0][0].detail)
    delta = Delta(fit.delta.causes, Lazy(lambda t: factor * fit.delta.values[t], count), fit.delta.through)
    weight, bias = (None if e is None else [c for c in e if c not in factors[0]] for e in (fit.weight, fit.bias))
    return _Fit(delta, weight, bias)


def _fewest(fits: Sequence[_Fit], otherwise: Delta) -> _Fit:
    """Return the fit with the fewest causes; none but a delta where nothing fits."""
    counts = [len(fit.delta.causes) + len(fit.weight or ()) + len(fit.bias or ()) for fit in fits]
    return fits[counts.index(min(counts))] if fits else _Fit(otherwise, None, None)


def _best(states: Iterable[_State]) -> list[_State]:
    """Return the states with the fewest causes, the simplest first."""
    found = sorted(states, key=lambda state: state.cost)
    return [state for state in found if state.cost <= found[0].cost + 1.0][:_MOST_STATES]


def _with_others(states: Sequence[_State]) -> dict[int, list[Cause]]:
    """Return the causes of the simplest explanation, with the names of those that others have in their place."""
    first, *rest = [state for state in states if state.cost == states[0].cost]
    explained = {}
    for i, causes in first.causes.items():
        kinds = {cause.kind for cause in causes}
        others = [{cause.kind for cause in state.causes.get(i, [])} - kinds for state in rest]
        named = tuple(dict.fromkeys(kind for each in others for kind in sorted(each - _VAGUE)))
        explained[i] = [*causes[:-1], causes[-1]._replace(others=named)] if causes and named else causes
    return explained
