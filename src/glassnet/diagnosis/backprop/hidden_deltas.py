"""What a learner may pass back to a hidden layer: one mistake first, then two together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.functions import hidden_function
from glassnet.diagnosis.backprop.hidden_slopes import Delta, slopes_of_activation
from glassnet.diagnosis.backprop.lazy_arrays import Arrays, Lazy
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork

__all__ = ["HiddenDeltas", "Place"]

_SIMPLE = 8  # slopes that are tried together with another mistake


class Place(NamedTuple):
    """A layer of the rebuilt network, with all values of it."""

    study: Study
    network: RebuiltNetwork
    layer: int
    Z: list[Arrays]  # of every layer
    A: list[Arrays]  # of every layer, beginning with the data
    products: Callable[[int, Sequence[np.ndarray], Sequence[np.ndarray]], Sequence[np.ndarray]]

    @property
    def name(self) -> str:
        """The layer's activation."""
        return self.network.layers[self.layer].activation


class HiddenDeltas:
    """What may be passed back to a hidden layer, the right one first.

    ``above`` is what the layer above was found to use, ``passed`` returns what may have been passed on in its place.
    """

    def __init__(self, place: Place, above: Delta, passed: Callable[[], Sequence[Delta]]) -> None:
        self.place, self.above, self.passed = place, above, passed
        self._count = len(place.study.points)

    def others(self, chosen: Delta) -> list[Delta]:
        """Return what another slope of the activation makes of the delta that was found to be used."""
        through = chosen.through or self._through(self.above, next(self._weights()))
        return [self._times(through, slope) for slope in self._slopes()]

    def __iter__(self) -> Iterator[Delta]:
        slopes = self._slopes()
        weight, *weights = self._weights()
        through = self._through(self.above, weight)
        right = next(slopes)
        yield self._times(through, right)
        few = [right]
        for slope in slopes:
            few += [slope] if len(few) < _SIMPLE else []
            yield self._times(through, slope)
        yield from self._of_slopes(through, right)
        yield from self._families(through)
        for other in weights:
            yield self._times(self._through(self.above, other), right)
        yield from self._early([right])
        for delta in self.passed():
            kinds = [cause.kind for cause in delta.causes if cause not in self.above.causes] or [""]
            causes = [Cause("other_delta_passed_back", kind) for kind in kinds]
            for slope in few[:2]:
                yield self._times(self._through(Delta(causes, delta.values), weight), slope)
        for other in weights:
            for slope in few[1:]:
                yield self._times(self._through(self.above, other), slope)
        yield from self._early(few[1:])

    def _through(self, above: Delta, weight: Delta) -> Delta:
        values = Lazy(lambda t: above.values[t] @ weight.values[t].T, self._count)
        return Delta([*above.causes, *weight.causes], values)

    def _times(self, through: Delta, slope: Delta) -> Delta:
        values = Lazy(lambda t: through.values[t] * slope.values[t], self._count)
        return Delta([*through.causes, *slope.causes], values, through)

    # ---- what is multiplied ---------------------------------------------------------------------------------------

    def _slopes(self) -> Iterator[Delta]:
        """Yield slopes of the activation, with dropout's mask where there is one."""
        place = self.place
        Z, A = place.Z[place.layer], place.A[place.layer + 1]
        masks = place.network.masks_at(place.layer)
        slopes = slopes_of_activation(place.name, Z, A)
        if masks is None:
            yield from slopes
        else:
            right = next(slopes)
            yield Delta([], [slope * mask for slope, mask in zip(right.values, masks, strict=True)])
            kept = [slope * (mask > 0) for slope, mask in zip(right.values, masks, strict=True)]
            yield Delta([Cause("dropout_not_rescaled", f"{float(max(mask.max() for mask in masks)):.4g}")], kept)
            yield Delta([Cause("dropout_mask_forgotten")], right.values)
            for slope in slopes:
                yield Delta(slope.causes, [s * mask for s, mask in zip(slope.values, masks, strict=True)])
        for other, values in enumerate(place.Z[:-1]):
            if other != place.layer and values[0].shape == Z[0].shape and place.name != "identity":
                first = next(slopes_of_activation(place.name, values, values))
                yield Delta([Cause("derivative_of_another_layer", f"layer {other + 1}")], first.values)

    def _weights(self) -> Iterator[Delta]:
        """Yield the weights that the layer above may have been multiplied with, the right ones first."""
        network, points = self.place.network, self.place.study.points
        every = [[network.weight(point.arrays, i) for point in points] for i in range(len(network.layers))]
        right = every[self.place.layer + 1]
        yield Delta([], right)
        square = right[0].shape[0] == right[0].shape[1]
        if square:
            yield Delta([Cause("transposed_weights")], [W.T for W in right])
        for other, W in zip(network.layers, every, strict=True):
            name = self.place.study.names[other.weight]
            if W is not right and W[0].shape == right[0].shape:
                yield Delta([Cause("weights_of_another", name)], W)
            if W is not right and W[0].T.shape == right[0].shape:
                yield Delta([Cause("weights_of_another", f"{name}, transposed,")], [each.T for each in W])
        yield Delta([Cause("weights_left_out", "were 1")], [np.ones_like(W) for W in right])
        if square:
            yield Delta([Cause("weights_left_out", "were left out")], [np.eye(len(W)) for W in right])

    def _of_slopes(self, through: Delta, right: Delta) -> Iterator[Delta]:
        """Yield deltas whose derivative is taken of the slope that comes back: a rectifier's mask, say."""
        function = hidden_function(self.place.name)
        of_slopes = Lazy(lambda t: function.derivative(through.values[t]), self._count)
        found: list[Arrays] = [of_slopes]
        if "relu" in self.place.name:
            found.append(Lazy(lambda t: of_slopes[t] * right.values[t], self._count))
        if function.derivative_from_output(through.values[0]) is not None:
            found.append(Lazy(lambda t: np.asarray(function.derivative_from_output(through.values[t])), self._count))
        for values in found:
            yield self._times(through, Delta([Cause("derivative_of_slope", self.place.name)], values))

    def _families(self, through: Delta) -> Iterator[Delta]:
        """Yield derivatives of activations with a number of the learner's own: it follows from the best fit."""
        Z, layer = self.place.Z[self.place.layer], self.place.layer
        if self.place.name == "identity":
            return
        base = [(z > 0) * 1.0 for z in Z]
        for family, shift in (
            ("leaky relu", [(z <= 0) * 1.0 for z in Z]),
            ("elu", [np.where(z > 0, 0.0, np.exp(z)) for z in Z]),
        ):
            parts = [self._times(through, Delta([], each)).values for each in (base, shift)]
            share = self._share(*(self.place.products(layer, self.place.A[layer], each) for each in parts))
            if share is not None and 1e-6 < share < 10 and abs(share - 1.0) > 1e-6:
                slope = [b + share * s for b, s in zip(base, shift, strict=True)]
                yield self._times(through, Delta([Cause("derivative_of_another", f"{family} {share:.4g}")], slope))

    def _early(self, slopes: Sequence[Delta]) -> Iterator[Delta]:
        """Yield deltas made with weights that a step of the right length had already changed.

        The length of that step is not known: it follows from the best fit with the learner's own gradient of them.
        """
        study, network, layer = self.place.study, self.place.network, self.place.layer
        which = network.layers[layer + 1].weight
        changed = study.found(which)
        if changed is None:
            return
        shape = study.shape(which)
        gradients = [network.as_weight(gradient.reshape(shape)) for gradient in changed]
        moved = Delta([], [network.without_biases(layer + 1, gradient) for gradient in gradients])
        weights = Delta([], [network.weight(point.arrays, layer + 1) for point in study.points])
        for slope in slopes:
            before, shift = (self._times(self._through(self.above, each), slope) for each in (weights, moved))
            parts = [self.place.products(layer, self.place.A[layer], each.values) for each in (before, shift)]
            share = self._share(*parts)
            if share is not None:
                after = [W + share * dW for W, dW in zip(weights.values, moved.values, strict=True)]
                cause = Cause("updated_too_early", f"{study.names[which]} (rate {-share:.4g})")
                yield self._times(self._through(self.above, Delta([cause], after)), slope)

    def _share(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> float | None:
        """Return how much of the second part is in the weights' gradient, None if it is not the same at all points."""
        study, which = self.place.study, self.place.network.layers[self.place.layer].weight
        found = study.found(which)
        if found is None:
            return None
        shares = []
        for t, data in enumerate(study.pick(which, found)):
            matrix = np.stack([first[t], second[t]], axis=1)
            if not np.isfinite(matrix).all():
                return None
            (scale, extra), _, rank, _ = np.linalg.lstsq(matrix, data - study.points[t].penalty[which], rcond=1e-12)
            if rank < 2 or scale == 0.0:
                return None
            shares.append(extra / scale)
        middle = float(np.median(shares))
        return middle if np.ptp(shares) <= 1e-2 * abs(middle) else None
