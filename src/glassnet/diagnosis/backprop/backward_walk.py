"""Follows a learner's gradients back through the rebuilt network, and looks at each step for what explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.loss_recognition import softmax
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.reconstruction import ACTIVATIONS, TwinNetwork, pull_back

__all__ = ["Walk"]

Arrays = list[np.ndarray]


class Delta(NamedTuple):
    """What may be passed back to a layer's Z at each point, and the mistakes that this would mean."""

    causes: list[Cause]
    values: Arrays


class Walk:
    """The learner's gradients, layer by layer from the output.

    At every layer a few candidates for ``delta``, the slope of the loss with respect to Z, are tried, the right one
    first: each is what one mistake would make of the delta of the layer above. The one that explains the gradients of
    the weights and the bias is taken on to the next layer, so that a mistake is not counted again below it.
    """

    def __init__(self, study: Study, twin: TwinNetwork) -> None:
        self.study, self.twin = study, twin
        self.counts = study.counts
        passes = [twin.forward(point.arrays, point.X) for point in study.points]
        self.Z = [[Z[layer] for Z, _ in passes] for layer in range(len(twin.layers))]
        self.A = [[A[layer] for _, A in passes] for layer in range(len(twin.layers) + 1)]
        self.explained: dict[int, list[Cause]] = {}

    def explain(self) -> dict[int, list[Cause]]:
        """Return the causes for each parameter, empty lists for those that are as they should be."""
        outputs = list(self._outputs())
        if not outputs:
            return {}
        with np.errstate(all="ignore"):
            delta = self._choose(len(self.twin.layers) - 1, outputs)
            for layer in range(len(self.twin.layers) - 2, -1, -1):
                above = outputs if layer == len(self.twin.layers) - 2 else []
                delta = self._choose(layer, self._hidden(layer, delta, above))
        return self.explained

    def _choose(self, layer: int, candidates: Sequence[Delta] | Iterator[Delta]) -> Delta:
        """Return the first candidate that explains weights and bias, or the one that explains one of them."""
        place = self.twin.layers[layer]
        tried: list[Delta] = []
        by_weight: tuple[Delta, list[Cause]] | None = None
        by_bias: tuple[Delta, list[Cause]] | None = None
        for delta in candidates:
            tried.append(delta)
            weight = self._weight(layer, delta.values, self.A[layer])
            bias = None if place.bias is None else self._bias(layer, delta.values)
            if weight is not None and (by_weight is None or bias is not None):
                by_weight = delta, weight
            if bias is not None and (by_bias is None or weight is not None):
                by_bias = delta, bias
            whole = place.bias is None or bias is not None or self.study.found(place.bias) is None
            if weight is not None and whole:
                break
        self._note(layer, by_weight, by_bias)
        chosen = by_weight or by_bias
        delta = chosen[0] if chosen else tried[0]
        if by_weight is None and by_bias is not None:
            self._other_inputs(layer, delta)
        apart = by_weight is not None and (by_bias is None or by_bias[0] is not by_weight[0])
        if apart and place.bias is not None:
            self._other_sums(place.bias, delta)
        return delta

    def _note(
        self, layer: int, by_weight: tuple[Delta, list[Cause]] | None, by_bias: tuple[Delta, list[Cause]] | None
    ) -> None:
        place = self.twin.layers[layer]
        if by_weight is not None:
            self.explained[place.weight] = [*by_weight[0].causes, *by_weight[1]]
        if by_bias is not None and place.bias is not None:
            self.explained[place.bias] = [*by_bias[0].causes, *by_bias[1]]

    def _weight(self, layer: int, delta: Arrays, inputs: Arrays) -> list[Cause] | None:
        which = self.twin.layers[layer].weight
        products = [A.T @ D for A, D in zip(inputs, delta, strict=True)]
        return self.study.compare(which, self.study.pick(which, [self._outward(product) for product in products]))

    def _outward(self, product: np.ndarray) -> np.ndarray:
        return product.T if self.twin.flipped else product

    def _bias(self, layer: int, delta: Arrays) -> list[Cause] | None:
        which = self.twin.layers[layer].bias
        return None if which is None else self._sums(which, [D.sum(axis=0) for D in delta])

    def _sums(self, which: int, sums: Arrays) -> list[Cause] | None:
        size = self.study.points[0].arrays[which].size
        spread = [total if total.size == size else np.full(size, total.sum()) for total in sums]
        return self.study.compare(which, self.study.pick(which, spread))

    def _other_inputs(self, layer: int, delta: Delta) -> None:
        """Explain weights whose delta is right: multiplied by something other than what entered the layer."""
        which = self.twin.layers[layer].weight
        tries: list[tuple[Cause, Arrays]] = []
        if layer > 0:
            above = ACTIVATIONS[self.twin.layers[layer - 1].activation]
            tries.append((Cause("wrong_input", "the values before the activation (Z)"), self.Z[layer - 1]))
            tries.append(
                (Cause("wrong_input", "the slope of the activation"), [above.derivative(Z) for Z in self.Z[layer - 1]])
            )
            tries.append((Cause("wrong_input", "the data X"), self.A[0]))
        tries.append((Cause("wrong_input", "the layer's own output"), self.A[layer + 1]))
        for cause, inputs in tries:
            if inputs[0].shape == self.A[layer][0].shape:
                found = self._weight(layer, delta.values, inputs)
                if found is not None:
                    self.explained[which] = [cause, *found]
                    return
        products = [D.T @ A for A, D in zip(self.A[layer], delta.values, strict=True)]
        if products[0].shape[0] == products[0].shape[1]:
            found = self.study.compare(which, self.study.pick(which, [self._outward(p) for p in products]))
            if found is not None:
                self.explained[which] = [
                    *delta.causes,
                    Cause("transposed_gradient", "is the transpose of the right one"),
                    *found,
                ]

    def _other_sums(self, which: int, delta: Delta) -> None:
        """Explain a bias whose layer's weights are explained: not the sum of delta over the rows."""
        tries = (
            (
                Cause("bias_summed_over_everything", "has the same number everywhere"),
                [np.full(D.shape[1], D.sum()) for D in delta.values],
            ),
            (Cause("bias_from_one_row", "the first row"), [D[0] for D in delta.values]),
            (Cause("bias_from_one_row", "the last row"), [D[-1] for D in delta.values]),
        )
        for cause, sums in tries:
            found = self._sums(which, sums)
            if found is not None:
                self.explained[which] = [*delta.causes, cause, *found]
                return

    def _outputs(self) -> Iterator[Delta]:
        """Yield what may be passed back from the output, the right one first."""
        name, study = self.twin.layers[-1].activation, self.study
        Z, P = self.Z[-1], self.A[-1]
        targets = study.targets
        slopes = [self._slopes(t) for t in range(len(P))]
        right = [pull_back(name, s, z, p) for s, z, p in zip(slopes, Z, P, strict=True) if s is not None]
        if len(right) < len(P):
            return
        yield Delta([], right)
        given = [s for s in slopes if s is not None]
        if targets is not None:
            yield from self._other_losses(name, Z, P, targets)
        if name != "identity":
            yield Delta([Cause("derivative_forgotten", "output")], given)
        if name in ACTIVATIONS and name != "identity":
            kind = ACTIVATIONS[name]
            for base, causes in self._bases(given, P, targets):
                yield Delta([*causes, Cause("derivative_of_activation", name)], _times(base, kind.derivative, P))
                if kind.from_output is not None:
                    yield Delta([*causes, Cause("derivative_of_input", name)], _times(base, kind.from_output, Z))
        if targets is not None:
            yield from self._other_errors(name, Z, P, targets)
        for label, row in (("first", 0), ("last", -1)):
            yield Delta([Cause("one_row_only", label)], [_only(row, D) for D in right])

    def _slopes(self, t: int) -> np.ndarray | None:
        point, targets = self.study.points[t], self.study.targets
        known = None if targets is None else self.study.loss.slopes(self.A[-1][t], targets[t])
        if known is None and point.slopes is not None:
            return self.twin.inward(point.slopes)
        return known

    def _bases(self, given: Arrays, P: Arrays, Y: Arrays | None) -> Iterator[tuple[Arrays, list[Cause]]]:
        yield given, []
        if Y is not None and self.study.loss.name != "squared error":
            yield self.study.errors(P, Y), [Cause("squared_error_gradient")]

    def _other_losses(self, name: str, Z: Arrays, P: Arrays, Y: Arrays) -> Iterator[Delta]:
        errors = self.study.errors(P, Y)
        if self.study.loss.name == "binary cross-entropy with a wrong sign":
            yield Delta([Cause("loss_sign_slip")], errors)
        if self.study.loss.name == "cross-entropy" and name == "sigmoid":
            yield Delta([Cause("loss_lacks_a_term")], errors)
        if self.study.loss.name != "squared error" and name != "identity":
            back = [pull_back(name, e, z, p) for e, z, p in zip(errors, Z, P, strict=True)]
            yield Delta([Cause("squared_error_gradient")], back)
            if name == "softmax":
                yield Delta(
                    [Cause("squared_error_gradient")], [e * p * (1 - p) for e, p in zip(errors, P, strict=True)]
                )
        elif name in ("sigmoid", "softmax"):
            yield Delta([Cause("cross_entropy_gradient", name)], self.study.errors(P, Y, plain=True))

    def _other_errors(self, name: str, Z: Arrays, P: Arrays, Y: Arrays) -> Iterator[Delta]:
        """Yield what beginners take for the error at the output."""
        errors = self.study.errors
        through = self.study.loss.name == "squared error"

        def delta(kind: str, wrong: Arrays, detail: str = "") -> Delta:
            back = [pull_back(name, e, z, p) for e, z, p in zip(wrong, Z, P, strict=True)] if through else wrong
            return Delta([Cause(kind, detail)], back)

        yield Delta([Cause("output_error_only")], errors(P, Y))
        if P[0].shape[1] > 1:
            yield Delta([Cause("double_softmax")], errors([softmax(p) for p in P], Y))
        yield delta("targets_ignored", errors(P, [np.zeros(y.shape) for y in Y]))
        yield delta("targets_added", errors(P, [-y for y in Y]))
        yield delta("hard_predictions", errors([np.where(p > 0.5, 1.0, 0.0) for p in P], Y))
        for shift in (1, -1):
            yield delta("targets_misaligned", errors(P, [np.roll(y, shift, axis=0) for y in Y]), str(shift))

    def _hidden(self, layer: int, above: Delta, outputs: Sequence[Delta]) -> Iterator[Delta]:
        """Yield what may be passed back to a hidden layer: one mistake first, then two together."""
        right, *slopes = self._derivatives(layer)
        weights = list(self._weights(layer))
        yield self._back(layer, above, weights[0], right)
        for slope in slopes:
            yield self._back(layer, above, weights[0], slope)
        for weight in weights[1:]:
            yield self._back(layer, above, weight, right)
        yield from self._early(layer, above, [right])
        for output in outputs:
            for slope in (right, *slopes):
                causes = [Cause("other_delta_passed_back", cause.kind) for cause in output.causes] or [
                    Cause("other_delta_passed_back", "")
                ]
                yield self._back(layer, Delta(causes, output.values), weights[0], slope)
        for weight in weights[1:]:
            for slope in slopes:
                yield self._back(layer, above, weight, slope)
        yield from self._early(layer, above, slopes)

    def _back(self, layer: int, above: Delta, weight: Delta, slope: Delta) -> Delta:
        values = [(D @ W.T) * F for D, W, F in zip(above.values, weight.values, slope.values, strict=True)]
        return Delta([*above.causes, *weight.causes, *slope.causes], values)

    def _derivatives(self, layer: int) -> list[Delta]:
        """Return slopes of an activation, the right one first, then those that are mistaken for it."""
        name = self.twin.layers[layer].activation
        kind, Z, A = ACTIVATIONS[name], self.Z[layer], self.A[layer + 1]
        found = [Delta([], [kind.derivative(z) for z in Z])]
        if name == "identity":
            return found
        found.append(Delta([Cause("derivative_forgotten", name)], [np.ones(z.shape) for z in Z]))
        found.append(Delta([Cause("derivative_of_activation", name)], [kind.derivative(a) for a in A]))
        if kind.from_output is not None:
            found.append(Delta([Cause("derivative_of_input", name)], [kind.from_output(z) for z in Z]))
        found.append(Delta([Cause("activation_for_derivative", name)], A))
        for other in ("sigmoid", "tanh", "relu"):
            if other != name:
                wrong = ACTIVATIONS[other]
                found.append(Delta([Cause("derivative_of_another", other)], [wrong.derivative(z) for z in Z]))
                if wrong.from_output is not None:
                    found.append(Delta([Cause("derivative_of_another", other)], [wrong.from_output(a) for a in A]))
        found.append(Delta([Cause("derivative_twice", name)], [kind.derivative(z) ** 2 for z in Z]))
        return found

    def _weights(self, layer: int) -> Iterator[Delta]:
        """Yield the weights that the layer above may have been multiplied with, the right ones first."""
        points = self.study.points
        right = [self.twin.weight(point.arrays, layer + 1) for point in points]
        yield Delta([], right)
        if right[0].shape[0] == right[0].shape[1]:
            yield Delta([Cause("transposed_weights")], [W.T for W in right])
        for other in range(len(self.twin.layers)):
            W = [self.twin.weight(point.arrays, other) for point in points]
            if other != layer + 1 and W[0].shape == right[0].shape:
                yield Delta([Cause("weights_of_another", self.study.names[self.twin.layers[other].weight])], W)
        yield Delta([Cause("weights_left_out")], [np.ones_like(W) for W in right])

    def _early(self, layer: int, above: Delta, slopes: Sequence[Delta]) -> Iterator[Delta]:
        """Yield deltas made with weights that a step of the right length had already changed.

        The length of that step is not known: it follows from the best fit with the learner's own gradient of them.
        """
        which, own = self.twin.layers[layer + 1].weight, self.twin.layers[layer].weight
        changed, found = self.study.found(which), self.study.found(own)
        if changed is None or found is None:
            return
        shape = self.study.points[0].arrays[which].shape
        moved = [self.twin.as_weight(gradient.reshape(shape)) for gradient in changed]
        weights = [self.twin.weight(point.arrays, layer + 1) for point in self.study.points]
        for slope in slopes:
            before = self._back(layer, above, Delta([], weights), slope)
            shift = self._back(layer, above, Delta([], moved), slope)
            rate = self._rate(layer, before.values, shift.values, found)
            if rate is not None:
                after = [W - rate * dW for W, dW in zip(weights, moved, strict=True)]
                cause = Cause("updated_too_early", f"{self.study.names[which]} (rate {rate:.4g})")
                yield self._back(layer, above, Delta([cause], after), slope)

    def _rate(self, layer: int, before: Arrays, shift: Arrays, found: Arrays) -> float | None:
        which = self.twin.layers[layer].weight
        pick: Callable[[Arrays], Arrays] = lambda deltas: self.study.pick(  # noqa: E731
            which, [self._outward(A.T @ D) for A, D in zip(self.A[layer], deltas, strict=True)]
        )
        rates = []
        for t, (first, second, data) in enumerate(
            zip(pick(before), pick(shift), self.study.pick(which, found), strict=True)
        ):
            matrix = np.stack([first, second], axis=1)
            (scale, extra), _, rank, _ = np.linalg.lstsq(
                matrix, data - self.study.points[t].penalty[which], rcond=1e-12
            )
            if rank < 2 or scale == 0.0:
                return None
            rates.append(-extra / scale)
        middle = float(np.median(rates))
        return middle if np.ptp(rates) <= 1e-2 * abs(middle) else None


def _only(row: int, delta: np.ndarray) -> np.ndarray:
    one = np.zeros(delta.shape)
    one[row] = delta[row]
    return one


def _times(base: Arrays, function: Callable[[np.ndarray], np.ndarray], at: Arrays) -> Arrays:
    return [slopes * function(value) for slopes, value in zip(base, at, strict=True)]
