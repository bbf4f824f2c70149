"""What was measured, and what it shows when a gradient is compared with another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss
from glassnet.diagnosis.backprop.parameter_tree import looks_like_bias
from glassnet.diagnosis.backprop.sample_points import Point
from glassnet.diagnosis.backprop.scale_factors import Fit, Law, fit, fit_two

__all__ = ["Cause", "Study"]


class Cause(NamedTuple):
    """One mistake in one parameter's gradient: its kind, what was measured, and which others give the same numbers."""

    kind: str
    detail: str = ""  # part of a sentence
    others: tuple[str, ...] = ()  # kinds


@dataclass
class Study:
    """All measurements of one check, with the parameters by their place."""

    names: list[str]  # of the parameters
    points: list[Point]
    entries: list[np.ndarray]  # which entries of each flat parameter are checked
    rows: bool  # whether X has one sample per row
    loss: RecognisedLoss
    wrong: list[bool] = field(default_factory=list)  # which gradients are not those of the loss
    targets: list[np.ndarray] | None = None  # y at each point in the shape of the predictions, one sample per row
    separates: bool = True  # whether the loss's penalty could be separated from the rest
    rows_of_predictions: bool = True  # whether they have one sample per row
    biases: set[int] | None = None  # which parameters are biases, where that is known
    vanishing: set[int] = field(default_factory=set)  # gradients that are 0 but for rounding
    repaired: dict[int, tuple[Cause, list[np.ndarray]]] = field(default_factory=dict)
    """Gradients of a wrong shape: what is wrong with it, and the numbers in the shape of the parameter."""

    @property
    def counts(self) -> list[int]:
        """How many rows each point has."""
        return [point.n for point in self.points]

    def shape(self, which: int) -> tuple[int, ...]:
        """Return the shape of a parameter."""
        return self.points[0].arrays[which].shape

    def is_bias(self, which: int) -> bool:
        """Return whether a parameter is a bias, by its place in the network, its name or its shape."""
        if self.biases is not None:
            return which in self.biases
        return looks_like_bias(self.names[which]) or len(self.shape(which)) < 2

    def pick(self, which: int, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the checked entries of one array per point."""
        return [np.asarray(array).ravel()[self.entries[which]] for array in arrays]

    def returned(self, which: int) -> list[np.ndarray] | None:
        """Return the learner's gradients of one parameter at all points as they are, None if one is missing."""
        gradients = [point.found.gradients[which] for point in self.points]
        usable = [gradient for gradient in gradients if gradient is not None]
        return usable if len(usable) == len(gradients) else None

    def found(self, which: int) -> list[np.ndarray] | None:
        """Return the learner's gradients of one parameter at all points, None if one is missing or of another size."""
        if which in self.repaired:
            return self.repaired[which][1]
        gradients, size = self.returned(which), self.points[0].arrays[which].size
        return gradients if gradients and all(gradient.size == size for gradient in gradients) else None

    def bad_shape(self, which: int) -> bool:
        """Return whether a gradient would move other entries than its own, or broadcast."""
        gradients = [point.found.gradients[which] for point in self.points]
        return any(g is not None and not _fits(g.shape, self.shape(which)) for g in gradients)

    def numeric(self, which: int) -> list[np.ndarray]:
        """Return the finite differences of one parameter at all points."""
        return [point.numeric[which] for point in self.points]

    @property
    def knows_slopes(self) -> bool:
        """Whether the loss's slopes with respect to the predictions have a formula."""
        return self.targets is not None and self.loss.slopes(self.targets[0], self.targets[0]) is not None

    def scale(self, n: int) -> float:
        """Return the factor in front of the loss's sum, 1/n where it is not known."""
        return (self.loss.factor or Law(1.0, -1))(n)

    def errors(self, P: Sequence[np.ndarray], Y: Sequence[np.ndarray], *, plain: bool = False) -> list[np.ndarray]:
        """Return ``P - Y`` with the loss's own factor, that of the squared error or cross-entropy.

        ``plain`` has the division by n alone, where the loss has one.
        """
        constant, exponent = self.loss.factor or Law(1.0, -1)
        twice = 2.0 if self.loss.is_squared_error else 1.0
        factor = Law(1.0 if plain else twice * constant, exponent)
        return [factor(n) * (p - y) for p, y, n in zip(P, Y, self.counts, strict=True)]

    def compare(self, which: int, expected: Sequence[np.ndarray]) -> list[Cause] | None:
        """Return what keeps a gradient from being the expected one, apart from the penalty; None if it is another.

        ``expected`` has the checked entries at each point.
        """
        arrays = self.found(which)
        if arrays is None:
            return None
        found, counts = self.pick(which, arrays), self.counts
        if which in self.vanishing:
            pairs = zip(expected, self.numeric(which), strict=True)
            return [] if all(np.linalg.norm(e) <= 1e-9 * float(np.linalg.norm(each)) for e, each in pairs) else None
        penalty = [point.penalty[which] for point in self.points]
        penalised = any(part.any() for part in penalty)
        plain = fit([f - p for f, p in zip(found, penalty, strict=True)], expected, counts)
        if plain is not None:
            return self._causes_of_factor(plain.scale)
        if penalised:
            without = fit(found, expected, counts)
            if without is not None:
                return [Cause("penalty_forgotten"), *self._causes_of_factor(without.scale)]
            both = fit_two(found, expected, counts, penalty)
            if both is not None:
                return self._causes_of_penalty(both)
        for what, second in self._decays(which, penalty):
            partly = what.endswith("penalise")
            rest = [f - p for f, p in zip(found, penalty, strict=True)] if partly else found
            decayed = fit_two(rest, expected, counts, second)
            if decayed is not None:
                extra = f"{decayed.extras[0]:.4g} times {what}"
                kind = "penalty_of_another" if penalised and not partly else "penalty_not_in_loss"
                return [Cause(kind, extra), *self._causes_of_factor(decayed.scale)]
        return None

    def _decays(self, which: int, penalty: Sequence[np.ndarray]) -> Iterator[tuple[str, list[np.ndarray]]]:
        """Yield what penalties in a gradient are made of."""
        if not self.separates:
            return  # a penalty that the loss has would be taken for one that it has not
        values = self.pick(which, [point.arrays[which] for point in self.points])
        what = "the bias itself" if self.is_bias(which) else "the weights"
        left_out = [value * (part == 0.0) for value, part in zip(values, penalty, strict=True)]
        if penalty[0].any() and left_out[0].any():
            yield f"{what} that the loss does not penalise", left_out
        yield what, values
        # A constant is added to a bias, or to one weight, by other mistakes as well.
        both = all(each.min(initial=0.0) < 0 < each.max(initial=0.0) for each in values)
        if both or (len(values[0]) > 2 and not self.is_bias(which)):
            yield f"the signs of {'the bias' if self.is_bias(which) else what}", [np.sign(each) for each in values]

    def _causes_of_factor(self, factor: Law) -> list[Cause]:
        """Return what a factor between two gradients means: a sign, the number of rows, a constant."""
        causes = [Cause("wrong_sign")] if factor.constant < 0 else []
        size, n = abs(factor.constant), self.points[0].n
        fixed = round(1 / size)
        if factor.exponent > 0 and fixed > 2 and abs(size * fixed - 1) < 1e-3:
            return [*causes, Cause("fixed_row_count", str(fixed))]
        if factor.exponent:
            kind = "summed_not_averaged" if factor.exponent > 0 else "averaged_not_summed"
            times = f"{size * float(n) ** factor.exponent:.6g}"
            causes.append(Cause(kind, f"{times} times that of your loss for {n} rows"))
        if abs(size - 1) > 1e-4:
            causes.append(Cause("constant_factor", f"{size:.6g}"))
        return causes

    def _causes_of_penalty(self, found: Fit) -> list[Cause]:
        """Return the causes of a penalty's gradient with another factor than the rest."""
        extras, scales = np.array(found.extras), np.array([found.scale(n) for n in self.counts])
        causes = self._causes_of_factor(found.scale)
        if np.allclose(extras, scales, rtol=1e-3):
            return causes
        return [Cause("penalty_factor", f"{extras[0] / np.sign(scales[0]):.4g}"), *causes]


def _fits(gradient: tuple[int, ...], parameter: tuple[int, ...]) -> bool:
    """Return whether ``parameter - gradient`` keeps the parameter's numbers in their places."""
    short = tuple(size for size in gradient if size != 1) == tuple(size for size in parameter if size != 1)
    try:
        together = np.broadcast_shapes(gradient, parameter)
    except ValueError:
        return False
    return short and int(np.prod(together)) == int(np.prod(parameter))
