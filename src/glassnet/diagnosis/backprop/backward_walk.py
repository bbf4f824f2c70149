"""Follows a learner's gradients back through the rebuilt network, and tries at each layer what may explain them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.reconstruction import HIDDEN, OUTPUTS, RebuiltNetwork
from glassnet.diagnosis.backprop.sample_points import one_sample_per_row
from glassnet.losses.classification import softmax

__all__ = ["BackwardWalk"]

Arrays = list[np.ndarray]


class Delta(NamedTuple):
    """What may be passed back to a layer's Z at each point, and the mistakes that give it."""

    causes: list[Cause]
    values: Arrays


class BackwardWalk:
    """The learner's gradients, layer by layer from the output.

    At every layer a few candidates for ``delta``, the slope of the loss with respect to Z, are tried, the right one
    first: each is what one mistake would make of the delta of the layer above. The one that explains the gradients of
    the weights and the bias is taken on to the next layer, so that a mistake is not counted again below it.
    """

    def __init__(self, study: Study, network: RebuiltNetwork) -> None:
        self.study, self.network = study, network
        passes = [network.forward(point.arrays, point.X) for point in study.points]
        self.Z = [[Z[layer] for Z, _ in passes] for layer in range(len(network.layers))]
        self.A = [[A[layer] for _, A in passes] for layer in range(len(network.layers) + 1)]
        self.explained: dict[int, list[Cause]] = {}

    def explain(self) -> dict[int, list[Cause]]:
        """Return the causes for each parameter, empty lists for those that are as they should be."""
        outputs = list(self._outputs())
        if not outputs:
            return {}
        with np.errstate(all="ignore"):
            last = len(self.network.layers) - 1
            delta = self._choose(last, outputs)
            for layer in range(last - 1, -1, -1):
                delta = self._choose(layer, self._hidden(layer, delta, outputs if layer == last - 1 else []))
        return self.explained

    # ---- one layer ------------------------------------------------------------------------------------------------

    def _choose(self, layer: int, candidates: Iterable[Delta]) -> Delta:
        """Return the first candidate that explains weights and bias, or the one that explains one of them."""
        place = self.network.layers[layer]
        first: Delta | None = None
        by_weight: tuple[Delta, list[Cause]] | None = None
        by_bias: tuple[Delta, list[Cause]] | None = None
        for delta in candidates:
            first = first or delta
            weight = self._weight(layer, delta.values, self.A[layer])
            bias = None if place.bias is None else self._sums(place.bias, [D.sum(axis=0) for D in delta.values])
            if weight is not None and (by_weight is None or bias is not None):
                by_weight = delta, weight
            if bias is not None and (by_bias is None or weight is not None):
                by_bias = delta, bias
            whole = place.bias is None or bias is not None or self.study.found(place.bias) is None
            if weight is not None and whole:
                break
        for which, chosen in ((place.weight, by_weight), (place.bias, by_bias)):
            if chosen is not None and which is not None:
                self.explained[which] = [*chosen[0].causes, *chosen[1]]
        if by_weight is None and by_bias is not None:
            self._other_inputs(layer, by_bias[0])
        elif by_weight is not None and place.bias is not None and (by_bias is None or by_bias[0] is not by_weight[0]):
            self._other_sums(place.bias, by_weight[0])
        best = by_weight or by_bias
        assert first is not None
        return best[0] if best else first

    def _weight(self, layer: int, delta: Arrays, inputs: Arrays) -> list[Cause] | None:
        """Return what keeps the weights' gradient from being the product of these inputs and delta."""
        return self._products(layer, [A.T @ D for A, D in zip(inputs, delta, strict=True)])

    def _products(self, layer: int, products: Arrays) -> list[Cause] | None:
        return self.study.compare(self.network.layers[layer].weight, self._picked(layer, products))

    def _picked(self, layer: int, products: Arrays) -> Arrays:
        """Return the checked entries of gradients of a layer's weights, (inputs, outputs)."""
        turned = [product.T if self.network.flipped else product for product in products]
        return self.study.pick(self.network.layers[layer].weight, turned)

    def _sums(self, which: int, sums: Arrays) -> list[Cause] | None:
        size = self.study.points[0].arrays[which].size
        spread = [total if total.size == size else np.full(size, total.sum()) for total in sums]
        return self.study.compare(which, self.study.pick(which, spread))

    def _other_inputs(self, layer: int, delta: Delta) -> None:
        """Explain weights whose delta is right: multiplied by something other than what entered the layer."""
        which = self.network.layers[layer].weight
        tries: list[tuple[str, Arrays]] = [("the layer's own output", self.A[layer + 1])]
        if layer > 0:
            below = HIDDEN[self.network.layers[layer - 1].activation]
            tries[:0] = [
                ("the values before the activation (Z)", self.Z[layer - 1]),
                ("the slope of the activation", [below.derivative(Z) for Z in self.Z[layer - 1]]),
                ("the data X", self.A[0]),
            ]
        for what, inputs in tries:
            if inputs[0].shape == self.A[layer][0].shape:
                found = self._weight(layer, delta.values, inputs)
                if found is not None:
                    self.explained[which] = [Cause("wrong_input", what), *found]
                    return
        products = [D.T @ A for A, D in zip(self.A[layer], delta.values, strict=True)]
        found = self._products(layer, products) if products[0].shape[0] == products[0].shape[1] else None
        if found is not None:
            transposed = Cause("transposed_gradient", "is the transpose of the right one")
            self.explained[which] = [*delta.causes, transposed, *found]

    def _other_sums(self, which: int, delta: Delta) -> None:
        """Explain a bias whose layer's weights are explained: not the sum of delta over the rows."""
        everything = [np.full(D.shape[1], D.sum()) for D in delta.values]
        tries = (
            (Cause("bias_summed_over_everything", "has the same number everywhere"), everything),
            (Cause("bias_from_one_row", "the first row"), [D[0] for D in delta.values]),
            (Cause("bias_from_one_row", "the last row"), [D[-1] for D in delta.values]),
        )
        for cause, sums in tries:
            found = self._sums(which, sums)
            if found is not None:
                self.explained[which] = [*delta.causes, cause, *found]
                return

    # ---- candidates at the output ---------------------------------------------------------------------------------

    def _outputs(self) -> Iterator[Delta]:
        """Yield what may be passed back from the output, the right one first."""
        name, P, targets = self.network.layers[-1].activation, self.A[-1], self.study.targets
        slopes = [each for each in map(self._slopes, range(len(P))) if each is not None]
        if len(slopes) < len(P):
            return
        right = self._pull_back(slopes)
        yield Delta([], right)
        if targets is not None:
            yield from self._other_losses(name, P, targets)
        if name != "identity":
            yield Delta([Cause("derivative_forgotten", "output")], slopes)
        if name in HIDDEN and name != "identity":
            for base, causes in self._bases(slopes, P, targets):
                for cause, factors in _misplaced(name, self.Z[-1], P):
                    yield Delta([*causes, cause], [s * f for s, f in zip(base, factors, strict=True)])
        if targets is not None:
            yield from self._other_errors(P, targets)
        for label, row in (("first", 0), ("last", -1)):
            yield Delta([Cause("one_row_only", label)], [_only(row, D) for D in right])

    def _pull_back(self, slopes: Arrays) -> Arrays:
        """Return slopes with respect to the output's Z from those with respect to the predictions."""
        function = OUTPUTS[self.network.layers[-1].activation]
        return [function.pull_back(s, Z) for s, Z in zip(slopes, self.Z[-1], strict=True)]

    def _slopes(self, t: int) -> np.ndarray | None:
        point, targets = self.study.points[t], self.study.targets
        known = None if targets is None else self.study.loss.slopes(self.A[-1][t], targets[t])
        if known is None and point.slopes is not None:
            return one_sample_per_row(point.slopes, self.network.rows)
        return known

    def _bases(self, slopes: Arrays, P: Arrays, Y: Arrays | None) -> Iterator[tuple[Arrays, list[Cause]]]:
        yield slopes, []
        if Y is not None and not self.study.loss.is_squared_error:
            yield self.study.errors(P, Y), [Cause("squared_error_gradient")]

    def _other_losses(self, name: str, P: Arrays, Y: Arrays) -> Iterator[Delta]:
        """Yield what is passed back under the gradient of a loss that is not the learner's."""
        errors, loss = self.study.errors(P, Y), self.study.loss
        if loss.name == "binary cross-entropy with a wrong sign":
            yield Delta([Cause("loss_sign_slip")], errors)
        if loss.name == "cross-entropy" and name == "sigmoid":
            yield Delta([Cause("loss_lacks_a_term")], errors)
        if not loss.is_squared_error and name != "identity":
            yield Delta([Cause("squared_error_gradient")], self._pull_back(errors))
            if name == "softmax":
                diagonal = [e * p * (1 - p) for e, p in zip(errors, P, strict=True)]
                yield Delta([Cause("squared_error_gradient")], diagonal)
        elif name in ("sigmoid", "softmax"):
            yield Delta([Cause("cross_entropy_gradient", name)], self.study.errors(P, Y, plain=True))

    def _other_errors(self, P: Arrays, Y: Arrays) -> Iterator[Delta]:
        """Yield what beginners take for the error at the output."""
        errors = self.study.errors
        yield Delta([Cause("output_error_only")], errors(P, Y))
        if P[0].shape[1] > 1:
            yield Delta([Cause("double_softmax")], errors([softmax(p) for p in P], Y))
        wrong = [
            (Cause("targets_ignored"), errors(P, [np.zeros(y.shape) for y in Y])),
            (Cause("targets_added"), errors(P, [-y for y in Y])),
            (Cause("hard_predictions"), errors([np.where(p > 0.5, 1.0, 0.0) for p in P], Y)),
        ]
        for shift in (1, -1):
            wrong.append((Cause("targets_misaligned", str(shift)), errors(P, [np.roll(y, shift, axis=0) for y in Y])))
        for cause, values in wrong:
            yield Delta([cause], self._pull_back(values) if self.study.loss.is_squared_error else values)

    # ---- candidates at a hidden layer -----------------------------------------------------------------------------

    def _hidden(self, layer: int, above: Delta, outputs: Sequence[Delta]) -> Iterator[Delta]:
        """Yield what may be passed back to a hidden layer: one mistake first, then two together."""
        right, *slopes = self._derivatives(layer)
        weight, *weights = self._weights(layer)
        for slope in (right, *slopes):
            yield _back(above, weight, slope)
        for other in weights:
            yield _back(above, other, right)
        yield from self._early(layer, above, [right])
        for output in outputs:
            kinds = [cause.kind for cause in output.causes] or [""]
            passed = Delta([Cause("other_delta_passed_back", kind) for kind in kinds], output.values)
            for slope in (right, *slopes):
                yield _back(passed, weight, slope)
        for other in weights:
            for slope in slopes:
                yield _back(above, other, slope)
        yield from self._early(layer, above, slopes)

    def _derivatives(self, layer: int) -> Iterator[Delta]:
        """Yield slopes of an activation, the right one first, then those that are mistaken for it."""
        name = self.network.layers[layer].activation
        Z, A = self.Z[layer], self.A[layer + 1]
        right = [HIDDEN[name].derivative(z) for z in Z]
        yield Delta([], right)
        if name == "identity":
            return
        yield Delta([Cause("derivative_forgotten", name)], [np.ones(z.shape) for z in Z])
        yield from (Delta([cause], values) for cause, values in _misplaced(name, Z, A))
        yield Delta([Cause("activation_for_derivative", name)], A)
        for other in ("sigmoid", "tanh", "relu"):
            if other != name:
                for values in ([HIDDEN[other].derivative(z) for z in Z], _from_outputs(other, A)):
                    if values is not None:
                        yield Delta([Cause("derivative_of_another", other)], values)
        yield Delta([Cause("derivative_twice", name)], [slope**2 for slope in right])

    def _weights(self, layer: int) -> Iterator[Delta]:
        """Yield the weights that the layer above may have been multiplied with, the right ones first."""
        every = [
            [self.network.weight(point.arrays, i) for point in self.study.points]
            for i in range(len(self.network.layers))
        ]
        right = every[layer + 1]
        yield Delta([], right)
        if right[0].shape[0] == right[0].shape[1]:
            yield Delta([Cause("transposed_weights")], [W.T for W in right])
        for other, W in zip(self.network.layers, every, strict=True):
            if W is not right and W[0].shape == right[0].shape:
                yield Delta([Cause("weights_of_another", self.study.names[other.weight])], W)
        yield Delta([Cause("weights_left_out")], [np.ones_like(W) for W in right])

    def _early(self, layer: int, above: Delta, slopes: Sequence[Delta]) -> Iterator[Delta]:
        """Yield deltas made with weights that a step of the right length had already changed.

        The length of that step is not known: it follows from the best fit with the learner's own gradient of them.
        """
        which = self.network.layers[layer + 1].weight
        changed, found = self.study.found(which), self.study.found(self.network.layers[layer].weight)
        if changed is None or found is None:
            return
        shape = self.study.shape(which)
        moved = [self.network.as_weight(gradient.reshape(shape)) for gradient in changed]
        weights = [self.network.weight(point.arrays, layer + 1) for point in self.study.points]
        for slope in slopes:
            before, shift = (_back(above, Delta([], each), slope).values for each in (weights, moved))
            rate = self._rate(layer, before, shift, found)
            if rate is not None:
                after = [W - rate * dW for W, dW in zip(weights, moved, strict=True)]
                cause = Cause("updated_too_early", f"{self.study.names[which]} (rate {rate:.4g})")
                yield _back(above, Delta([cause], after), slope)

    def _rate(self, layer: int, before: Arrays, shift: Arrays, found: Arrays) -> float | None:
        """Return the learning rate of an early step, None if it is not the same at all points."""
        which = self.network.layers[layer].weight
        columns = [
            self._picked(layer, [A.T @ D for A, D in zip(self.A[layer], deltas, strict=True)])
            for deltas in (before, shift)
        ]
        rates = []
        for point, first, second, data in zip(self.study.points, *columns, self.study.pick(which, found), strict=True):
            matrix = np.stack([first, second], axis=1)
            (scale, extra), _, rank, _ = np.linalg.lstsq(matrix, data - point.penalty[which], rcond=1e-12)
            if rank < 2 or scale == 0.0:
                return None
            rates.append(-extra / scale)
        middle = float(np.median(rates))
        return middle if np.ptp(rates) <= 1e-2 * abs(middle) else None


def _back(above: Delta, weight: Delta, slope: Delta) -> Delta:
    """Return what is passed back through weights and the slope of an activation."""
    values = [(D @ W.T) * F for D, W, F in zip(above.values, weight.values, slope.values, strict=True)]
    return Delta([*above.causes, *weight.causes, *slope.causes], values)


def _misplaced(name: str, Z: Arrays, A: Arrays) -> Iterator[tuple[Cause, Arrays]]:
    """Yield derivatives taken at the wrong values: that of Z at A, and that in terms of A at Z."""
    yield Cause("derivative_of_activation", name), [HIDDEN[name].derivative(a) for a in A]
    of_inputs = _from_outputs(name, Z)
    if of_inputs is not None:
        yield Cause("derivative_of_input", name), of_inputs


def _from_outputs(name: str, values: Arrays) -> Arrays | None:
    """Return an activation's derivative as it is written in terms of its output, taken at other values."""
    found = [HIDDEN[name].derivative_from_output(each) for each in values]
    return None if found[0] is None else [each for each in found if each is not None]


def _only(row: int, delta: np.ndarray) -> np.ndarray:
    one = np.zeros(delta.shape)
    one[row] = delta[row]
    return one
